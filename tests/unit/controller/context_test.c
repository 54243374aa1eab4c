#include "controller/context.h"

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

TestSuite(controller_context, .init = set_up, .fini = tear_down);

Test(controller_context, keeps_brokers_by_id)
{
	model_broker(&it, 3, NULL);
	model_broker(&it, 1, "r1");
	model_broker(&it, 2, NULL);
	for (int32_t i = 0; i < 3; i++)
		cr_assert_eq(it.context.brokers[i]->id, i + 1);
	cr_assert(slice_equal_text(context_broker_find(&it.context, 1)->registration.rack, "r1"));
	context_broker_remove(&it.context, 2);
	cr_assert_null(context_broker_find(&it.context, 2));
	cr_assert_not(context_broker_is_live(&it.context, 2));
	cr_assert(context_broker_is_live(&it.context, 3));
}

Test(controller_context, replaces_the_registration_of_a_broker_that_it_knows)
{
	struct payload_complaint complaint;

	model_broker(&it, 1, NULL);
	context_broker_find(&it.context, 1)->shutting_down = true;
	model_broker(&it, 1, "r2");
	cr_assert_eq(it.context.broker_count, 1);
	cr_assert(context_broker_find(&it.context, 1)->shutting_down);
	cr_assert_not(context_broker_is_live(&it.context, 1));
	cr_assert_neq(context_broker_set(&it.context, 1, 7, slice_of_text("junk"), &complaint),
	    ERROR_NONE);
	cr_assert_eq(context_broker_find(&it.context, 1)->epoch, 100);
	cr_assert_neq(context_broker_set(&it.context, 2, 7, slice_null(), &complaint), ERROR_NONE);
	cr_assert_null(context_broker_find(&it.context, 2));
}

Test(controller_context, keeps_the_states_of_replicas_that_stay)
{
	struct context_partition *partition = context_partition_find(model_topic(&it, "m", "1,2,3"), 0);

	for (int32_t i = 0; i < 3; i++)
		partition->replicas[i].state = REPLICA_ONLINE;
	context_replica_find(partition, 2)->dir_offline = true;
	context_partition_set_replicas(partition, model_ids(&it, "4,2"));
	cr_assert_eq(partition->replica_count, 2);
	cr_assert_eq(partition->replicas[0].state, REPLICA_NON_EXISTENT);
	cr_assert(partition->replicas[1].dir_offline);
	cr_assert_eq(partition->leaving_count, 2);
	cr_assert_eq(context_replica_find(partition, 1)->state, REPLICA_ONLINE);
	context_partition_set_replicas(partition, model_ids(&it, "3,1"));
	cr_assert_eq(context_replica_find(partition, 3)->state, REPLICA_ONLINE, "it comes back");
	cr_assert_eq(partition->leaving_count, 2);
	context_partition_add_leaving(partition, 9);
	cr_assert_eq(context_replica_find(partition, 9)->state, REPLICA_ONLINE);
	cr_assert_eq(partition->leaving_count, 3);
	context_partition_forget_leaving(partition);
	cr_assert_null(context_replica_find(partition, 2));
	cr_assert_not_null(context_replica_find(partition, 1));
}

Test(controller_context, finds_topics_by_name_and_id)
{
	struct context_topic *a = model_topic(&it, "a", "1");
	struct context_topic *b = context_topic_add(&it.context, slice_of_text("b"),
	    (struct uuid){ { 0 } });
	struct uuid id = a->id;

	cr_assert_eq(context_topic_find(&it.context, slice_of_text("a")), a);
	cr_assert_eq(context_topic_find_id(&it.context, id), a);
	cr_assert_null(context_topic_find_id(&it.context, (struct uuid){ { 0 } }));
	context_topic_remove(&it.context, a);
	cr_assert_null(context_topic_find(&it.context, slice_of_text("a")));
	cr_assert_null(context_topic_find_id(&it.context, id));
	context_topic_set_id(&it.context, b, id);
	cr_assert_eq(context_topic_find_id(&it.context, id), b);
}

