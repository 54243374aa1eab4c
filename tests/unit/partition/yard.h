/*
 * tests/unit/partition/yard.h: one partition over a log on a simulated disk,
 * in a simulated process with two data loops. Workers do nothing by
 * themselves while the test holds them: what they do and when they hand it
 * back are two steps. Nothing runs but in the calls below and in yard_run().
 */
#ifndef KLAMM_TESTS_UNIT_PARTITION_YARD_H
#define KLAMM_TESTS_UNIT_PARTITION_YARD_H

#include "partition/partition_private.h"
#include "tests/sim/log_fixture.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/sim_process.h"

enum {
	YARD_LOOPS = 2,
	YARD_CONTROL = YARD_LOOPS, /* number of the control loop */
	YARD_BROKER = 1,
	YARD_BACKOFF_MS = 1000,  /* replica.fetch.backoff.ms */
	YARD_RECORD_TIME = 1000000, /* log_fixture.h: of the first record of a batch */
};

#define YARD_PATH "/data/orders-0"

struct yard {
	struct sim sim;
	struct sim_net net;
	struct sim_machine machine;
	struct sim_process process;
	struct sim_disk *disk;
	struct workers gate;          /* in front of the process' */
	struct list submitted, run;   /* pieces of work: not begun, not handed back */
	bool holds_work, holds_results;
	struct file_cache files;
	struct index_cache index_cache;
	struct index_place indexes;
	struct prng prng;
	struct topic_config config;   /* of the next settings */
	bool is_throttled;            /* the leader, of the next settings */
	struct replication_quotas quotas;
	bool flush_before_ack;        /* of the next home */
	struct log_open_options options; /* of the next open */
	struct partition_home *home;
	struct partition *partition;  /* NULL: surrendered */
	struct log *log;              /* the partition's, to look into */
	int answers;                  /* of all operations so far */
	int64_t max_lag_us;           /* of the next home */
	bool protects;                /* klamm.last.replica.protection of the next home */
	struct shrunk_isr_mark entry; /* what stands on its disk */
	bool has_entry;               /* for the next partition, too */
	bool holds_notes, refuses_notes; /* entries wait, or cannot be written */
	struct partition_note *note;  /* that waits; NULL: none */
	int note_count;
	bool refuses_isr_changes;     /* nobody on the control loop takes them */
	struct partition_isr_change *isr_change; /* the newest that was asked for; NULL: none */
	int isr_change_count;
	int64_t checkpointed;         /* the recovery point as it was last on disk; -1: never */
	enum error checkpoint_error;  /* of the next ones */
	unsigned faults;              /* told to the control loop */
	int fault_calls;
};

/* A process with an empty disk. Segments are of 4 KiB, indexed every 256 bytes. */
void yard_init(struct yard *yard);
void yard_init_with(struct yard *yard, uint64_t seed);
/* Opens the log and makes the partition, which nobody leads. */
void yard_open(struct yard *yard);
/* The partition ends, as by a stop of the broker; the disk stays. */
void yard_close(struct yard *yard);
/* Also when it is closed; fails the test when somebody still has something. */
void yard_fini(struct yard *yard);
/* Until nothing is left to do, but what is held. */
void yard_run(struct yard *yard);
/* Code between them runs as an event on that loop. */
void yard_enter(struct yard *yard, int loop);
void yard_leave(struct yard *yard);
/* Workers do what waits for them, but hand nothing back; or all of it. */
void yard_let_work(struct yard *yard);
void yard_let_go(struct yard *yard);
int yard_work_count(const struct yard *yard);
/* Everything is on the disk, and nothing in the page cache. */
void yard_go_cold(struct yard *yard);

/* ------------------------------------------------------------- leadership */

