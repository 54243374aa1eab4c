/*
 * partition/fetcher.h: fetches for partitions that follow the same leader:
 * one connection, one Fetch with all of them at a time (protocol.md 13). Lives
 * on one data loop; every call here is made on the control loop and takes
 * effect in order of the calls.
 *
 * What comes is posted to the partitions (partition_follow.h), records in the
 * answer's own memory; each says what it wants next. Nothing of the leader is
 * believed but what the partition has checked.
 */
#ifndef KLAMM_PARTITION_FETCHER_H
#define KLAMM_PARTITION_FETCHER_H

#include "cluster/broker_link.h"
#include "partition/lost_leaders.h"
#include "partition/partition.h"
#include "quota/replication_quota.h"

struct fetcher;
struct fetcher_partition;

/* The keys replica.fetch.*, replica.socket.timeout.ms. */
struct fetcher_settings {
	int32_t fetchers;           /* num.replica.fetchers */
	int32_t wait_max_ms;
	int32_t min_bytes;
	int32_t partition_max_bytes;
	int32_t response_max_bytes;
	int32_t leader_max_bytes;   /* what a leader with this broker's fetch.max.bytes sends at most */
	int32_t backoff_ms;
	int32_t timeout_ms;
	size_t largest_answer;      /* more is an error */
	int16_t fetch_version;      /* by inter.broker.protocol.version; topics without ids get 12 */
	int16_t list_offsets_version;
};

/* The calls of cluster/broker_link.h; tests have others. */
struct fetcher_link_port {
	struct broker_link *(*open)(const struct broker_link_options *options);
	void (*ask)(struct broker_link *link, struct broker_link_request *request);
	void (*set_address)(struct broker_link *link, const char *host, uint16_t port);
	void (*reset)(struct broker_link *link);
	void (*close)(struct broker_link *link, void (*closed)(void *context), void *context);
};
extern const struct fetcher_link_port fetcher_broker_link;

struct fetcher_options {
	struct world *world;
	struct loop *loop;                      /* of data */
	const struct fetcher_link_port *links;
	const struct fetcher_settings *settings; /* borrowed for its life, as the next */
	struct replication_quota *quota;        /* of followers; NULL: nobody is held back */
	const _Atomic(int64_t) *broker_epoch;   /* this broker's; -1: not known */
	struct lost_leaders *lost_leaders;      /* borrowed; told when the leader's connection breaks; NULL: not */
	int32_t broker_id;
	int32_t leader;
	int32_t number;                         /* of this fetcher among those of the leader */
	const char *host;                       /* copied */
	uint16_t port;
	uint64_t hash_seed[2];
};

struct fetcher *fetcher_new(const struct fetcher_options *options);
/*
 * The partition follows the leader in this epoch: it is held and fetched for
 * until the handle is given back, or it says that this leadership is over.
 */
struct fetcher_partition *fetcher_add(struct fetcher *fetcher, struct partition *partition,
    int32_t leader_epoch);
void fetcher_remove(struct fetcher *fetcher, struct fetcher_partition *handle);
/* Where the leader is now. */
void fetcher_set_address(struct fetcher *fetcher, const char *host, uint16_t port);
/* All handles were given back. `closed` is called on the control loop; the fetcher is gone then. */
void fetcher_close(struct fetcher *fetcher, void (*closed)(void *context), void *context);

/* On any thread: what it has fetched so far. */
struct fetcher_figures {
	uint64_t requests; /* Fetches that were answered */
	uint64_t bytes;    /* of records in their answers */
	double rate;       /* requests a second, of the last half minute or so */
};
struct fetcher_figures fetcher_figures(const struct fetcher *fetcher, int64_t now_us);

/* Which of the `count` fetchers to its leader a partition has; as Kafka chooses. */
int32_t fetcher_number_of(struct slice topic, int32_t partition, int32_t count);

#endif
