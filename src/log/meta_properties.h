/*
 * log/meta_properties.h: `meta.properties` of a log dir: whose it is. A bad
 * one takes that dir offline (F16); what does not fit the broker stops the
 * start.
 */
#ifndef KLAMM_LOG_META_PROPERTIES_H
#define KLAMM_LOG_META_PROPERTIES_H

#include "base/buffer.h"
#include "log/checkpoint_file.h"
#include "world/disk.h"

#define META_PROPERTIES "meta.properties"

enum { META_PROPERTIES_TEXT_MAX = 128, META_PROPERTIES_SIZE_MAX = 64 * 1024 };

struct meta_properties {
	int32_t version;   /* 0 ZooKeeper, 1 KRaft */
	int32_t broker_id; /* broker.id, of version 1 node.id; -1 when absent */
	char cluster_id[META_PROPERTIES_TEXT_MAX];   /* "" when absent */
	char directory_id[META_PROPERTIES_TEXT_MAX]; /* "" when absent */
};

/* Of a new dir: version 0, nothing known. */
void meta_properties_init(struct meta_properties *meta);
/*
 * Version 0 may lack broker.id and cluster.id, version 1 must have node.id
 * and cluster.id. ERROR_UNSUPPORTED for another version, ERROR_MALFORMED.
 */
NODISCARD enum error meta_properties_parse(struct meta_properties *meta, struct slice text,
    struct text_complaint *complaint);
/* As Kafka's own, byte by byte; `now_ms` is for the comment. */
void meta_properties_format(const struct meta_properties *meta, int64_t now_ms,
    struct buffer *text);

/* What keeps the broker from using the dir. Unknown ids (-1, "") agree with all. */
enum meta_properties_verdict {
	META_PROPERTIES_FIT,
	META_PROPERTIES_WRONG_VERSION, /* not 0: the dir belongs to a KRaft broker */
	META_PROPERTIES_WRONG_CLUSTER,
	META_PROPERTIES_WRONG_BROKER,
};
enum meta_properties_verdict meta_properties_verify(const struct meta_properties *meta,
    int32_t broker_id, const char *cluster_id);

NODISCARD enum error meta_properties_read(struct meta_properties *meta, struct disk *disk,
    const char *path, struct text_complaint *complaint);
NODISCARD enum error meta_properties_write(const struct meta_properties *meta, int64_t now_ms,
    struct disk *disk, const char *path);

#endif