Test(controller_context, keeps_partitions_by_number_also_with_gaps)
{
	struct context_topic *topic = model_topic(&it, "a", "1;2");

	context_partition_add(topic, 2000000000, model_ids(&it, "3"));
	context_partition_add(topic, 7, model_ids(&it, "4"));
	cr_assert_eq(topic->partition_count, 4);
	cr_assert_eq(topic->partitions[2]->index, 7);
	cr_assert_eq(topic->partitions[3]->index, 2000000000);
	cr_assert_null(context_partition_find(topic, 2));
	cr_assert_eq(context_partition_count(&it.context), 4);
}

Test(controller_context, gives_back_the_leadership_that_it_was_given)
{
	struct context_partition *partition = model_led(model_topic(&it, "a", "1,2,3"), 0, 2, "2,3");
	struct payload_partition_state state = context_partition_payload(partition);

	cr_assert_eq(state.leader, 2);
	cr_assert_str_eq(model_text(state.isr), "2,3");
	/* also when it is given its own */
	context_partition_set_leadership(partition, &state, 9);
	cr_assert_eq(partition->leadership.version, 9);
	cr_assert(context_isr_has(&partition->leadership, 3));
	cr_assert_not(context_isr_has(&partition->leadership, 1));
}

Test(controller_context, takes_a_replica_for_online_only_with_broker_and_dir)
{
	struct context_partition *partition = model_led(model_topic(&it, "a", "1,2"), 0, 1, "1");
	struct context_replica *replica = context_replica_find(partition, 1);

	cr_assert_not(context_replica_is_online(&it.context, replica));
	model_broker(&it, 1, NULL);
	cr_assert(context_replica_is_online(&it.context, replica));
	replica->dir_offline = true;
	cr_assert_not(context_replica_is_online(&it.context, replica));
	cr_assert_null(context_replica_find(partition, 3));
}

Test(controller_context, sums_up_replicas_and_reassignments)
{
	struct context_topic *topic = model_topic(&it, "a", "1,2;2,1");

	cr_assert(context_topic_all_replicas_in(topic, REPLICA_NON_EXISTENT));
	topic->partitions[1]->replicas[0].state = REPLICA_DELETION_STARTED;
	cr_assert_not(context_topic_all_replicas_in(topic, REPLICA_NON_EXISTENT));
	cr_assert(context_topic_any_replica_in(topic, REPLICA_DELETION_STARTED));
	cr_assert_not(context_topic_is_reassigned(topic));
	context_partition_set_reassignment(topic->partitions[0], model_ids(&it, "3"),
	    model_ids(&it, ""));
	cr_assert(context_topic_is_reassigned(topic));
}

Test(controller_context, knows_who_has_heard_what)
{
	struct context_broker *broker;

	model_broker(&it, 1, NULL);
	model_broker(&it, 2, NULL);
	broker = context_broker_find(&it.context, 1);
	cr_assert(context_all_have_heard(&it.context, 9)); /* nobody was told anything */
	broker->last_sent = 5;
	cr_assert_not(context_all_have_heard(&it.context, 5));
	cr_assert(context_broker_has_heard(&it.context, 2, 5));
	cr_assert(context_broker_has_heard(&it.context, 3, 5)); /* not alive */
	broker->last_answered = 4;
	cr_assert(context_broker_has_heard(&it.context, 1, 4));
	cr_assert_not(context_broker_has_heard(&it.context, 1, 5));
	broker->last_answered = 5;
	cr_assert(context_all_have_heard(&it.context, 9));
	broker->has_answered = true;
	model_broker(&it, 1, "another rack");
	cr_assert(context_broker_has_answered(&it.context, 1));
	cr_assert_not(context_broker_has_answered(&it.context, 2));
	cr_assert_not(context_broker_has_answered(&it.context, 3)); /* not alive */
	broker->epoch--; /* it was an earlier life */
	model_broker(&it, 1, NULL);
	cr_assert_not(context_broker_has_answered(&it.context, 1));
}
