/* group/shard_private.h: what the files of shard.h share. */
#ifndef KLAMM_GROUP_SHARD_PRIVATE_H
#define KLAMM_GROUP_SHARD_PRIVATE_H

#include "base/wall_watch.h"
#include "group/group_table.h"
#include "group/shard.h"
#include "group/visit.h"

enum shard_event_type {
	SHARD_VISITED,        /* struct visit */
	SHARD_ELECTED,        /* struct shard_change */
	SHARD_RESIGNED,       /* struct shard_change */
	SHARD_TOPICS_DELETED, /* struct shard_deletion */
	SHARD_STOPPING,       /* shard->stop_event */
	SHARD_TICK,           /* shard->tick */
	SHARD_APPENDED,       /* struct shard_append */
	SHARD_LOAD_ANSWERED,  /* struct shard_load: its look-up, its fetch or its work is done */
	SHARD_BURIED,         /* struct shard_burial */
};

enum shard_state { SHARD_AWAY, SHARD_LOADING, SHARD_READY, SHARD_STOPPED };

/* Kinds of the deadlines of a shard. */
enum { SHARD_DEADLINE_GROUP, SHARD_DEADLINE_APPEND, SHARD_DEADLINE_CLEANUP, SHARD_DEADLINE_LOAD };

struct shard_load;

struct shard {
	struct actor actor;
	struct world *world;
	const struct broker_config *config;
	const struct shard_log *log;
	struct loop *home;
	int32_t number;
	uint64_t seed[2];

	enum shard_state state;
	int32_t leader_epoch;        /* the newest that was told */
	struct partition *partition; /* held while LOADING or READY */
	struct group_table *table;   /* READY */
	struct shard_load *load;     /* LOADING; one that was given up is its own */
	struct list deletions;       /* struct shard_deletion that came while LOADING */
	struct list appends;         /* struct shard_append under way */
	size_t outstanding;          /* loads and burials that have not come back */

	struct heap deadlines;
	struct deadline cleanup;
	struct deadline retry;
	size_t cleanup_left;         /* groups of this round */
	struct wall_watch wall_watch;
	struct timer timer;
	int64_t armed_us;
	struct shard_event tick;
	bool tick_is_out;
	struct group_outbox outbox;
	int64_t now_us;              /* of the event at hand */
	int64_t now_ms;

	struct shard_event stop_event;
	bool is_stopping;
	void (*stopped)(void *context);
	void *stopped_context;
	struct loop_message stopped_message;
};

struct shard_change {
	struct shard_event event;
	struct partition *partition; /* ELECTED: held */
	int32_t leader_epoch;
};

struct shard_deletion {
	struct shard_event event;
	struct list link;
	struct shard_topics *topics;
};

/* A batch of a group on its way into the log. */
struct shard_append {
	struct partition_append append;
	struct shard_event event;
	struct shard *shard;
	struct group_append *what;
	struct partition *partition; /* which the operation holds */
	struct deadline timeout;
	struct list link;
	bool is_cancelled;
	bool is_answered; /* the event is on its way */
};

/* A table that is freed on a worker: it may have a million entries. */
struct shard_burial {
	struct work work;
	struct shard_event event;
	struct shard *shard;
	struct group_table *table;
};

/* "__consumer_offsets-N", for the log. */
#define SHARD_NAME "__consumer_offsets-%d"

/* Steps the group, carries out what it decides, sets its deadline. It may be gone afterwards. */
void shard_step_group(struct shard *shard, struct group *group, struct group_event event);
void shard_post(struct shard *shard, struct shard_event *event, enum shard_event_type type);
void shard_bury(struct shard *shard, struct group_table *table);
/* The table is complete. */
void shard_loaded(struct shard *shard, struct group_table *table);

void shard_begin_append(struct shard *shard, struct group_append *what);
void shard_appended(struct shard *shard, struct shard_append *append);
void shard_cancel_append(struct shard *shard, struct shard_append *append);

void shard_visited(struct shard *shard, struct visit *visit);
/* One group's part of an OffsetFetch. */
void shard_fetch(struct shard *shard, struct group_call *call, const struct visit_part *part,
    int16_t error);

struct shard_load *shard_load_of(struct shard_event *event);
void shard_begin_load(struct shard *shard);
/* It ends by itself, soon, and tells nobody. */
void shard_give_up_load(struct shard *shard);
void shard_load_answered(struct shard_load *load);
void shard_retry_load(struct shard *shard);

#endif
