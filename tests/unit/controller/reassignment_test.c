#include "controller/reassignment.h"

#include <criterion/criterion.h>

#include "base/memory.h"

#include "model.h"

static struct model it;
static struct context_partition *partition;

static void
set_up(void)
{
	model_init(&it);
	for (int32_t id = 1; id <= 6; id++)
		model_broker(&it, id, NULL);
	for (int32_t id = 1; id <= 6; id++)
		context_broker_find(&it.context, id)->has_answered = true;
	partition = model_led(model_topic(&it, "a", "1,2,3"), 0, 1, "1,2,3");
}

static void
tear_down(void)
{
	model_fini(&it);
}

TestSuite(reassignment, .init = set_up, .fini = tear_down);

static struct reassignment
plan(const char *target)
{
	return reassignment_plan(partition, model_ids(&it, target), &it.arena);
}

static void
expect(struct reassignment planned, const char *replicas, const char *adding,
    const char *removing)
{
	cr_expect_str_eq(model_text(planned.replicas), replicas);
	cr_expect_str_eq(model_text(planned.adding), adding);
	cr_expect_str_eq(model_text(planned.removing), removing);
}

static void
take(struct reassignment planned)
{
	context_partition_set_replicas(partition, planned.replicas);
	context_partition_set_reassignment(partition, planned.adding, planned.removing);
	context_partition_forget_leaving(partition);
}

Test(reassignment, puts_the_target_before_those_that_go)
{
	expect(plan("4,5,6"), "4,5,6,1,2,3", "4,5,6", "1,2,3");
	expect(plan("3,4,2"), "3,4,2,1", "4", "1");
	expect(plan("3,2,1"), "3,2,1", "", "");
	expect(plan("2"), "2,1,3", "", "1,3");
}

Test(reassignment, that_replaces_another_begins_at_the_same_origin)
{
	take(plan("3,4,2"));
	cr_assert(reassignment_is_under_way(partition));
	cr_assert_str_eq(model_text(reassignment_target(partition, &it.arena)), "3,4,2");
	cr_assert_str_eq(model_text(reassignment_origin(partition, &it.arena)), "3,2,1");
	expect(plan("5,1"), "5,1,3,2", "5", "3,2");
	/* its order is lost when it is taken back */
	expect(reassignment_plan(partition, reassignment_origin(partition, &it.arena), &it.arena),
	    "3,2,1", "", "");
}

Test(reassignment, knows_whether_anything_changes)
{
	struct reassignment now = reassignment_of(partition, &it.arena);
	struct reassignment same = plan("1,2,3"), order = plan("2,1,3"), less = plan("1,2");

	cr_assert(reassignment_is_same(&now, &same));
	cr_assert_not(reassignment_is_same(&now, &order));
	cr_assert_not(reassignment_is_same(&now, &less));
}

Test(reassignment, is_complete_when_the_target_is_in_sync)
{
	cr_assert(reassignment_is_complete(&it.context, partition));
	take(plan("4,1"));
	cr_assert_not(reassignment_is_complete(&it.context, partition));
	model_led(partition->topic, 0, 1, "1,2,4");
	cr_assert(reassignment_is_complete(&it.context, partition));
	partition->leader_is_withheld = true;
	cr_assert_not(reassignment_is_complete(&it.context, partition), "those that leave may have what others lack");
	partition->leader_is_withheld = false;
	model_led(partition->topic, 0, 2, "2,4");
	cr_assert_not(reassignment_is_complete(&it.context, partition));
	partition->has_leadership = false;
	cr_assert_not(reassignment_is_complete(&it.context, partition));
}

Test(reassignment, refuses_what_is_no_list_of_brokers)
{
	int32_t negative[] = { 1, -2 };

	cr_assert_null(reassignment_fault(model_ids(&it, "3,1")));
	cr_assert_not_null(reassignment_fault(model_ids(&it, "")));
	cr_assert_not_null(reassignment_fault(model_ids(&it, "3,1,3")));
	cr_assert_not_null(reassignment_fault((struct payload_int32_list){ negative, 2 }));
}

Test(reassignment, adds_those_that_are_alive)
{
	struct reassignment planned = plan("4,1"), unknown = plan("9,1");

	cr_assert(reassignment_is_possible(&it.context, &planned));
	cr_assert_not(reassignment_is_possible(&it.context, &unknown));
	context_broker_remove(&it.context, 1); /* it has been there */
	cr_assert(reassignment_is_possible(&it.context, &planned));
	context_broker_find(&it.context, 4)->shutting_down = true;
	cr_assert_not(reassignment_is_possible(&it.context, &planned));
}

Test(reassignment, leaves_somebody_who_is_in_sync)
{
	struct reassignment back;

	take(plan("4"));
	model_led(partition->topic, 0, 4, "4");
	back = reassignment_plan(partition, model_ids(&it, "1,2,3"), &it.arena);
	cr_assert_not(reassignment_keeps_records(&it.context, partition, &back));
	model_led(partition->topic, 0, 4, "4,2");
	cr_assert(reassignment_keeps_records(&it.context, partition, &back));
	partition->has_leadership = false;
	partition->leadership.isr_count = 0;
	cr_assert(reassignment_keeps_records(&it.context, partition, &back));
}

