/*
 * tests/crash/crash_broker.h: the storage half of a broker, as a crash loop
 * needs it: log dirs, and what was promised about them.
 */
#ifndef KLAMM_TESTS_CRASH_BROKER_H
#define KLAMM_TESTS_CRASH_BROKER_H

#include "log/log_dirs.h"
#include "tests/crash/crash_disk.h"

enum { CRASH_PARTITIONS = 3, CRASH_OFFSETS_MAX = 1000 };

/* What the child tells, before it goes on. */
enum crash_word {
	CRASH_ACKED,     /* the record at `offset` has `value` */
	CRASH_TRUNCATES, /* records from `offset` on may go */
	CRASH_RAISES,    /* records below `offset` may go */
	CRASH_DELETES,   /* the partition may go */
	CRASH_ENDED,     /* the workload is over after `value` changes */
	CRASH_DIES,      /* the process dies, in a write when `value` is 1 */
};

struct crash_message {
	enum crash_word word;
	int32_t partition;
	int64_t offset;
	int64_t value;
};

/* What has to be there. */
struct crash_promise {
	int64_t start;
	int64_t values[CRASH_OFFSETS_MAX]; /* 0: nothing was promised */
	bool may_be_missing;
};

struct crash_broker {
	struct crash_disk disk;
	struct entropy entropy;
	struct prng prng;
	struct log_config config;
	struct log_dirs *dirs;
	bool flush_before_ack;
};

struct crash_plan {
	uint64_t kill_at; /* 0: never */
	bool partly;
	bool flush_before_ack;
	int pipe;         /* that the death is told by; -1: none */
};

/* Opens the dirs below `path` (/one and /two); the process ends on a mistake. */
void crash_broker_start(struct crash_broker *broker, const char *path,
    const struct crash_plan *plan);
/* Appends, rolls, flushes, truncates, deletes, makes partitions; tells by `pipe`. */
void crash_broker_work(struct crash_broker *broker, int pipe);
void crash_broker_stop(struct crash_broker *broker, bool clean);

/* Takes a message into what was promised to the partitions. */
void crash_promise_take(struct crash_promise promises[CRASH_PARTITIONS],
    const struct crash_message *message);
/* False, and a line on stderr, when a promise is broken. */
bool crash_broker_check(struct crash_broker *broker,
    const struct crash_promise promises[CRASH_PARTITIONS]);

#endif
