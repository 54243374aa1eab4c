#include "controller/job_kinds.h"

int
job_kind_metric(enum job_kind kind)
{
	switch (kind) {
#define JOB_KIND_CASE(name, number, metric) \
	case JOB_##name: \
		return metric;
		JOB_KINDS(JOB_KIND_CASE)
#undef JOB_KIND_CASE
	}
	return JOB_KIND_NO_METRIC;
}
