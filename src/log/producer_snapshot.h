/*
 * log/producer_snapshot.h: OFFSET.snapshot: the producers of a partition as
 * of all batches below OFFSET (version 1, CRC-32C, 46 bytes a producer). Only
 * a producer's last batch is kept. Written in place and synced, as Kafka
 * does: a torn one is told by its checksum, and an older one is taken.
 */
#ifndef KLAMM_LOG_PRODUCER_SNAPSHOT_H
#define KLAMM_LOG_PRODUCER_SNAPSHOT_H

#include "base/buffer.h"
#include "log/producer_state.h"
#include "world/disk.h"

enum {
	PRODUCER_SNAPSHOT_VERSION = 1,
	PRODUCER_SNAPSHOT_HEADER_SIZE = 10,
	PRODUCER_SNAPSHOT_ENTRY_SIZE = 46,
	PRODUCER_SNAPSHOT_SIZE_MAX = 512 * 1024 * 1024,
};

void producer_snapshot_format(const struct producer_state *state, struct buffer *bytes);
/*
 * Fills the state, which must be empty; producers that are expired at
 * `now_ms` are left out. ERROR_CORRUPT (checksum), ERROR_UNSUPPORTED
 * (version), ERROR_TRUNCATED, ERROR_MALFORMED (impossible fields, an id
 * twice): then the state is empty. `end_offset` is the caller's to set.
 */
NODISCARD enum error producer_snapshot_parse(struct producer_state *state, struct slice bytes,
    int64_t now_ms, int64_t expiration_ms);

/* On an error the file is removed again, as far as that goes. */
NODISCARD enum error producer_snapshot_write(const struct producer_state *state, struct disk *disk,
    const char *path);
NODISCARD enum error producer_snapshot_read(struct producer_state *state, struct disk *disk,
    const char *path, int64_t now_ms, int64_t expiration_ms);

#endif
