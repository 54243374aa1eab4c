/* ELECT_LEADERS (zookeeper.md 5.11). */
#include <criterion/criterion.h>

#include "controller/call_job.h"
#include "controller/reign.h"
#include "town.h"

static struct town_fixture it;
static struct town_call call;
static struct elect_leaders_request_topic_partitions asked[2];

#define STATE "/brokers/topics/t/partitions/0/state"

enum { PREFERRED = 0, UNCLEAN = 1 };

static void
set_up(void)
{
	town_begin(&it, 3, "auto.leader.rebalance.enable=false\n");
}

static void
tear_down(void)
{
	town_call_fini(&call);
	town_end(&it);
}

TestSuite(elect_leaders_call, .init = set_up, .fini = tear_down);

static void
fill(int8_t type)
{
	town_call_fini(&call);
	town_call_init(&call, CONTROLLER_ELECT_LEADERS, 2);
	call.request.elect.election_type = type;
	call.request.elect.timeout_ms = 1000;
	call.request.elect.topic_partitions.count = -1;
}

static int16_t
code_at(int32_t topic, int32_t partition)
{
	return call.response.elect.replica_election_results.items[topic].partition_result
	    .items[partition].error_code;
}

/* Partition 0 of the topic, or of all. */
static int16_t
ask(int8_t type, const char *topic)
{
	static int32_t first = 0;

	fill(type);
	asked[0].topic = slice_of_text(topic);
	asked[0].partitions.items = &first;
	asked[0].partitions.count = 1;
	call.request.elect.topic_partitions.items = asked;
	call.request.elect.topic_partitions.count = 1;
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
	cr_assert_eq(call.response.elect.error_code, KAFKA_ERROR_NONE);
	return code_at(0, 0);
}

static void
ask_for_all(int8_t type)
{
	fill(type);
	town_ask_and_wait(&it, &call, TOWN_SECOND_US);
}

/* On the brokers next to the controller and itself; the first of them leads, or has gone. */
static void
make_topic(void)
{
	char data[256];

	snprintf(data, sizeof(data), "{\"version\":1,\"partitions\":{\"0\":[%d,%d]}}",
	    (int)town_id(town_another(&it, 1)), (int)town_id(town_another(&it, 0)));
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/t", data);
	town_run(&it, TOWN_SECOND_US);
}

/* The state as it might be, which the next controller reads. */
static void
set_state(int32_t leader, int32_t epoch, const char *isr)
{
	char data[256];

	snprintf(data, sizeof(data), "{\"controller_epoch\":1,\"leader\":%d,\"version\":1,"
	    "\"leader_epoch\":%d,\"isr\":[%s]}", (int)leader, (int)epoch, isr);
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, STATE, data);
	town_write(town_leader(&it), ZNODE_OP_DELETE, "/controller", NULL);
	town_run(&it, 2 * TOWN_SECOND_US);
}

static int32_t
leader(void)
{
	const struct town_entry *told = town_find(&town_leader(&it)->metadata, "t", 0);

	return told->leader;
}

Test(elect_leaders_call, gives_the_preferred_replica_its_leadership_back)
{
	int32_t preferred, other;
	char isr[16];

	make_topic();
	preferred = town_id(town_another(&it, 1));
	other = town_id(town_another(&it, 0));
	cr_assert_eq(leader(), preferred);
	snprintf(isr, sizeof(isr), "%d,%d", (int)other, (int)preferred);
	set_state(other, 3, isr);
	cr_assert_eq(leader(), other);
	cr_assert_eq(ask(PREFERRED, "t"), KAFKA_ERROR_NONE);
	cr_assert_eq(leader(), preferred, "our own broker has not heard before the answer");
	cr_assert_eq(ask(PREFERRED, "t"), KAFKA_ERROR_ELECTION_NOT_NEEDED);
	cr_assert_eq(ask(UNCLEAN, "t"), KAFKA_ERROR_ELECTION_NOT_NEEDED);
}

Test(elect_leaders_call, says_when_the_preferred_replica_cannot_lead)
{
	make_topic();
	control_town_stop(&it.town, town_another(&it, 1)->process.number);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(ask(PREFERRED, "t"), KAFKA_ERROR_PREFERRED_LEADER_NOT_AVAILABLE);
	cr_assert_eq(leader(), town_id(town_another(&it, 0)));
}

Test(elect_leaders_call, takes_a_replica_that_is_not_in_sync_when_it_is_told_to)
{
	struct town_broker *gone;
	char isr[16];

	make_topic();
	gone = town_another(&it, 1);
	snprintf(isr, sizeof(isr), "%d", (int)town_id(gone));
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, STATE, "{\"controller_epoch\":1,"
	    "\"leader\":-1,\"version\":1,\"leader_epoch\":4,\"isr\":[9]}");
	control_town_stop(&it.town, gone->process.number);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(leader(), -1);
	cr_assert_eq(ask(PREFERRED, "t"), KAFKA_ERROR_PREFERRED_LEADER_NOT_AVAILABLE);
	ask_for_all(PREFERRED);
	cr_assert_eq(code_at(0, 0), KAFKA_ERROR_PREFERRED_LEADER_NOT_AVAILABLE);
	cr_assert_eq(ask(UNCLEAN, "t"), KAFKA_ERROR_NONE);
	cr_assert_eq(leader(), town_id(town_another(&it, 0)));
	cr_assert_not_null(strstr(town_node(&it.town, STATE), "\"leader_recovery_state\":1"));
}

