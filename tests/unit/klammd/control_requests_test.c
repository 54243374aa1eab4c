#include "klammd/control_requests.h"

#include <criterion/criterion.h>

#include "wire/kafka_error.h"
#include "wire/messages.h"

/* What is not refused and concerns replicas: tests/unit/partition/replicas_obey_test.c, and scenario broker. */

enum { EPOCH = 70, CONTROLLER_EPOCH = 5 };

static struct control_requests control;
static struct arena arena;
static struct image *newest;
static int answers, updates;
static int16_t code;

static void
sink(struct logger *logger, enum logger_level level, const char *line)
{
	(void)logger;
	(void)level;
	(void)line;
}

static void
updated(void *context, struct image *image)
{
	cr_assert_eq(context, &control);
	if (newest != NULL)
		image_release(newest);
	newest = image;
	updates++;
}

static void
set_up(void)
{
	static struct logger logger = { LOGGER_ERROR, sink };
	static struct world world;

	world = (struct world){ .logger = &logger };
	arena_init(&arena, 1 << 16);
	control_requests_init(&control, &world, NULL, NULL);
	control.updated = updated;
	control.context = &control;
	control.broker_epoch = EPOCH;
	control.controller_epoch = CONTROLLER_EPOCH;
}

static void
tear_down(void)
{
	if (newest != NULL)
		image_release(newest);
	control_requests_fini(&control);
	arena_fini(&arena);
}

TestSuite(control_requests, .init = set_up, .fini = tear_down);

static void
answered(void *context, const void *response)
{
	const struct update_metadata_response *same_start = response;

	cr_assert_eq(context, &control);
	/* Of all three it is the first field of a response. */
	code = same_start->error_code;
	answers++;
}

static int16_t
update_metadata(int32_t controller_epoch, int64_t broker_epoch)
{
	struct update_metadata_request request = update_metadata_request_defaults;
	struct update_metadata_request_update_metadata_broker broker =
	    update_metadata_request_update_metadata_broker_defaults;

	broker.id = 3;
	request.controller_id = 1;
	request.controller_epoch = controller_epoch;
	request.broker_epoch = broker_epoch;
	request.live_brokers.items = &broker;
	request.live_brokers.count = 1;
	control_requests_obey(&control, API_KEY_UPDATE_METADATA, &request, &arena, answered);
	return code;
}

Test(control_requests, the_image_is_what_the_controller_says)
{
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH, EPOCH), KAFKA_ERROR_NONE);
	cr_assert(answers == 1 && updates == 1);
	cr_assert_eq(newest->controller, 1);
	cr_assert_not_null(image_broker_find(newest, 3));
	cr_assert(control_requests_are_idle(&control));
}

Test(control_requests, an_older_controller_is_refused)
{
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH + 1, EPOCH), KAFKA_ERROR_NONE);
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH, EPOCH), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	cr_assert(answers == 2 && updates == 1);
}

Test(control_requests, what_is_meant_for_an_earlier_life_is_refused)
{
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH, EPOCH - 1), KAFKA_ERROR_STALE_BROKER_EPOCH);
	cr_assert_eq(updates, 0);
	/* A controller that sends none is of a time before them; one that knows more has heard first. */
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH, -1), KAFKA_ERROR_NONE);
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH, EPOCH + 1), KAFKA_ERROR_NONE);
	cr_assert_eq(updates, 2);
}

Test(control_requests, a_refused_request_raises_no_epoch)
{
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH + 9, EPOCH - 1),
	    KAFKA_ERROR_STALE_BROKER_EPOCH);
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH, EPOCH), KAFKA_ERROR_NONE);
}

Test(control_requests, leaders_and_stops_of_an_older_controller_are_refused)
{
	struct leader_and_isr_request leaders = leader_and_isr_request_defaults;
	struct stop_replica_request stops = stop_replica_request_defaults;

	leaders.controller_epoch = stops.controller_epoch = CONTROLLER_EPOCH - 1;
	leaders.broker_epoch = stops.broker_epoch = EPOCH;
	control_requests_obey(&control, API_KEY_LEADER_AND_ISR, &leaders, &arena, answered);
	cr_assert_eq(code, KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	control_requests_obey(&control, API_KEY_STOP_REPLICA, &stops, &arena, answered);
	cr_assert_eq(code, KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	cr_assert(answers == 2 && control_requests_are_idle(&control));
}
