#include "api/find_partition.h"

static bool
contains(struct image_replicas replicas, int32_t id)
{
	for (int32_t i = 0; i < replicas.count; i++)
		if (replicas.ids[i] == id)
			return true;
	return false;
}

struct partition *
find_partition(const struct request *request, struct slice topic, int32_t index,
    struct partition_absence *absence)
{
	struct partition *partition = request_partition(request, topic, index);
	const struct image_topic *known;
	const struct image_partition *state;

	if (partition != NULL)
		return partition;
	*absence = (struct partition_absence){ KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION, -1, -1 };
	known = image_topic_find(request->view->image, topic);
	state = known == NULL ? NULL : image_partition_find(known, index);
	if (state == NULL)
		return NULL;
	absence->code = contains(state->offline, request_broker_id(request)) ?
	    KAFKA_ERROR_KAFKA_STORAGE_ERROR : KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER;
	absence->leader = state->leader;
	absence->leader_epoch = state->leader_epoch;
	return NULL;
}
