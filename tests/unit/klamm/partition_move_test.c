#include "klamm/partition_move.h"

#include <criterion/criterion.h>
#include <unistd.h>

#include "klamm/partition_reassign.h"
#include "tests/unit/klamm/fake_town.h"

static struct fake_cluster cluster;
static struct fake_town town, moved, afterwards;
static struct alter_partition_reassignments_response response;
static struct alter_partition_reassignments_response_reassignable_topic_response topic;
static struct alter_partition_reassignments_response_reassignable_partition_response refused;

/* t:0 is on 1 and 2, t:1 on 2 and 1; broker 3 has nothing. */
static void
fill(struct fake_town *it, const char *first)
{
	fake_town_init(it);
	fake_town_broker(it, 1, NULL);
	fake_town_broker(it, 2, NULL);
	fake_town_broker(it, 3, NULL);
	fake_town_partition(it, "t", 1, first, first);
	fake_town_partition(it, "t", 2, "2,1", "2,1");
	fake_town_dir(it);
	fake_town_replica(it, "t", 0, 1500);
}

static void
set_up(void)
{
	fake_cluster_init(&cluster);
	fill(&town, "1,2");
	fake_town_answer(&town, &cluster);
	response = alter_partition_reassignments_response_defaults;
	response.responses.items = &topic;
	refused = alter_partition_reassignments_response_reassignable_partition_response_defaults;
	topic = alter_partition_reassignments_response_reassignable_topic_response_defaults;
	topic.name = slice_of_text("t");
	topic.partitions.items = &refused;
	topic.partitions.count = 1;
	fake_cluster_answer(&cluster, &alter_partition_reassignments_response_type, &response);
}

static void
tear_down(void)
{
	fake_cluster_fini(&cluster);
}

static enum command_status
move(const char *words)
{
	return fake_cluster_run(&cluster, partition_move, partition_move_options, words);
}

static enum command_status
reassign(const char *words)
{
	return fake_cluster_run(&cluster, partition_reassign, partition_reassign_options, words);
}

TestSuite(partition_move, .init = set_up, .fini = tear_down);

Test(partition_move, shows_its_plan_and_asks_for_it)
{
	cr_expect_eq(move("t:0 --from 1 --to 3"), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "TOPIC  PARTITION  FROM  TO   COPIES    SIZE\n"
	    "t              0  1,2   3,2       1  1.5 kB\n"
	    "\n"
	    "1 partition changes, 1 replica to copy, 1.5 kB\n"
	    "begun: 'klamm partition reassign --status' tells how far it is\n");
	cr_expect(fake_cluster_saw(&cluster, "AlterPartitionReassignments 0 b1:1 {\"timeoutMs\":11250,"
	    "\"topics\":[{\"name\":\"t\",\"partitions\":[{\"partitionIndex\":0,"
	    "\"replicas\":[3,2]}]}]}"));
}

Test(partition_move, of_a_topic_moves_what_can)
{
	cr_expect_eq(move("t --from 2 --to 3 --dry-run --json"), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "{\"type\":\"move\",\"topic\":\"t\",\"partition\":0,\"from\":[1,2],\"to\":[1,3],"
	    "\"copies\":1,\"bytes\":1500}\n"
	    "{\"type\":\"move\",\"topic\":\"t\",\"partition\":1,\"from\":[2,1],\"to\":[3,1],"
	    "\"copies\":1,\"bytes\":null}\n");
	cr_expect_not(fake_cluster_saw(&cluster, "AlterPartitionReassignments"));
}

