/*
 * partition/partition_private.h: a partition's inside, shared by partition.c
 * (life, answers, who steps what), partition_append.c, partition_flush.c,
 * partition_fetch.c, partition_offsets.c, partition_follow.c (what a fetcher asks
 * for), partition_control.c (what replicas ask for), partition_isr.c (changes of
 * the ISR), partition_shrunk_isr.c (the protection of the last replica).
 */
#ifndef KLAMM_PARTITION_PARTITION_PRIVATE_H
#define KLAMM_PARTITION_PARTITION_PRIVATE_H

#include "log/log_flush.h"
#include "log/log_removal.h"
#include "log/log_swap.h"
#include "partition/follower.h"
#include "partition/leader.h"
#include "partition/partition.h"
#include "partition/partition_figures.h"
#include "quota/replication_quota.h"
#include "partition/shrunk_isr.h"

struct partition_isr_change;
struct partition_note;

struct partition_checkpoint {
	struct list link; /* the writer's */
	/* On the control loop. */
	void (*written)(struct partition_checkpoint *checkpoint, enum error error);
};

/* What all partitions of a broker have in common; the last holder frees it. */
struct partition_home {
	struct counted counted;
	struct world *world;
	int32_t broker_id;
	bool flush_before_ack;
	bool protects_last_replica;   /* klamm.last.replica.protection */
	int64_t max_lag_us;           /* replica.lag.time.max.ms */
	struct live_brokers *live;    /* NULL: all are alive; the home's to free */
	/*
	 * On the control loop: a partition that this broker leads wants another ISR.
	 * The change is taken; partition_isr_answered gives it back. NULL: nobody can
	 * be asked any more.
	 */
	void (*isr_changed)(void *context, struct partition_isr_change *change);
	struct replication_quotas *quotas; /* NULL: nobody is held back; the home's to free */
	int32_t fetch_backoff_ms; /* replica.fetch.backoff.ms */
	/*
	 * On the control loop: has the recovery points of the partition's dir written as
	 * they are now, and tells. Never NULL while a log may be truncated.
	 */
	void (*checkpoint)(void *context, struct partition *partition,
	    struct partition_checkpoint *checkpoint);
	/*
	 * On the control loop: writes the partition's entry of klamm-shrunk-isr-checkpoint.
	 * The note is taken; partition_noted gives it back. NULL: nobody writes any more.
	 */
	void (*note_shrunk_isr)(void *context, struct partition_note *note);
	/*
	 * On the control loop: storage has failed under the partition since the last
	 * call, see `faults`. NULL: nobody listens any more.
	 */
	void (*failed)(void *context, struct partition *partition, unsigned faults);
	void *context;
};

enum partition_fault {
	PARTITION_FAULT_WRITE = 1, /* its log is offline, and the dir should be */
	PARTITION_FAULT_READ = 2,  /* the disk could not read a segment */
	PARTITION_FAULT_FULL = 4,  /* no space or no descriptors: heals */
	PARTITION_FAULT_DAMAGE = 8, /* what was read of a segment is not sound */
};

struct partition_flush;
struct partition_follow;
struct partition_truncation;
struct partition_swap;

struct partition {
	struct actor actor;
	struct partition_home *home;
	_Atomic(unsigned) holders;
	int32_t index;
	struct uuid topic_id;     /* written once, before has_id is set */
	_Atomic(bool) has_id;
	/* The actor's, from here on. */
	bool is_busy;             /* a worker has the log alone */
	struct log *log;          /* NULL: given up */
	enum partition_status gone; /* then, what everybody is answered */
	int jobs;                 /* of the log that are out, and who else keeps it */
	struct topic_settings *settings;
	struct leader leader;
	struct shrunk_isr shrunk_isr;
	int64_t held_proposal;    /* of an ISR that waits for its entry; 0: none */
	int gathered_count;
	struct list gathered;     /* appends of this turn */
	enum partition_status refused; /* why a client's append was, that comes again; OK: none was */
	int64_t refused_us;       /* monotonic, the last time */
	struct list unacknowledged; /* by last offset */
	struct list parked;       /* fetches */
	struct list deletions;    /* DeleteRecords that wait for followers */
	struct list exclusive;    /* fetches that need the log alone */
	struct partition_flush *flush; /* under way, or NULL */
	struct partition_surrender *surrender;
	struct partition_event isr_check; /* posted by the control loop while... */
	_Atomic(bool) isr_check_is_out;   /* ... this is not set */
	bool leader_throttled;    /* what it sends as the leader here is throttled */
	_Atomic(bool) follower_throttled; /* what it fetches; the fetcher asks */
	_Atomic(bool) is_damaged; /* the log has damage, as last seen; the control loop asks, */
	_Atomic(int32_t) in_sync; /* ... and how many are in the ISR of this leader; 0: it is none */
	_Atomic(int64_t) heard_us; /* leader_heard_us; __consumer_offsets' coordinator asks */
	_Atomic(bool) is_in_doubt; /* the log may lack acknowledged records; the fetcher asks */
	struct follower follower;
	/* Made whole by its leader (partition_repair.c). */
	bool repairs;             /* it may be */
	bool agrees;              /* the logs do not part before the damage, as far as is known */
	bool parts;               /* they do, says who was asked for it, and nothing was cut since */
	int64_t repair_offset;    /* what is asked for instead of the log end; -1: nothing is */
	struct partition_follow *follow; /* waits for a flush or a truncation, or NULL */
	struct partition_truncation *truncation; /* the log is to be cut, or NULL */
	struct partition_swap *swap; /* another log is to take its place, or NULL */
	struct partition_figures *figures; /* NULL: nothing is counted */
	/* Towards the control loop. */
	_Atomic(unsigned) faults;
	struct loop_message fault_message;
	struct loop_message last_message;
	/* The topic's name. */
	uint16_t topic_size;
	char topic[];
};

