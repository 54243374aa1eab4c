#include "zk/placement.h"

#include <criterion/criterion.h>

#include "base/macros.h"

enum { MOST = 64 };

static int32_t replicas[MOST];

#define RACK(text) { (const uint8_t *)(text), sizeof(text) - 1 }

static const struct placement_broker plain[] = { { 0, { NULL, 0 } }, { 1, { NULL, 0 } },
	{ 2, { NULL, 0 } }, { 3, { NULL, 0 } }, { 4, { NULL, 0 } } };
/* Takes turns 0, 3, 1, 5, 4, 2: racks 1, 2, 3 and again. */
static const struct placement_broker racked[] = { { 0, RACK("rack1") }, { 1, RACK("rack3") },
	{ 2, RACK("rack3") }, { 3, RACK("rack2") }, { 4, RACK("rack2") }, { 5, RACK("rack1") } };

static void
expect_rows(const int32_t (*rows)[3], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const int32_t *row = replicas + 3 * i;
		cr_expect(memcmp(row, rows[i], sizeof(rows[i])) == 0, "partition %zu: %d %d %d", i, row[0], row[1],
		    row[2]);
	}
}

Test(placement, shifts_the_followers_once_a_round)
{
	static const int32_t rows[][3] = { { 0, 1, 2 }, { 1, 2, 3 }, { 2, 3, 4 }, { 3, 4, 0 }, { 4, 0, 1 },
		{ 0, 2, 3 }, { 1, 3, 4 }, { 2, 4, 0 }, { 3, 0, 1 }, { 4, 1, 2 } };
	const struct placement_request request = { plain, 5, 10, 3, 0, 0, 0 };

	cr_assert_eq(placement_assign(&request, replicas), ERROR_NONE);
	expect_rows(rows, ARRAY_LENGTH(rows));
}

Test(placement, begins_where_it_is_told)
{
	static const int32_t rows[][3] = { { 3, 0, 1 }, { 4, 1, 2 } };
	const struct placement_request request = { plain, 5, 2, 3, 3, 1, 0 };

	cr_assert_eq(placement_assign(&request, replicas), ERROR_NONE);
	expect_rows(rows, ARRAY_LENGTH(rows));
}

/* Partition 5 opens a round, so its shift is one more. */
Test(placement, goes_on_with_more_partitions)
{
	static const int32_t rows[][3] = { { 4, 0, 1 }, { 0, 2, 3 } };
	const struct placement_request request = { plain, 5, 2, 3, 0, 0, 4 };

	cr_assert_eq(placement_assign(&request, replicas), ERROR_NONE);
	expect_rows(rows, ARRAY_LENGTH(rows));
}

Test(placement, takes_turns_by_rack)
{
	static const int32_t rows[][3] = { { 0, 3, 1 }, { 3, 1, 5 }, { 1, 5, 4 }, { 5, 4, 2 }, { 4, 2, 0 },
		{ 2, 0, 3 }, { 0, 4, 2 }, { 3, 2, 0 }, { 1, 0, 3 }, { 5, 3, 1 }, { 4, 1, 5 }, { 2, 5, 4 } };
	const struct placement_request request = { racked, 6, 12, 3, 0, 0, 0 };

	cr_assert_eq(placement_assign(&request, replicas), ERROR_NONE);
	expect_rows(rows, ARRAY_LENGTH(rows));
}

Test(placement, ignores_racks_unless_all_brokers_have_one)
{
	const struct placement_broker brokers[] = { { 1, RACK("a") }, { 2, RACK("a") }, { 3, { NULL, 0 } } };
	static const int32_t rows[][3] = { { 1, 2, 3 } };
	const struct placement_request request = { brokers, 3, 1, 3, 0, 0, 0 };

	cr_assert_eq(placement_assign(&request, replicas), ERROR_NONE);
	expect_rows(rows, 1);
}

Test(placement, fills_one_rack_when_there_is_no_other)
{
	const struct placement_broker brokers[] = { { 1, RACK("a") }, { 2, RACK("a") }, { 3, RACK("a") } };
	static const int32_t rows[][3] = { { 2, 3, 1 } };
	const struct placement_request request = { brokers, 3, 1, 3, 1, UINT32_MAX - 1, 0 };

	cr_assert_eq(placement_assign(&request, replicas), ERROR_NONE);
	expect_rows(rows, 1);
}

Test(placement, on_one_broker_is_simple)
{
	const struct placement_request request = { plain, 1, 3, 1, 9, 9, 0 };

	memset(replicas, 0xff, sizeof(replicas));
	cr_assert_eq(placement_assign(&request, replicas), ERROR_NONE);
	cr_expect(replicas[0] == 0 && replicas[1] == 0 && replicas[2] == 0 && replicas[3] == -1);
}

Test(placement, never_puts_two_replicas_on_a_broker)
{
	for (uint32_t start = 0; start < 6; start++) {
		for (uint32_t shift = 0; shift < 12; shift++) {
			const struct placement_request request = { racked, 6, 10, 6, start, shift, 0 };
			cr_assert_eq(placement_assign(&request, replicas), ERROR_NONE);
			for (int i = 0; i < 10; i++) {
				unsigned int seen = 0;
				for (int j = 0; j < 6; j++)
					seen |= 1u << replicas[6 * i + j];
				cr_assert_eq(seen, 63u);
			}
		}
	}
}

Test(placement, refuses_what_cannot_be)
{
	const struct placement_request bad[] = { { plain, 5, 0, 1, 0, 0, 0 }, { plain, 5, 1, 0, 0, 0, 0 },
		{ plain, 5, 1, 6, 0, 0, 0 }, { plain, 0, 1, 1, 0, 0, 0 }, { plain, 5, 1, 1, 0, 0, -1 },
		{ plain, 5, -1, 1, 0, 0, 0 } };

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_eq(placement_assign(&bad[i], replicas), ERROR_INVALID_ARGUMENT, "%zu", i);
}
