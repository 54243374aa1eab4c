/* What a Kafka 3.9.1 cluster has in ZooKeeper after the same requests, byte for byte. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/controller.h"
#include "town.h"

static struct town_fixture it;

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(controller_golden, .fini = tear_down);

static void
create(const char *name, const int32_t *const *assignments, int32_t count, const char *config,
    const char *value)
{
	struct create_topics_request_creatable_topic *topic;
	struct town_call call;

	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	topic = town_add_topic(&call, name, -1, -1);
	for (int32_t i = 0; i < count; i++)
		town_add_assignment(&call, topic, i, assignments[i]);
	if (config != NULL) {
		town_add_config(&call, topic, "min.insync.replicas", "2");
		town_add_config(&call, topic, config, value);
	}
	town_ask_and_wait(&it, &call, 10 * TOWN_SECOND_US);
	cr_assert_eq(call.response.create.topics.items[0].error_code, KAFKA_ERROR_NONE);
	town_call_fini(&call);
}

#define ON(...) (const int32_t[]){ __VA_ARGS__, -1 }

static void
grow_by_hand(const char *name, int32_t count, int32_t broker)
{
	struct create_partitions_request_create_partitions_topic topic =
	    create_partitions_request_create_partitions_topic_defaults;
	struct create_partitions_request_create_partitions_assignment assignment = { { &broker, 1 } };
	struct town_call call;

	town_call_init(&call, CONTROLLER_CREATE_PARTITIONS, 3);
	topic.name = slice_of_text(name);
	topic.count = count;
	topic.assignments.items = &assignment;
	topic.assignments.count = 1;
	call.request.grow.topics.items = &topic;
	call.request.grow.topics.count = 1;
	town_ask_and_wait(&it, &call, 10 * TOWN_SECOND_US);
	cr_assert_eq(call.response.grow.results.items[0].error_code, KAFKA_ERROR_NONE);
	town_call_fini(&call);
}

/* The ids of topics are random. */
static void
mask_id(char *text)
{
	char *id = strstr(text, "\"topic_id\":\"");

	if (id != NULL)
		memset(id + strlen("\"topic_id\":\""), '?', UUID_TEXT_SIZE);
}

static bool
is_of(const char *path, const char *topic)
{
	char prefix[128];

	snprintf(prefix, sizeof(prefix), "/brokers/topics/%s", topic);
	if (strncmp(path, prefix, strlen(prefix)) == 0 &&
	    (path[strlen(prefix)] == '\0' || path[strlen(prefix)] == '/'))
		return true;
	snprintf(prefix, sizeof(prefix), "/config/topics/%s", topic);
	if (strcmp(path, prefix) == 0)
		return true;
	snprintf(prefix, sizeof(prefix), "/admin/delete_topics/%s", topic);
	return strcmp(path, prefix) == 0;
}

/* By other requests of that run than ours. */
static bool
is_changed_later(const char *dump_name, const char *path)
{
	return dump_name[0] != '2' && (strcmp(path, "/config/topics/orders") == 0 ||
	    strcmp(path, "/config/topics/single") == 0);
}

/* All that the dump has of the topic is here, the same, and with the same version. */
static void
compare(const char *dump_name, const char *topic, int wanted)
{
	char file[512];
	json_error_t error;
	const char *path;
	json_t *node;
	int compared = 0;

	snprintf(file, sizeof(file), "%s/golden/znodes/%s.json", TESTS_DIR, dump_name);
	json_t *dump = json_load_file(file, 0, &error);
	cr_assert_not_null(dump, "%s: %s", file, error.text);
	json_object_foreach(dump, path, node) {
		const char *data = json_string_value(json_object_get(node, "data"));
		char ours[1024], theirs[1024];

		if (!is_of(path, topic) || is_changed_later(dump_name, path))
			continue;
		cr_assert_not_null(town_node(&it.town, path), "%s: %s is missing", dump_name, path);
		snprintf(ours, sizeof(ours), "%s", town_node(&it.town, path));
		snprintf(theirs, sizeof(theirs), "%s", data == NULL ? "" : data);
		mask_id(ours);
		mask_id(theirs);
		cr_expect_str_eq(ours, theirs, "%s: %s: %s, not %s", dump_name, path, ours, theirs);
		cr_expect_eq(town_version(&it.town, path),
		    (int32_t)json_integer_value(json_object_get(node, "version")), "%s: %s: version %d",
		    dump_name, path, (int)town_version(&it.town, path));
		compared++;
	}
	cr_expect_eq(compared, wanted, "%s: %d nodes of %s", dump_name, compared, topic);
	json_decref(dump);
}

static void
create_as_kafka(void)
{
	create("orders", (const int32_t *const[]){ ON(2, 3, 1), ON(3, 1, 2), ON(1, 2, 3) }, 3,
	    "retention.ms", "86400000");
	create("single", (const int32_t *const[]){ ON(2) }, 1, NULL, NULL);
	create("gone", (const int32_t *const[]){ ON(3, 1, 2) }, 1, NULL, NULL);
	grow_by_hand("single", 2, 3);
	create("manual", (const int32_t *const[]){ ON(2, 3), ON(3, 1) }, 2, NULL, NULL);
}

