#include <criterion/criterion.h>

#include "tests/sim/atlas.h"

/* Three brokers, numbered from 0; all is well. */
static const struct atlas_copies well = { .assigned = 7, .in_sync = 7, .there = 7,
	.is_led = true };

static struct atlas_copies
protected(void)
{
	struct atlas_copies copies = well;

	copies.is_protected = true;
	return copies;
}

Test(atlas, counts_copies_that_have_all_and_have_lost_nothing)
{
	struct atlas_copies copies = { .assigned = 15, .in_sync = 11, .damaged = 1 };

	cr_expect_eq(atlas_good_copies(&well), 3);
	cr_expect_eq(atlas_good_copies(&copies), 2);
}

Test(atlas, who_has_no_copy_may_lose_anything)
{
	struct atlas_copies copies = well;

	copies.damaged = 1;
	cr_expect(atlas_allows(&copies, 3, ATLAS_MEMORY));
	cr_expect(atlas_allows(&copies, 3, ATLAS_DISK));
	cr_expect(atlas_allows(&copies, 3, ATLAS_BITS));
}

Test(atlas, a_protected_one_loses_one_copy_at_a_time)
{
	struct atlas_copies copies = protected();

	copies.in_sync = 1; /* the last one */
	cr_expect(atlas_allows(&copies, 0, ATLAS_MEMORY));
	cr_expect(atlas_allows(&copies, 0, ATLAS_DISK));
	copies.damaged = 1;
	cr_expect(atlas_allows(&copies, 0, ATLAS_DISK), "the same one");
	cr_expect_not(atlas_allows(&copies, 1, ATLAS_MEMORY));
	cr_expect_not(atlas_allows(&copies, 2, ATLAS_DISK));
}

Test(atlas, the_only_copy_is_left_alone)
{
	struct atlas_copies copies = { .assigned = 2, .in_sync = 2, .there = 2, .is_led = true };

	cr_expect_not(atlas_allows(&copies, 1, ATLAS_MEMORY));
	cr_expect_not(atlas_allows(&copies, 1, ATLAS_BITS));
	copies.is_protected = true;
	cr_expect_not(atlas_allows(&copies, 1, ATLAS_DISK));
}

Test(atlas, without_protection_all_else_has_to_be_well)
{
	struct atlas_copies copies = well;

	cr_expect(atlas_allows(&copies, 0, ATLAS_MEMORY));
	copies.there = 3;
	cr_expect_not(atlas_allows(&copies, 0, ATLAS_MEMORY), "one is away");
	copies = well;
	copies.is_led = false;
	cr_expect_not(atlas_allows(&copies, 0, ATLAS_DISK), "nobody leads");
	copies = well;
	copies.damaged = 2;
	cr_expect_not(atlas_allows(&copies, 0, ATLAS_DISK), "another has lost something");
	copies = well;
	copies.in_sync = 1;
	cr_expect_not(atlas_allows(&copies, 0, ATLAS_DISK), "the last in sync");
	cr_expect(atlas_allows(&copies, 1, ATLAS_DISK), "not in sync, it has no copy of its own");
}

Test(atlas, bits_go_bad_where_another_good_copy_serves)
{
	struct atlas_copies copies = protected();

	cr_expect(atlas_allows(&copies, 0, ATLAS_BITS));
	copies.damaged = 1;
	cr_expect_not(atlas_allows(&copies, 0, ATLAS_BITS), "it is damaged already");
	copies = protected();
	copies.there = 1;
	cr_expect_not(atlas_allows(&copies, 0, ATLAS_BITS), "nobody else is there");
}
