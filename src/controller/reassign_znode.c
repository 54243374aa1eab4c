/* /admin/reassign_partitions, what old tools ask for; who asks by a request comes later, and wins. */
#include "controller/reassign.h"

#include <inttypes.h>

#include "base/memory.h"
#include "controller/jobs.h"
#include "zk/payload_reassignment.h"

struct reassign_znode {
	bool is_there;    /* and can be read */
	struct payload_reassignment asked;
	bool *is_dropped; /* of each: to be taken out */
	int32_t version;
	bool is_resumed;  /* all that is under way, too */
	struct reassign_items items, removed;
	bool by_replicas;
};

static struct slice
znode(const struct reign *reign)
{
	return reign->watches[REIGN_WATCH_REASSIGNMENT].watch.path;
}

/* ------------------------------------------------------------------- read */

static void
on_read(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	struct reassign_znode *it = job->reassign_znode;
	struct payload_complaint complaint;

	if (answer->error != ZNODE_OK)
		return;
	char *copy = arena_text(&job->arena, answer->data.bytes, answer->data.size);
	if (payload_reassignment_decode(slice_of(copy, answer->data.size), &job->arena, &it->asked,
	    &complaint) != ERROR_NONE) {
		log_warn(job->reign->options->world->logger,
		    "/admin/reassign_partitions cannot be read, it is left as it is: %s", complaint.text);
		return;
	}
	it->is_there = true;
	it->version = answer->stat.version;
	it->is_dropped = arena_array(&job->arena, MAX(it->asked.count, 1), sizeof(bool));
}

/* A read of what is absent sets no watch; a look for it does. */
static void
on_exists(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	if (answer->error == ZNODE_OK)
		job_get(job, znode(job->reign), on_read, NULL);
}

static void
look(struct job *job)
{
	job_exists(job, znode(job->reign), on_exists, NULL);
	job_wait(job);
}

static struct context_partition *
find(const struct context *context, const struct payload_topic_partition *asked)
{
	const struct context_topic *topic = context_topic_find(context, asked->topic);

	return topic == NULL ? NULL : context_partition_find(topic, asked->partition);
}

/* ------------------------------------------------------------------ write */

static void
on_deleted(struct job *job, void *item UNUSED, enum znode_error error UNUSED,
    const struct znode_result *result UNUSED)
{
	reign_post_once(job->reign, &job_reassignment); /* look for the next one */
}

static void
write_rest(struct job *job, const struct payload_reassignment *rest)
{
	struct reassign_znode *it = job->reassign_znode;
	struct buffer data;

	if (rest->count == 0) {
		job_write(job, &(struct znode_operation){ .type = ZNODE_OP_DELETE,
		    .path = znode(job->reign), .version = it->version }, on_deleted, NULL);
		return;
	}
	buffer_init(&data);
	payload_reassignment_encode(rest, &data);
	job_write(job, &(struct znode_operation){ .type = ZNODE_OP_SET_DATA,
	    .path = znode(job->reign), .data = job_take_data(job, &data), .version = it->version },
	    NULL, NULL);
}

static void
write_kept(struct job *job)
{
	struct reassign_znode *it = job->reassign_znode;
	struct payload_reassignment_entry *kept =
	    arena_array(&job->arena, MAX(it->asked.count, 1), sizeof(*kept));
	struct payload_reassignment rest = { kept, 0 };

	for (size_t i = 0; it->is_there && i < it->asked.count; i++)
		if (!it->is_dropped[i])
			kept[rest.count++] = it->asked.entries[i];
	if (it->is_there && (rest.count < it->asked.count || rest.count == 0))
		write_rest(job, &rest);
	job_wait(job);
}

/* ----------------------------------------------------------------- remove */

static bool
has_replicas(const struct context_partition *partition, struct payload_int32_list replicas)
{
	if (replicas.count != (size_t)partition->replica_count)
		return false;
	for (size_t i = 0; i < replicas.count; i++)
		if (partition->replicas[i].broker != replicas.values[i])
			return false;
	return true;
}

static void
mark(const struct reassign_items *items, bool is_marked)
{
	for (size_t i = 0; i < items->count; i++)
		items->items[i].partition->is_marked = is_marked;
}

static void
drop_removed(struct job *job)
{
	struct reassign_znode *it = job->reassign_znode;

	mark(&it->removed, true);
	for (size_t i = 0; it->is_there && i < it->asked.count; i++) {
		const struct payload_reassignment_entry *entry = &it->asked.entries[i];
		const struct context_partition *partition =
		    find(&job->reign->context, &entry->partition);

		it->is_dropped[i] = partition != NULL && partition->is_marked &&
		    (!it->by_replicas || has_replicas(partition, entry->replicas));
	}
	mark(&it->removed, false);
	job_next(job);
}

static job_step *const remove_steps[] = { look, drop_removed, write_kept, NULL };

void
reassign_znode_remove(struct job *job, struct reassign_items items, bool by_replicas)
{
	if (items.count == 0) {
		job_next(job);
		return;
	}
	job->reassign_znode = arena_new(&job->arena, sizeof(*job->reassign_znode));
	job->reassign_znode->removed = items;
	job->reassign_znode->by_replicas = by_replicas;
	job_call(job, remove_steps);
}

/* ------------------------------------------------------------------ begin */

