/* F17: who is in sync, alone, and may lack records: all replicas are asked. */
#include <criterion/criterion.h>

#include "controller/doubts_ask.h"
#include "controller/jobs.h"
#include "controller/reassignment.h"
#include "town.h"

static struct town_fixture it;
static struct town_broker *last, *other; /* not the controller: the last one in sync, and one more */

#define STATE "/brokers/topics/t/partitions/0/state"

static void
set_up(void)
{
	town_begin(&it, 3, "auto.leader.rebalance.enable=false\n");
	last = town_another(&it, 1);
	other = town_another(&it, 2);
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(doubts_ask, .init = set_up, .fini = tear_down);

static void
ends(struct town_broker *broker, int32_t last_epoch, int64_t end_offset)
{
	broker->last_epoch = last_epoch;
	broker->end_offset = end_offset;
}

static void
stop(struct town_broker *broker)
{
	control_town_stop(&it.town, broker->process.number);
	town_run(&it, 2 * TOWN_SECOND_US);
}

static void
start(struct town_broker *broker)
{
	control_town_start(&it.town, broker->process.number);
	town_run(&it, 2 * TOWN_SECOND_US);
}

/* Topic t, led by `last`, which is alone in the ISR. */
static void
lead_alone(void)
{
	int32_t ids[] = { town_id(last), town_id(other), town_id(town_leader(&it)), -1 };
	struct town_call call;
	struct create_topics_request_creatable_topic *topic;

	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	topic = town_add_topic(&call, "t", -1, -1);
	town_add_assignment(&call, topic, 0, ids);
	town_ask_and_wait(&it, &call, 5 * TOWN_SECOND_US);
	town_call_fini(&call);
	cr_assert_eq(town_set_isr(&it, "t", 0, (int32_t[]){ town_id(last), -1 }), KAFKA_ERROR_NONE);
	town_run(&it, TOWN_SECOND_US);
}

/* It loses its memory, and comes back. */
static void
come_back_in_doubt(void)
{
	stop(last);
	last->doubts_t = true;
	start(last);
}

static int32_t
leader(void)
{
	return town_partition(&it, "t", 0)->leadership.leader;
}

Test(doubts_ask, who_has_most_leads_alone)
{
	char wanted[32];

	lead_alone();
	ends(last, 0, 5);
	ends(other, 0, 7);
	ends(town_leader(&it), 0, 6);
	come_back_in_doubt();
	cr_expect_eq(leader(), town_id(other));
	snprintf(wanted, sizeof(wanted), "\"isr\":[%d]", (int)town_id(other));
	cr_expect_not_null(strstr(town_node(&it.town, STATE), wanted), "%s", town_node(&it.town, STATE));
	cr_expect_eq(town_find(&last->replicas, "t", 0)->leader, town_id(other));
	cr_expect_eq(controller_reign(town_controller(town_leader(&it)))->doubts.all.count, 0);
}

Test(doubts_ask, who_has_no_less_than_the_others_leads_again)
{
	lead_alone();
	ends(last, 0, 5);
	ends(other, 0, 5);
	ends(town_leader(&it), 0, 4);
	come_back_in_doubt();
	cr_expect_eq(leader(), town_id(last));
}

Test(doubts_ask, one_that_is_away_is_waited_for_and_nobody_is_told_of_a_leader)
{
	lead_alone();
	ends(last, 0, 5);
	ends(other, 0, 7);
	stop(other);
	come_back_in_doubt();
	town_run(&it, 20 * TOWN_SECOND_US);
	cr_expect_eq(leader(), -1);
	cr_expect_eq(town_find(&town_leader(&it)->replicas, "t", 0)->leader, -1);
	cr_expect_eq(town_find(&last->replicas, "t", 0)->leader, -1);
	start(other);
	cr_expect_eq(leader(), town_id(other));
}

Test(doubts_ask, who_cannot_answer_is_asked_again)
{
	lead_alone();
	ends(last, 0, 5);
	ends(other, 0, 7);
	other->ends_code = KAFKA_ERROR_KAFKA_STORAGE_ERROR;
	come_back_in_doubt();
	town_run(&it, 5 * TOWN_SECOND_US);
	cr_expect_eq(leader(), -1);
	cr_expect_geq(other->asked_for_ends, 3);
	other->ends_code = KAFKA_ERROR_NONE;
	town_run(&it, 3 * TOWN_SECOND_US);
	cr_expect_eq(leader(), town_id(other));
}

/* Seed 390111 of scenario cluster: that it was to recover from an earlier election made this one an unclean one. */
Test(doubts_ask, who_is_in_doubt_no_longer_leads_and_not_who_has_answered)
{
	char state[128];

	lead_alone();
	snprintf(state, sizeof(state), "{\"controller_epoch\":1,\"leader\":%d,\"version\":1,"
	    "\"leader_recovery_state\":1,\"leader_epoch\":0,\"isr\":[%d]}", (int)town_id(last),
	    (int)town_id(last));
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, STATE, state);
	ends(last, 0, 7);
	ends(other, 0, 5);
	last->ends_code = KAFKA_ERROR_KAFKA_STORAGE_ERROR;
	come_back_in_doubt();
	cr_expect_eq(leader(), -1);
	stop(last);
	last->doubts_t = false;
	start(last);
	cr_expect_eq(leader(), town_id(last));
}

