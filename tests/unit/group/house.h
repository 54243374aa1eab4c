/*
 * tests/unit/group/house.h: a coordinator with its loops, workers and clock,
 * over partitions that are made up: their logs lie in memory, appends wait or
 * fail as the test says. Nothing runs but in house_run() and house_elapse().
 */
#ifndef KLAMM_TESTS_UNIT_GROUP_HOUSE_H
#define KLAMM_TESTS_UNIT_GROUP_HOUSE_H

#include "group/groups_private.h"
#include "wire/messages.h"
#include "world/world.h"

enum { HOUSE_LOOPS = 2, HOUSE_PARTITIONS = 4, HOUSE_LOG_LINES = 64 };

struct house_loop {
	struct loop loop;
	int64_t armed_us;
	bool awake;
};

/* What partition.h keeps to itself; here it is the test's. */
struct partition {
	struct house *house;
	int32_t index;
	int holders;
	bool leads;
	int32_t leader_epoch;
	int64_t heard_us;          /* INT64_MAX: it has no followers */
	struct disk disk;
	struct disk_file file;     /* reads out of `log` */
	struct buffer log;
	int64_t start_offset;
	int64_t end_offset;
	struct list waiting;       /* appends that are in the log and not acknowledged */
	bool holds_appends;        /* they wait until house_acknowledge() */
	enum partition_status fails; /* every append and fetch; OK: none */
	int64_t damage_from, damage_end; /* what is between is damaged */
	int read_errors;           /* so many reads of the file fail */
	bool is_stuck;             /* fetches begin with the first batch, whatever was asked */
	int appends;               /* so far */
	int cancelled;
	int settling;              /* fetches that have waited for the high watermark */
	bool settles_late;         /* it comes with house_settle() */
	struct partition_fetch *settles; /* waits for it, or NULL */
};

struct house {
	struct world world;
	struct clock clock;
	struct entropy entropy;
	struct workers workers;
	struct logger logger;
	struct house_loop control;
	struct house_loop loops[HOUSE_LOOPS];
	struct loop *world_loops[HOUSE_LOOPS];
	struct broker_config config;
	int64_t now_us;
	int64_t now_ms;
	uint8_t random;
	struct list work;           /* submitted */
	bool holds_work;
	struct partition partitions[HOUSE_PARTITIONS];
	struct groups *groups;
	bool is_stopped;
	char log[HOUSE_LOG_LINES][256]; /* the newest lines, warnings and errors only */
	int log_count;
};

/* Knows HOUSE_PARTITIONS partitions and leads none. */
void house_init(struct house *house);
/* Stops and frees it; fails the test when something is left. */
void house_fini(struct house *house);
/* Stops it; calls are still taken. */
void house_stop(struct house *house);
void house_run(struct house *house);
void house_elapse(struct house *house, int64_t ms);
/* Leads all partitions, with epoch 1, and has loaded them. */
void house_open(struct house *house);
void house_elect(struct house *house, int32_t partition, int32_t leader_epoch);
void house_resign(struct house *house, int32_t partition, int32_t leader_epoch);
/* The same logs, another coordinator: as after a restart. */
void house_restart(struct house *house);
struct partition *house_partition_of(struct house *house, const char *group);
/* What waits is acknowledged, or fails. */
void house_acknowledge(struct partition *partition, enum partition_status status);
/* The high watermark comes to the log end. Runs. */
void house_settle(struct partition *partition);
/* Whole batches with the offsets that come next. */
void house_write_log(struct partition *partition, const void *batches, size_t size);
bool house_logged(const struct house *house, const char *text);

/* A request with its response, in an arena of its own. */
struct asked {
	struct group_call call;
	struct arena arena;
	int answers;
	void *request;
	void *response;
};
struct asked *asked_new(struct house *house, int16_t key, int16_t version);
void asked_free(struct asked *asked);
/* Given from the first data loop; not run yet. */
void house_ask(struct house *house, struct asked *asked);

/* Make, ask, run: the caller frees them. */
struct asked *house_join(struct house *house, const char *group, struct slice member_id);
struct asked *house_sync(struct house *house, const char *group, const struct asked *joined);
struct asked *house_commit(struct house *house, const char *group, struct slice member_id,
    int32_t generation, const char *topic, int64_t offset);
int16_t house_commit_error(const struct asked *commit);
/* Of partition 0; -1: none, -1000 - code: an error. */
int64_t house_fetch(struct house *house, const char *group, const char *topic);

#endif
