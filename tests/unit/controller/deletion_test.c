#include "controller/deletion.h"

#include <criterion/criterion.h>

#include "model.h"
#include "tests/sim/control_obey.h"
#include "town.h"

/* --------------------------------------------------------------- decision */

static struct model it;

static void
set_up(void)
{
	model_init(&it);
	model_broker(&it, 1, NULL);
}

static void
tear_down(void)
{
	model_fini(&it);
}

TestSuite(deletion, .init = set_up, .fini = tear_down);

static void
all_replicas_are(struct context_topic *topic, enum replica_state state)
{
	for (int32_t i = 0; i < topic->partition_count; i++)
		for (int32_t j = 0; j < topic->partitions[i]->replica_count; j++)
			topic->partitions[i]->replicas[j].state = state;
}

Test(deletion, is_decided_by_mark_replicas_and_brokers)
{
	struct context_topic *topic = model_topic(&it, "a", "1,2;2,1");

	cr_assert_eq(deletion_decide(&it.context, topic), DELETION_NONE);
	topic->to_delete = true;
	all_replicas_are(topic, REPLICA_OFFLINE);
	cr_assert_eq(deletion_decide(&it.context, topic), DELETION_BEGINS);
	topic->deletion_ineligible = true;
	cr_assert_eq(deletion_decide(&it.context, topic), DELETION_WAITS);
	topic->deletion_ineligible = false;
	topic->partitions[0]->replicas[0].state = REPLICA_DELETION_STARTED;
	cr_assert_eq(deletion_decide(&it.context, topic), DELETION_WAITS);
	all_replicas_are(topic, REPLICA_DELETION_SUCCESSFUL);
	cr_assert_eq(deletion_decide(&it.context, topic), DELETION_COMPLETE);
}

Test(deletion, is_complete_only_when_all_have_heard_of_it)
{
	struct context_topic *topic = model_topic(&it, "a", "1");
	struct context_broker *broker = context_broker_find(&it.context, 1);

	topic->to_delete = true;
	topic->deletion_told = 5;
	all_replicas_are(topic, REPLICA_DELETION_SUCCESSFUL);
	broker->last_sent = 6;
	broker->last_answered = 4;
	cr_assert_eq(deletion_decide(&it.context, topic), DELETION_TELLS);
	broker->last_answered = 5;
	cr_assert_eq(deletion_decide(&it.context, topic), DELETION_COMPLETE);
}

Test(deletion, of_a_topic_without_partitions_is_complete_at_once)
{
	struct context_topic *topic =
	    context_topic_add(&it.context, slice_of_text("empty"), (struct uuid){ { 1 } });

	topic->to_delete = true;
	cr_assert_eq(deletion_decide(&it.context, topic), DELETION_COMPLETE);
}

/* ------------------------------------------------------------------- town */

static struct town_fixture town;

static void
begin_town(void)
{
	town_begin(&town, 3, NULL);
}

static void
end_town(void)
{
	town_end(&town);
}

TestSuite(deletions, .init = begin_town, .fini = end_town);

/* Which of the brokers does not lead. */
static int
another(void)
{
	return (town_active(&town.town) + 1) % 3;
}

Test(deletions, take_a_topic_from_all_brokers)
{
	cr_assert_eq(town_create(&town, "gone", 4, 3), KAFKA_ERROR_NONE);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(town.town.brokers[i].replicas.count, 4);
	cr_assert_eq(town_delete(&town, "gone"), KAFKA_ERROR_NONE);
	cr_assert_null(town_node(&town.town, "/brokers/topics/gone"));
	town_run(&town, TOWN_SECOND_US);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(town.town.brokers[i].replicas.count, 0);
		cr_assert_eq(town.town.brokers[i].metadata.count, 0);
	}
}

Test(deletions, wait_for_a_broker_that_is_away_and_end_when_it_is_back)
{
	int away = another();

	cr_assert_eq(town_create(&town, "gone", 1, 3), KAFKA_ERROR_NONE);
	control_town_stop(&town.town, away);
	town_run(&town, 2 * TOWN_SECOND_US);
	/* it is out of sight for clients, and more cannot be done now */
	cr_assert_eq(town_delete(&town, "gone"), KAFKA_ERROR_NONE);
	cr_assert_not_null(town_node(&town.town, "/admin/delete_topics/gone"));
	cr_assert_eq(town_create(&town, "gone", 1, 1), KAFKA_ERROR_TOPIC_ALREADY_EXISTS);
	cr_assert_eq(town.town.brokers[away].replicas.count, 1);
	control_town_start(&town.town, away);
	town_run(&town, 3 * TOWN_SECOND_US);
	cr_assert_null(town_node(&town.town, "/admin/delete_topics/gone"));
	cr_assert_null(town_node(&town.town, "/brokers/topics/gone"));
	cr_assert_eq(town.town.brokers[away].replicas.count, 0);
	cr_assert_eq(town_create(&town, "gone", 1, 3), KAFKA_ERROR_NONE);
}