Test(doubts_ask, who_has_no_log_has_nothing)
{
	lead_alone();
	ends(last, 0, 5);
	other->ends_code = KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER;
	ends(town_leader(&it), -1, 0);
	come_back_in_doubt();
	cr_expect_eq(leader(), town_id(last));
}

Test(doubts_ask, the_next_controller_tells_nobody_of_a_leader_that_is_in_doubt)
{
	lead_alone();
	ends(last, 0, 5);
	ends(other, 0, 7);
	/* All go at once, so that ZooKeeper says that the last one leads. */
	for (int i = 0; i < 3; i++)
		control_town_stop(&it.town, i);
	last->doubts_t = true;
	town_run(&it, 20 * TOWN_SECOND_US);
	start(last);
	town_run(&it, 10 * TOWN_SECOND_US);
	cr_expect_eq(town_find(&last->metadata, "t", 0)->leader, -1);
	cr_expect_eq(leader(), -1);
	for (int i = 0; i < 3; i++)
		if (&it.town.brokers[i] != last)
			start(&it.town.brokers[i]);
	town_run(&it, 5 * TOWN_SECOND_US);
	cr_expect_eq(leader(), town_id(other));
}

static void
elect_by_hand(void)
{
	static int32_t first = 0;
	struct elect_leaders_request_topic_partitions asked = { .topic = slice_of_text("t"),
		.partitions = { .items = &first, .count = 1 } };
	struct town_call call;

	town_call_init(&call, CONTROLLER_ELECT_LEADERS, 2);
	call.request.elect.election_type = 1;
	call.request.elect.timeout_ms = 1000;
	call.request.elect.topic_partitions.items = &asked;
	call.request.elect.topic_partitions.count = 1;
	town_ask_and_wait(&it, &call, 5 * TOWN_SECOND_US);
	town_call_fini(&call);
}

Test(doubts_ask, an_unclean_election_by_hand_ends_the_wait)
{
	lead_alone();
	ends(last, 0, 5);
	ends(town_leader(&it), 0, 6);
	stop(other);
	come_back_in_doubt();
	cr_expect_eq(leader(), -1);
	elect_by_hand();
	cr_expect_eq(leader(), town_id(town_leader(&it)), "of those that are there the one with most");
}

/* To `last` alone, which cannot be elected yet. */
static void
begin_to_move(void)
{
	lead_alone();
	ends(last, 0, 5);
	stop(other);
	come_back_in_doubt();
	cr_assert_eq(leader(), -1);
	cr_assert_eq(town_reassign(&it, "t", 0, (int32_t[]){ town_id(last), -1 }), KAFKA_ERROR_NONE);
	cr_assert(reassignment_is_under_way(town_partition(&it, "t", 0)));
}

Test(doubts_ask, a_reassignment_ends_when_who_stays_is_in_doubt_no_longer)
{
	begin_to_move();
	start(other);
	cr_expect_eq(leader(), town_id(last));
	cr_expect_not(reassignment_is_under_way(town_partition(&it, "t", 0)));
}