Test(partition_move, begins_at_a_broker_that_is_there)
{
	cr_expect_eq(move("t --from 77 --to 3"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors,
	    "klamm: there is no broker 77 to move from: 'klamm broker list' shows them\n");
}

Test(partition_move, saves_nothing_of_what_it_does_not_begin)
{
	cr_expect_eq(move("t --from 1 --to 3 --dry-run --save plan.json"), COMMAND_WRONG_USE);
	cr_expect_eq(access("plan.json", F_OK), -1);
}

Test(partition_move, is_waited_for)
{
	fill(&moved, "1,3,2");
	fake_town_reassigning(&moved, "t", 0, "1,3,2", "3", "2");
	fill(&afterwards, "1,3");
	/* Each look asks for Metadata twice: who is controller, then it. */
	fake_cluster_answer(&cluster, &metadata_response_type, &town.metadata);
	fake_cluster_answer(&cluster, &metadata_response_type, &moved.metadata);
	fake_cluster_answer(&cluster, &metadata_response_type, &moved.metadata);
	fake_cluster_answer(&cluster, &metadata_response_type, &afterwards.metadata);
	fake_cluster_answer(&cluster, &list_partition_reassignments_response_type,
	    &moved.reassignments);
	fake_cluster_answer(&cluster, &list_partition_reassignments_response_type,
	    &afterwards.reassignments);
	cr_expect_eq(move("t:0 --from 2 --to 3 --wait"), COMMAND_OK);
	cr_expect_not_null(strstr(cluster.output, "0 of 1 partitions"));
	cr_expect_not_null(strstr(cluster.output, "1 of 1 partitions"));
	cr_expect_eq(fake_cluster_count(&cluster, "pause"), 10);
}

Test(partition_move, that_is_refused_is_told_and_not_waited_for)
{
	refused.error_code = KAFKA_ERROR_INVALID_REPLICA_ASSIGNMENT;
	refused.error_message = slice_of_text("not so");
	response.responses.count = 1;
	cr_expect_eq(move("t:0 --from 2 --to 3 --wait"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors, "klamm: t:0: INVALID_REPLICA_ASSIGNMENT: not so\n");
}

Test(partition_move, called_wrongly_asks_nobody)
{
	cr_expect_eq(move("--from 1 --to 2"), COMMAND_WRONG_USE);
	cr_expect_eq(move("t --from 1"), COMMAND_WRONG_USE);
	cr_expect_eq(move("t --from 1 --to 1"), COMMAND_WRONG_USE);
	cr_expect_eq(move("t --from x --to 1"), COMMAND_WRONG_USE);
	cr_expect_eq(move("t --from 1 --to 2 --throttle fast"), COMMAND_WRONG_USE);
	cr_expect_eq(reassign("t"), COMMAND_WRONG_USE);
	cr_expect_eq(reassign("--assign 1:2"), COMMAND_WRONG_USE);
	cr_expect_eq(reassign("t --assign 1:2 --status"), COMMAND_WRONG_USE);
	cr_expect_eq(reassign("t --assign 1:x"), COMMAND_WRONG_USE);
	cr_expect_eq(reassign("--cancel"), COMMAND_WRONG_USE);
	cr_expect_eq(reassign("t --cancel --all"), COMMAND_WRONG_USE);
	cr_expect_eq(reassign("t --cancel --wait"), COMMAND_WRONG_USE);
	cr_expect_eq(reassign("--status --dry-run"), COMMAND_WRONG_USE);
	cr_expect_eq(reassign("t --file x"), COMMAND_WRONG_USE);
	cr_expect_eq(cluster.log.size, 0);
}

/* ------------------------------------------------- klamm partition reassign */

Test(partition_reassign, takes_an_assignment_of_a_whole_topic, .init = set_up, .fini = tear_down)
{
	cr_expect_eq(reassign("t --assign 1:2,3:2"), COMMAND_OK);
	cr_expect(fake_cluster_saw(&cluster,
	    "\"partitions\":[{\"partitionIndex\":1,\"replicas\":[3,2]}]}]}"));
	cr_expect_eq(reassign("t --assign 1:2"), COMMAND_FAILED);
	cr_expect_eq(reassign("t:1 --assign 4:2"), COMMAND_FAILED);
	cr_expect_str_eq(cluster.errors, "klamm: t:1: there is no broker 4 to move to\n");
	cr_expect_eq(reassign("t:1 --assign 2:1"), COMMAND_OK);
	cr_expect_str_eq(cluster.output, "nothing to move\n");
}

Test(partition_reassign, cancels_what_moves_of_what_was_named, .init = set_up, .fini = tear_down)
{
	fill(&moved, "1,3,2");
	fake_town_reassigning(&moved, "t", 0, "1,3,2", "3", "2");
	cluster.answer_count = 0;
	fake_town_answer(&moved, &cluster);
	fake_cluster_answer(&cluster, &alter_partition_reassignments_response_type, &response);
	struct describe_configs_response_describe_configs_result result =
	    describe_configs_response_describe_configs_result_defaults;
	moved.results[0] = result;
	moved.configs.results.count = 1;
	cr_expect_eq(reassign("t --cancel"), COMMAND_OK);
	cr_expect_str_eq(cluster.output, "TOPIC  PARTITION  STATUS\nt              0  cancelled\n");
	cr_expect(fake_cluster_saw(&cluster, "\"partitions\":[{\"partitionIndex\":0,"
	    "\"replicas\":null}]}]}"));
}

Test(reassign_status, shows_what_moves, .init = set_up, .fini = tear_down)
{
	fill(&moved, "1,3,2");
	fake_town_reassigning(&moved, "t", 0, "1,3,2", "3", "2");
	moved.partitions[0][0].isr_nodes.count = 1;
	fake_town_dir(&moved); /* broker 2 has nothing, broker 3 a third */
	fake_town_dir(&moved);
	fake_town_replica(&moved, "t", 0, 500);
	cluster.answer_count = 0;
	fake_town_answer(&moved, &cluster);
	cr_expect_eq(reassign("--status"), COMMAND_OK);
	cr_expect_str_eq(cluster.output,
	    "TOPIC  PARTITION  STATUS  REPLICAS  ADDING  REMOVING    LEFT\n"
	    "t              0  moving  1,3,2     3       2         1.0 kB\n");
}
