#include <criterion/criterion.h>

#include "fake_zk.h"
#include "zk/ephemeral.h"

static struct fake_zk fake;
static struct zk_session *session;
static struct zk_ephemeral ephemeral;
static int answered;
static enum znode_error last_error;
static struct znode_stat last_stat;

static void
done(struct zk_ephemeral *it, enum znode_error error, const struct znode_stat *stat)
{
	(void)it;
	answered++;
	last_error = error;
	last_stat = *stat;
}

static void
setup(void)
{
	answered = 0;
	fake_zk_init(&fake);
	session = fake_zk_session(&fake, false, 10);
	ephemeral = (struct zk_ephemeral){ .session = session,
		.path = slice_of_text("/brokers/ids/1"), .data = slice_of_text("{}"),
		.done = done };
	zk_ephemeral_register(&ephemeral);
}

static void
teardown(void)
{
	fake_zk_end(&fake, session);
	fake_zk_fini(&fake);
}

TestSuite(ephemeral, .init = setup, .fini = teardown);

static void
exists_with_owner(int64_t owner)
{
	fake_zk_answer_error(&fake, ZNODE_NODE_EXISTS);
	cr_assert(fake.calls[0]->type == COORD_EXISTS && fake.calls[0]->watch);
	fake_zk_answer(&fake, &(struct coord_answer){
		.stat = { .ephemeral_owner = owner, .czxid = 55, .version = 4 } });
}

static void
node_is_deleted(void)
{
	fake.session.handler->watch_fired(fake.session.handler, ZNODE_EVENT_DELETED,
	    ephemeral.path);
	cr_assert(fake.calls[0]->type == COORD_EXISTS);
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
}

Test(ephemeral, is_created_with_null_data_and_set_in_one_multi)
{
	const struct znode_operation *operations = fake.calls[0]->operations;
	struct znode_result results[2] = { { .error = ZNODE_OK },
		{ .stat = { .czxid = 9, .mzxid = 9, .version = 1 } } };

	cr_assert(fake.calls[0]->multi && fake.calls[0]->operation_count == 2);
	cr_assert(operations[0].flags == ZNODE_EPHEMERAL && slice_is_null(operations[0].data));
	cr_assert(operations[1].type == ZNODE_OP_SET_DATA && operations[1].version == 0);
	fake_zk_answer(&fake, &(struct coord_answer){ .results = results });
	cr_assert(answered == 1 && last_error == ZNODE_OK && last_stat.czxid == 9);
}

Test(ephemeral, of_our_own_session_is_a_success_whose_reply_was_lost)
{
	exists_with_owner(0x100);
	cr_assert(answered == 1 && last_error == ZNODE_OK && last_stat.czxid == 55);
}

Test(ephemeral, of_an_earlier_session_of_this_process_is_deleted)
{
	fake.id = 0x200;
	fake_zk_state(&fake, COORD_EXPIRED);
	cr_assert(answered == 1 && last_error == ZNODE_SESSION_EXPIRED);
	fake_zk_state(&fake, COORD_CONNECTED);
	zk_ephemeral_register(&ephemeral);
	exists_with_owner(0x100);
	cr_assert(fake.calls[0]->operations[0].type == ZNODE_OP_DELETE &&
	    fake.calls[0]->operations[0].version == 4);
	fake_zk_answer_error(&fake, ZNODE_OK);
	cr_assert(fake.calls[0]->operation_count == 2 && answered == 1);
	fake_zk_answer_error(&fake, ZNODE_NO_AUTH);
}

Test(ephemeral, of_a_foreign_session_is_waited_for_and_never_deleted)
{
	exists_with_owner(0x999);
	cr_assert(answered == 0 && fake.call_count == 0);
	node_is_deleted();
	cr_assert(fake.calls[0]->operation_count == 2);
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	cr_assert(answered == 1 && last_error == ZNODE_NO_NODE);
}

Test(ephemeral, of_a_foreign_session_that_lives_on_is_an_error_after_its_time_out)
{
	exists_with_owner(0x999);
	fake_zk_elapse(&fake, 7999);
	cr_assert(answered == 0 && fake.call_count == 0);
	fake_zk_elapse(&fake, 1);
	cr_assert(fake.calls[0]->type == COORD_EXISTS);
	fake_zk_answer(&fake, &(struct coord_answer){ .stat = { .ephemeral_owner = 0x999 } });
	cr_assert(answered == 1 && last_error == ZNODE_NODE_EXISTS &&
	    last_stat.ephemeral_owner == 0x999);
}

/* Who leads the ensemble anew counts from there. */
Test(ephemeral, of_a_foreign_session_is_waited_for_anew_when_the_connection_was_lost)
{
	exists_with_owner(0x999);
	fake_zk_elapse(&fake, zk_session_timeout_ms(session));
	fake_zk_lose(&fake);
	fake_zk_state(&fake, COORD_CONNECTED);
	while (fake.call_count > 0) /* the watch is set again */
		fake_zk_answer(&fake, &(struct coord_answer){ .stat = { .ephemeral_owner = 0x999 } });
	fake_zk_elapse(&fake, zk_session_timeout_ms(session));
	cr_assert_eq(answered, 0);
	fake_zk_elapse(&fake, 2000);
	cr_assert(fake.calls[0]->type == COORD_EXISTS);
	fake_zk_answer(&fake, &(struct coord_answer){ .stat = { .ephemeral_owner = 0x999 } });
	cr_assert(answered == 1 && last_error == ZNODE_NODE_EXISTS);
}

Test(ephemeral, that_is_a_persistent_node_is_an_error_at_once)
{
	exists_with_owner(0);
	cr_assert(answered == 1 && last_error == ZNODE_NODE_EXISTS);
}

Test(ephemeral, that_waits_is_told_of_an_expiry_once)
{
	exists_with_owner(0x999);
	fake_zk_state(&fake, COORD_EXPIRED);
	cr_assert(answered == 1 && last_error == ZNODE_SESSION_EXPIRED);
}

Test(ephemeral, that_is_dropped_after_the_stop_of_its_session_tells_nothing)
{
	exists_with_owner(0x999);
	zk_session_stop(session, NULL, NULL);
	zk_ephemeral_drop(&ephemeral);
	zk_ephemeral_drop(&ephemeral);
	cr_assert(list_is_empty(&ephemeral.listener.link) && !timer_is_running(&ephemeral.timer));
	fake_zk_elapse(&fake, 60000);
	cr_assert_eq(answered, 0);
	zk_session_free(session);
	session = fake_zk_session(&fake, false, 10);
}

Test(ephemeral, whose_call_is_under_way_is_told_of_an_expiry_once)
{
	fake_zk_state(&fake, COORD_EXPIRED);
	cr_assert(answered == 1 && last_error == ZNODE_SESSION_EXPIRED);
}
