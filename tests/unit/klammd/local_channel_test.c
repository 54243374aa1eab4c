#include "klammd/local_channel.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/world/fake_loop.h"

struct told {
	struct controller_message message;
	int number;
};

static struct fake_loop fake;
static struct local_channels channels;
static int obeyed[8], obeyed_count;
static int answered[8], answered_count;
static const void *answers[8];
static struct arena *text; /* of the last that was obeyed */

static void
obey(void *context, int16_t key, const void *request, struct arena *arena)
{
	(void)context;
	cr_expect_eq(key, 4);
	text = arena;
	obeyed[obeyed_count++] = *(const int *)request;
}

static void
note_answer(struct controller_message *message, const void *response)
{
	answers[answered_count] = response;
	answered[answered_count++] = container_of(message, struct told, message)->number;
	/* As the controller does: it is gone with that. */
	arena_fini(&message->arena);
	memset(message, 0xdd, sizeof(*message));
}

static void
sink(struct logger *logger, enum logger_level level, const char *line)
{
	(void)logger;
	(void)level;
	(void)line;
}

static void
set_up(void)
{
	static struct logger logger = { LOGGER_ERROR, sink };
	static struct world world;

	fake_loop_init(&fake, LOOP_CONTROL);
	world = (struct world){ .control = &fake.loop, .logger = &logger };
	local_channels_init(&channels, &world, 1, obey, NULL);
	channels.channels.open(&channels.channels, 1, 7, NULL);
}

static void
tear_down(void)
{
	local_channels_fini(&channels);
	loop_fini(&fake.loop);
}

static void
send(struct told *told, int32_t broker)
{
	int *request;

	told->message.answered = note_answer;
	told->message.key = 4;
	arena_init(&told->message.arena, SIZE_MAX);
	request = arena_new(&told->message.arena, sizeof(*request));
	*request = told->number;
	told->message.request = request;
	channels.channels.send(&channels.channels, broker, &told->message);
}

TestSuite(local_channel, .init = set_up, .fini = tear_down);

Test(local_channel, does_not_obey_inside_the_call_that_sends)
{
	struct told first = { .number = 1 };

	send(&first, 1);
	cr_expect_eq(obeyed_count, 0);
	fake_loop_run(&fake);
	cr_expect_eq(obeyed_count, 1);
	local_channels_answer(&channels, "response");
	cr_expect_eq(answered_count, 1);
	cr_expect_str_eq(answers[0], "response");
}

Test(local_channel, has_one_message_under_way_and_keeps_their_order)
{
	struct told told[3] = { { .number = 1 }, { .number = 2 }, { .number = 3 } };

	for (int i = 0; i < 3; i++)
		send(&told[i], 1);
	fake_loop_run(&fake);
	cr_expect_eq(obeyed_count, 1);
	local_channels_answer(&channels, "");
	fake_loop_run(&fake);
	local_channels_answer(&channels, "");
	fake_loop_run(&fake);
	local_channels_answer(&channels, "");
	cr_assert_eq(obeyed_count, 3);
	cr_assert_eq(answered_count, 3);
	for (int i = 0; i < 3; i++) {
		cr_expect_eq(obeyed[i], i + 1);
		cr_expect_eq(answered[i], i + 1);
	}
}

Test(local_channel, answers_with_nothing_what_waits_when_it_is_closed)
{
	struct told told[2] = { { .number = 1 }, { .number = 2 } };

	send(&told[0], 1);
	fake_loop_run(&fake);
	send(&told[1], 1);
	channels.channels.close(&channels.channels, 1);
	cr_assert_eq(answered_count, 2);
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(answered[i], i + 1);
		cr_expect_null(answers[i], "its controller's term is over");
	}
	local_channels_answer(&channels, "too late");
	cr_expect_eq(answered_count, 2);
}

/* Its controller does not wait: the message is gone, and the request is still at work. */
Test(local_channel, keeps_the_request_that_is_obeyed_when_it_is_closed)
{
	struct told told = { .number = 1 };

	send(&told, 1);
	fake_loop_run(&fake);
	channels.channels.close(&channels.channels, 1);
	cr_expect_eq(answered_count, 1);
	cr_expect_not(local_channels_are_idle(&channels));
	cr_expect_str_eq(arena_text(text, "answer", 6), "answer");
	local_channels_answer(&channels, "too late");
	cr_expect_eq(answered_count, 1);
	cr_expect(local_channels_are_idle(&channels));
}

Test(local_channel, obeys_the_next_term_only_after_what_was_under_way)
{
	struct told old = { .number = 1 }, new = { .number = 2 };

	send(&old, 1);
	fake_loop_run(&fake);
	channels.channels.close(&channels.channels, 1);
	channels.channels.open(&channels.channels, 1, 8, NULL);
	send(&new, 1);
	fake_loop_run(&fake);
	cr_expect_eq(obeyed_count, 1);
	local_channels_answer(&channels, "old");
	fake_loop_run(&fake);
	cr_expect_eq(obeyed_count, 2);
	local_channels_answer(&channels, "new");
	cr_assert_eq(answered_count, 2);
	cr_expect_null(answers[0]);
	cr_expect_str_eq(answers[1], "new");
}

Test(local_channel, keeps_messages_of_other_brokers_until_it_is_closed)
{
	struct told told = { .number = 1 };

	channels.channels.open(&channels.channels, 2, 9, NULL);
	send(&told, 2);
	fake_loop_run(&fake);
	cr_expect_eq(obeyed_count, 0);
	channels.channels.close(&channels.channels, 2);
	cr_assert_eq(answered_count, 1);
	cr_expect_null(answers[0]);
}
