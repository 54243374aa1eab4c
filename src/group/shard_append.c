/* Appends to the partition, and how long they may take. */
#include <stdlib.h>

#include "base/memory.h"
#include "group/shard_private.h"

static void
answered(struct partition_operation *operation)
{
	struct shard_append *append = container_of(operation, struct shard_append, append.operation);

	append->is_answered = true;
	shard_post(append->shard, &append->event, SHARD_APPENDED);
}

void
shard_begin_append(struct shard *shard, struct group_append *what)
{
	struct shard_append *append = memory_new(sizeof(*append));

	append->shard = shard;
	append->what = what;
	append->partition = shard->partition;
	append->append = (struct partition_append){
		.operation = { .loop = shard->home, .answered = answered },
		.bytes = what->batch.bytes,
		.size = what->batch.size,
		.origin = LOG_FROM_COORDINATOR,
#ifdef CANARY_COMMIT_ACKNOWLEDGED_BY_LEADER_ALONE
		.required_acks = 1,
#else
		.required_acks = what->required_acks,
#endif
		.required_leader_epoch = shard->leader_epoch,
		.now_ms = shard->now_ms,
	};
	append->timeout.kind = SHARD_DEADLINE_APPEND;
	deadline_set(&shard->deadlines, &append->timeout,
	    shard->now_us + (int64_t)shard->config->groups.offsets_commit_timeout_ms * 1000);
	list_append(&shard->appends, &append->link);
	shard->log->append(shard->partition, &append->append);
}

void
shard_cancel_append(struct shard *shard, struct shard_append *append)
{
	deadline_clear(&shard->deadlines, &append->timeout);
	if (append->is_cancelled || append->is_answered)
		return;
	append->is_cancelled = true;
	shard->log->cancel(append->partition, &append->append.operation);
}

void
shard_appended(struct shard *shard, struct shard_append *append)
{
	struct group *group = append->what->group;
	int16_t error = shard->log->status_code(append->append.operation.status);

	list_remove(&append->link);
	deadline_clear(&shard->deadlines, &append->timeout);
	if (error != KAFKA_ERROR_NONE && append->what->kind != GROUP_APPEND_COMMIT)
		log_warn(shard->world->logger, SHARD_NAME ": an append for group %.*s failed: %s",
		    (int)shard->number, (int)group->id.size, (const char *)group->id.bytes,
		    kafka_error_name(error));
	shard_step_group(shard, group, (struct group_event){ .type = GROUP_APPENDED,
		.append = append->what, .error = error,
		.base_offset = append->append.base_offset });
	free(append);
}
