#include "model.h"

#include <assert.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"
#include "wire/batch.h"

const char *const crash_topics[CRASH_PARTITIONS] = {
	"plain", "idempotent", "transactions", "follower", "doomed", "late",
};

void
model_init(struct model *model)
{
	*model = (struct model){ 0 };
}

void
model_fini(struct model *model)
{
	for (int i = 0; i < CRASH_PARTITIONS; i++)
		free(model->partitions[i].batches);
	model_init(model);
}

static void
add_batch(struct model_partition *partition, const struct event *event)
{
	if (partition->count == partition->capacity) {
		partition->capacity = MAX(2 * partition->capacity, (size_t)64);
		partition->batches = memory_resize(partition->batches,
		    partition->capacity * sizeof(partition->batches[0]));
	}
	partition->batches[partition->count++] = (struct model_batch){
		.offset = event->offset,
		.last_offset = event->last_offset,
		.hash = event->hash,
		.leader_epoch = event->leader_epoch,
	};
}

static void
truncated(struct model_partition *partition, int64_t offset)
{
	while (partition->count > 0 &&
	    partition->batches[partition->count - 1].last_offset >= offset)
		partition->count--;
	partition->least_end = MIN(partition->least_end, offset);
}

static void
take(struct model_partition *partition, const struct event *event)
{
	switch (event->type) {
	case EVENT_CREATE:
		partition->may_exist = true;
		break;
	case EVENT_CREATED:
		partition->must_exist = true;
		break;
	case EVENT_APPEND:
		add_batch(partition, event);
		break;
	case EVENT_APPENDED:
		partition->least_end = event->last_offset + 1;
		break;
	case EVENT_TRUNCATE:
		/* A batch that holds the offset goes as a whole. */
		for (size_t i = 0; i < partition->count; i++) {
			if (partition->batches[i].last_offset >= event->offset) {
				partition->least_end = MIN(partition->least_end,
				    partition->batches[i].offset);
				break;
			}
		}
		break;
	case EVENT_TRUNCATED:
		truncated(partition, event->offset);
		break;
	case EVENT_START:
		partition->most_start = MAX(partition->most_start, event->offset);
		break;
	case EVENT_STARTED:
		partition->least_start = MAX(partition->least_start, event->offset);
		break;
	case EVENT_HIGH_WATERMARK:
		partition->high_watermarks[1] = event->offset;
		break;
	case EVENT_HIGH_WATERMARK_KEPT:
		partition->high_watermarks[0] = partition->high_watermarks[1];
		break;
	case EVENT_DELETE:
		partition->must_exist = false;
		break;
	case EVENT_DELETED:
		/* One of the same name inherits nothing. */
		free(partition->batches);
		*partition = (struct model_partition){ 0 };
		break;
	case EVENT_END:
		break;
	}
}

void
model_take(struct model *model, const struct event *event)
{
	if (event->type == EVENT_END) {
		model->ended = true;
		model->operations = event->offset;
		return;
	}
	assert(event->partition >= 0 && event->partition < CRASH_PARTITIONS);
	take(&model->partitions[event->partition], event);
}

const struct model_batch *
model_find(const struct model_partition *partition, int64_t offset)
{
	for (size_t i = 0; i < partition->count; i++) {
		if (partition->batches[i].offset == offset)
			return &partition->batches[i];
	}
	return NULL;
}

uint64_t
model_hash_more(uint64_t hash, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	hash ^= UINT64_C(14695981039346656037);
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * UINT64_C(1099511628211);
	return hash ^ UINT64_C(14695981039346656037);
}

uint64_t
model_hash(const uint8_t *batch, size_t size)
{
	return model_hash_more(0, batch + BATCH_AT_MAGIC, size - BATCH_AT_MAGIC);
}