/* With replicas 1..`replicas`, of which the first `isr` are in sync. Runs. */
void yard_lead(struct yard *yard, int32_t epoch, int replicas, int isr);
/* Another broker leads, or nobody (LEADER_NONE). Runs. */
void yard_follow(struct yard *yard, int32_t leader, int32_t epoch);
/* A follower has fetched up to here, in its own way; the partition is told. Runs. */
void yard_follower_has(struct yard *yard, int32_t replica, int64_t offset);
/* Time passes, in which nothing happens. */
void yard_elapse(struct yard *yard, int64_t us);
/* The partition looks who has to leave its ISR. Runs. */
void yard_check_isr(struct yard *yard);
/* The entry that waits is written, or not. Runs. */
void yard_let_note(struct yard *yard);
/* The ISR that was asked for: its members as digits, ascending; 0: nothing is. */
int yard_wanted_isr(const struct yard *yard);
/* The controller has done it, or says why not. Runs. */
void yard_answer_isr(struct yard *yard, int16_t code);
/* `config` is its topic's from now on. Runs. */
void yard_configure(struct yard *yard);
/* Runs; the status. */
enum partition_status yard_upkeep(struct yard *yard, struct partition_upkeep *upkeep,
    unsigned work, int64_t now_ms);
/* Retention takes the oldest segment, files too; the log start then. Runs. */
int64_t yard_remove_oldest(struct yard *yard);
/* The log start is raised, as by DeleteRecords. */
void yard_raise_start(struct yard *yard, int64_t offset);

/* ------------------------------------------------------------- operations */

/* What all have in common; embedded first. */
struct yard_tally {
	struct yard *yard;
	int loop;        /* on which it is made and answered */
	int answers;
	int order;       /* of its answer among all */
};

struct yard_append {
	struct yard_tally tally;
	struct partition_append append;
	struct buffer bytes;
	int told;        /* that its bytes may go */
};
/* Only prepared: more may be set before it is given. */
void yard_prepare_append(struct yard *yard, struct yard_append *append,
    const struct log_sample *sample, int16_t acks);
/* Given to the partition by the loop `from`; not run unless that can be done at once. */
void yard_give_append(struct yard_append *append, int from);
/* Prepared, given and run. `records` without a producer. */
void yard_append(struct yard *yard, struct yard_append *append, int records, int16_t acks);
/* Appended with acks 1; the base offset, or -1 - status. */
int64_t yard_produce(struct yard *yard, const struct log_sample *sample);
/* So many batches of one record with so many bytes, appended with acks 1. */
void yard_fill(struct yard *yard, int batches, int value_size);
/* A transactional batch of one record; the end of a transaction. */
void yard_transact(struct yard *yard, int64_t producer_id, int32_t sequence);
void yard_end_transaction(struct yard *yard, int64_t producer_id, enum control_record_type type);
void yard_forget_append(struct yard_append *append);

struct yard_fetch {
	struct yard_tally tally;
	struct partition_fetch fetch;
};
/* All there is, up to the high watermark. */
void yard_prepare_fetch(struct yard *yard, struct yard_fetch *fetch, int64_t offset);
void yard_give_fetch(struct yard_fetch *fetch, int from);
/* Prepared, given and run; it waits when there is nothing. */
void yard_wait_for(struct yard *yard, struct yard_fetch *fetch, int64_t offset);
/* Prepared, given and run; it does not wait. */
void yard_fetch(struct yard *yard, struct yard_fetch *fetch, int64_t offset);
/* As a follower of broker epoch 500 in the leader's epoch; only prepared. */
void yard_prepare_follow(struct yard *yard, struct yard_fetch *fetch, int32_t replica,
    int64_t offset);
/* Records of whole batches in what it got, the first one with this base offset. */
int yard_count(const struct yard_fetch *fetch, int64_t base_offset);
void yard_forget_fetch(struct yard_fetch *fetch);

struct yard_list {
	struct yard_tally tally;
	struct partition_list_offsets list;
};
void yard_prepare_list(struct yard *yard, struct yard_list *list, int64_t timestamp);
void yard_give_list(struct yard_list *list, int from);
/* Prepared, given and run. */
void yard_list(struct yard *yard, struct yard_list *list, int64_t timestamp);

/* By its loop; does not run. */
void yard_cancel(struct yard_tally *tally, struct partition_operation *operation);

#endif
