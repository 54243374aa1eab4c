#include "controller/offline.h"

#include "controller/deletion.h"
#include "controller/partition_changes.h"
#include "controller/replica_changes.h"
#include "controller/responses.h"

struct offline {
	struct job_replicas kept;      /* of topics that stay */
	struct job_replicas to_delete; /* of topics that are being deleted */
};

/* Those whose leader is not online, of topics that stay. */
static struct job_partitions
without_leader(struct job *job)
{
	struct context *context = &job->reign->context;
	struct job_partitions partitions =
	    job_partitions_new(job, context_partition_count(context));

	CONTEXT_TOPICS_FOREACH(link, context) {
		struct context_topic *topic = context_topic_of(link);

		for (int32_t i = 0; context_topic_is_kept(topic) && i < topic->partition_count; i++) {
			struct context_partition *partition = topic->partitions[i];
			const struct context_replica *leader = partition->has_leadership ?
			    context_replica_find(partition, partition->leadership.leader) : NULL;

			if (partition->state == PARTITION_ONLINE &&
			    (leader == NULL || !context_replica_is_online(context, leader)))
				partitions.items[partitions.count++] = partition;
		}
	}
	return partitions;
}

static void
elect(struct job *job)
{
	partition_changes_set(job->reign, without_leader(job), PARTITION_OFFLINE);
	partition_changes_online_all(job);
}

static void
shrink(struct job *job)
{
	replica_changes_offline(job, job->offline->kept);
}

static void
fail_deletions(struct job *job)
{
	deletion_fail(job, job->offline->to_delete);
}

/* All hear who is alive, also when no partition has changed. */
static void
tell(struct job *job)
{
	outgoing_metadata_to_all(&job->reign->outgoing);
	reign_send(job->reign);
	job_next(job);
}

static job_step *const offline_steps[] = { elect, shrink, fail_deletions, tell, NULL };

void
replicas_became_offline(struct job *job, struct job_replicas replicas)
{
	struct offline *offline = arena_new(&job->arena, sizeof(*offline));

	offline->kept = job_replicas_new(job, replicas.count);
	offline->to_delete = job_replicas_new(job, replicas.count);
	for (size_t i = 0; i < replicas.count; i++)
		job_replicas_add(context_topic_is_kept(replicas.items[i].partition->topic) ?
		    &offline->kept : &offline->to_delete, replicas.items[i].partition, replicas.items[i].broker);
	job->offline = offline;
	job_call(job, offline_steps);
}
