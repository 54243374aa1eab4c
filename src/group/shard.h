/*
 * group/shard.h: one partition of __consumer_offsets as its coordinator sees
 * it: an actor, pinned to its home loop since its groups live by timers. It
 * loads the groups when this broker is elected, steps them, appends what they
 * decide, and lets go of all when another broker leads.
 *
 *	AWAY -> LOADING -> READY -> AWAY, all -> STOPPED
 */
#ifndef KLAMM_GROUP_SHARD_H
#define KLAMM_GROUP_SHARD_H

#include "base/counted.h"
#include "group/groups.h"

/* What a shard asks of its partition: partition.h, but for tests. */
struct shard_log {
	void (*append)(struct partition *partition, struct partition_append *append);
	void (*fetch)(struct partition *partition, struct partition_fetch *fetch);
	void (*list_offsets)(struct partition *partition, struct partition_list_offsets *list);
	void (*cancel)(struct partition *partition, struct partition_operation *operation);
	struct partition *(*hold)(struct partition *partition);
	void (*release)(struct partition *partition);
	int32_t (*index)(const struct partition *partition);
	int16_t (*status_code)(enum partition_status status);
	/* Monotonic: since then another may lead it (partition_heard_us). */
	int64_t (*heard_us)(const struct partition *partition);
};

struct shard;
struct visit;

struct shard_options {
	struct world *world;
	const struct broker_config *config; /* borrowed */
	const struct shard_log *log;        /* borrowed */
	int32_t partition;                  /* of __consumer_offsets */
	struct loop *home;
	uint64_t seed[2];                   /* of its hash tables */
};

struct shard *shard_new(const struct shard_options *options);
/* Stopped, or never elected; nobody posts to it any more. */
void shard_free(struct shard *shard);

/* Any thread, as all below. An older epoch than one that was told before changes nothing. */
void shard_elected(struct shard *shard, struct partition *partition, int32_t leader_epoch);
/* -1: whatever the epoch. */
void shard_resigned(struct shard *shard, int32_t leader_epoch);

/* Names of topics, ascending, counted. */
struct shard_topics {
	struct counted counted;
	size_t count;
	struct slice names[];
};
struct shard_topics *shard_topics_new(const struct slice *names, size_t count);
/* Holds the topics. */
void shard_topics_deleted(struct shard *shard, struct shard_topics *topics);

/* `stopped` is called on the home loop once nothing of it runs any more. */
void shard_stop(struct shard *shard, void (*stopped)(void *context), void *context);

/* The next part of a visit is this shard's (visit.h). */
void shard_visit(struct shard *shard, struct visit *visit);

#endif
