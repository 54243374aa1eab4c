/*
 * group/group_records.h: keys and values of the records in __consumer_offsets,
 * in the versions that Kafka 3.9 writes: key 1 with value 3 for an offset (1
 * when it has a time of expiry of its own), key 2 with value 3 for a group
 * (storage.md 11). Newer keys are other protocols' and skipped.
 */
#ifndef KLAMM_GROUP_GROUP_RECORDS_H
#define KLAMM_GROUP_GROUP_RECORDS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "wire/messages.h"

enum { OFFSET_NO_EXPIRY = -1 };

/* An offset as it was committed. `metadata` is never null. */
struct committed_offset {
	int64_t offset;
	int32_t leader_epoch; /* -1: none */
	struct slice metadata;
	int64_t commit_ms;
	int64_t expire_ms; /* OFFSET_NO_EXPIRY: by the broker's retention */
};

/* Append; texts are at most INT16_MAX bytes, as what came over the wire. */
void group_records_write_offset_key(struct buffer *out, struct slice group, struct slice topic,
    int32_t partition);
void group_records_write_offset(struct buffer *out, const struct committed_offset *offset);
void group_records_write_group_key(struct buffer *out, struct slice group);
/* TOO_LARGE, with nothing appended, when it has more than 2 GiB. */
NODISCARD enum error group_records_write_group(struct buffer *out,
    const struct group_metadata_value *value);

enum group_record_type {
	GROUP_RECORD_OFFSET,
	GROUP_RECORD_GROUP,
	GROUP_RECORD_UNKNOWN, /* a key of a version that is not known here */
};

struct group_record_key {
	enum group_record_type type;
	int16_t version;
	struct slice group;
	struct slice topic;    /* OFFSET only, as the next */
	int32_t partition;
};

/* The results borrow from `bytes`. Errors of the decoder; null is MALFORMED. */
NODISCARD enum error group_records_read_key(struct slice bytes, struct group_record_key *key);
/* UNSUPPORTED for an unknown version. */
NODISCARD enum error group_records_read_offset(struct slice bytes,
    struct committed_offset *offset);
/* The members lie in the arena. Version 0 has the session timeout as rebalance timeout. */
NODISCARD enum error group_records_read_group(struct slice bytes, struct arena *arena,
    struct group_metadata_value *value);

#endif
