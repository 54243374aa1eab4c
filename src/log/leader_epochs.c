#include "log/leader_epochs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void
leader_epochs_init(struct leader_epochs *epochs)
{
	*epochs = (struct leader_epochs){ NULL, 0, 0 };
}

void
leader_epochs_fini(struct leader_epochs *epochs)
{
	free(epochs->entries);
	leader_epochs_init(epochs);
}

void
leader_epochs_clear(struct leader_epochs *epochs)
{
	epochs->count = 0;
}

const struct leader_epoch *
leader_epochs_latest(const struct leader_epochs *epochs)
{
	return epochs->count == 0 ? NULL : &epochs->entries[epochs->count - 1];
}

const struct leader_epoch *
leader_epochs_earliest(const struct leader_epochs *epochs)
{
	return epochs->count == 0 ? NULL : &epochs->entries[0];
}

static void
append(struct leader_epochs *epochs, struct leader_epoch entry)
{
	if (epochs->count == epochs->capacity) {
		epochs->capacity = epochs->capacity == 0 ? 1 : epochs->capacity * 2;
		epochs->entries = memory_resize(epochs->entries,
		    epochs->capacity * sizeof(*epochs->entries));
	}
	epochs->entries[epochs->count++] = entry;
}

void
leader_epochs_copy(struct leader_epochs *copy, const struct leader_epochs *epochs)
{
	for (size_t i = 0; i < epochs->count; i++)
		append(copy, epochs->entries[i]);
}

bool
leader_epochs_assign(struct leader_epochs *epochs, int32_t epoch, int64_t start_offset)
{
	const struct leader_epoch *latest = leader_epochs_latest(epochs);

	assert(epoch >= 0 && start_offset >= 0);
	if (latest != NULL && latest->epoch == epoch && latest->start_offset <= start_offset)
		return false;
	while (latest != NULL && (latest->epoch >= epoch || latest->start_offset >= start_offset)) {
		epochs->count--;
		latest = leader_epochs_latest(epochs);
	}
	append(epochs, (struct leader_epoch){ epoch, start_offset });
	return true;
}

bool
leader_epochs_truncate_from_end(struct leader_epochs *epochs, int64_t end_offset)
{
	size_t before = epochs->count;

#ifdef CANARY_EPOCHS_OUTLIVE_TRUNCATION
	return false;
#endif
	while (epochs->count > 0 && epochs->entries[epochs->count - 1].start_offset >= end_offset)
		epochs->count--;
	return epochs->count != before;
}

bool
leader_epochs_truncate_from_start(struct leader_epochs *epochs, int64_t start_offset)
{
	size_t dropped = 0;

	while (dropped < epochs->count && epochs->entries[dropped].start_offset <= start_offset)
		dropped++;
	if (dropped == 0 || (dropped == 1 && epochs->entries[0].start_offset == start_offset))
		return false;
	/* The last dropped one is still in force at the new start. */
	size_t kept = dropped - 1;
	epochs->entries[kept].start_offset = start_offset;
	epochs->count -= kept;
	memmove(epochs->entries, epochs->entries + kept, epochs->count * sizeof(*epochs->entries));
	return true;
}

/* The number of entries with an epoch not above the given one. */
static size_t
count_up_to_epoch(const struct leader_epochs *epochs, int32_t epoch)
{
	size_t low = 0, high = epochs->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (epochs->entries[middle].epoch <= epoch)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct leader_epoch *
leader_epochs_previous(const struct leader_epochs *epochs, int32_t epoch)
{
	size_t below = epoch <= 0 ? 0 : count_up_to_epoch(epochs, epoch - 1);

	return below == 0 ? NULL : &epochs->entries[below - 1];
}

const struct leader_epoch *
leader_epochs_at(const struct leader_epochs *epochs, int64_t offset)
{
	const struct leader_epoch *found = NULL;

	for (size_t i = epochs->count; i > 0 && found == NULL; i--) {
		if (epochs->entries[i - 1].start_offset <= offset)
			found = &epochs->entries[i - 1];
	}
	return found;
}

struct leader_epoch_end
leader_epochs_end_offset(const struct leader_epochs *epochs, int32_t epoch, int64_t log_end_offset)
{
	const struct leader_epoch *latest = leader_epochs_latest(epochs);

	if (epoch != LEADER_EPOCH_NONE && latest != NULL && latest->epoch == epoch)
		return (struct leader_epoch_end){ epoch, log_end_offset };
	size_t up_to = count_up_to_epoch(epochs, epoch);
	if (epoch == LEADER_EPOCH_NONE || up_to == epochs->count)
		return (struct leader_epoch_end){ LEADER_EPOCH_NONE, -1 };
	/* Nothing of that epoch or below: the first known one begins where it ended. */
	int32_t floor = up_to == 0 ? epoch : epochs->entries[up_to - 1].epoch;
	return (struct leader_epoch_end){ floor, epochs->entries[up_to].start_offset };
}
