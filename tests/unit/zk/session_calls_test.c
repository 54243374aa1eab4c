#include <criterion/criterion.h>
#include <stdio.h>

#include "fake_zk.h"

static struct fake_zk fake;
static struct zk_session *session;
static struct zk_call calls[8];
static char order[32];
static enum znode_error last_error;
static char last_path[64];

static void
done(struct zk_call *call, const struct coord_answer *answer)
{
	order[strlen(order)] = (char)('0' + (call - calls));
	last_error = answer->error;
	if (call->type == COORD_WRITE)
		snprintf(last_path, sizeof(last_path), "%s",
		    fake_zk_text(answer->results[0].path));
}

static void
make_calls(int count)
{
	for (int i = 0; i < count; i++)
		zk_get(session, &calls[i], slice_of_text("/a"), done);
}

static void
setup(void)
{
	memset(order, 0, sizeof(order));
	fake_zk_init(&fake);
	session = fake_zk_session(&fake, true, 3);
}

static void
teardown(void)
{
	fake_zk_end(&fake, session);
	fake_zk_fini(&fake);
}

TestSuite(session_calls, .init = setup, .fini = teardown);

Test(session_calls, no_more_than_allowed_are_in_flight)
{
	make_calls(5);
	cr_assert(fake.call_count == 3);
	fake_zk_answer_error(&fake, ZNODE_OK);
	cr_assert(fake.call_count == 3);
	while (fake.call_count > 0)
		fake_zk_answer_error(&fake, ZNODE_OK);
	cr_assert_str_eq(order, "01234");
}

Test(session_calls, writes_of_more_than_a_mebibyte_wait)
{
	static uint8_t data[ZK_MAX_BYTES_IN_FLIGHT];
	struct znode_operation operation = { .type = ZNODE_OP_SET_DATA,
		.path = slice_of_text("/a"), .data = slice_of(data, sizeof(data) / 2) };

	for (int i = 0; i < 3; i++)
		zk_multi(session, &calls[i], &operation, 1, done);
	cr_assert(fake.call_count == 2);
	fake_zk_answer_error(&fake, ZNODE_OK);
	cr_assert(fake.call_count == 2);
	while (fake.call_count > 0)
		fake_zk_answer_error(&fake, ZNODE_OK);
	cr_assert_str_eq(order, "012");
	/* what is answered counts no longer */
	make_calls(3);
	cr_assert(fake.call_count == 3);
	while (fake.call_count > 0)
		fake_zk_answer_error(&fake, ZNODE_OK);
}

Test(session_calls, paths_go_below_the_chroot_and_come_back_without_it)
{
	struct znode_operation operation = { .type = ZNODE_OP_CREATE,
		.path = slice_of_text("/a"), .flags = ZNODE_SEQUENTIAL };
	struct znode_result result = { .path = slice_of_text("/r/a0000000001") };

	zk_multi(session, &calls[0], &operation, 1, done);
	cr_assert_str_eq(fake_zk_text(fake.calls[0]->operations[0].path), "/r/a");
	cr_assert(fake.calls[0]->operations[0].acl.count == 1);
	fake_zk_answer(&fake, &(struct coord_answer){ .results = &result });
	cr_assert_str_eq(last_path, "/a0000000001");
	zk_children(session, &calls[1], slice_of_text("/"), done);
	cr_assert_str_eq(fake_zk_text(fake.calls[0]->path), "/r");
	fake_zk_answer_error(&fake, ZNODE_OK);
}

Test(session_calls, lost_ones_go_again_in_their_order_before_those_that_wait)
{
	make_calls(5);
	fake_zk_answer_error(&fake, ZNODE_OK);
	fake_zk_lose(&fake);
	cr_assert(fake.call_count == 0);
	cr_assert_str_eq(order, "0");
	fake_zk_state(&fake, COORD_CONNECTED);
	cr_assert(fake.call_count == 3);
	cr_assert(fake.calls[0] == &calls[1].coord && fake.calls[2] == &calls[3].coord);
	while (fake.call_count > 0)
		fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	cr_assert_str_eq(order, "01234");
	cr_assert(last_error == ZNODE_NO_NODE);
}

Test(session_calls, nothing_overtakes_a_call_that_is_lost_without_a_word_before)
{
	make_calls(5);
	fake_zk_answer_error(&fake, ZNODE_CONNECTION_LOSS);
	cr_assert(fake.call_count == 2);
	fake_zk_answer_error(&fake, ZNODE_CONNECTION_LOSS);
	fake_zk_answer_error(&fake, ZNODE_CONNECTION_LOSS);
	cr_assert(fake.call_count == 3 && fake.calls[0] == &calls[0].coord);
}

Test(session_calls, connected_again_before_all_losses_are_told_nothing_is_sent_too_early)
{
	make_calls(4);
	fake.session.handler->state_changed(fake.session.handler, COORD_CONNECTING);
	fake.session.handler->state_changed(fake.session.handler, COORD_CONNECTED);
	cr_assert(fake.call_count == 3);
	for (int i = 0; i < 2; i++)
		fake_zk_answer_error(&fake, ZNODE_CONNECTION_LOSS);
	cr_assert(fake.call_count == 1);
	fake_zk_answer_error(&fake, ZNODE_CONNECTION_LOSS);
	cr_assert(fake.call_count == 3 && fake.calls[0] == &calls[0].coord);
}

Test(session_calls, other_errors_are_the_rooms_business)
{
	make_calls(1);
	fake_zk_answer_error(&fake, ZNODE_NO_AUTH);
	cr_assert(last_error == ZNODE_NO_AUTH);
}
