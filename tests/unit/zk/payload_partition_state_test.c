#include <criterion/criterion.h>

#include "recode.h"

Test(payload_partition_state, has_no_leader)
{
	cr_expect_str_eq(recode_text(PATHS_PARTITION_STATE,
	    "{\"controller_epoch\":2,\"leader\":-1,\"version\":1,\"leader_epoch\":6"
	    ",\"isr\":[1]}"),
	    "{\"controller_epoch\":2,\"leader\":-1,\"version\":1,\"leader_epoch\":6"
	    ",\"isr\":[1]}");
}

Test(payload_partition_state, is_recovering)
{
	cr_expect_str_eq(recode_text(PATHS_PARTITION_STATE,
	    "{\"controller_epoch\":2,\"leader\":1,\"version\":1,\"leader_recovery_s"
	    "tate\":1,\"leader_epoch\":6,\"isr\":[1]}"),
	    "{\"controller_epoch\":2,\"leader\":1,\"version\":1,\"leader_recovery_s"
	    "tate\":1,\"leader_epoch\":6,\"isr\":[1]}");
}

Test(payload_partition_state, lets_the_recovery_state_out_when_recovered)
{
	cr_expect_str_eq(recode_text(PATHS_PARTITION_STATE,
	    "{\"controller_epoch\":1,\"leader\":3,\"leader_epoch\":0,\"isr\":[3],\""
	    "leader_recovery_state\":0}"),
	    "{\"controller_epoch\":1,\"leader\":3,\"version\":1,\"leader_epoch\":0,"
	    "\"isr\":[3]}");
}

Test(payload_partition_state, keeps_who_is_eligible)
{
	static const char text[] = "{\"controller_epoch\":1,\"leader\":3,\"version\":1,\"leader_epoch\":0,"
	    "\"isr\":[3],\"klamm_eligible_replicas\":[1,2]}";

	cr_expect_str_eq(recode_text(PATHS_PARTITION_STATE, text), text);
	cr_expect_str_eq(recode_text(PATHS_PARTITION_STATE,
	    "{\"controller_epoch\":1,\"leader\":3,\"version\":1,\"leader_epoch\":0,"
	    "\"isr\":[3],\"klamm_eligible_replicas\":[]}"),
	    "{\"controller_epoch\":1,\"leader\":3,\"version\":1,\"leader_epoch\":0,\"isr\":[3]}");
}

Test(payload_partition_state, counts_the_last_of_a_repeated_key)
{
	cr_expect_str_eq(recode_text(PATHS_PARTITION_STATE,
	    "{\"controller_epoch\":1,\"leader\":3,\"leader\":4,\"leader_epoch\":0,"
	    "\"isr\":[]}"),
	    "{\"controller_epoch\":1,\"leader\":4,\"version\":1,\"leader_epoch\":0,"
	    "\"isr\":[]}");
}

Test(payload_partition_state, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{\"controller_epoch\":1,\"leader\":-2,\"leader_epoch\":0,\"isr\":[]}", "!leader: out of range" },
		{ "{\"controller_epoch\":1,\"leader\":1,\"leader_epoch\":-1,\"isr\":[]}", "!leader_epoch: out of range" },
		{ "{\"controller_epoch\":-1,\"leader\":1,\"leader_epoch\":1,\"isr\":[]}", "!controller_epoch: out of range" },
		{ "{\"controller_epoch\":1,\"leader\":1,\"leader_epoch\":0}", "!isr: missing" },
		{ "{\"controller_epoch\":1,\"leader\":1,\"leader_epoch\":0,\"isr\":{}}", "!isr: not an array" },
		{ "{\"controller_epoch\":1,\"leader\":1,\"leader_epoch\":0,\"isr\":[\"1\""
	    "]}", "!isr: not an integer" },
		{ "{\"controller_epoch\":1,\"leader\":1,\"leader_epoch\":0,\"isr\":[-1]}", "!isr: out of range" },
		{ "{\"controller_epoch\":1,\"leader\":1,\"leader_epoch\":0,\"isr\":[],\"klamm_eligible_replicas\":1}",
		    "!klamm_eligible_replicas: not an array" },
		{ "{\"controller_epoch\":1,\"leader\":1,\"leader_epoch\":0,\"isr\":[],\"l"
	    "eader_recovery_state\":2}", "!leader_recovery_state: out of range" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_PARTITION_STATE, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}
