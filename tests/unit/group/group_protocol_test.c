#include "group/group_private.h"

#include <criterion/criterion.h>

#include "tests/unit/group/club.h"

static struct club club;

static void
setup(void)
{
	club_init(&club);
}

static void
teardown(void)
{
	club_fini(&club);
}

#define PROTOCOL_TEST(name) Test(group_protocol, name, .init = setup, .fini = teardown)

static void
join(const char *client, const char *protocols)
{
	club_ask(&club, club_join_call(&club, 3, "", client, protocols));
}

PROTOCOL_TEST(each_votes_for_the_first_that_all_know)
{
	join("a", "x range sticky");
	join("b", "y sticky range");
	join("c", "sticky range z");
	assert_text(group_select_protocol(club.group), "sticky");
}

PROTOCOL_TEST(oldest_member_decides_between_equals)
{
	join("a", "range sticky");
	join("b", "sticky range");
	assert_text(group_select_protocol(club.group), "range");
}

PROTOCOL_TEST(protocols_that_nobody_knows_any_more_are_forgotten)
{
	struct test_call *call = club_join_call(&club, 3, "", "a", "only-a range");

	club_ask(&club, call);
	join("b", "range only-b");
	cr_assert_eq(club.group->protocol_count, 3);
	club_leave(&club, club.group->leader->id);
	cr_assert_eq(club.group->protocol_count, 2);
	assert_text(group_select_protocol(club.group), "range");
}

PROTOCOL_TEST(protocol_that_is_named_twice_counts_once)
{
	join("a", "range range sticky");
	join("b", "sticky");
	assert_text(group_select_protocol(club.group), "sticky");
	cr_assert_eq(group_find_member(club.group, club.group->leader->id), club.group->leader);
}

PROTOCOL_TEST(nobody_selects_nothing)
{
	cr_assert(slice_is_null(group_select_protocol(club.group)));
}

PROTOCOL_TEST(order_names_and_metadata_have_to_match)
{
	struct test_call *call = club_join_call(&club, 3, "", "a", "range sticky");
	struct group_protocols *protocols = group_protocols_copy(&call->request.join);

	call->answered = true;
	cr_assert(group_protocols_match(protocols, &call->request.join));
	call->request.join.protocols.count = 1;
	cr_assert_not(group_protocols_match(protocols, &call->request.join));
	call->request.join.protocols.count = 2;
	call->request.join.protocols.items[1].metadata = club_text("new");
	cr_assert_not(group_protocols_match(protocols, &call->request.join));
	free(protocols);
}
