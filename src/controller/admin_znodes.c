#include "controller/jobs.h"
#include "controller/partition_changes.h"
#include "zk/payload_partitions.h"

struct preferred {
	struct job job;
	struct job_partitions partitions;
	bool is_there;
};

static void
take_partition(struct job *job, const struct payload_topic_partition *asked)
{
	struct preferred *it = container_of(job, struct preferred, job);
	const struct context_topic *topic = context_topic_find(&job->reign->context, asked->topic);
	struct context_partition *partition =
	    topic == NULL || topic->to_delete ? NULL : context_partition_find(topic, asked->partition);

	if (partition == NULL || partition->state != PARTITION_ONLINE ||
	    partition->replica_count == 0 ||
	    partition->leadership.leader == partition->replicas[0].broker)
		return;
	it->partitions.items[it->partitions.count++] = partition;
}

static void
on_preferred(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	struct preferred *it = container_of(job, struct preferred, job);
	struct payload_partitions asked;
	struct payload_complaint complaint;

	it->is_there = answer->error == ZNODE_OK;
	if (!it->is_there)
		return;
	if (payload_partitions_decode(answer->data, &job->arena, &asked, &complaint) != ERROR_NONE) {
		log_warn(job->reign->options->world->logger,
		    "/admin/preferred_replica_election cannot be read: %s", complaint.text);
		it->is_there = false;
		return;
	}
	it->partitions = job_partitions_new(job, asked.count);
	for (size_t i = 0; i < asked.count; i++)
		take_partition(job, &asked.entries[i]);
}

/* A read of what is absent sets no watch; a look for it does. */
static void
on_exists_preferred(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	if (answer->error == ZNODE_OK)
		job_get(job, job->reign->watches[REIGN_WATCH_PREFERRED_ELECTION].watch.path,
		    on_preferred, NULL);
}

static void
read_preferred(struct job *job)
{
	job_exists(job, job->reign->watches[REIGN_WATCH_PREFERRED_ELECTION].watch.path,
	    on_exists_preferred, NULL);
	job_wait(job);
}

static void
elect_preferred(struct job *job)
{
	partition_changes_online(job, container_of(job, struct preferred, job)->partitions,
	    LEADER_ELECTION_PREFERRED);
}

/* Also one that names nothing that is there. */
static void
delete_preferred(struct job *job)
{
	if (container_of(job, struct preferred, job)->is_there)
		job_write(job, &(struct znode_operation){ .type = ZNODE_OP_DELETE,
		    .path = job->reign->watches[REIGN_WATCH_PREFERRED_ELECTION].watch.path,
		    .version = -1 }, NULL, NULL);
	job_wait(job);
}

static job_step *const preferred_steps[] = { read_preferred, elect_preferred, delete_preferred,
	NULL };

const struct job_type job_preferred_election = { "preferred election", preferred_steps,
	sizeof(struct preferred), NULL, JOB_MANUAL_LEADER_BALANCE };
