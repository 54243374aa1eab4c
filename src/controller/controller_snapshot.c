/* What the metrics show of the cluster, as the controller knows it. */
#include "controller/job.h"

struct census {
	int64_t topics, partitions, offline, imbalanced;
	int64_t topics_to_delete, replicas_to_delete, topics_ineligible, replicas_ineligible;
};

static void
count_partition(struct census *it, const struct context_partition *partition)
{
	it->partitions++;
	if (partition->topic->to_delete)
		return;
	it->offline += partition->state == PARTITION_OFFLINE;
	it->imbalanced += partition->has_leadership && partition->replica_count > 0 &&
	    partition->leadership.leader != partition->replicas[0].broker;
}

static void
count_deletion(struct census *it, const struct context_topic *topic)
{
	it->topics_to_delete++;
	it->topics_ineligible += topic->deletion_ineligible;
	for (int32_t i = 0; i < topic->partition_count; i++) {
		const struct context_partition *partition = topic->partitions[i];

		for (int32_t j = 0; j < partition->replica_count; j++) {
			enum replica_state state = partition->replicas[j].state;

			it->replicas_to_delete += state != REPLICA_DELETION_SUCCESSFUL;
			it->replicas_ineligible += state == REPLICA_DELETION_INELIGIBLE;
		}
	}
}

static struct census
take_census(const struct context *context)
{
	struct census it = { 0 };

	CONTEXT_TOPICS_FOREACH(link, context) {
		const struct context_topic *topic = context_topic_of(link);

		it.topics++;
		for (int32_t i = 0; i < topic->partition_count; i++)
			count_partition(&it, topic->partitions[i]);
		if (topic->to_delete)
			count_deletion(&it, topic);
	}
	return it;
}

static int64_t
waiting_jobs(const struct reign *reign)
{
	int64_t count = 0;

	for (const struct list *at = reign->jobs.next; at != &reign->jobs; at = at->next)
		count++;
	return count;
}

void
controller_snapshot(struct controller *controller, struct snapshot *snapshot)
{
	const struct reign *reign = controller_reign(controller);
	double *gauges = snapshot->gauges;
	struct census census;

	if (reign == NULL)
		return; /* as in Kafka: 0 on all brokers but one */
	gauges[METRIC_ACTIVE_CONTROLLER_COUNT] = 1;
	gauges[METRIC_CONTROLLER_STATE] = reign->job == NULL ? JOB_IDLE : reign->job->type->kind;
	gauges[METRIC_EVENT_QUEUE_SIZE] = (double)waiting_jobs(reign);
	census = take_census(&reign->context);
	gauges[METRIC_ACTIVE_BROKER_COUNT] = (double)reign->context.broker_count;
	gauges[METRIC_GLOBAL_TOPIC_COUNT] = (double)census.topics;
	gauges[METRIC_GLOBAL_PARTITION_COUNT] = (double)census.partitions;
	gauges[METRIC_OFFLINE_PARTITIONS_COUNT] = (double)census.offline;
	gauges[METRIC_PREFERRED_REPLICA_IMBALANCE_COUNT] = (double)census.imbalanced;
	gauges[METRIC_TOPICS_TO_DELETE_COUNT] = (double)census.topics_to_delete;
	gauges[METRIC_REPLICAS_TO_DELETE_COUNT] = (double)census.replicas_to_delete;
	gauges[METRIC_TOPICS_INELIGIBLE_TO_DELETE_COUNT] = (double)census.topics_ineligible;
	gauges[METRIC_REPLICAS_INELIGIBLE_TO_DELETE_COUNT] = (double)census.replicas_ineligible;
}
