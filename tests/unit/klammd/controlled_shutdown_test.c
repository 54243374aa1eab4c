#include "klammd/controlled_shutdown.h"

#include <criterion/criterion.h>

#include "../config/given.h"
#include "../world/fake_loop.h"
#include "wire/kafka_error.h"

enum { SECOND_US = 1000 * 1000, BROKER = 2, EPOCH = 77 };

static struct given given;
static struct fake_loop fake;
static struct world world;
static struct controlled_shutdown shutdown;
static int asks, ends;
static int64_t deadline_us;
static const struct controlled_shutdown_request *asked;

static void
sink(struct logger *logger, enum logger_level level, const char *line)
{
	(void)logger;
	(void)level;
	(void)line;
}

static void
ask(struct controlled_shutdown *it, const struct controlled_shutdown_request *request,
    int64_t until_us)
{
	cr_assert_eq(it, &shutdown);
	asked = request;
	deadline_us = until_us;
	asks++;
}

static void
done(struct controlled_shutdown *it)
{
	cr_assert_eq(it, &shutdown);
	ends++;
}

static void
set_up(void)
{
	static struct logger logger = { LOGGER_ERROR, sink };

	given_init(&given);
	fake_loop_init(&fake, LOOP_CONTROL);
	world = (struct world){ .control = &fake.loop, .clock = &fake.clock, .logger = &logger };
	asks = ends = 0;
}

static void
tear_down(void)
{
	loop_fini(&fake.loop);
	given_fini(&given);
}

TestSuite(controlled_shutdown, .init = set_up, .fini = tear_down);

static void
start(const char *properties)
{
	given_set(&given, properties);
	cr_assert_not_null(given.config, "%s", given_print(&given));
	shutdown = (struct controlled_shutdown){ .world = &world, .config = given.config,
		.patience_ms = 60 * 1000,
		.ask = ask, .done = done };
	controlled_shutdown_start(&shutdown, BROKER, EPOCH);
}

static void
pass(int64_t us)
{
	fake.now_us += us;
	fake.wakes++;
	(void)fake_loop_run(&fake);
}

/* How many partitions the controller could not move. */
static void
answer(int16_t code, int32_t remaining)
{
	struct controlled_shutdown_response_remaining_partition left =
	    { slice_of_text("orders"), 3 };
	struct controlled_shutdown_response response = { .error_code = code,
		.remaining_partitions = { &left, remaining } };

	controlled_shutdown_answered(&shutdown, ERROR_NONE, &response);
}

Test(controlled_shutdown, ends_when_nothing_is_led_any_more)
{
	start("controller.socket.timeout.ms=7000");
	cr_expect_eq(asks, 1);
	cr_expect(asked->broker_id == BROKER && asked->broker_epoch == EPOCH);
	cr_expect_eq(deadline_us, fake.now_us + 7 * SECOND_US);
	cr_expect_eq(ends, 0);
	answer(KAFKA_ERROR_NONE, 0);
	cr_expect_eq(ends, 1);
	pass(100 * SECOND_US);
	cr_expect(asks == 1 && ends == 1);
}

Test(controlled_shutdown, tries_again_after_the_backoff_and_not_for_ever)
{
	start("controlled.shutdown.max.retries=3\ncontrolled.shutdown.retry.backoff.ms=2000");
	answer(KAFKA_ERROR_NONE, 1);
	pass(SECOND_US);
	cr_expect_eq(asks, 1);
	pass(SECOND_US);
	cr_expect_eq(asks, 2);
	controlled_shutdown_answered(&shutdown, ERROR_TIMED_OUT, NULL);
	pass(2 * SECOND_US);
	cr_expect_eq(asks, 3);
	answer(KAFKA_ERROR_STALE_CONTROLLER_EPOCH, 0);
	cr_expect_eq(ends, 1);
	pass(100 * SECOND_US);
	cr_expect(asks == 3 && ends == 1);
}

Test(controlled_shutdown, may_succeed_at_the_second_attempt)
{
	start("controlled.shutdown.retry.backoff.ms=2000");
	answer(KAFKA_ERROR_NONE, 1);
	controlled_shutdown_set_epoch(&shutdown, EPOCH + 1);
	cr_expect_eq(asked->broker_epoch, EPOCH);
	pass(2 * SECOND_US);
	cr_expect_eq(asked->broker_epoch, EPOCH + 1);
	answer(KAFKA_ERROR_NONE, 0);
	cr_expect(asks == 2 && ends == 1);
}

/* Of whoever has the question nothing is heard. */
Test(controlled_shutdown, does_not_wait_for_ever)
{
	start("");
	pass(59 * SECOND_US);
	cr_expect_eq(ends, 0);
	pass(SECOND_US);
	cr_expect_eq(ends, 1);
	answer(KAFKA_ERROR_NONE, 0);
	cr_expect(asks == 1 && ends == 1);
}

Test(controlled_shutdown, a_long_backoff_does_not_make_the_stop_longer)
{
	start("controlled.shutdown.retry.backoff.ms=9223372036854775807");
	answer(KAFKA_ERROR_NONE, 1);
	pass(60 * SECOND_US);
	cr_expect_eq(ends, 1);
}

Test(controlled_shutdown, asks_nobody_when_it_is_not_wanted)
{
	start("controlled.shutdown.enable=false");
	cr_expect(asks == 0 && ends == 1);
	start("controlled.shutdown.max.retries=0");
	cr_expect(asks == 0 && ends == 2);
}