/* Seed 610754 of scenario cluster: who stayed alone had lost its disk, and its session stood. */
Test(reassignment, leaves_as_many_in_sync_as_acknowledge_where_one_of_them_goes)
{
	struct reassignment back, alone = { .replicas = model_ids(&it, "1") };

	take(plan("4"));
	back = reassignment_plan(partition, model_ids(&it, "1,2,3"), &it.arena);
	model_led(partition->topic, 0, 1, "1,4");
	partition->topic->min_insync = 2;
	cr_assert_not(reassignment_keeps_records(&it.context, partition, &back));
	cr_assert(reassignment_keeps_records(&it.context, partition, &alone), "more than one it cannot have");
	alone.replicas = model_ids(&it, "1,3");
	alone.adding = model_ids(&it, "3");
	cr_assert(reassignment_keeps_records(&it.context, partition, &alone), "nor who has nothing yet");
	model_led(partition->topic, 0, 1, "1,4,2");
	cr_assert(reassignment_keeps_records(&it.context, partition, &back));
	model_led(partition->topic, 0, 1, "1");
	cr_assert(reassignment_keeps_records(&it.context, partition, &back), "nobody goes who is in sync");
	partition->leadership.eligible = memory_new(sizeof(*partition->leadership.eligible));
	partition->leadership.eligible[0] = 4;
	partition->leadership.eligible_count = 1;
	cr_assert_not(reassignment_keeps_records(&it.context, partition, &back), "it was, and nothing was acknowledged since");
}

/* Seed 321262 of scenario cluster: of those in doubt it had most. */
Test(reassignment, takes_nobody_away_who_was_in_sync_while_nobody_leads)
{
	struct reassignment back;

	take(plan("4"));
	back = reassignment_plan(partition, model_ids(&it, "1,2,3"), &it.arena);
	model_led(partition->topic, 0, 1, "1,4");
	cr_assert(reassignment_keeps_records(&it.context, partition, &back));
	model_led(partition->topic, 0, CONTEXT_NO_LEADER, "1,4");
	cr_assert_not(reassignment_keeps_records(&it.context, partition, &back));
	partition->topic->min_insync = 1;
	model_led(partition->topic, 0, CONTEXT_NO_LEADER, "1,9");
	cr_assert(reassignment_keeps_records(&it.context, partition, &back), "it is no replica any more");
	model_led(partition->topic, 0, CONTEXT_NO_LEADER, "1");
	cr_assert(reassignment_keeps_records(&it.context, partition, &back), "it has caught up with nobody yet");
	partition->leadership.eligible = memory_new(sizeof(*partition->leadership.eligible));
	partition->leadership.eligible[0] = 4;
	partition->leadership.eligible_count = 1;
	cr_assert_not(reassignment_keeps_records(&it.context, partition, &back), "it had, and nothing was acknowledged since");
}

/* Seed 700195 of scenario cluster: it was out of the ISR, and of all that were asked it had most. */
Test(reassignment, takes_nobody_away_while_it_is_not_known_that_the_leader_lives)
{
	struct reassignment back, reordered = plan("3,2,1");

	take(plan("4"));
	back = reassignment_plan(partition, model_ids(&it, "1,2,3"), &it.arena);
	model_led(partition->topic, 0, 1, "1,2");
	partition->topic->min_insync = 2;
	cr_assert(reassignment_keeps_records(&it.context, partition, &back));
	context_broker_find(&it.context, 1)->has_answered = false;
	cr_assert_not(reassignment_keeps_records(&it.context, partition, &back));
	partition->topic->min_insync = 1;
	cr_assert(reassignment_keeps_records(&it.context, partition, &back), "who is in sync leads");
	model_led(partition->topic, 0, 1, "1,2,4");
	cr_assert_not(reassignment_keeps_records(&it.context, partition, &back), "it was that, too");
	partition->topic->min_insync = 0;
	model_led(partition->topic, 0, CONTEXT_NO_LEADER, "1,2");
	cr_assert_not(reassignment_keeps_records(&it.context, partition, &back));
	take(plan("1,2,3"));
	cr_assert(reassignment_keeps_records(&it.context, partition, &reordered), "nobody goes");
}

/* The new one may come back without its memory, and would be alone. */
Test(reassignment, is_not_complete_while_nobody_leads_and_who_goes_may_have_all)
{
	take(plan("4"));
	model_led(partition->topic, 0, CONTEXT_NO_LEADER, "4");
	cr_assert(reassignment_is_complete(&it.context, partition));
	partition->leadership.eligible = memory_new(sizeof(*partition->leadership.eligible));
	partition->leadership.eligible[0] = 1;
	partition->leadership.eligible_count = 1;
	cr_assert_not(reassignment_is_complete(&it.context, partition));
	partition->leadership.leader = 4;
	cr_assert(reassignment_is_complete(&it.context, partition));
	partition->leadership.eligible_count = 0;
	model_led(partition->topic, 0, CONTEXT_NO_LEADER, "4,2");
	cr_assert_not(reassignment_is_complete(&it.context, partition));
}

/* Seed 362350 of scenario cluster: those that had all were in doubt still, and who led was deleted. */
Test(reassignment, is_not_complete_while_nobody_of_the_target_can_be_elected)
{
	take(plan("4"));
	model_led(partition->topic, 0, 1, "1,4");
	cr_assert(reassignment_is_complete(&it.context, partition));
	context_replica_find(partition, 4)->dir_offline = true;
	cr_assert_not(reassignment_is_complete(&it.context, partition));
	partition->leadership.leader = 4;
	cr_assert(reassignment_is_complete(&it.context, partition), "it leads, as far as is known");
}
