#include "klamm/move_file.h"

#include <criterion/criterion.h>

static char complaint[MOVE_FILE_COMPLAINT_SIZE];

static bool
parse(const char *text, struct move_plan *plan)
{
	move_plan_init(plan);
	complaint[0] = '\0';
	return move_file_parse(slice_of_text(text), plan, complaint);
}

static void
expect_wrong(const char *text, const char *expected)
{
	struct move_plan plan;

	cr_expect_not(parse(text, &plan), "%s", text);
	cr_expect_not_null(strstr(complaint, expected), "%s: %s", text, complaint);
	move_plan_fini(&plan);
}

Test(move_file, is_what_kafka_reassign_partitions_takes)
{
	struct move_plan plan;

	cr_assert(parse("{\"version\":1,\"partitions\":["
	    "{\"topic\":\"b\",\"partition\":1,\"replicas\":[3],\"log_dirs\":[\"any\"]},"
	    "{\"topic\":\"a\",\"partition\":0,\"replicas\":[2,1]}]}", &plan), "%s", complaint);
	cr_assert_eq(plan.count, 2);
	cr_expect_str_eq(plan.moves[0].topic, "a");
	cr_expect_eq(plan.moves[0].to_count, 2);
	cr_expect_eq(plan.moves[0].to[0], 2);
	cr_expect_str_eq(plan.moves[1].topic, "b");
	cr_expect_eq(plan.moves[1].index, 1);
	move_plan_fini(&plan);
	cr_expect(parse("{\"partitions\":[]}", &plan));
	move_plan_fini(&plan);
}

Test(move_file, that_is_something_else_is_refused_with_a_reason)
{
	expect_wrong("", "line 1");
	expect_wrong("{", "line 1");
	expect_wrong("[]", "partitions is no list");
	expect_wrong("{\"version\":2,\"partitions\":[]}", "version is not 1");
	expect_wrong("{\"partitions\":{}}", "partitions is no list");
	expect_wrong("{\"partitions\":[1]}", "partition 1 of the list: topic is no topic's name");
	expect_wrong("{\"partitions\":[{\"topic\":\"a/b\"}]}", "topic is no");
	expect_wrong("{\"partitions\":[{\"topic\":\"a\"}]}", "partition is no number");
	expect_wrong("{\"partitions\":[{\"topic\":\"a\",\"partition\":-1}]}", "partition is no number");
	expect_wrong("{\"partitions\":[{\"topic\":\"a\",\"partition\":4294967296}]}", "partition is no number");
	expect_wrong("{\"partitions\":[{\"topic\":\"a\",\"partition\":0}]}", "replicas is no list");
	expect_wrong("{\"partitions\":[{\"topic\":\"a\",\"partition\":0,\"replicas\":[]}]}",
	    "replicas is no list");
	expect_wrong("{\"partitions\":[{\"topic\":\"a\",\"partition\":0,\"replicas\":[\"1\"]}]}",
	    "something else than numbers");
	expect_wrong("{\"partitions\":[{\"topic\":\"a\",\"partition\":0,\"replicas\":[1,1]}]}", "twice");
	expect_wrong("{\"partitions\":[{\"topic\":\"a\",\"partition\":0,\"replicas\":[1],"
	    "\"log_dirs\":[\"/data\"]}]}", "log dirs");
	expect_wrong("{\"partitions\":[{\"topic\":\"a\",\"partition\":0,\"replicas\":[1]},"
	    "{\"topic\":\"a\",\"partition\":0,\"replicas\":[2]}]}", "twice");
}