/* Broker 1 is controller, as in that run. */
static void
begin(void)
{
	town_begin_down(&it, 3, "auto.leader.rebalance.enable=false\n");
	control_town_start(&it.town, 0);
	town_run(&it, TOWN_SECOND_US);
	control_town_start(&it.town, 1);
	control_town_start(&it.town, 2);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(town_active(&it.town), 0);
}

Test(controller_golden, topics_that_were_created)
{
	begin();
	create_as_kafka();
	compare("2-topics-created", "orders", 9);
	compare("2-topics-created", "single", 7);
	compare("2-topics-created", "gone", 5);
	compare("2-topics-created", "manual", 7);
}

Test(controller_golden, a_broker_that_was_killed_and_a_deletion_that_waits_for_it)
{
	begin();
	create_as_kafka();
	control_town_stop(&it.town, 1);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(town_delete(&it, "gone"), KAFKA_ERROR_NONE);
	town_run(&it, TOWN_SECOND_US);
	compare("6-broker-killed-and-delete-pending", "gone", 6);
	compare("6-broker-killed-and-delete-pending", "orders", 8);
	compare("6-broker-killed-and-delete-pending", "manual", 7);
	control_town_start(&it.town, 1);
	town_run(&it, 2 * TOWN_SECOND_US);
	compare("7-broker-back", "gone", 0);
	cr_assert_null(town_node(&it.town, "/brokers/topics/gone"));
	cr_assert_null(town_node(&it.town, "/config/topics/gone"));
	cr_assert_null(town_node(&it.town, "/admin/delete_topics/gone"));
}

static void
compare_all(const char *dump_name)
{
	compare(dump_name, "orders", 8);
	compare(dump_name, "manual", 7);
	compare(dump_name, "single", 6);
}

Test(controller_golden, a_partition_that_moves)
{
	begin();
	create_as_kafka();
	cr_assert_eq(town_reassign(&it, "single", 0, ON(3, 1)), KAFKA_ERROR_NONE);
	compare_all("4-during-reassignment");
	cr_assert_eq(town_set_isr(&it, "single", 0, ON(2, 1)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_set_isr(&it, "single", 0, ON(2, 1, 3)), KAFKA_ERROR_NONE);
	compare_all("5-after-reassignment");
}

static void
move_single(void)
{
	cr_assert_eq(town_reassign(&it, "single", 0, ON(3, 1)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_set_isr(&it, "single", 0, ON(2, 1)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_set_isr(&it, "single", 0, ON(2, 1, 3)), KAFKA_ERROR_NONE);
}

static void
elect_preferred(void)
{
	struct town_call call;

	town_call_init(&call, CONTROLLER_ELECT_LEADERS, 2);
	call.request.elect.topic_partitions.count = -1;
	town_ask_and_wait(&it, &call, 10 * TOWN_SECOND_US);
	town_call_fini(&call);
	town_run(&it, TOWN_SECOND_US);
}

static void
shut_down(int32_t broker)
{
	struct town_call call;

	town_call_init(&call, CONTROLLER_CONTROLLED_SHUTDOWN, 3);
	call.request.shutdown.broker_id = broker;
	town_ask_and_wait(&it, &call, 10 * TOWN_SECOND_US);
	cr_assert_eq(call.response.shutdown.error_code, KAFKA_ERROR_NONE);
	town_call_fini(&call);
}

Test(controller_golden, the_whole_story)
{
	begin();
	create_as_kafka();
	move_single();
	control_town_stop(&it.town, 1);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(town_delete(&it, "gone"), KAFKA_ERROR_NONE);
	compare_all("6-broker-killed-and-delete-pending");
	control_town_start(&it.town, 1);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(town_set_isr(&it, "orders", 0, ON(3, 1, 2)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_set_isr(&it, "orders", 1, ON(3, 1, 2)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_set_isr(&it, "orders", 2, ON(1, 3, 2)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_set_isr(&it, "manual", 0, ON(3, 2)), KAFKA_ERROR_NONE);
	compare_all("7-broker-back");
	elect_preferred();
	compare_all("8-after-preferred-election");
	control_town_stop(&it.town, 0); /* the controller */
	town_run(&it, 2 * TOWN_SECOND_US);
	compare_all("9-controller-killed");
	control_town_start(&it.town, 0);
	town_run(&it, 2 * TOWN_SECOND_US);
	for (int32_t i = 0; i < 3; i++)
		cr_assert_eq(town_set_isr(&it, "orders", i, ON(3, 2, 1)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_set_isr(&it, "manual", 1, ON(3, 1)), KAFKA_ERROR_NONE);
	cr_assert_eq(town_set_isr(&it, "single", 0, ON(3, 1)), KAFKA_ERROR_NONE);
	shut_down(2);
	compare_all("10-controlled-shutdown");
}

Test(controller_golden, a_new_cluster)
{
	begin();
	cr_assert_str_eq(town_node(&it.town, "/feature"),
	    "{\"features\":{},\"version\":2,\"status\":1}");
	cr_assert_str_eq(town_node(&it.town, "/controller_epoch"), "1");
	cr_assert_eq(town_version(&it.town, "/controller_epoch"), 1);
	cr_assert_not_null(strstr(town_node(&it.town, "/controller"),
	    "{\"version\":2,\"brokerid\":1,\"timestamp\":\""));
	cr_assert_not_null(strstr(town_node(&it.town, "/controller"),
	    "\",\"kraftControllerEpoch\":-1}"));
}
