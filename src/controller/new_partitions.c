#include "controller/new_partitions.h"

#include "controller/partition_changes.h"
#include "controller/replica_changes.h"

struct new_partitions {
	struct job_partitions partitions;
};

static void
lead(struct job *job)
{
	partition_changes_online(job, job->new_partitions->partitions, LEADER_ELECTION_OFFLINE);
}

static void
replicas_online(struct job *job)
{
	replica_changes_set(job->reign, job_replicas_of(job, job->new_partitions->partitions),
	    REPLICA_ONLINE);
	job_next(job);
}

static job_step *const steps[] = { lead, replicas_online, NULL };

void
new_partitions_begin(struct job *job, struct job_partitions partitions)
{
	struct new_partitions *it = arena_new(&job->arena, sizeof(*it));

	it->partitions = partitions;
	job->new_partitions = it;
	partition_changes_set(job->reign, partitions, PARTITION_NEW);
	replica_changes_set(job->reign, job_replicas_of(job, partitions), REPLICA_NEW);
	job_call(job, steps);
}