/* X(name, handler): the types of events. */
#define PARTITION_EVENT_TABLE(X) \
	X(APPEND, append) \
	X(FETCH, fetch) \
	X(FETCH_READ, fetch_read) \
	X(FETCH_READ_ALONE, fetch_read_alone) \
	X(LIST_OFFSETS, list_offsets) \
	X(LOOKED_UP, looked_up) \
	X(EPOCH_END, epoch_end) \
	X(DELETE_RECORDS, delete_records) \
	X(CANCEL, cancel) \
	X(FLUSHED, flushed) \
	X(FOLLOW, follow) \
	X(TRUNCATED, truncated) \
	X(SWAP, swap) \
	X(SWAPPED, swapped) \
	X(CHANGE_LEADER, change_leader) \
	X(CHANGE_SETTINGS, change_settings) \
	X(UPKEEP, upkeep) \
	X(REMOVED, removed) \
	X(ISR_CHECK, isr_check) \
	X(ISR_ANSWERED, isr_answered) \
	X(NOTED, noted) \
	X(SURRENDER, surrender)
#define PARTITION_EVENT_MEMBER(name, handler) PARTITION_EVENT_##name,
enum partition_event_type { PARTITION_EVENT_TABLE(PARTITION_EVENT_MEMBER) PARTITION_EVENT_COUNT };
#undef PARTITION_EVENT_MEMBER
#define PARTITION_EVENT_HANDLER(name, handler) \
	void partition_on_##handler(struct partition *partition, struct partition_event *event);
PARTITION_EVENT_TABLE(PARTITION_EVENT_HANDLER)
#undef PARTITION_EVENT_HANDLER

/* ------------------------------------------------------------ partition.c */

struct partition_options {
	struct partition_home *home;      /* a share is taken */
	struct loop *loop;                /* of data: its home */
	struct slice topic;
	int32_t index;
	struct uuid topic_id;
	struct topic_settings *settings;  /* a share is taken */
	struct log *log;                  /* taken */
	const struct shrunk_isr_mark *shrunk_isr; /* its entry; NULL: none */
};

struct partition *partition_new(const struct partition_options *options);
/* On the control loop. Once, when it was zero before. */
void partition_set_topic_id(struct partition *partition, struct uuid topic_id);

void partition_home_release(struct partition_home *home);

/* Gives the operation to the actor, or to the maker. */
void partition_submit(struct partition *partition, struct partition_operation *operation,
    enum partition_event_type type);
void partition_answer(struct partition *partition, struct partition_operation *operation,
    enum partition_status status);
/* Calls `run` with the operation's `told` on its loop, once for each operation at most. */
void partition_tell(struct partition_operation *operation,
    void (*run)(struct loop_message *message));

static inline struct partition_operation *
partition_operation_of(struct partition_event *event)
{
	return container_of(event, struct partition_operation, event);
}

/* NOT_LEADER or what became of the log; OK: this broker leads and has it. */
enum partition_status partition_leads(const struct partition *partition);
/*
 * The checks of a request's currentLeaderEpoch (KIP-320), and that this broker
 * leads, unless any replica will do.
 */
enum partition_status partition_check_epoch(const struct partition *partition,
    int32_t current_leader_epoch, bool any_replica);
/* The status for an error of the log; the fault, if it is one, is told to the control loop. */
enum partition_status partition_failed(struct partition *partition, enum error error,
    enum partition_fault fault);
/* ------------------------------------------------------ partition_damage.c */

