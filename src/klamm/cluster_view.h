/*
 * klamm/cluster_view.h: what a cluster tells of itself at one moment: brokers,
 * partitions, where asked for also min ISR, reassignments and sizes. What
 * commands for operators decide on.
 */
#ifndef KLAMM_KLAMM_CLUSTER_VIEW_H
#define KLAMM_KLAMM_CLUSTER_VIEW_H

#include "klamm/client.h"

struct view_ids {
	const int32_t *items;
	int32_t count;
};

/* One that is registered, or that a partition has a replica on. */
struct view_broker {
	int32_t id;
	bool is_there;
	struct slice host; /* null when it is not there */
	int32_t port;
	struct slice rack; /* null: none, or not known */
	int64_t bytes;     /* of all its replicas; -1: not known */
};

struct view_partition {
	struct slice topic;
	int32_t index;
	bool is_internal;
	int32_t leader;            /* -1: none that is there */
	struct view_ids replicas;  /* the preferred leader first */
	struct view_ids isr;
	struct view_ids away;      /* replicas whose broker or log dir is not there */
	struct view_ids adding;    /* of a reassignment that goes on */
	struct view_ids removing;
	bool is_reassigning;
	int32_t min_isr;           /* -1: not known */
	int64_t *replica_bytes;    /* as many as replicas; -1: not known */
};

/* What is asked besides who is there and who has what. */
enum cluster_view_parts {
	VIEW_MIN_ISR = 1,
	VIEW_REASSIGNMENTS = 2,
	VIEW_SIZES = 4,
};

struct cluster_view {
	struct slice cluster_id; /* null: not told */
	int32_t controller_id;   /* -1: none that answers */
	struct view_broker *brokers; /* by id */
	size_t broker_count;
	struct view_partition *partitions; /* by topic and number */
	size_t partition_count;
	bool has_sizes; /* all brokers that are there have told theirs */
	/* What the slices above point into, and the arrays. */
	struct answer metadata;
	struct answer reassignments;
	int64_t *all_bytes;
	int32_t *all_away;
};

/*
 * Asks the controller where there is one, else any broker. Sizes and min ISR
 * stay unknown where a broker does not serve or refuses the question. On an
 * error the client's complaint says why; cluster_view_fini is due in any case.
 */
NODISCARD enum error cluster_view_load(struct cluster_view *view, struct client *client, int parts);
void cluster_view_fini(struct cluster_view *view);

/* NULL: there is none. */
struct view_broker *cluster_view_broker(const struct cluster_view *view, int32_t id);
struct view_partition *cluster_view_partition(const struct cluster_view *view, struct slice topic,
    int32_t index);
/* The first of the topic; the others follow it. NULL: no such topic, or one without partitions. */
struct view_partition *cluster_view_topic(const struct cluster_view *view, struct slice topic);

bool view_ids_have(struct view_ids ids, int32_t id);
/* The largest of what its replicas are known to have; -1: of none. */
int64_t view_partition_bytes(const struct view_partition *partition);
/* How many replicas it shall have when no reassignment goes on: without those that are being added. */
int32_t view_partition_factor(const struct view_partition *partition);

/* The part of cluster_view_load that asks for sizes; only transport errors are errors. */
void cluster_view_load_sizes(struct cluster_view *view, struct client *client);

#endif
