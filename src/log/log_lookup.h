/*
 * log/log_lookup.h: ListOffsets by timestamp, as a job (see log.h and, for the
 * order of the calls, log_read.h).
 */
#ifndef KLAMM_LOG_LOG_LOOKUP_H
#define KLAMM_LOG_LOG_LOOKUP_H

#include "log/damage_watch.h"
#include "log/log.h"

struct segment;

enum { LOG_LOOKUP_MAX_TIMESTAMP = -3 }; /* as ListOffsets has it (KIP-734) */

struct log_lookup {
	/*
	 * What is wanted: the first record with a timestamp at least this large, or
	 * LOG_LOOKUP_MAX_TIMESTAMP: the first one with the largest of all.
	 */
	int64_t timestamp;
	/* The way there. */
	struct segment *segment; /* held; NULL: there is no such record */
	int64_t wanted;
	int64_t start_offset;
	int64_t limit;
	struct damage_watch watch;
	/* The index's last entry below: no older record has a timestamp that is wanted. */
	int64_t floor;           /* its position; -1: to be looked up */
	int64_t floor_offset;
	int64_t floor_timestamp; /* -1: none */
	/* The result. */
	bool found;
	int64_t found_timestamp;
	int64_t found_offset;
	int32_t leader_epoch;    /* of the batch; -1 unknown */
	enum error news;         /* as of log_read */
};

NODISCARD enum error log_lookup_prepare(struct log *log, struct log_lookup *lookup);
/* Errors as log_read_run; those of decompression are CORRUPT. */
NODISCARD enum error log_lookup_run(struct log_lookup *lookup, bool resident_only);
void log_lookup_done(struct log *log, struct log_lookup *lookup);
/* All three. */
NODISCARD enum error log_lookup(struct log *log, struct log_lookup *lookup, bool resident_only);

#endif
