#include "producer_samples.h"

struct producer_append
sample_data(int64_t producer_id, int16_t epoch, int32_t first_sequence, int32_t count)
{
	int64_t last_sequence = ((int64_t)first_sequence + count - 1) & INT32_MAX;

	return (struct producer_append){ .type = PRODUCER_DATA, .origin = APPEND_CLIENT,
		.producer_id = producer_id, .epoch = epoch, .first_sequence = first_sequence,
		.last_sequence = (int32_t)last_sequence, .first_offset = 0, .last_offset = count - 1 };
}

struct producer_append
sample_transactional(int64_t producer_id, int16_t epoch, int32_t first_sequence, int32_t count)
{
	struct producer_append append = sample_data(producer_id, epoch, first_sequence, count);

	append.transactional = true;
	return append;
}

struct producer_append
sample_marker(int64_t producer_id, int16_t epoch, enum producer_batch_type type,
    int32_t coordinator_epoch)
{
	return (struct producer_append){ .type = type, .origin = APPEND_COORDINATOR,
		.producer_id = producer_id, .epoch = epoch, .transactional = true,
		.first_sequence = PRODUCER_SEQUENCE_NONE, .last_sequence = PRODUCER_SEQUENCE_NONE,
		.coordinator_epoch = coordinator_epoch };
}

void
sample_at(struct producer_append *append, int64_t offset)
{
	append->last_offset += offset - append->first_offset;
	append->first_offset = offset;
	append->timestamp_ms = 1000 + offset;
}