/* Any thread. */
bool partition_is_damaged(const struct partition *partition);
/* How many are in the ISR, with this leader; 0: nobody leads here. Any thread. */
int32_t partition_in_sync(const struct partition *partition);
/* The actor: the log, or the ISR, may have changed. */
void partition_show_damage(struct partition *partition);
/* As it is made: what the log's recovery has found. */
void partition_tell_damage(struct partition *partition);
/* A job has found the damage; `news` NONE: it has not. The control loop is told. */
void partition_note_damage(struct partition *partition, enum error news,
    const struct damage *damage);
/* What readers of damaged records are answered. */
enum partition_status partition_damage_status(const struct partition *partition);

/* A job of the log has been handed back. */
void partition_job_done(struct partition *partition);
/* What waits for the high watermark is answered with this. */
void partition_refuse_unacknowledged(struct partition *partition, enum partition_status status);
/* Everything that waits is answered with this. */
void partition_answer_all(struct partition *partition, enum partition_status status);
/* The end of what the log shows to a reader. */
int64_t partition_visible_end(const struct partition *partition,
    enum partition_isolation isolation);

/* ----------------------------------------------------- partition_delete.c */

/* A log start has moved, or somebody is dead: who waits for that is answered. */
void partition_look_at_deletions(struct partition *partition);
void partition_refuse_deletions(struct partition *partition, enum partition_status status);

/* -------------------------------------------------------- partition_isr.c */

/* A change of the ISR, on its way to the controller and back. */
struct partition_isr_change {
	struct list link;             /* whoever has it at the moment */
	struct partition *partition;  /* held */
	struct partition_event event;
	struct loop_message message;
	/* What is asked for. */
	int64_t proposal;
	int32_t leader_epoch;
	int32_t partition_epoch;
	struct leader_isr_member *isr;
	size_t isr_count;
	/* The answer; its array is borrowed until partition_isr_answered returns. */
	struct leader_isr_answer answer;
	int32_t *answered_isr;        /* the partition's copy */
};

/* What the leader proposes goes to the control loop. */
void partition_propose_isr(struct partition *partition);
/* A follower has fetched: it may join. */
void partition_expand_isr(struct partition *partition, int32_t replica);
/* On the control loop: the partition looks who has to leave its ISR. */
void partition_check_isr(struct partition *partition);
/* On the control loop: `answer` is filled in, but for its proposal. Takes the change. */
void partition_isr_answered(struct partition_isr_change *change);
/* The same when nobody is asked: it is forgotten. */
void partition_isr_drop(struct partition_isr_change *change);

/* ------------------------------------------------- partition_shrunk_isr.c */

/* An entry, on its way to the disk and back. */
struct partition_note {
	struct list link;         /* whoever has it at the moment */
	struct partition *partition; /* held */
	struct partition_event event;
	struct loop_message message;
	struct shrunk_isr_mark mark;
	bool written;
};

/* On the control loop. Takes the note. */
void partition_noted(struct partition_note *note, bool written);
/* After leader, ISR or settings have changed: is an entry needed, or any more? */
void partition_review_isr(struct partition *partition);
/* A follower has all that its leader has: it is in doubt no longer. */
void partition_caught_up(struct partition *partition);
/* The log was synced, or it is time to try again. */
void partition_go_on_noting(struct partition *partition);
bool partition_waits_for_sync(const struct partition *partition);
/* As partition_propose_isr; where that makes the ISR too small, behind its entry. */
void partition_propose_when_noted(struct partition *partition);

/* ----------------------------------------------------- partition_append.c */

/* Writes what was gathered in this turn. */
void partition_write_gathered(struct partition *partition);
/*
 * After the log, its flushed offset, the ISR or the settings have changed:
 * moves the high watermark, acknowledges, wakes fetches.
 */
void partition_advance(struct partition *partition);

/* ------------------------------------------------------ partition_flush.c */

/*
 * Flushes on a worker when acks wait for it (flush before ack), when
 * flush.messages or flush.ms say so, and after a roll; one at a time.
 */
void partition_flush_if_due(struct partition *partition, int64_t now_ms);

/* ------------------------------------------------------ partition_fetch.c */

/* Serves parked fetches that have something to read now, or an error. */
void partition_wake_fetches(struct partition *partition);
/* All of them are answered with this error. */
void partition_refuse_parked(struct partition *partition, enum partition_status status);
/* Who is in sync, or has asked, has changed. */
void partition_show_heard(struct partition *partition);
/* Appends of clients were, so or by the leader before this one: they come again. */
void partition_refused(struct partition *partition, enum partition_status status);
/* This broker leads no longer, or still does not: those that only a leader may serve are refused. */
void partition_end_leading(struct partition *partition);
/* Gives the fetches that need the log alone to a worker; the actor is busy then. */
bool partition_read_alone(struct partition *partition);

