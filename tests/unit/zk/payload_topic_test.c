#include <criterion/criterion.h>

#include "recode.h"
#include "zk/payload_topic.h"

Test(payload_topic, is_under_reassignment)
{
	cr_expect_str_eq(recode_text(PATHS_TOPIC,
	    "{\"partitions\":{\"0\":[3,1,2],\"1\":[3]},\"topic_id\":\"yxX0jRAHTY6xa"
	    "0_kfuTnxA\",\"adding_replicas\":{\"0\":[3,1]},\"removing_replicas\":{"
	    "\"0\":[2]},\"version\":3}"),
	    "{\"partitions\":{\"0\":[3,1,2],\"1\":[3]},\"topic_id\":\"yxX0jRAHTY6xa"
	    "0_kfuTnxA\",\"adding_replicas\":{\"0\":[3,1]},\"removing_replicas\":{"
	    "\"0\":[2]},\"version\":3}");
}

Test(payload_topic, reads_version_1)
{
	cr_expect_str_eq(recode_text(PATHS_TOPIC,
	    "{\"version\":1,\"partitions\":{\"1\":[2],\"0\":[]}}"),
	    "{\"partitions\":{\"1\":[2],\"0\":[]},\"adding_replicas\":{},\"removing"
	    "_replicas\":{},\"version\":3}");
}

Test(payload_topic, reads_version_2)
{
	cr_expect_str_eq(recode_text(PATHS_TOPIC,
	    "{\"version\":2,\"partitions\":{\"0\":[1]},\"adding_replicas\":{\"0\":["
	    "1]},\"removing_replicas\":{\"0\":[2]}}"),
	    "{\"partitions\":{\"0\":[1]},\"adding_replicas\":{\"0\":[1]},\"removing"
	    "_replicas\":{\"0\":[2]},\"version\":3}");
}

Test(payload_topic, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{}", "!partitions: missing" },
		{ "{\"partitions\":[]}", "!partitions: not an object" },
		{ "{\"partitions\":{\"00\":[1]}}", "!partitions: a key is not the number of a partition" },
		{ "{\"partitions\":{\"-1\":[1]}}", "!partitions: a key is not the number of a partition" },
		{ "{\"partitions\":{\"2147483648\":[1]}}", "!partitions: a key is not the number of a partition" },
		{ "{\"partitions\":{\"\":[1]}}", "!partitions: a key is not the number of a partition" },
		{ "{\"partitions\":{\"0\":1}}", "!partitions: not an array" },
		{ "{\"partitions\":{\"0\":[99999999999]}}", "!partitions: out of range" },
		{ "{\"partitions\":{},\"topic_id\":\"short\"}", "!topic_id: not the id of a topic" },
		{ "{\"partitions\":{},\"adding_replicas\":5}", "!adding_replicas: not an object" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_TOPIC, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}

Test(payload_topic, finds_the_replicas_of_a_partition)
{
	static const int32_t ids[] = { 3, 1 };
	const struct payload_assignment entries[] = { { 4, { ids, 2 } }, { 0, { ids, 1 } } };
	struct payload_assignments assignments = { entries, 2 };

	cr_expect_eq(payload_assignments_find(assignments, 0).count, 1);
	cr_expect_eq(payload_assignments_find(assignments, 4).values, ids);
	cr_expect_eq(payload_assignments_find(assignments, 1).count, 0);
}
