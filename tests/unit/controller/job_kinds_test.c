#include "controller/job_kinds.h"

#include <criterion/criterion.h>

#include "base/macros.h"

Test(job_kinds, each_has_a_metric_of_its_own_but_idle)
{
	static const enum job_kind kinds[] = {
#define KIND(name, number, metric) JOB_##name,
		JOB_KINDS(KIND)
#undef KIND
	};

	cr_expect_eq(job_kind_metric(JOB_IDLE), JOB_KIND_NO_METRIC);
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
		for (size_t j = 0; j < i; j++)
			cr_expect_neq(job_kind_metric(kinds[i]), job_kind_metric(kinds[j]));
}

Test(job_kinds, have_the_numbers_of_kafkas_states)
{
	cr_expect_eq(JOB_CONTROLLER_CHANGE, 1);
	cr_expect_eq(JOB_BROKER_CHANGE, 2);
	cr_expect_eq(JOB_UNCLEAN_ELECTION_ENABLE, 13);
	cr_expect_eq(JOB_LIST_PARTITION_REASSIGNMENT, 15);
	cr_expect_eq(job_kind_metric(JOB_BROKER_CHANGE), METRIC_LEADER_ELECTION);
}
