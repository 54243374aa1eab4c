/*
 * Logs that were made without the records that they should have (F18), by a broker whose
 * registration did not say so: the controller may elect it meanwhile, and its followers would
 * cut all that they have. So it does not lead before the controller has asked where its log
 * ends. That one asks nobody whom it takes to have all (controller/doubts_ask.c): whatever it
 * decides from then on it decides of a replica in doubt, and what it decided before came here
 * before the question.
 *
 * A controller of Kafka asks nobody, nor does one that elects by an unclean election: when the
 * doubt has had time to get into ZooKeeper, or the session that could not write it to end, the
 * controller is moved to say once more who leads, and is obeyed.
 */
#include "partition/replicas_obey_private.h"
#include "partition/replicas_private.h"

enum { SLACK_US = 10 * 1000 * 1000 };

void
replicas_is_unasked(struct replicas *it, struct replica *replica)
{
	it->unasked += !replica->is_unasked;
	replica->is_unasked = true;
	replica->unasked_us = -1;
}

void
replicas_was_asked(struct replicas *it, struct replica *replica)
{
	it->unasked -= replica->is_unasked;
	replica->is_unasked = false;
}

bool
replicas_may_not_lead(const struct item *item)
{
	return item->replica->is_unasked && replicas_item_is_to_lead(item);
}

void
replicas_refuse_to_lead(struct item *item)
{
	struct replicas *it = item->obedience->replicas;
	struct replica *replica = item->replica;

	if (replica->unasked_us < 0)
		replica->unasked_us = clock_monotonic_us(it->world->clock);
	log_warn(it->world->logger, "%s-%d was made without its records, and is to lead in leader "
	    "epoch %d: refused, until the controller has asked all replicas what they have",
	    replica->stored->topic, replica->index, item->leader_epoch);
	replicas_item_done(item, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
}

static void
look_at(struct replicas *it, struct replica *replica, int64_t patience_us)
{
	if (!replica->is_unasked || replica->is_offline || replica->unasked_us < 0 ||
	    clock_monotonic_us(it->world->clock) - replica->unasked_us < patience_us)
		return;
	log_warn(it->world->logger, "%s-%d was made without its records, and nobody has asked what "
	    "it has: it leads when it is told so again", replica->stored->topic, replica->index);
	replicas_was_asked(it, replica);
	replicas_wait_for_a_leader(it, replica);
}

void
replicas_look_for_unasked(struct replicas *it)
{
	int64_t patience_us = SLACK_US +
	    (int64_t)it->options.config->zookeeper.session_timeout_ms * 1000;

	if (it->unasked == 0)
		return;
	HASH_TABLE_FOREACH(link, &it->topics) {
		struct local_topic *topic = container_of(hash_node_of(link), struct local_topic, node);

		for (int32_t i = 0; i < topic->room; i++)
			if (topic->replicas[i] != NULL)
				look_at(it, topic->replicas[i], patience_us);
	}
}
