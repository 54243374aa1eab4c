/*
 * log/batch_scan.h: walks the batches of a segment's file by their headers,
 * reading through a window that the caller lends. Bytes are not trusted:
 * sizes and offsets are checked, checksums only where batch_scan_bytes() is
 * asked for the whole batch and the caller looks.
 */
#ifndef KLAMM_LOG_BATCH_SCAN_H
#define KLAMM_LOG_BATCH_SCAN_H

#include "base/buffer.h"
#include "log/damage.h"
#include "wire/batch.h"
#include "world/disk.h"

/* Of any format; in v0 and v1 fields without a counterpart are -1. */
struct scanned_batch {
	int64_t position;
	int64_t size;
	int64_t base_offset; /* v0 and v1: the entry's, which is its last record's */
	int64_t last_offset;
	int64_t base_timestamp;
	int64_t max_timestamp; /* v0: BATCH_NO_TIMESTAMP */
	int64_t producer_id;
	int32_t partition_leader_epoch;
	int32_t base_sequence;
	int32_t count; /* v0 and v1: -1, unknown */
	int16_t producer_epoch;
	int16_t attributes;
	int8_t magic;
};

static inline bool
scanned_batch_has(const struct scanned_batch *batch, enum batch_attribute attribute)
{
	return batch->magic == BATCH_MAGIC_V2 && (batch->attributes & (int16_t)attribute) != 0;
}

enum { BATCH_SCAN_WINDOW_BYTES = 4096 }; /* enough for look-ups */

struct batch_scan {
	struct disk_file *file;
	int64_t position; /* of the next batch */
	int64_t end;      /* where the whole batches end, as far as is known */
	bool resident_only;
	uint8_t *window;
	size_t window_capacity;
	int64_t window_at;
	size_t window_size;
	const struct damages *damages; /* is gone around; NULL: none is known */
};

/* `window` has at least BATCH_HEADER_BYTES and is used until the scan ends. */
void batch_scan_init(struct batch_scan *scan, struct disk_file *file, int64_t position,
    int64_t end, bool resident_only, uint8_t *window, size_t window_capacity);

/*
 * END_OF_STREAM at the end, TRUNCATED when the rest is shorter than what its
 * header says, CORRUPT for an impossible header, WOULD_BLOCK when it is not
 * in the page cache and only that was asked for, else the disk's error. The
 * scan stays where it fails.
 */
NODISCARD enum error batch_scan_next(struct batch_scan *scan, struct scanned_batch *batch);

/*
 * The first batch whose last offset is at least `offset`, from the scan's
 * position on, which an index has given: no batch after the wanted one may
 * begin there. Where the bytes contradict, the index has lied (F16), and the
 * search begins anew at the file's beginning. END_OF_STREAM: there is none,
 * else as batch_scan_next.
 */
NODISCARD enum error batch_scan_find(struct batch_scan *scan, int64_t offset,
    struct scanned_batch *batch);

/*
 * All bytes of a batch that batch_scan_next gave: in the window when they fit,
 * else in `spill`, whose contents they replace. Valid until the next call.
 */
NODISCARD enum error batch_scan_bytes(struct batch_scan *scan, const struct scanned_batch *batch,
    struct buffer *spill, struct slice *bytes);

/* The header at the beginning of `bytes`, which may end after it: TRUNCATED or CORRUPT. */
NODISCARD enum error batch_scan_header(struct slice bytes, struct scanned_batch *batch);

#endif
