#include "klammd/control_requests.h"

#include "told.h"

/* What replicas make of it: tests/unit/partition/replicas_obey_test.c, and scenario broker. */

enum { EPOCH = TOLD_BROKER_EPOCH, CONTROLLER_EPOCH = TOLD_CONTROLLER_EPOCH };

static int answers;
static int16_t code;
static int32_t leader_told;
static const char *topic_told;

static void
set_up(void)
{
	told_init();
	answers = 0;
	leader_told = 1;
	topic_told = "orders";
}

TestSuite(control_requests, .init = set_up, .fini = told_fini);

static void
answered(void *context, const void *response)
{
	const struct update_metadata_response *same_start = response;

	cr_assert_eq(context, &answers);
	/* Of all three it is the first field of a response. */
	code = same_start->error_code;
	answers++;
}

static int16_t
obey(int16_t key, const void *request)
{
	control_requests_obey(&told.requests, key, request, &told.arena, answered, &answers);
	return code;
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
	return obey(API_KEY_UPDATE_METADATA, &request);
}

Test(control_requests, the_image_is_what_the_controller_says)
{
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH, EPOCH), KAFKA_ERROR_NONE);
	cr_assert(answers == 1 && told.updates == 1);
	cr_assert_eq(told.metadata, 1, "replicas hear of it");
	cr_assert_eq(told.image->controller, 1);
	cr_assert_not_null(image_broker_find(told.image, 3));
	cr_assert(control_requests_are_idle(&told.requests));
}

Test(control_requests, an_older_controller_is_refused)
{
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH + 1, EPOCH), KAFKA_ERROR_NONE);
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH, EPOCH), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	cr_assert(answers == 2 && told.updates == 1);
	cr_assert_eq(told.metadata, 1);
}

Test(control_requests, what_is_meant_for_an_earlier_life_is_refused)
{
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH, EPOCH - 1), KAFKA_ERROR_STALE_BROKER_EPOCH);
	cr_assert_eq(told.updates, 0);
	/* A controller that sends none is of a time before them; one that knows more has heard first. */
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH, -1), KAFKA_ERROR_NONE);
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH, EPOCH + 1), KAFKA_ERROR_NONE);
	cr_assert_eq(told.updates, 2);
}

Test(control_requests, a_refused_request_raises_no_epoch)
{
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH + 9, EPOCH - 1),
	    KAFKA_ERROR_STALE_BROKER_EPOCH);
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH, EPOCH), KAFKA_ERROR_NONE);
}

static void
tell_topic(const char *name, int64_t broker_epoch)
{
	struct update_metadata_request_update_metadata_partition_state partition =
	    update_metadata_request_update_metadata_partition_state_defaults;
	struct update_metadata_request_update_metadata_topic_state topic =
	    update_metadata_request_update_metadata_topic_state_defaults;
	struct update_metadata_request request = update_metadata_request_defaults;

	partition.leader = leader_told;
	topic.topic_name = slice_of_text(name);
	topic.partition_states.items = &partition;
	topic.partition_states.count = 1;
	request.controller_epoch = CONTROLLER_EPOCH;
	request.broker_epoch = broker_epoch;
	request.topic_states.items = &topic;
	request.topic_states.count = 1;
	cr_assert_eq(obey(API_KEY_UPDATE_METADATA, &request), KAFKA_ERROR_NONE);
}

static bool
knows(const char *topic)
{
	return image_topic_find(told.image, slice_of_text(topic)) != NULL;
}

Test(control_requests, topics_that_went_while_the_broker_was_away_are_not_kept)
{
	tell_topic("gone", EPOCH);
	tell_topic("orders", EPOCH);
	cr_assert(knows("gone") && knows("orders"));
	/* Registered anew; a controller that begins names no topic. */
	(void)update_metadata(CONTROLLER_EPOCH, EPOCH + 1);
	cr_assert(knows("gone") && knows("orders"));
	tell_topic("orders", EPOCH + 1);
	cr_assert(!knows("gone") && knows("orders"));
	/* From here on changes are told, also once the broker itself has heard of its registration. */
	told.requests.broker_epoch = EPOCH + 1;
	tell_topic("payments", EPOCH + 1);
	cr_assert(knows("orders") && knows("payments"));
	cr_assert_eq(told.wholes, 2);
}

/* Groups forget the offsets of what is deleted, and not of what is not named. */
Test(control_requests, a_deletion_that_is_told_is_not_taken_for_one_that_was_not)
{
	tell_topic("orders", EPOCH);
	told.updates = told.wholes = 0;
	leader_told = -2;
	tell_topic("orders", EPOCH + 1);
	cr_assert(told.updates == 2 && told.wholes == 1);
	cr_assert(told.gone_before_whole && !knows("orders"));
}

Test(control_requests, nothing_is_dropped_for_a_controller_that_tells_no_broker_epoch)
{
	tell_topic("orders", EPOCH);
	tell_topic("payments", -1);
	cr_assert(knows("orders") && knows("payments"));
}

