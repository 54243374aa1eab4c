/*
 * log/partition_name.h: names of partition directories in a log dir:
 * TOPIC-N, TOPIC-N.ID-delete, TOPIC-N.ID-future, TOPIC-N.ID-stray. Pure.
 */
#ifndef KLAMM_LOG_PARTITION_NAME_H
#define KLAMM_LOG_PARTITION_NAME_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/uuid.h"

enum {
	PARTITION_NAME_MAX = 255, /* bytes, without the terminating zero */
	LOG_TOPIC_NAME_MAX = 249,
};

enum partition_directory_type {
	PARTITION_DIRECTORY_PLAIN,
	PARTITION_DIRECTORY_DELETE, /* being deleted; the topic may be cut */
	PARTITION_DIRECTORY_FUTURE, /* a replica being moved here */
	PARTITION_DIRECTORY_STRAY,  /* not assigned to this broker any more; may be cut */
};

struct partition_name {
	enum partition_directory_type type;
	struct slice topic; /* points into what was parsed */
	int32_t partition;
	struct slice id;    /* null when plain */
};

/* ERROR_MALFORMED: such a name stops the start-up of its log dir. */
NODISCARD enum error partition_name_parse(struct slice name, struct partition_name *parsed);
/*
 * Writes the terminated name and returns its length. `id` is used unless
 * plain. Topics of -delete and -stray are cut so that the name fits;
 * a plain or future one of a legal topic always does (but for very long
 * topics with -future: 0 is returned, there is no such name).
 */
size_t partition_name_format(enum partition_directory_type type, struct slice topic,
    int32_t partition, struct uuid id, char name[PARTITION_NAME_MAX + 1]);
/* A legal topic name: 1 to 249 of [a-zA-Z0-9._-], not "." nor "..". */
bool topic_name_is_legal(struct slice topic);

#endif