Test(doubts_ask, a_reassignment_ends_when_who_stays_is_elected_by_hand)
{
	begin_to_move();
	elect_by_hand();
	cr_expect_eq(leader(), town_id(last));
	cr_expect_not(reassignment_is_under_way(town_partition(&it, "t", 0)));
}

/* F18: it was elected, and only then finds that its log is not there. */
Test(doubts_ask, who_begins_to_doubt_leads_no_more)
{
	char path[64], data[512];

	lead_alone();
	ends(last, -1, 0);
	ends(other, 0, 7);
	snprintf(path, sizeof(path), "/brokers/ids/%d", (int)town_id(last));
	snprintf(data, sizeof(data), "{\"features\":{},"
	    "\"listener_security_protocol_map\":{\"PLAINTEXT\":\"PLAINTEXT\"},"
	    "\"endpoints\":[\"PLAINTEXT://host%d:9092\"],\"jmx_port\":-1,\"port\":9092,"
	    "\"host\":\"host%d\",\"version\":5,\"timestamp\":\"1\","
	    "\"klamm_doubtful_partitions\":{\"t\":[0]}}", (int)town_id(last), (int)town_id(last));
	town_write(last, ZNODE_OP_SET_DATA, path, data);
	town_run(&it, 3 * TOWN_SECOND_US);
	cr_expect_eq(leader(), town_id(other));
}

/* ------------------------------------------------------- who is not in sync */

/* As after a power cut of all: `last` was in sync, and `other` never. */
static void
come_back_behind(void)
{
	lead_alone();
	ends(last, 5, 712);
	ends(other, 7, 704);
	ends(town_leader(&it), 5, 600);
	come_back_in_doubt();
}

Test(doubts_ask, F19_who_was_in_sync_leads_where_the_better_one_lacks_some_of_its_records)
{
	other->parts_at = 700;
	come_back_behind();
	cr_expect_eq(leader(), town_id(last));
	cr_expect_eq(other->asked_for_prefixes, 1);
	cr_expect_eq(last->asked_for_prefixes, 0);
	cr_expect_eq(controller_reign(town_controller(town_leader(&it)))->doubts.all.count, 0);
}

Test(doubts_ask, who_has_all_of_it_and_more_leads)
{
	come_back_behind();
	cr_expect_eq(leader(), town_id(other));
	cr_expect_eq(other->asked_for_prefixes, 1);
}

Test(doubts_ask, who_cannot_say_what_it_has_is_asked_again)
{
	other->prefix_code = KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
	come_back_behind();
	town_run(&it, 5 * TOWN_SECOND_US);
	cr_expect_eq(leader(), -1);
	cr_expect_geq(other->asked_for_prefixes, 3);
	cr_expect_leq(other->asked_for_prefixes, 10, "not without a pause");
	other->prefix_code = KAFKA_ERROR_OFFSET_OUT_OF_RANGE;
	town_run(&it, 3 * TOWN_SECOND_US);
	cr_expect_eq(leader(), town_id(other), "its log begins after that");
}

/* --------------------------------------- who has left since enough were in sync */

/* Two of topic t, of which two are enough; the third one left long ago, and parts from them. */
static void
lead_together(struct town_broker *outsider)
{
	lead_alone();
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/config/topics/t",
	    "{\"version\":1,\"config\":{\"min.insync.replicas\":\"2\"}}");
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/config/changes/config_change_0000000000",
	    "{\"version\":2,\"entity_path\":\"topics/t\"}");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_eq(town_set_isr(&it, "t", 0,
	    (int32_t[]){ town_id(last), town_id(other), -1 }), KAFKA_ERROR_NONE);
	town_run(&it, TOWN_SECOND_US);
	ends(outsider, 7, 704);
	outsider->parts_at = 600;
}

/* One of them may have found only now that its log is gone, and takes a question for a sign that this is known. */
Test(doubts_ask, F18_who_is_in_sync_and_in_no_doubt_is_not_asked)
{
	struct reign *reign = controller_reign(town_controller(town_leader(&it)));
	int asked[2];

	lead_together(town_leader(&it));
	asked[0] = other->asked_for_ends;
	asked[1] = town_leader(&it)->asked_for_ends;
	doubts_add(&reign->doubts, town_partition(&it, "t", 0));
	doubts_ask(reign);
	town_run(&it, 3 * TOWN_SECOND_US);
	cr_expect_eq(other->asked_for_ends, asked[0]);
	cr_expect_eq(town_leader(&it)->asked_for_ends, asked[1] + 1);
	doubts_end(&reign->doubts, slice_of_text("t"), 0);
}

