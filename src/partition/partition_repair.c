/*
 * A damaged log that follows is made whole by its leader's records (F15), while it is not
 * in the ISR: before it asks for the log end, and may join, it asks for what is damaged.
 * That is written over the damage on a worker that has the log alone, like a truncation
 * (partition_follow.c). Where the logs part before it, it is cut first; behind it, the
 * next Fetch cuts what was written with the rest. What the leader cannot give, or
 * gives otherwise, stays damaged until the next LeaderAndIsr.
 */
#include "partition/partition_private.h"

#include "log/log_repair.h"
#include "wire/kafka_error.h"

void
partition_begin_repair(struct partition *partition, bool may)
{
	partition->repairs = may;
	partition->agrees = true;
	partition->parts = false;
	partition->repair_offset = -1;
}

void
partition_ask_for_repair(struct partition *partition, struct follower_ask *ask)
{
	const struct leader_epoch *epoch;
	int64_t from, to;

	partition->repair_offset = -1;
#ifdef CANARY_DAMAGE_IS_NOT_MADE_GOOD
	return;
#endif
	if (!partition->repairs || !partition->agrees || ask->type != FOLLOWER_ASK_RECORDS ||
	    log_state(partition->log) != ERROR_NONE || !log_damage(partition->log, &from, &to))
		return;
	epoch = from > 0 ? leader_epochs_at(log_leader_epochs(partition->log), from - 1) : NULL;
	ask->offset = partition->repair_offset = from;
	ask->last_fetched_epoch = epoch != NULL ? epoch->epoch : LEADER_EPOCH_NONE;
}

static void
give_up(struct partition *partition, const char *why)
{
	partition->repairs = false;
	log_error(partition->home->world->logger, "%.*s-%d: leader %d cannot make offset %lld good: "
	    "%s", partition->topic_size, partition->topic, partition->index,
	    partition->leader.id, (long long)partition->repair_offset, why);
}

/* It had no room for what it has there, or is throttled: that is no answer. */
static bool
says_nothing(const struct partition *partition, const struct follower_answer *answer)
{
	return answer->code == KAFKA_ERROR_NONE && answer->diverging_epoch < 0 &&
	    (answer->asked_offset < answer->high_watermark ||
	    answer->room_left < partition->settings->config.max_message_bytes);
}

/* Logs that part before the damage part at the end: who says else would be asked again and again. */
static void
take_log_end(struct partition *partition, const struct follower_answer *answer)
{
	if (answer->code != KAFKA_ERROR_NONE)
		return;
	if (answer->diverging_epoch < 0 && partition->parts && partition->repairs)
		give_up(partition, "it has another epoch there");
	partition->agrees |= answer->diverging_epoch < 0;
	partition->parts = false;
}

enum partition_repair
partition_take_repair(struct partition *partition, const struct follower_answer *answer)
{
	if (answer->leader_epoch != partition->follower.epoch || answer->type != FOLLOWER_RECORDS)
		return PARTITION_REPAIR_NONE;
	if (partition->repair_offset < 0 || answer->asked_offset != partition->repair_offset) {
		take_log_end(partition, answer);
		return PARTITION_REPAIR_NONE;
	}
	if (answer->code == KAFKA_ERROR_NONE && answer->diverging_epoch < 0 &&
	    answer->records.size > 0)
		return PARTITION_REPAIR_WRITE;
	if (answer->code == KAFKA_ERROR_NONE && answer->diverging_epoch >= 0) {
		partition->agrees = false; /* it will be cut first */
		partition->parts = true;
		return PARTITION_REPAIR_OVER;
	}
	if (says_nothing(partition, answer))
		return PARTITION_REPAIR_NONE;
	if (answer->code != KAFKA_ERROR_NONE && answer->code != KAFKA_ERROR_CORRUPT_MESSAGE &&
	    answer->code != KAFKA_ERROR_KAFKA_STORAGE_ERROR &&
	    answer->code != KAFKA_ERROR_OFFSET_OUT_OF_RANGE)
		return PARTITION_REPAIR_NONE; /* of the leadership: the follower's machine knows */
	give_up(partition, answer->code != KAFKA_ERROR_NONE ? kafka_error_name(answer->code) :
	    "it has nothing there");
	return PARTITION_REPAIR_OVER;
}

void
partition_repaired(struct partition *partition, enum error error)
{
	int64_t from, to;

	if (error == ERROR_MALFORMED) {
		give_up(partition, "its records do not fit");
		return;
	}
	if (error != ERROR_NONE) {
		follower_step_failed(&partition->follower);
		(void)partition_failed(partition, error, PARTITION_FAULT_WRITE);
		return;
	}
	log_info(partition->home->world->logger, "%.*s-%d: offset %lld and what was damaged behind "
	    "it are made good by leader %d%s", partition->topic_size, partition->topic,
	    partition->index, (long long)partition->repair_offset, partition->leader.id,
	    log_damage(partition->log, &from, &to) ? ", and there is more" : "");
}
