#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/sim/sim_memory.h"

/* This program is not linked with the wrappers, so the test says what they would say. */
static void *
allocate(void)
{
	void *block = malloc(16);

	sim_memory_remember(block);
	return block;
}

Test(sim_memory, forgets_what_its_owner_frees)
{
	struct sim_memory owner = { 0 };
	void *block;

	cr_assert_null(sim_memory_enter(&owner));
	block = allocate();
	cr_assert_eq(sim_memory_enter(NULL), &owner);
	cr_assert_eq(owner.blocks, 1);
	cr_assert_eq(sim_memory_forget(block), &owner);
	cr_assert_null(sim_memory_forget(block));
	cr_assert_eq(owner.blocks, 0);
	free(block);
}

Test(sim_memory, knows_many_blocks_of_two_owners)
{
	enum { BLOCKS = 5000 };
	struct sim_memory owners[2] = { { 0 }, { 0 } };
	void **blocks = memory_array(BLOCKS, sizeof(*blocks));

	for (int i = 0; i < BLOCKS; i++) {
		sim_memory_enter(&owners[i % 2]);
		blocks[i] = allocate();
	}
	sim_memory_enter(NULL);
	cr_assert_eq(owners[0].blocks, BLOCKS / 2);
	for (int i = 0; i < BLOCKS; i++) {
		cr_assert_eq(sim_memory_forget(blocks[i]), &owners[i % 2]);
		free(blocks[i]);
	}
	cr_assert_eq(owners[1].blocks, 0);
	free(blocks);
}

Test(sim_memory, of_nobody_is_not_remembered)
{
	void *block = allocate();

	cr_assert_null(sim_memory_forget(block));
	cr_assert_null(sim_memory_forget(NULL));
	free(block);
}
