#include "controller/controller.h"

#include <criterion/criterion.h>

#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 1, NULL);
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(controller, .init = set_up, .fini = tear_down);

Test(controller, alone_is_elected_and_tells_itself_who_is_alive)
{
	struct town_broker *broker = town_leader(&it);

	cr_assert_eq(broker->known, 1);
	cr_assert_eq(broker->alive_count, 1);
	cr_assert_str_eq(town_node(&it.town, "/controller_epoch"), "1");
	cr_assert_str_eq(town_node(&it.town, "/feature"),
	    "{\"features\":{},\"version\":2,\"status\":1}");
}

Test(controller, creates_a_topic_and_answers_when_it_is_led)
{
	struct town_broker *broker = town_leader(&it);

	cr_assert_eq(town_create(&it, "orders", 3, 1), KAFKA_ERROR_NONE);
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/orders/partitions/2/state"),
	    "{\"controller_epoch\":1,\"leader\":1,\"version\":1,\"leader_epoch\":0,\"isr\":[1]}");
	cr_assert_str_eq(town_node(&it.town, "/config/topics/orders"),
	    "{\"version\":1,\"config\":{}}");
	cr_assert_eq(broker->replicas.count, 3);
	cr_assert_eq(broker->metadata.count, 3);
	cr_assert(broker->replicas.items[0].was_new);
	cr_assert_eq(town_create(&it, "orders", 3, 1), KAFKA_ERROR_TOPIC_ALREADY_EXISTS);
	cr_assert_eq(town_create(&it, "twice", 1, 2), KAFKA_ERROR_INVALID_REPLICATION_FACTOR);
}

Test(controller, deletes_a_topic)
{
	struct town_broker *broker = town_leader(&it);

	cr_assert_eq(town_create(&it, "gone", 2, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(town_delete(&it, "gone"), KAFKA_ERROR_NONE);
	cr_assert_null(town_node(&it.town, "/brokers/topics/gone"));
	cr_assert_null(town_node(&it.town, "/config/topics/gone"));
	cr_assert_null(town_node(&it.town, "/admin/delete_topics/gone"));
	cr_assert_eq(broker->replicas.count, 0);
	cr_assert_eq(broker->metadata.count, 0);
	cr_assert_eq(town_delete(&it, "gone"), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

Test(controller, adds_partitions)
{
	struct town_broker *broker = town_leader(&it);

	cr_assert_eq(town_create(&it, "grows", 1, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(town_grow(&it, "grows", 4), KAFKA_ERROR_NONE);
	cr_assert_eq(broker->metadata.count, 4);
	cr_assert_not_null(town_node(&it.town, "/brokers/topics/grows/partitions/3/state"));
	cr_assert_eq(town_grow(&it, "grows", 4), KAFKA_ERROR_INVALID_PARTITIONS);
	cr_assert_eq(town_grow(&it, "nothing", 4), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

/* A broker that stops may lose its session meanwhile: it is stopped before that, or after. */
Test(controller, ends_with_the_session_whether_stopped_or_not)
{
	struct town_broker *broker = town_leader(&it);
	struct controller *controller = town_controller(broker);

	cr_assert(controller_is_active(controller));
	sim_process_enter(&broker->process);
	loop_enter(broker->process.world.control);
	controller_expired(controller);
	cr_expect_not(controller_is_active(controller));
	controller_stop(controller);
	controller_expired(controller);
	cr_expect_not(controller_is_active(controller));
	loop_leave(broker->process.world.control);
	sim_process_leave(&broker->process);
}
