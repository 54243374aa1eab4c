#include "controller/candidate.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "../zk/fake_zk.h"

static struct fake_zk fake;
static struct zk_session *session;
static struct candidate it;
static struct candidate_handler handler;
static char told[256];

static void
say(const char *what, int a, int b)
{
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s(%d,%d) ", what, a, b);
}

static void
won(struct candidate_handler *its UNUSED, int32_t epoch, int32_t version)
{
	say("won", epoch, version);
}

static void
known(struct candidate_handler *its UNUSED, int32_t broker)
{
	say("known", broker, 0);
}

static void
stand_down(struct candidate_handler *its UNUSED)
{
	say("down", 0, 0);
}

static int64_t
wall_ms(struct clock *clock UNUSED)
{
	return 0;
}

static void
set_up(void)
{
	fake_zk_init(&fake);
	fake.control.clock.wall_ms = wall_ms;
	session = fake_zk_session(&fake, false, 10);
	handler = (struct candidate_handler){ won, known, stand_down };
	told[0] = '\0';
	candidate_init(&it, session, &fake.world, 3, &handler);
}

static void
tear_down(void)
{
	candidate_fini(&it);
	fake_zk_end(&fake, session);
	fake_zk_fini(&fake);
}

TestSuite(candidate, .init = set_up, .fini = tear_down);

static void
expect(const char *wanted)
{
	cr_expect_str_eq(told, wanted);
	told[0] = '\0';
}

/* The one call that is under way. */
static const struct coord_call *
call(void)
{
	cr_assert_eq(fake.call_count, 1);
	return fake.calls[0];
}

static void
answer_data(const char *data, int32_t version, int64_t owner)
{
	fake_zk_answer(&fake, &(struct coord_answer){ .data = slice_of_text(data),
	    .stat = { .version = version, .ephemeral_owner = owner } });
}

static void
answer_claim(int32_t version)
{
	struct znode_result results[2] = { { .error = ZNODE_OK }, { .stat = { .version = version } } };

	fake_zk_answer(&fake, &(struct coord_answer){ .results = results });
}

static void
lead(void)
{
	candidate_stand(&it);
	fake_zk_answer_error(&fake, ZNODE_NO_NODE); /* get */
	fake_zk_answer_error(&fake, ZNODE_NO_NODE); /* exists */
	answer_data("4", 9, 0);
	answer_claim(10);
	expect("known(3,0) won(5,10) ");
}

Test(candidate, claims_the_role_with_an_ephemeral_and_the_next_epoch)
{
	candidate_stand(&it);
	cr_assert(call()->type == COORD_GET_DATA && call()->watch);
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	cr_assert(call()->type == COORD_EXISTS && call()->watch);
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	cr_assert(call()->type == COORD_GET_DATA && !call()->watch);
	answer_data("4", 9, 0);
	cr_assert(call()->multi && call()->operation_count == 2);
	cr_assert_str_eq(fake_zk_text(call()->operations[0].data),
	    "{\"version\":2,\"brokerid\":3,\"timestamp\":\"0\",\"kraftControllerEpoch\":-1}");
	cr_assert_eq(call()->operations[0].flags, ZNODE_EPHEMERAL);
	cr_assert_str_eq(fake_zk_text(call()->operations[1].data), "5");
	cr_assert_eq(call()->operations[1].version, 9);
	answer_claim(10);
	expect("known(3,0) won(5,10) ");
	cr_assert(candidate_is_leading(&it));
}

Test(candidate, makes_the_epoch_of_a_new_cluster)
{
	candidate_stand(&it);
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	cr_assert_str_eq(fake_zk_text(call()->operations[0].data), "0");
	cr_assert_eq(call()->operations[0].type, ZNODE_OP_CREATE);
	fake_zk_answer_error(&fake, ZNODE_OK);
	answer_data("0", 0, 0);
	cr_assert_str_eq(fake_zk_text(call()->operations[1].data), "1");
}

Test(candidate, follows_who_is_there_and_hears_of_changes)
{
	candidate_stand(&it);
	answer_data("{\"version\":2,\"brokerid\":8,\"timestamp\":\"1\"}", 0, 77);
	expect("known(8,0) ");
	cr_assert_eq(fake.call_count, 0);
	fake.session.handler->watch_fired(fake.session.handler, ZNODE_EVENT_DELETED,
	    slice_of_text("/controller"));
	cr_assert_eq(call()->type, COORD_GET_DATA);
}

Test(candidate, follows_nobody_of_kraft)
{
	candidate_stand(&it);
	answer_data("{\"version\":2,\"brokerid\":8,\"timestamp\":\"1\",\"kraftControllerEpoch\":4}", 0,
	    0);
	expect("known(-1,0) ");
}

Test(candidate, reads_again_a_while_after_junk)
{
	candidate_stand(&it);
	answer_data("junk", 0, 77);
	expect("known(-1,0) ");
	cr_assert_eq(fake.call_count, 0);
	fake_zk_elapse(&fake, 1100);
	cr_assert_eq(call()->type, COORD_GET_DATA);
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	answer_data("no number", 9, 0);
	cr_assert_eq(fake.call_count, 0);
}

Test(candidate, clears_a_node_of_its_own_session)
{
	candidate_stand(&it);
	answer_data("{\"version\":2,\"brokerid\":3,\"timestamp\":\"1\"}", 0, fake.id);
	answer_data("6", 60, 0);
	cr_assert(call()->multi && call()->operation_count == 2);
	cr_assert_eq(call()->operations[0].type, ZNODE_OP_CHECK);
	cr_assert_eq(call()->operations[0].version, 60);
	cr_assert_eq(call()->operations[1].type, ZNODE_OP_DELETE);
}

Test(candidate, resigns_and_stands_again)
{
	lead();
	candidate_resign(&it);
	expect("down(0,0) ");
	cr_assert_eq(call()->operations[0].version, 10);
	fake_zk_answer_error(&fake, ZNODE_OK);
	cr_assert_eq(call()->type, COORD_GET_DATA);
}

Test(candidate, stands_down_when_a_look_shows_another)
{
	lead();
	candidate_look(&it);
	answer_data("{\"version\":2,\"brokerid\":8,\"timestamp\":\"1\"}", 0, 77);
	expect("down(0,0) known(8,0) ");
	cr_assert_not(candidate_is_leading(&it));
}

Test(candidate, ends_with_the_session_and_stands_in_the_next)
{
	lead();
	candidate_stand(&it); /* it does already */
	cr_assert_eq(fake.call_count, 0);
	candidate_expired(&it);
	expect("down(0,0) known(-1,0) ");
	candidate_stand(&it);
	cr_assert_eq(call()->type, COORD_GET_DATA);
}

Test(candidate, is_silent_once_stopped)
{
	candidate_stand(&it);
	candidate_stop(&it);
	fake_zk_answer_error(&fake, ZNODE_NO_NODE);
	cr_assert_eq(fake.call_count, 0);
	candidate_resign(&it);
	candidate_expired(&it);
	expect("");
}
