#include "controller/outgoing_private.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "model.h"

static struct model it;
static struct context_topic *a, *b;
static struct controller_message message;
static struct outgoing_sender sender;
static char text[4096];

static void
set_up(void)
{
	model_init(&it);
	for (int32_t id = 1; id <= 2; id++)
		model_broker(&it, id, id == 2 ? "r" : NULL);
	a = model_topic(&it, "a", "1,2,3;2,1");
	b = model_topic(&it, "b", "1");
	model_led(a, 0, 1, "1,2");
	model_led(a, 1, 2, "2");
	model_led(b, 0, 1, "1");
	arena_init(&message.arena, SIZE_MAX);
	sender = (struct outgoing_sender){ .context = &it.context, .controller_id = 1,
		.inter_broker_listener = "PLAINTEXT" };
}

static void
tear_down(void)
{
	arena_fini(&message.arena);
	model_fini(&it);
}

TestSuite(outgoing_requests, .init = set_up, .fini = tear_down);

/* As JSON, which also shows that it can be encoded. */
static const char *
print(void)
{
	const struct message_type *type = message_type_find(message.key, false);
	struct buffer out;
	size_t size;

	cr_assert_eq(message_encoded_size(type, message.version, message.request, &size), ERROR_NONE);
	buffer_init(&out);
	message_print(type, message.version, message.request, &out);
	snprintf(text, sizeof(text), "%.*s", (int)out.size, (const char *)out.bytes);
	buffer_fini(&out);
	return text;
}

static const struct context_broker *
broker(int32_t id)
{
	return context_broker_find(&it.context, id);
}

static void
expect_part(const char *part)
{
	cr_expect_not_null(strstr(text, part), "%s\nis not in\n%s", part, text);
}

Test(outgoing_requests, say_who_leads_and_where_leaders_are)
{
	struct outgoing_item items[] = { { 2, a->partitions[0], true, false },
		{ 2, a->partitions[1], false, false } };

	context_partition_set_reassignment(a->partitions[1], model_ids(&it, "3"),
	    model_ids(&it, "1"));
	outgoing_make_leader_and_isr(&sender, broker(2), items, 2, &message);
	cr_assert_eq(message.key, API_KEY_LEADER_AND_ISR);
	cr_assert_eq(message.version, 7);
	print();
	expect_part("\"controllerId\":1,\"isKRaftController\":false,\"controllerEpoch\":5,"
	    "\"brokerEpoch\":200,\"type\":0");
	expect_part("\"partitionIndex\":0,\"controllerEpoch\":4,\"leader\":1,\"leaderEpoch\":7,"
	    "\"isr\":[1,2],\"partitionEpoch\":3,\"replicas\":[1,2,3],\"addingReplicas\":[],"
	    "\"removingReplicas\":[],\"isNew\":true,\"leaderRecoveryState\":0");
	expect_part("\"addingReplicas\":[3],\"removingReplicas\":[1],\"isNew\":false");
	expect_part("\"liveLeaders\":[{\"brokerId\":1,\"hostName\":\"h1\",\"port\":9092},"
	    "{\"brokerId\":2,\"hostName\":\"h2\",\"port\":9092}]");
}

Test(outgoing_requests, name_no_leader_that_is_away)
{
	struct outgoing_item item = { 2, a->partitions[0], false, false };

	context_broker_remove(&it.context, 1);
	outgoing_make_leader_and_isr(&sender, broker(2), &item, 1, &message);
	print();
	expect_part("\"liveLeaders\":[]");
}

Test(outgoing_requests, stop_replicas_with_their_epoch)
{
	struct outgoing_item items[] = { { 2, a->partitions[0], false, false },
		{ 2, b->partitions[0], false, true } };

	outgoing_make_stop_replica(&sender, broker(2), items, 2, &message);
	cr_assert_eq(message.key, API_KEY_STOP_REPLICA);
	cr_assert_eq(message.version, 4);
	print();
	expect_part("{\"topicName\":\"a\",\"partitionStates\":[{\"partitionIndex\":0,"
	    "\"leaderEpoch\":7,\"deletePartition\":false}]}");
	expect_part("{\"topicName\":\"b\",\"partitionStates\":[{\"partitionIndex\":0,"
	    "\"leaderEpoch\":7,\"deletePartition\":true}]}");
}

Test(outgoing_requests, mark_a_deletion_by_its_epochs)
{
	struct outgoing_item item = { 2, b->partitions[0], false, true };

	b->to_delete = true;
	outgoing_make_stop_replica(&sender, broker(2), &item, 1, &message);
	print();
	expect_part("\"leaderEpoch\":-2,\"deletePartition\":true");
	outgoing_make_metadata(&sender, broker(2), &item, 1, &message);
	print();
	expect_part("\"leader\":-2,\"leaderEpoch\":0,\"isr\":[1],\"zkVersion\":0");
}

Test(outgoing_requests, stop_what_nobody_has_led_without_an_epoch)
{
	struct context_topic *fresh = model_topic(&it, "fresh", "1");
	struct outgoing_item item = { 1, fresh->partitions[0], false, false };

	outgoing_make_stop_replica(&sender, broker(1), &item, 1, &message);
	print();
	expect_part("\"leaderEpoch\":-1");
}

Test(outgoing_requests, tell_all_brokers_with_all_their_listeners)
{
	struct outgoing_item item = { 0, a->partitions[0], false, false };

	outgoing_make_metadata(&sender, broker(1), &item, 1, &message);
	cr_assert_eq(message.key, API_KEY_UPDATE_METADATA);
	cr_assert_eq(message.version, 8);
	print();
	expect_part("\"brokerEpoch\":100");
	expect_part("\"offlineReplicas\":[3]");
	expect_part("{\"id\":1,\"endpoints\":[{\"port\":9092,\"host\":\"h1\","
	    "\"listener\":\"PLAINTEXT\",\"securityProtocol\":0},{\"port\":9093,\"host\":\"o1\","
	    "\"listener\":\"OUT\",\"securityProtocol\":1}],\"rack\":null}");
	expect_part("\"rack\":\"r\"");
}
