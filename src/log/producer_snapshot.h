/*
 * log/producer_snapshot.h: OFFSET.snapshot: the producers of a partition as
 * of all batches below OFFSET (version 1, CRC-32C, 46 bytes a producer). Written in
 * place and synced, as Kafka does: a torn one is told by its checksum, and an older
 * one is taken.
 *
 * Of a producer Kafka's entry has the newest batch alone; those before it, which may be
 * in flight and come again after a restart, stand in a tail behind all entries:
 *
 *	int32 PRODUCER_SNAPSHOT_TAIL, then of each producer that has more than one batch
 *	int64 producer id, int8 count (1 to 4), and as often, oldest first,
 *	int32 last sequence, int64 last offset, int32 offset delta, int64 timestamp
 *
 * Kafka takes it into the checksum and passes over it. What Kafka has written has none.
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
	PRODUCER_SNAPSHOT_TAIL = 0x6b6c616d,
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
