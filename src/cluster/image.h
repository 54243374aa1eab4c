/*
 * cluster/image.h: what this broker knows of the cluster, from the
 * controller's UpdateMetadata requests: live brokers, topics, partitions. An
 * image is immutable and counted; each loop has the newest one (Kafka's
 * MetadataCache). Made on the control loop, read on all.
 */
#ifndef KLAMM_CLUSTER_IMAGE_H
#define KLAMM_CLUSTER_IMAGE_H

#include "base/persistent_map.h"
#include "base/uuid.h"
#include "wire/messages.h"

enum { IMAGE_NO_BROKER = -1 };

struct image_endpoint {
	struct slice listener;
	struct slice host;
	int32_t port;
	int16_t security_protocol; /* Kafka's number: 0 PLAINTEXT, 1 SSL, ... */
};

struct image_broker {
	int32_t id;
	struct slice rack; /* null: none */
	const struct image_endpoint *endpoints;
	size_t endpoint_count;
};

struct image_replicas {
	const int32_t *ids;
	int32_t count;
};

struct image_partition {
	struct counted counted;
	int32_t index;
	int32_t controller_epoch;
	int32_t leader; /* -1: none */
	int32_t leader_epoch;
	int32_t partition_epoch; /* the znode's version */
	struct image_replicas replicas;
	struct image_replicas isr;
	struct image_replicas offline;
};

struct image_topic {
	struct counted counted;
	struct slice name;
	struct uuid id; /* zero: none */
	/* By index; a number that UpdateMetadata did not tell yet is NULL. */
	struct image_partition **partitions;
	int32_t partition_count; /* highest index + 1 */
	uint8_t id_key[16];      /* the bytes of `id`: key of the map by id */
};

struct image {
	struct counted counted;
	int32_t controller; /* id; -1: unknown */
	int32_t controller_epoch;
	const struct image_broker *brokers; /* live ones, ascending ids */
	size_t broker_count;
	struct persistent_map *topics;       /* struct image_topic by name */
	struct persistent_map *topics_by_id; /* the same by their 16 bytes; those that have one */
	int64_t version;    /* rises with each image */
};

/* Nobody and nothing; no controller. */
struct image *image_new(void);
static inline struct image *
image_hold(struct image *image)
{
	counted_hold(&image->counted);
	return image;
}
static inline void
image_release(struct image *image)
{
	counted_release(image == NULL ? NULL : &image->counted);
}

/*
 * A new image, the caller's, that differs from `image` by the request: the
 * list of live brokers replaces the old one; partitions with leader -2 vanish,
 * and topics without partitions with them (zookeeper.md 5.7). Epochs of the
 * request were checked before. Any version of the request: topics are in
 * topic_states, or ungrouped in old versions.
 */
struct image *image_updated(const struct image *image,
    const struct update_metadata_request *request);
/* The same, but topics that the request does not name are gone: it names all there are. */
struct image *image_replaced(const struct image *image,
    const struct update_metadata_request *request);

/* Borrowed from the image; NULL when unknown. */
const struct image_topic *image_topic_find(const struct image *image, struct slice name);
const struct image_topic *image_topic_find_id(const struct image *image, struct uuid id);
const struct image_partition *image_partition_find(const struct image_topic *topic, int32_t index);
const struct image_broker *image_broker_find(const struct image *image, int32_t id);
/* NULL when the broker has no such listener. */
const struct image_endpoint *image_endpoint_find(const struct image_broker *broker,
    struct slice listener);

#endif
