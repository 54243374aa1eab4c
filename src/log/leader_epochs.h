/*
 * log/leader_epochs.h: which leader epoch began at which offset (KIP-101,
 * KIP-279). Entries ascend strictly in epoch and in start offset. Pure: who
 * changes it writes leader-epoch-checkpoint (leader_epoch_file.h) when a
 * change is reported.
 */
#ifndef KLAMM_LOG_LEADER_EPOCHS_H
#define KLAMM_LOG_LEADER_EPOCHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEADER_EPOCH_NONE = -1 };

struct leader_epoch {
	int32_t epoch;
	int64_t start_offset;
};

/* Zeroed memory is an empty cache. */
struct leader_epochs {
	struct leader_epoch *entries;
	size_t count;
	size_t capacity;
};

void leader_epochs_init(struct leader_epochs *epochs);
void leader_epochs_fini(struct leader_epochs *epochs);
void leader_epochs_clear(struct leader_epochs *epochs);
/* `copy` is empty; to be ended by itself. */
void leader_epochs_copy(struct leader_epochs *copy, const struct leader_epochs *epochs);

/*
 * A batch of this epoch begins at the offset (or a leader took over there).
 * Nothing happens for the latest epoch unless the offset is lower than its
 * start; else entries of an epoch or start offset not below the new one are
 * dropped and it is added. Both arguments >= 0. True when something changed.
 */
bool leader_epochs_assign(struct leader_epochs *epochs, int32_t epoch, int64_t start_offset);
/* The log now ends at this offset: drops entries that begin at or after it. */
bool leader_epochs_truncate_from_end(struct leader_epochs *epochs, int64_t end_offset);
/* The log now starts there: the epoch in force at it begins there from now on. */
bool leader_epochs_truncate_from_start(struct leader_epochs *epochs, int64_t start_offset);

/* NULL when empty. */
const struct leader_epoch *leader_epochs_latest(const struct leader_epochs *epochs);
const struct leader_epoch *leader_epochs_earliest(const struct leader_epochs *epochs);
/* The entry of the highest epoch below this one; NULL when there is none. */
const struct leader_epoch *leader_epochs_previous(const struct leader_epochs *epochs,
    int32_t epoch);
/* The entry in force at an offset; NULL when all begin after it. */
const struct leader_epoch *leader_epochs_at(const struct leader_epochs *epochs, int64_t offset);

/*
 * OffsetForLeaderEpoch: the largest epoch not above the wanted one, and where
 * it ends. epoch LEADER_EPOCH_NONE and start_offset -1 when it is not known.
 */
struct leader_epoch_end {
	int32_t epoch;
	int64_t end_offset;
};
struct leader_epoch_end leader_epochs_end_offset(const struct leader_epochs *epochs, int32_t epoch,
    int64_t log_end_offset);

#endif
