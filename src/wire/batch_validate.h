/*
 * wire/batch_validate.h: what a leader checks of the records of one partition
 * before it appends them, and what it makes of them. It does not know their
 * offsets: what is accepted counts from 0 and is stamped when they are known.
 *
 * The rules are those of Kafka 3.9 (storage.md section 8). Where it differs,
 * which is mostly on the strict side, tests/compare/validator/differences.txt
 * says how and why: records that cannot be unpacked are INVALID_RECORD (Kafka:
 * UNKNOWN_SERVER_ERROR), unknown codecs UNSUPPORTED_COMPRESSION_TYPE (the
 * same), a transactional batch without producer id and a v0-v2 request without
 * one whole message are INVALID_RECORD, bytes after the last whole batch are
 * CORRUPT_MESSAGE (Kafka drops them), and records whose offsets are not 0..n-1
 * are rebuilt even when nothing is compressed.
 */
#ifndef KLAMM_WIRE_BATCH_VALIDATE_H
#define KLAMM_WIRE_BATCH_VALIDATE_H

#include "wire/batch_verdict.h"
#include "wire/compression.h"

enum batch_origin {
	BATCH_ORIGIN_CLIENT,
	/* The broker's own coordinators: may write control batches, and any sequence. */
	BATCH_ORIGIN_COORDINATOR,
};

/* What holds for the request and the topic. */
struct batch_rules {
	enum batch_origin origin;
	int16_t produce_version;       /* CLIENT only */
	bool keep_codec;               /* compression.type=producer */
	struct compression target;     /* else this */
	bool log_append_time;          /* message.timestamp.type */
	int64_t timestamp_before_max_ms;
	int64_t timestamp_after_max_ms;
	int64_t now_ms;
	int32_t max_message_bytes;     /* of a batch */
	int32_t segment_bytes;         /* of all that is appended at once */
	bool compacted;                /* every record needs a key */
	struct decompression_limit limit;
	/*
	 * How many bytes may be unpacked, packed or converted where the caller
	 * stands; beyond it NEEDS_WORKER. 0: no bound but the limit.
	 */
	size_t inline_bytes;
};

/* An ordinary topic's: Kafka's defaults, client, newest version, no bound inline. */
struct batch_rules batch_rules_default(void);

enum batch_record_fault {
	BATCH_RECORD_WITHOUT_KEY,         /* on a compacted topic */
	BATCH_RECORD_TIMESTAMP_RANGE,
	BATCH_RECORD_TIMESTAMP_TYPE,      /* the producer set log append time */
};

struct batch_record_error {
	int32_t index; /* of the record */
	enum batch_record_fault fault;
};

/* What one fault is called in an answer. */
const char *batch_record_fault_text(enum batch_record_fault fault);

enum { BATCH_RECORD_ERRORS_KEPT = 1000 };

struct batch_outcome {
	enum batch_verdict verdict;
	const char *text; /* why not, for people; static, never NULL */
	/*
	 * The first BATCH_RECORD_ERRORS_KEPT of them; owned. None where the batch
	 * is refused for something else than its records' contents.
	 */
	struct batch_record_error *record_errors;
	int32_t record_errors_kept;
	int32_t record_errors_found;
	bool timestamps_found; /* among all of them, a fault of a timestamp */

	/* The rest is for ACCEPTED. */
	bool rebuilt;        /* append `batch`, else the input bytes */
	struct buffer batch; /* owned */
	size_t size;         /* what is appended: one v2 batch, or nothing (0) */
	int32_t count;       /* offsets taken; 0 only with size 0 */
	bool log_append_time;
	int64_t max_timestamp; /* of the create times, or now */
	int64_t producer_id;
	int16_t producer_epoch;
	int32_t base_sequence;
	int32_t last_sequence;
	bool transactional;
	bool control;
	int source_codec;
	int codec;
	bool converted;      /* from v0 or v1 */
};

/*
 * Judges `records`, the bytes of one partition in a request (null as the
 * request had it), which are not written to. The outcome is the caller's to
 * _fini, whatever the verdict; ACCEPTED with size 0 is an empty set of a
 * v0-v2 request, which Kafka answers without an error and a base offset of -1.
 */
enum batch_verdict batch_validate(struct slice records, const struct batch_rules *rules,
    struct batch_outcome *outcome);
void batch_outcome_fini(struct batch_outcome *outcome);

/*
 * Writes what the log decides into the accepted batch: `batch` is the input's
 * bytes or outcome->batch.bytes. The append time matters with log append time
 * only. The CRC is right afterwards.
 */
void batch_outcome_stamp(const struct batch_outcome *outcome, uint8_t *batch,
    int64_t base_offset, int32_t partition_leader_epoch, int64_t append_time_ms);

#endif
