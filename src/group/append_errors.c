#include "group/append_errors.h"

#include "wire/kafka_error.h"

/* What both have in common; the rest comes back as it is. */
static int16_t
translate(int16_t error)
{
	switch (error) {
	case KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
	case KAFKA_ERROR_NOT_ENOUGH_REPLICAS:
	case KAFKA_ERROR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
		return KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE;
	/* The election of this coordinator is over, as with NOT_LEADER. */
	case KAFKA_ERROR_FENCED_LEADER_EPOCH:
	case KAFKA_ERROR_UNKNOWN_LEADER_EPOCH:
	case KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER:
	case KAFKA_ERROR_KAFKA_STORAGE_ERROR:
		return KAFKA_ERROR_NOT_COORDINATOR;
	default:
		return error;
	}
}

int16_t
append_error_of_commit(int16_t error)
{
	switch (error) {
	case KAFKA_ERROR_NETWORK_EXCEPTION:
		return KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS;
	case KAFKA_ERROR_MESSAGE_TOO_LARGE:
	case KAFKA_ERROR_RECORD_LIST_TOO_LARGE:
	case KAFKA_ERROR_INVALID_FETCH_SIZE:
		return KAFKA_ERROR_INVALID_COMMIT_OFFSET_SIZE;
	default:
		return translate(error);
	}
}

int16_t
append_error_of_group(int16_t error)
{
	switch (error) {
	case KAFKA_ERROR_REQUEST_TIMED_OUT:
		return KAFKA_ERROR_REBALANCE_IN_PROGRESS;
	case KAFKA_ERROR_MESSAGE_TOO_LARGE:
	case KAFKA_ERROR_RECORD_LIST_TOO_LARGE:
	case KAFKA_ERROR_INVALID_FETCH_SIZE:
		return KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	default:
		return translate(error);
	}
}