Test(elect_leaders_call, says_when_nobody_is_alive)
{
	int first, second;
	char data[256];

	first = town_another(&it, 1)->process.number;
	second = town_another(&it, 2)->process.number;
	snprintf(data, sizeof(data), "{\"version\":1,\"partitions\":{\"0\":[%d,%d]}}",
	    it.town.first + first, it.town.first + second);
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/t", data);
	town_run(&it, TOWN_SECOND_US);
	control_town_stop(&it.town, first);
	control_town_stop(&it.town, second);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(ask(UNCLEAN, "t"), KAFKA_ERROR_ELIGIBLE_LEADERS_NOT_AVAILABLE);
	/* and of one that nobody could ever lead */
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/brokers/topics/u",
	    "{\"version\":1,\"partitions\":{\"0\":[9]}}");
	town_run(&it, TOWN_SECOND_US);
	cr_assert_eq(ask(UNCLEAN, "u"), KAFKA_ERROR_ELIGIBLE_LEADERS_NOT_AVAILABLE);
	cr_assert_eq(ask(PREFERRED, "u"), KAFKA_ERROR_PREFERRED_LEADER_NOT_AVAILABLE);
}

Test(elect_leaders_call, knows_no_partition_that_is_not_there_or_goes)
{
	cr_assert_eq(ask(PREFERRED, "x"), KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
	make_topic();
	control_town_stop(&it.town, town_another(&it, 1)->process.number);
	town_run(&it, 2 * TOWN_SECOND_US);
	cr_assert_eq(town_delete(&it, "t"), KAFKA_ERROR_NONE);
	cr_assert_eq(ask(PREFERRED, "t"), KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
	ask_for_all(PREFERRED);
	cr_assert_eq(call.response.elect.replica_election_results.count, 0);
}

Test(elect_leaders_call, of_all_names_those_that_needed_it)
{
	char isr[16];

	cr_assert_eq(town_create(&it, "a", 3, 3), KAFKA_ERROR_NONE);
	make_topic();
	ask_for_all(PREFERRED);
	cr_assert_eq(call.response.elect.replica_election_results.count, 0);
	snprintf(isr, sizeof(isr), "%d,%d", (int)town_id(town_another(&it, 0)), (int)town_id(town_another(&it, 1)));
	set_state(town_id(town_another(&it, 0)), 3, isr);
	ask_for_all(PREFERRED);
	cr_assert_eq(call.response.elect.error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(call.response.elect.replica_election_results.count, 1);
	cr_assert_str_eq(town_text(call.response.elect.replica_election_results.items[0].topic), "t");
	cr_assert_eq(code_at(0, 0), KAFKA_ERROR_NONE);
	ask_for_all(UNCLEAN);
	cr_assert_eq(call.response.elect.replica_election_results.count, 0);
}

Test(elect_leaders_call, knows_two_kinds)
{
	ask_for_all(2);
	cr_assert_eq(call.response.elect.error_code, KAFKA_ERROR_INVALID_REQUEST);
}

Test(elect_leaders_call, is_for_the_controller)
{
	static int32_t ids[2] = { 0, 1 };

	fill(PREFERRED);
	asked[0].topic = slice_of_text("t");
	asked[0].partitions.items = ids;
	asked[0].partitions.count = 2;
	call.request.elect.topic_partitions.items = asked;
	call.request.elect.topic_partitions.count = 1;
	town_ask(town_another(&it, 1), &call);
	town_run(&it, TOWN_SECOND_US);
	cr_assert_eq(call.response.elect.error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(code_at(0, 1), KAFKA_ERROR_NOT_CONTROLLER);
	fill(PREFERRED);
	town_ask(town_another(&it, 1), &call);
	town_run(&it, TOWN_SECOND_US);
	cr_assert_eq(call.response.elect.error_code, KAFKA_ERROR_NOT_CONTROLLER);
}

Test(elect_leaders_call, says_when_its_answer_has_no_room)
{
	make_topic();
	control_town_stop(&it.town, town_another(&it, 1)->process.number);
	town_run(&it, 2 * TOWN_SECOND_US);
	for (size_t room = 0; room < 1000; room += 8) {
		fill(PREFERRED);
		arena_fini(&call.arena);
		arena_init(&call.arena, room);
		town_ask_and_wait(&it, &call, TOWN_SECOND_US);
		if (call.response.elect.error_code == KAFKA_ERROR_NONE) {
			cr_assert_gt(room, 32);
			return;
		}
		cr_assert_eq(call.response.elect.error_code, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
		cr_assert_eq(call.response.elect.replica_election_results.count, 0);
	}
	cr_assert_fail("it never has enough");
}