/* NULL: it is taken, or is under way. */
static const char *
take_entry(struct job *job, const struct payload_reassignment_entry *entry)
{
	struct reassign_znode *it = job->reassign_znode;
	struct context_partition *partition = find(&job->reign->context, &entry->partition);
	struct reassignment now, to;

	if (partition == NULL || partition->topic->to_delete)
		return "There is no such partition.";
	if (reassignment_fault(entry->replicas) != NULL)
		return reassignment_fault(entry->replicas);
	now = reassignment_of(partition, &job->arena);
	to = reassignment_plan(partition, entry->replicas, &job->arena);
	if (!reassignment_keeps_records(&job->reign->context, partition, &to))
		return reassignment_loses_records;
	if (partition->is_marked || (!it->is_resumed && reassignment_is_under_way(partition) &&
	    reassignment_is_same(&now, &to)))
		return NULL;
	partition->is_marked = true;
	it->items.items[it->items.count++] =
	    (struct reassign_item){ .partition = partition, .to = to };
	return NULL;
}

/*
 * Of a controller that died when it had written other replicas, and before who is none any
 * more had left the ISR: from there it could not be elected, and others might leave before it.
 */
static bool
takes_leave(struct context_partition *partition)
{
	const struct context_leadership *leadership = &partition->leadership;

	for (int32_t i = 0; partition->has_leadership && i < leadership->isr_count; i++)
		if (context_replica_find(partition, leadership->isr[i]) == NULL)
			context_partition_add_leaving(partition, leadership->isr[i]);
	return partition->leaving_count > 0;
}

static void
take_under_way(struct job *job, struct context_partition *partition)
{
	if (!partition->is_marked && (takes_leave(partition) ||
	    (reassignment_is_under_way(partition) &&
	    !reassignment_waits(&job->reign->context, partition))))
		reassign_add(job, &job->reassign_znode->items, partition);
}

static void
take_all_under_way(struct job *job)
{
	CONTEXT_TOPICS_FOREACH(link, &job->reign->context) {
		struct context_topic *topic = context_topic_of(link);

		for (int32_t i = 0; !topic->deletion_begun && i < topic->partition_count; i++)
			take_under_way(job, topic->partitions[i]);
	}
}

/* Of a partition that is named twice the last counts. */
static void
plan(struct job *job)
{
	struct reassign_znode *it = job->reassign_znode;
	size_t room = it->asked.count +
	    (it->is_resumed ? context_partition_count(&job->reign->context) : 0);

	it->items = reassign_items_new(job, room);
	for (size_t i = it->is_there ? it->asked.count : 0; i > 0; i--) {
		const struct payload_reassignment_entry *entry = &it->asked.entries[i - 1];
		const char *fault = take_entry(job, entry);

		it->is_dropped[i - 1] = fault != NULL;
		if (fault != NULL)
			log_warn(job->reign->options->world->logger,
			    "/admin/reassign_partitions: %.*s-%" PRId32 " does not move: %s",
			    (int)entry->partition.topic.size, (const char *)entry->partition.topic.bytes,
			    entry->partition.partition, fault);
	}
	if (it->is_resumed)
		take_all_under_way(job);
	mark(&it->items, false);
	job_next(job);
}

static void
run(struct job *job)
{
	reassign_run(job, job->reassign_znode->items);
}

static job_step *const run_steps[] = { look, plan, write_kept, run, NULL };

static void
begin(struct job *job)
{
	job->reassign_znode = arena_new(&job->arena, sizeof(*job->reassign_znode));
	job_call(job, run_steps);
}

static job_step *const steps[] = { begin, NULL };

const struct job_type job_reassignment = { "reassignment", steps, sizeof(struct job), NULL,
	JOB_PARTITION_REASSIGNMENT };

void
reassign_resume_all(struct job *job)
{
#ifdef CANARY_REASSIGNMENT_NOT_RESUMED
	job_next(job);
	return;
#endif
	job->reassign_znode = arena_new(&job->arena, sizeof(*job->reassign_znode));
	job->reassign_znode->is_resumed = true;
	job_call(job, run_steps);
}

static bool
moves_to(struct job *job, const struct context_partition *partition, const int32_t *brokers,
    size_t count)
{
	struct payload_int32_list target = reassignment_target(partition, &job->arena);

	for (size_t i = 0; i < target.count; i++)
		for (size_t j = 0; j < count; j++)
			if (target.values[i] == brokers[j])
				return true;
	return false;
}

static bool
goes_on(struct job *job, const struct context_partition *partition, const int32_t *brokers,
    size_t count)
{
	const struct context *context = &job->reign->context;

	if (partition->leaving_count > 0 && partition->has_leadership &&
	    context_broker_has_answered(context, partition->leadership.leader))
		return true;
	return reassignment_is_under_way(partition) && (reassignment_is_complete(context, partition) ||
	    (count > 0 && moves_to(job, partition, brokers, count) &&
	    !reassignment_waits(context, partition)));
}

void
reassign_resume_of_brokers(struct job *job, const int32_t *brokers, size_t count)
{
	struct context *context = &job->reign->context;
	struct reassign_items items = reassign_items_new(job, context_partition_count(context));

	CONTEXT_TOPICS_FOREACH(link, context) {
		struct context_topic *topic = context_topic_of(link);

		for (int32_t i = 0; !topic->deletion_begun && i < topic->partition_count; i++)
			if (goes_on(job, topic->partitions[i], brokers, count))
				reassign_add(job, &items, topic->partitions[i]);
	}
	reassign_run(job, items);
}

void
reassign_resume_complete(struct job *job)
{
	reassign_resume_of_brokers(job, NULL, 0);
}

static job_step *const resume_steps[] = { reassign_resume_complete, NULL };

const struct job_type job_reassignments_go_on = { "reassignments go on", resume_steps,
	sizeof(struct job), NULL, JOB_PARTITION_REASSIGNMENT };
