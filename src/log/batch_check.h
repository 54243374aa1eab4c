/*
 * log/batch_check.h: looks at checksums of batches in a segment's file, and where
 * one is bad, how far the damage goes. Blocks.
 */
#ifndef KLAMM_LOG_BATCH_CHECK_H
#define KLAMM_LOG_BATCH_CHECK_H

#include "log/batch_scan.h"
#include "log/damage.h"

struct batch_check {
	struct disk_file *file;
	int64_t base_offset; /* of the segment */
	int64_t end_offset;  /* behind its last record; INT64_MAX: unknown */
	int64_t limit;       /* bytes that are to be batches */
	const struct damages *known; /* is gone around */
};

/*
 * One that batch_scan_next gave. CORRUPT: its checksum is another one; else as
 * batch_scan_bytes, which `spill` is for.
 */
NODISCARD enum error batch_check_sum(struct batch_scan *scan, const struct scanned_batch *batch,
    struct buffer *spill);

/*
 * All batches that begin in [from, to), `from` being where one begins. CORRUPT, TRUNCATED
 * and IO: the one at `*bad` is not sound, or cannot be read; `*bad` is `to` or behind
 * it when all are sound.
 */
NODISCARD enum error batch_check_run(const struct batch_check *check, int64_t from, int64_t to,
    int64_t *bad);
/*
 * What is damaged with the batch at `position`. Its own length is believed when a
 * sound batch, or the end, follows there; else the next sound batch of a fitting
 * offset is looked for, byte by byte. What cannot be read is damaged, too. An
 * earlier damage that nobody knew of is told instead.
 */
void batch_check_measure(const struct batch_check *check, int64_t position,
    struct damage *damage);

#endif
