#include "controller/topic_list.h"

#include <criterion/criterion.h>

#include "model.h"

static struct model it;

static void
set_up(void)
{
	model_init(&it);
}

static void
tear_down(void)
{
	model_fini(&it);
}

TestSuite(topic_list, .init = set_up, .fini = tear_down);

static struct payload_topic
decode(const char *text)
{
	struct payload_complaint complaint;
	struct payload_topic topic;

	cr_assert_eq(payload_topic_decode(slice_of_text(text), &it.arena, &topic, &complaint),
	    ERROR_NONE, "%s", complaint.text);
	return topic;
}

Test(topic_list, finds_fault_with_assignments_that_nobody_can_serve)
{
	struct payload_topic good = decode("{\"version\":1,\"partitions\":{\"0\":[1,2]}}");
	struct payload_topic twice = decode("{\"version\":1,\"partitions\":{\"0\":[1],\"1\":[2,3,2]}}");
	struct payload_topic none = decode("{\"version\":1,\"partitions\":{\"0\":[]}}");
	struct payload_topic empty = decode("{\"version\":1,\"partitions\":{}}");

	cr_assert_null(topic_fault(&good));
	cr_assert_not_null(topic_fault(&twice));
	cr_assert_not_null(topic_fault(&none));
	cr_assert_null(topic_fault(&empty));
}

Test(topic_list, takes_only_partitions_that_are_new)
{
	struct context_topic *topic = model_topic(&it, "a", "1;2");
	struct payload_topic payload = decode("{\"version\":2,\"partitions\":{\"5\":[1,2],\"0\":[9],"
	    "\"3\":[2]},\"adding_replicas\":{\"5\":[2]},\"removing_replicas\":{}}");
	struct context_partition *added[3];

	cr_assert_eq(topic_take_partitions(topic, &payload, added), 2);
	cr_assert_eq(added[0]->index, 5);
	cr_assert_eq(added[0]->adding_count, 1);
	cr_assert_eq(added[1]->index, 3);
	cr_assert_eq(topic->partition_count, 4);
	cr_assert_eq(topic->partitions[0]->replicas[0].broker, 1);
	cr_assert_eq(topic_take_partitions(topic, &payload, NULL), 0);
}
