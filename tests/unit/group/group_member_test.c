#include "group/group_private.h"

#include <criterion/criterion.h>

#include "tests/unit/group/club.h"

Test(group_member, ids_are_prefix_and_random_uuid)
{
	uint8_t random[GROUP_RANDOM_BYTES];
	struct slice id;

	memset(random, 0xFF, sizeof(random));
	id = group_new_member_id(slice_of_text("consumer"), random);
	assert_text(id, "consumer-ffffffff-ffff-4fff-bfff-ffffffffffff");
	text_free(&id);
	id = group_new_member_id(slice_of_text(""), random);
	assert_text(id, "-ffffffff-ffff-4fff-bfff-ffffffffffff");
	text_free(&id);
}

Test(group_member, ids_of_long_client_ids_still_fit_a_text_of_the_wire)
{
	static char client[INT16_MAX];
	uint8_t random[GROUP_RANDOM_BYTES] = { 0 };
	struct slice id;

	memset(client, 'x', sizeof(client));
	id = group_new_member_id(slice_of(client, sizeof(client)), random);
	cr_assert_eq(id.size, INT16_MAX);
	text_free(&id);
	/* A character of two bytes is not cut in half. */
	client[INT16_MAX - 38] = (char)0xC3;
	client[INT16_MAX - 37] = (char)0xA9;
	id = group_new_member_id(slice_of(client, sizeof(client)), random);
	cr_assert_eq(id.size, INT16_MAX - 1);
	cr_assert_eq(id.bytes[id.size - 38], 'x');
	text_free(&id);
}

Test(group_member, oldest_member_leads_when_the_leader_goes)
{
	static const char *const three[] = { "a", "b", "c" };
	struct test_call *joined[3];
	struct club club;

	club_init(&club);
	club_stabilize(&club, three, joined, 3);
	group_drop_member(club.group, club.group->leader);
	cr_assert(slice_equal(club.group->leader->id, joined[1]->response.join.member_id));
	cr_assert_null(group_find_member(club.group, joined[0]->response.join.member_id));
	cr_assert_null(group_find_member(club.group, slice_null()));
	club_fini(&club);
}

Test(group_member, longest_rebalance_timeout_counts)
{
	struct club club;
	struct test_call *call;

	club_init(&club);
	cr_assert_eq(group_rebalance_timeout_us(club.group), 0);
	club_join(&club, "a");
	call = club_join_call(&club, 3, "", "b", "range");
	call->request.join.rebalance_timeout_ms = 90000;
	club_ask(&club, call);
	cr_assert_eq(group_rebalance_timeout_us(club.group), 90000000);
	club_fini(&club);
}
