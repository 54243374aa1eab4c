/*
 * wire/control_record.h: the one record of a control batch. Of its types a
 * ZooKeeper-mode broker writes the two that end a transaction; others are
 * KRaft's and only passed on.
 */
#ifndef KLAMM_WIRE_CONTROL_RECORD_H
#define KLAMM_WIRE_CONTROL_RECORD_H

#include "wire/record.h"

enum control_record_type {
	CONTROL_RECORD_ABORT = 0,
	CONTROL_RECORD_COMMIT = 1,
};

struct control_record {
	int16_t type;              /* may be one that is not in the enum */
	int32_t coordinator_epoch; /* ABORT and COMMIT only */
};

/*
 * Newer versions than 0 may have more fields, which are not looked at.
 * MALFORMED for a null or short key, and for an end of a transaction without
 * a whole value.
 */
NODISCARD enum error control_record_read(const struct record *record,
    struct control_record *control);

/* The batch that ends a producer's transaction in a partition. */
struct control_record_marker {
	int64_t base_offset;
	int32_t partition_leader_epoch;
	int64_t timestamp;
	int64_t producer_id;
	int16_t producer_epoch;
	enum control_record_type type;
	int32_t coordinator_epoch;
};

/* Appends the marker's batch. */
void control_record_write_marker(struct buffer *out, const struct control_record_marker *marker);

#endif
