/* What brokers answer; log dirs are notifications_test.c, deletions deletion_test.c. */
#include "controller/responses.h"

#include <criterion/criterion.h>

#include "controller/jobs.h"
#include "controller/replica_changes.h"
#include "town.h"

static struct town_fixture it;

static void
set_up(void)
{
	town_begin(&it, 2, NULL);
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(responses, .init = set_up, .fini = tear_down);

Test(responses, say_that_another_is_controller)
{
	int32_t epoch = 1;

	/* the brokers have heard of epoch 9, ours is 1: so it looks, and is still the one */
	for (int i = 0; i < 2; i++)
		it.town.brokers[i].controller_epoch = 9;
	cr_assert_neq(town_create(&it, "t", 1, 1), KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	cr_assert(town_active(&it.town) >= 0);
	cr_assert_eq(it.town.brokers[0].replicas.count, 0);
	cr_assert_eq(epoch, 1);
}

Test(responses, of_a_new_topic_move_it_away_from_a_failed_dir)
{
	int failing = 1 - town_active(&it.town);

	it.town.brokers[failing].has_failed_dir = true;
	cr_assert_eq(town_create(&it, "t", 2, 2), KAFKA_ERROR_NONE);
	town_run(&it, TOWN_SECOND_US);
	for (int32_t i = 0; i < 2; i++) {
		const struct town_entry *told =
		    town_find(&it.town.brokers[1 - failing].metadata, "t", i);

		cr_assert_eq(told->leader, it.town.first + 1 - failing);
		cr_assert_eq(told->isr_count, 1);
	}
}

Test(responses, that_never_come_hold_up_nobody_else)
{
	it.town.brokers[1 - town_active(&it.town)].is_mute = true;
	cr_assert_eq(town_create(&it, "t", 2, 2), KAFKA_ERROR_NONE);
	cr_assert_eq(town_create(&it, "u", 2, 2), KAFKA_ERROR_NONE);
}

/* ---------------------------------------- answers that wait for their turn */

static struct job *held;

static void
hold(struct job *job)
{
	held = job;
}

static job_step *const hold_steps[] = { hold, NULL };
static const struct job_type job_hold = { "hold", hold_steps, sizeof(struct job), NULL,
	JOB_ISR_CHANGE };

/* Whatever comes now waits. */
static void
hold_jobs(void)
{
	struct town_broker *leader = town_leader(&it);
	struct reign *reign = controller_reign(town_controller(leader));

	town_enter(leader);
	reign_post(reign, job_new(reign, &job_hold));
	town_leave(leader);
	town_run(&it, TOWN_SECOND_US);
	cr_assert_not_null(held);
}

static void
let_jobs_go(void)
{
	struct town_broker *leader = town_leader(&it);

	town_enter(leader);
	job_next(held);
	town_leave(leader);
	town_run(&it, TOWN_SECOND_US);
}

/* It is told its partitions again, of which it knows these leader epochs, and answers so. */
static void
tell_who_knows(struct town_broker *broker, int32_t leader_epoch, bool has_failed_dir)
{
	struct town_broker *leader = town_leader(&it);
	struct reign *reign = controller_reign(town_controller(leader));

	broker->has_failed_dir = has_failed_dir;
	for (int32_t i = 0; i < 2; i++)
		town_find(&broker->replicas, "t", i)->leader_epoch = leader_epoch;
	town_enter(leader);
	replica_changes_set(reign, job_replicas_of_broker(held, town_id(broker)), REPLICA_ONLINE);
	reign_send(reign);
	town_leave(leader);
	town_run(&it, TOWN_SECOND_US);
}

static void
tell_again(struct town_broker *broker, bool has_failed_dir)
{
	tell_who_knows(broker, -1, has_failed_dir);
}

/* Else it would be stopped after it was told whom to follow, and told nothing any more. */
Test(responses, the_newest_counts_when_its_turn_comes)
{
	struct town_broker *other = town_another(&it, 1);
	int stopped;

	cr_assert_eq(town_create(&it, "t", 2, 2), KAFKA_ERROR_NONE);
	town_run(&it, TOWN_SECOND_US);
	stopped = other->stop_replica;
	hold_jobs();
	tell_again(other, true);
	tell_again(other, false);
	let_jobs_go();
	cr_expect_eq(other->stop_replica, stopped);
	for (int32_t i = 0; i < 2; i++)
		cr_expect_eq(town_partition(&it, "t", i)->leadership.isr_count, 2);
}

Test(responses, the_newest_counts_also_when_a_dir_fails_again)
{
	struct town_broker *other = town_another(&it, 1);

	cr_assert_eq(town_create(&it, "t", 2, 2), KAFKA_ERROR_NONE);
	hold_jobs();
	tell_again(other, true);
	let_jobs_go();
	cr_assert_eq(town_partition(&it, "t", 0)->leadership.isr_count, 1);
	hold_jobs();
	tell_again(other, false);
	tell_again(other, true);
	let_jobs_go();
	for (int32_t i = 0; i < 2; i++) {
		cr_expect_eq(town_partition(&it, "t", i)->leadership.leader, town_id(town_leader(&it)));
		cr_expect(context_replica_find(town_partition(&it, "t", i), town_id(other))->dir_offline);
	}
}

/* What it answered at first did not arrive; nobody would have it in sync any more. */
Test(responses, that_it_has_been_told_before_says_that_the_dir_is_back)
{
	struct town_broker *other = town_another(&it, 1);

	cr_assert_eq(town_create(&it, "t", 2, 2), KAFKA_ERROR_NONE);
	hold_jobs();
	tell_again(other, true);
	let_jobs_go();
	cr_assert(context_replica_find(town_partition(&it, "t", 0), town_id(other))->dir_offline);
	hold_jobs();
	tell_who_knows(other, INT32_MAX, false);
	let_jobs_go();
	for (int32_t i = 0; i < 2; i++)
		cr_expect_not(
		    context_replica_find(town_partition(&it, "t", i), town_id(other))->dir_offline);
}

/* Its answer was to an earlier leader epoch: of later ones nobody has told it, as its dir was offline. */
Test(responses, who_is_back_hears_what_it_has_missed)
{
	struct town_broker *other = town_another(&it, 1);

	cr_assert_eq(town_create(&it, "t", 2, 2), KAFKA_ERROR_NONE);
	hold_jobs();
	tell_again(other, true);
	let_jobs_go();
	hold_jobs();
	tell_again(other, false);
	for (int32_t i = 0; i < 2; i++)
		town_find(&other->replicas, "t", i)->leader_epoch = -1;
	let_jobs_go();
	for (int32_t i = 0; i < 2; i++)
		cr_expect_eq(town_find(&other->replicas, "t", i)->leader_epoch,
		    town_partition(&it, "t", i)->leadership.leader_epoch);
}
