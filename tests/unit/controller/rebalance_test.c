#include "controller/rebalance.h"

#include <criterion/criterion.h>

#include "model.h"

static struct model it;
static struct context_topic *topic;
static struct context_partition *chosen[16];

static void
set_up(void)
{
	model_init(&it);
	model_broker(&it, 1, NULL);
	model_broker(&it, 2, NULL);
	topic = model_topic(&it, "a", "1,2;1,2;2,1;2,1");
	model_led(topic, 0, 2, "1,2");
	model_led(topic, 1, 1, "1,2");
	model_led(topic, 2, 2, "1,2");
	model_led(topic, 3, 2, "1,2");
}

static void
tear_down(void)
{
	model_fini(&it);
}

TestSuite(rebalance, .init = set_up, .fini = tear_down);

static size_t
choose(int32_t percentage)
{
	return rebalance_choose(&it.context, percentage, chosen);
}

Test(rebalance, chooses_where_too_much_is_led_by_others)
{
	cr_assert_eq(choose(10), 1);
	cr_assert_eq(chosen[0], topic->partitions[0]);
	cr_assert_eq(choose(49), 1);
	cr_assert_eq(choose(50), 0);
}

Test(rebalance, leaves_what_its_broker_cannot_lead)
{
	model_led(topic, 0, 2, "2");
	cr_assert_eq(choose(10), 0);
	model_led(topic, 0, 2, "1,2");
	topic->partitions[0]->replicas[0].dir_offline = true;
	cr_assert_eq(choose(10), 0);
	context_broker_remove(&it.context, 1);
	cr_assert_eq(choose(10), 0);
}

Test(rebalance, leaves_topics_that_are_deleted_but_not_those_that_are_reassigned)
{
	context_partition_set_reassignment(topic->partitions[3], model_ids(&it, "3"),
	    model_ids(&it, ""));
	cr_assert_eq(choose(10), 1);
	topic->to_delete = true;
	cr_assert_eq(choose(10), 0);
}