Test(deletions, wait_for_a_broker_that_could_not_delete)
{
	int failing = another();

	cr_assert_eq(town_create(&town, "gone", 1, 3), KAFKA_ERROR_NONE);
	town.town.brokers[failing].has_failed_dir = true;
	cr_assert_eq(town_delete(&town, "gone"), KAFKA_ERROR_NONE);
	cr_assert_not_null(town_node(&town.town, "/admin/delete_topics/gone"));
	control_town_stop(&town.town, failing);
	town_run(&town, TOWN_SECOND_US);
	town.town.brokers[failing].has_failed_dir = false;
	control_town_start(&town.town, failing);
	town_run(&town, 3 * TOWN_SECOND_US);
	cr_assert_null(town_node(&town.town, "/admin/delete_topics/gone"));
}

Test(deletions, are_not_over_before_a_silent_broker_has_heard)
{
	struct town_broker *silent = &town.town.brokers[another()];
	int32_t id = town.town.first + silent->process.number;
	int32_t elsewhere = id == 1 ? 2 : 1;
	struct town_call call;

	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 5);
	town_add_assignment(&call, town_add_topic(&call, "gone", -1, -1), 0,
	    (int32_t[]){ elsewhere, -1 });
	town_ask_and_wait(&town, &call, 5 * TOWN_SECOND_US);
	cr_assert_eq(call.response.create.topics.items[0].error_code, KAFKA_ERROR_NONE);
	town_call_fini(&call);
	silent->is_mute = true;
	cr_assert_eq(town_delete(&town, "gone"), KAFKA_ERROR_REQUEST_TIMED_OUT);
	cr_assert_not_null(town_node(&town.town, "/brokers/topics/gone"));
	silent->is_mute = false;
	town_run(&town, TOWN_SECOND_US);
	cr_assert_null(town_node(&town.town, "/brokers/topics/gone"));
	cr_assert_eq(silent->metadata.count, 0);
}

/* What the controller has sent to the broker and has no answer to, taken out of its channel. */
static void
take_unanswered(int broker, struct list *messages)
{
	struct controller_channels *channels =
	    controller_reign(town_controller(town_leader(&town)))->options->channels;
	struct list *link;

	list_init(messages);
	while ((link = list_take_first(&container_of(channels, struct town_channels,
	    channels)->to[broker].messages)) != NULL)
		list_append(messages, link);
}

static void
refuse_as_of_an_earlier_life(struct list *messages)
{
	struct town_broker *controller = town_leader(&town);
	struct list *link;

	town_enter(controller);
	while ((link = list_take_first(messages)) != NULL) {
		struct controller_message *message =
		    container_of(link, struct controller_message, link);
		struct stop_replica_response response = stop_replica_response_defaults;

		response.error_code = KAFKA_ERROR_STALE_BROKER_EPOCH;
		message->answered(message, message->key == API_KEY_STOP_REPLICA ? &response : NULL);
	}
	town_leave(controller);
}

/*
 * The refusal comes while the controller is busy with the broker's return, and
 * is looked at when its new life was asked already: it says nothing of that.
 */
Test(deletions, end_whatever_an_earlier_life_has_answered)
{
	int number = another();
	struct town_broker *broker = &town.town.brokers[number];
	struct list messages;

	cr_assert_eq(town_create(&town, "gone", 1, 3), KAFKA_ERROR_NONE);
	broker->is_mute = true;
	cr_assert_eq(town_delete(&town, "gone"), KAFKA_ERROR_REQUEST_TIMED_OUT);
	take_unanswered(number, &messages);
	control_town_stop(&town.town, number);
	town_run(&town, TOWN_SECOND_US);
	control_town_start(&town.town, number);
	town_run(&town, 3 * TOWN_SECOND_US);
	refuse_as_of_an_earlier_life(&messages);
	town_run(&town, TOWN_SECOND_US);
	broker->is_mute = false;
	town_run(&town, 3 * TOWN_SECOND_US);
	cr_assert_null(town_node(&town.town, "/admin/delete_topics/gone"));
}

Test(deletions, take_with_them_what_somebody_has_put_below)
{
	cr_assert_eq(town_create(&town, "gone", 1, 1), KAFKA_ERROR_NONE);
	town_write(town_leader(&town), ZNODE_OP_CREATE, "/brokers/topics/gone/partitions/0/note",
	    "mine");
	town_run(&town, TOWN_SECOND_US);
	cr_assert_eq(town_delete(&town, "gone"), KAFKA_ERROR_NONE);
	cr_assert_null(town_node(&town.town, "/brokers/topics/gone"));
	cr_assert_null(town_node(&town.town, "/admin/delete_topics/gone"));
}