/* Killed, with all that was acknowledged; the one that was left then has lost its power. */
Test(doubts_ask, F17_who_was_taken_out_before_leads_and_nobody_cuts_what_it_has)
{
	lead_together(town_leader(&it));
	ends(last, 4, 500);
	ends(other, 5, 712);
	stop(other);
	stop(last);
	cr_expect_not_null(strstr(town_node(&it.town, STATE), "\"klamm_eligible_replicas\":["), "%s",
	    town_node(&it.town, STATE));
	last->doubts_t = true;
	start(other);
	start(last);
	cr_expect_eq(leader(), town_id(other));
	cr_assert_eq(town_set_isr(&it, "t", 0,
	    (int32_t[]){ town_id(other), town_id(last), -1 }), KAFKA_ERROR_NONE);
	town_run(&it, TOWN_SECOND_US);
	cr_expect_null(strstr(town_node(&it.town, STATE), "klamm"), "%s", town_node(&it.town, STATE));
}

/* The outsider is back first, and takes both out, one after the other. */
Test(doubts_ask, F19_who_is_back_later_than_the_controller_leads)
{
	struct town_broker *outsider;

	lead_together(outsider = town_leader(&it));
	ends(last, 5, 650);
	ends(other, 4, 500);
	for (int i = 0; i < 3; i++) {
		it.town.brokers[i].doubts_t = true;
		control_town_stop(&it.town, i);
	}
	town_run(&it, 20 * TOWN_SECOND_US);
	start(outsider);
	town_run(&it, 10 * TOWN_SECOND_US);
	start(other);
	start(last);
	town_run(&it, 5 * TOWN_SECOND_US);
	cr_expect_eq(leader(), town_id(last));
}

/* A follower that is too slow, which its leader takes out. */
Test(doubts_ask, who_is_taken_out_by_its_leader_is_eligible_and_nothing_is_unclean)
{
	lead_together(town_leader(&it));
	cr_assert_eq(town_set_isr(&it, "t", 0, (int32_t[]){ town_id(last), -1 }), KAFKA_ERROR_NONE);
	town_run(&it, TOWN_SECOND_US);
	cr_expect_not_null(strstr(town_node(&it.town, STATE), "\"klamm_eligible_replicas\":["), "%s",
	    town_node(&it.town, STATE));
	cr_expect_eq(metrics_counter(town_leader(&it)->process.world.metrics,
	    METRIC_UNCLEAN_LEADER_ELECTIONS), 0);
}

/* An election that fails, whatever the cause, is no reason to ask at once who has answered with an error. */
Test(doubts_ask, who_cannot_answer_is_asked_once_a_second_whatever_else_fails)
{
	int32_t first[] = { town_id(last), town_id(town_leader(&it)), -1 };
	int32_t second[] = { town_id(last), town_id(other), -1 };
	struct create_topics_request_creatable_topic *topic;
	struct town_call call;

	town_call_init(&call, CONTROLLER_CREATE_TOPICS, 7);
	topic = town_add_topic(&call, "t", -1, -1);
	town_add_assignment(&call, topic, 0, first);
	town_add_assignment(&call, topic, 1, second);
	town_ask_and_wait(&it, &call, 5 * TOWN_SECOND_US);
	town_call_fini(&call);
	for (int32_t i = 0; i < 2; i++)
		cr_assert_eq(town_set_isr(&it, "t", i, (int32_t[]){ town_id(last), -1 }),
		    KAFKA_ERROR_NONE);
	ends(last, 0, 5);
	other->ends_code = KAFKA_ERROR_KAFKA_STORAGE_ERROR;
	stop(last);
	town_write(town_leader(&it), ZNODE_OP_DELETE, STATE, NULL);
	last->doubts_t = true;
	start(last);
	int asked = other->asked_for_ends;
	town_run(&it, 10 * TOWN_SECOND_US);
	cr_expect_gt(other->asked_for_ends - asked, 5);
	cr_expect_lt(other->asked_for_ends - asked, 12);
}