/* ----------------------------------------------------- partition_follow.c */

/* Who follows comes back with `status`; a truncation that has not begun does not. */
void partition_end_following(struct partition *partition, enum partition_status status);
/* The flushed offset, or the entry on disk (shrunk_isr.h), has changed. */
void partition_follow_flushed(struct partition *partition);
/*
 * The entry that has to go first (F17) could not be removed, or a flush not begin, for want of
 * space or descriptors, or as the broker stops: who follows comes back with STORAGE, and once
 * more later. It is not kept waiting for the next upkeep, which a stop does not make.
 */
void partition_follow_later(struct partition *partition);
/* Gives a truncation to a worker when no job is out; the actor is busy then. */
bool partition_truncate_alone(struct partition *partition);

/* ----------------------------------------------------- partition_repair.c */

enum partition_repair {
	PARTITION_REPAIR_NONE,  /* the answer is for the follower's machine */
	PARTITION_REPAIR_WRITE, /* its records belong over the damage */
	PARTITION_REPAIR_OVER,  /* the leader cannot help; nothing is to be done with the answer */
};
/* A leader is followed; `may`: this replica is not in the ISR. */
void partition_begin_repair(struct partition *partition, bool may);
/* What is asked for next: the damage, if there is one and it may be repaired. */
void partition_ask_for_repair(struct partition *partition, struct follower_ask *ask);
enum partition_repair partition_take_repair(struct partition *partition,
    const struct follower_answer *answer);
/* The records were written over the damage, or why not. */
void partition_repaired(struct partition *partition, enum error error);

/* ------------------------------------------------------- partition_swap.c */

/* The copy of its log in another dir takes its place (log_swap.h). */
struct partition_swap {
	struct partition_operation operation;
	struct log_swap *log;          /* announced */
	struct partition *partition;   /* the partition's, as all below */
	struct partition_event swapped;
	struct work work;
};
/*
 * What the partition has to read, cut or flush meanwhile waits. OK: `log` was run, and
 * says what it has led to; OFFSET_NOT_AVAILABLE: the two logs part, nothing has
 * happened; else what became of the log.
 */
void partition_swap(struct partition *partition, struct partition_swap *swap);
/* One that has not begun is answered so. */
void partition_end_swap(struct partition *partition, enum partition_status status);
/* Gives the swap to a worker when no job is out; the actor is busy then. */
bool partition_swap_alone(struct partition *partition);

/* ---------------------------------------------------- partition_control.c */

/* What replicas ask for; answered on `operation.loop`, the control loop. */
struct partition_leader_change {
	struct partition_operation operation;
	struct leader_change change;
	bool repairs; /* it may be made whole by the leader: it is not in the ISR */
	bool compares; /* it may have what its leader has not: follower_compares */
	/* The result: whether this broker led before, and does now. */
	bool led;
	bool leads;
	int32_t led_epoch;
};
/* STORAGE: the log is damaged or offline. */
void partition_change_leader(struct partition *partition, struct partition_leader_change *change);

struct partition_settings_change {
	struct partition_operation operation;
	struct topic_settings *settings; /* a share that the partition takes */
};
void partition_change_settings(struct partition *partition,
    struct partition_settings_change *change);
/* What the partition itself needs of its settings. */
void partition_take_settings(struct partition *partition);

enum partition_upkeep_work {
	PARTITION_RETAIN = 1,           /* retention */
	PARTITION_EXPIRE_PRODUCERS = 2,
	PARTITION_FLUSH_IF_DUE = 4,
	PARTITION_NOTHING_AGES = 8,     /* the wall clock is not trusted (F27) */
};

/* What has to be done from time to time. */
struct partition_upkeep {
	struct partition_operation operation;
	unsigned work;
	int64_t now_ms;
	/* The result. */
	int64_t log_size;
	int64_t log_start_offset;
	enum error error; /* of the removal */
	/*
	 * With a count: run log_removal_rename on a worker, then partition_removed().
	 * The partition keeps its log until then.
	 */
	struct log_removal removal;
};
void partition_upkeep(struct partition *partition, struct partition_upkeep *upkeep);
/* Again the same operation, answered again. */
void partition_removed(struct partition *partition, struct partition_upkeep *upkeep);

/*
 * Everything parked is answered with `gone`, as all that comes later; when no
 * job is out any more, nobody touches the log but who asked.
 */
struct partition_surrender {
	struct partition_operation operation;
	enum partition_status gone;
	struct log *log; /* the result */
};
void partition_surrender(struct partition *partition, struct partition_surrender *surrender);

#endif