static void
tell_leaders(int32_t controller_epoch, bool is_grouped)
{
	static struct leader_and_isr_request_leader_and_isr_topic_state topic;
	static struct leader_and_isr_request_leader_and_isr_partition_state partition;
	static struct leader_and_isr_request request;

	request = leader_and_isr_request_defaults;
	topic = leader_and_isr_request_leader_and_isr_topic_state_defaults;
	partition = leader_and_isr_request_leader_and_isr_partition_state_defaults;
	topic.topic_name = partition.topic_name = slice_of_text(topic_told);
	request.topic_states.items = &topic;
	request.topic_states.count = is_grouped ? 1 : 0;
	request.ungrouped_partition_states.items = &partition;
	request.ungrouped_partition_states.count = is_grouped ? 0 : 1;
	request.controller_epoch = controller_epoch;
	request.broker_epoch = EPOCH;
	(void)obey(API_KEY_LEADER_AND_ISR, &request);
}

Test(control_requests, leaders_and_stops_of_an_older_controller_are_refused)
{
	struct stop_replica_request stops = stop_replica_request_defaults;

	stops.controller_epoch = CONTROLLER_EPOCH - 1;
	stops.broker_epoch = EPOCH;
	tell_leaders(CONTROLLER_EPOCH - 1, true);
	cr_assert_eq(code, KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	cr_assert_eq(obey(API_KEY_STOP_REPLICA, &stops), KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
	cr_assert(answers == 2 && control_requests_are_idle(&told.requests));
	cr_assert(told.leaders == 0 && told.stops == 0);
}

/* Old versions name the topic with each partition. */
Test(control_requests, replicas_are_told_once_the_settings_of_their_topics_are_known)
{
	for (int i = 0; i < 2; i++) {
		tell_leaders(CONTROLLER_EPOCH, i == 0);
		cr_assert_eq(told.leaders, i);
		told_settings_are_known();
		cr_assert(told.leaders == i + 1 && answers == i);
		told_replicas_are_done();
		cr_assert(answers == i + 1 && code == KAFKA_ERROR_NONE);
	}
}

/* Of the wire nothing is believed. */
Test(control_requests, what_is_no_name_of_a_topic_is_not_looked_for)
{
	topic_told = "../../orders";
	tell_leaders(CONTROLLER_EPOCH, true);
	cr_assert_eq(told.topics, 0);
	told_settings_are_known();
	told_replicas_are_done(); /* who refuse it */
	topic_told = "orders";
	tell_leaders(CONTROLLER_EPOCH, true);
	cr_assert_eq(told.topics, 1);
	told_settings_are_known();
	told_replicas_are_done();
}

Test(control_requests, what_waits_is_answered_with_an_error_when_the_broker_stops)
{
	tell_leaders(CONTROLLER_EPOCH, true);
	control_requests_close(&told.requests);
	cr_assert(answers == 1 && code == KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_assert_eq(update_metadata(CONTROLLER_EPOCH, EPOCH), KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	told_settings_are_known();
	cr_assert(answers == 2 && told.leaders == 0 && told.updates == 0);
}

static void
ends_told(void *context, const void *response)
{
	const struct list_offsets_response *listed = response;

	cr_assert_eq(context, &answers);
	cr_assert_eq(listed->topics.count, 0);
	answers++;
}

Test(control_requests, where_logs_end_is_asked_of_the_replicas)
{
	struct list_offsets_request request = list_offsets_request_defaults;

	control_requests_obey(&told.requests, API_KEY_LIST_OFFSETS, &request, &told.arena,
	    ends_told, &answers);
	cr_assert(told.ends == 1 && answers == 0);
	told_replicas_are_done();
	cr_assert_eq(answers, 1);
	control_requests_close(&told.requests);
	control_requests_obey(&told.requests, API_KEY_LIST_OFFSETS, &request, &told.arena,
	    ends_told, &answers);
	cr_assert(told.ends == 1 && answers == 2);
}

static void
prefixes_told(void *context, const void *response)
{
	const struct fetch_response *fetched = response;

	cr_assert_eq(context, &answers);
	cr_assert_eq(fetched->responses.count, 0);
	answers++;
}

Test(control_requests, where_logs_part_is_asked_of_the_replicas)
{
	struct fetch_request request = fetch_request_defaults;

	control_requests_obey(&told.requests, API_KEY_FETCH, &request, &told.arena, prefixes_told,
	    &answers);
	cr_assert(told.prefixes == 1 && answers == 0);
	told_replicas_are_done();
	cr_assert_eq(answers, 1);
	control_requests_close(&told.requests);
	control_requests_obey(&told.requests, API_KEY_FETCH, &request, &told.arena, prefixes_told,
	    &answers);
	cr_assert(told.prefixes == 1 && answers == 2);
}
