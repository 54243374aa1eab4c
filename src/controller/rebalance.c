#include "controller/rebalance.h"

#include "controller/partition_changes.h"

enum { SECOND_US = 1000000, FIRST_US = 5 * SECOND_US, HUNDRED = 100 };

static bool
is_preferred_of(const struct context_partition *partition, int32_t broker)
{
	return !partition->topic->to_delete && partition->replica_count > 0 &&
	    partition->replicas[0].broker == broker;
}

static bool
may_lead(const struct context *context, const struct context_partition *partition)
{
	const struct context_replica *preferred = &partition->replicas[0];

	return partition->state == PARTITION_ONLINE && partition->has_leadership &&
	    partition->leadership.leader != preferred->broker &&
	    context_replica_is_online(context, preferred) &&
	    context_isr_has(&partition->leadership, preferred->broker);
}

static size_t
choose_of_broker(const struct context *context, int32_t broker, int32_t percentage,
    struct context_partition **partitions)
{
	size_t preferred = 0, elsewhere = 0, count = 0;

	CONTEXT_TOPICS_FOREACH(link, context) {
		const struct context_topic *topic = context_topic_of(link);

		for (int32_t i = 0; i < topic->partition_count; i++) {
			struct context_partition *partition = topic->partitions[i];

			if (!is_preferred_of(partition, broker))
				continue;
			preferred++;
			elsewhere += partition->has_leadership && partition->leadership.leader != broker;
			if (may_lead(context, partition))
				partitions[count++] = partition;
		}
	}
	return elsewhere * HUNDRED > preferred * (size_t)MAX(percentage, 0) ? count : 0;
}

size_t
rebalance_choose(const struct context *context, int32_t percentage,
    struct context_partition **partitions)
{
	size_t count = 0;

	for (size_t i = 0; i < context->broker_count; i++)
		if (context_broker_is_live(context, context->brokers[i]->id))
			count += choose_of_broker(context, context->brokers[i]->id, percentage,
			    &partitions[count]);
	return count;
}

static void
start_timer(struct reign *reign, int64_t wait_us)
{
	timer_start(reign->options->world->control, &reign->rebalance,
	    clock_monotonic_us(reign->options->world->clock) + wait_us);
}

static void
elect(struct job *job)
{
	struct reign *reign = job->reign;
	const struct broker_config *config = reign->options->config;
	struct job_partitions partitions =
	    job_partitions_new(job, context_partition_count(&reign->context));

	partitions.count = rebalance_choose(&reign->context, (int32_t)broker_value(config,
	    CONFIG_LEADER_IMBALANCE_PER_BROKER_PERCENTAGE)->integer, partitions.items);
	start_timer(reign, broker_value(config,
	    CONFIG_LEADER_IMBALANCE_CHECK_INTERVAL_SECONDS)->integer * SECOND_US);
	if (partitions.count > 0)
		partition_changes_online(job, partitions, LEADER_ELECTION_PREFERRED);
	else
		job_next(job);
}

static job_step *const steps[] = { elect, NULL };

const struct job_type job_rebalance = { "rebalance", steps, sizeof(struct job), NULL,
	JOB_AUTO_LEADER_BALANCE };

static void
on_timer(struct timer *timer)
{
	reign_post_once(container_of(timer, struct reign, rebalance), &job_rebalance);
}

void
rebalance_begin(struct reign *reign)
{
	timer_init(&reign->rebalance, on_timer);
	if (broker_value(reign->options->config, CONFIG_AUTO_LEADER_REBALANCE_ENABLE)->boolean)
		start_timer(reign, FIRST_US);
}

void
rebalance_end(struct reign *reign)
{
	timer_stop(reign->options->world->control, &reign->rebalance);
}
