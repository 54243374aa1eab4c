/* partition/replicas_private.h: what the files of replicas share. All on the control loop. */
#ifndef KLAMM_PARTITION_REPLICAS_PRIVATE_H
#define KLAMM_PARTITION_REPLICAS_PRIVATE_H

#include "base/wall_watch.h"
#include "partition/disk_hang.h"
#include "partition/fetcher.h"
#include "partition/isr_changes.h"
#include "partition/partition_private.h"
#include "partition/replicas.h"

/* One topic that has replicas here. */
struct local_topic {
	struct hash_node node;
	struct slice name;
	struct uuid id;
	struct topic_settings *settings;
	struct replica **replicas; /* by index; NULL: not here */
	int32_t room;
	bool changed;              /* since it was published */
};

/* What has to be done from time to time. */
enum replicas_period {
	PERIOD_HIGH_WATERMARK,
	PERIOD_RECOVERY_POINT,
	PERIOD_LOG_START,
	PERIOD_RETENTION,
	PERIOD_FLUSH,
	PERIOD_PRODUCERS,
	PERIOD_ISR,
	PERIOD_SPACE,
	PERIOD_COUNT,
};

/* A fetcher, as the control loop sees it. */
struct replica_fetcher {
	struct list link;
	struct fetcher *fetcher;
	int32_t leader;
	int32_t number;
	int users;      /* replicas that have it */
	char *host;
	uint16_t port;
};

struct replica {
	struct local_topic *topic;
	struct log_partition *stored;
	struct partition *partition;
	int32_t index;
	int32_t leader_epoch; /* the highest obeyed; -1: none */
	bool leads;
	bool has_others;      /* as it leads: other replicas, assigned or in the ISR */
	bool is_offline;      /* its dir has failed */
	/* By which it follows; NULL and NULL: nobody. */
	struct replica_fetcher *fetcher;
	struct fetcher_partition *fetched;
	int32_t adding_count;  /* of its replicas, those that a reassignment adds */
	bool is_reassigned;   /* as it leads, and as its controller has said */
	bool is_doubtful;     /* it may lack what was acknowledged (F17, F18) */
	/* ... as its log is made anew, and the controller may not know (replicas_unasked.c). */
	bool is_unasked;
	int64_t unasked_us;   /* when it refused to lead first; -1: not yet */
	/* The controller is to hear that the log is damaged (replicas_damaged.c); when, again. */
	bool tells_damage;
	bool was_stopped;     /* it has heard, and nothing was obeyed since */
	int64_t tell_us, tell_wait_us;
	/*
	 * A log dir that is full (replicas_full.c), or hangs: when it was last refused space; it
	 * was given up for either.
	 */
	int64_t refused_us;
	bool was_given_up;
	int64_t given_up_us;  /* when it was, or when the controller has named it last */
	bool is_leaving;      /* a request waits for its log, to delete it or to set it aside */
	struct replica_move *move; /* to another log dir; NULL: it stays where it is */
	int64_t size;         /* of its log, as last seen */
};

/* Who waits for the end of a move; its maker's. */
struct move_waiter {
	struct list link;
	void (*ended)(struct move_waiter *waiter);
};

/* What is remembered of a log dir. */
struct dir_watch {
	bool told;              /* that it is offline: the listener knows */
	const struct partition *read_failed; /* whose segment, the last time; NULL: none */
	int64_t read_failed_us; /* the last time */
	bool is_full;           /* the log says so */
	int64_t full_us;        /* since when */
	int64_t refused_us;     /* when an append was refused last */
	bool measuring;
	bool writing[LOG_DIR_CHECKPOINT_COUNT]; /* such a checkpoint is on its way */
	struct disk_hang hang;
	struct list cuts;       /* struct partition_checkpoint that wait for the next write */
	bool writes_for_cuts;
	struct list notes;      /* struct partition_note that wait for the next write */
	bool writes_notes;
};

struct replicas {
	struct replicas_options options;
	struct world *world;
	struct log_dirs *dirs;
	struct partition_home *home;
	struct hash_table topics;
	struct persistent_map *hosted;
	int next_loop, next_fetcher_loop;
	int out;               /* jobs and operations that are under way */
	bool loaded, stopping;
	/* Following. */
	struct fetcher_settings fetching;
	struct list fetchers;          /* struct replica_fetcher */
	_Atomic(int64_t) broker_epoch;
	/* Loading. */
	struct log_loads loads;
	int load_count, loads_done;
	int settling;                  /* dirs whose checkpoint of high watermarks is lowered */
	int keeping;                   /* dirs that are told what is in doubt */
	/* Since a start that found a log dir empty no controller has told what should be there. */
	bool doubts_missing;
	bool was_told;                 /* a LeaderAndIsr was obeyed; the first one tells all that is here */
	struct list loading;           /* jobs that are not done */
	struct timer load_timer;       /* to the next line about them */
	enum error load_error;
	struct log_dir *guilty;
	struct work work;
	void (*on_loaded)(void *context, enum error error, const char *complaint);
	void *loaded_context;
	struct isr_changes isr_changes;
	/* Moves between log dirs. */
	struct list moves;             /* struct replica_move, in the order of their turns */
	int moves_at_work;
	struct hash_table preferred;   /* dirs that partitions are to be made in */
	/* Periodical work. */
	struct timer timer;
	struct wall_watch wall_watch;
	int64_t next_us[PERIOD_COUNT];
	struct list walk;              /* partitions still to be looked after */
	struct list doomed;            /* removed segments, whose files go later */
	struct work room_work;
	enum error room_error;
	struct dir_watch *watches;     /* by dir */
	bool noting, making_room, removing;
	struct hash_table unmade;      /* replicas that could not be made */
	size_t unmade_for_room;        /* those of them that wait for space */
	size_t unmade_lacking;         /* ... that lack records */
	int given_up;                  /* replicas that were, or were stopped, and that nothing has come for since */
	int64_t relief_us, relief_wait_us; /* when the controller is to be asked about full dirs, and such that hang */
	int64_t follow_us, follow_wait_us; /* ... and about whom those replicas are to follow */
	int damaged;                   /* replicas that tell it */
	int unasked;                   /* replicas that lead when they were asked what they have */
	int64_t ask_us, ask_wait_us;   /* when the controller is to ask for them again */
	int64_t offsets_warned;        /* bytes of __consumer_offsets that were warned of */
	/* The end. */
	void (*on_stopped)(void *context, bool clean);
	void *stopped_context;
	int closing;
	bool clean;
};

struct local_topic *replicas_find_topic(const struct replicas *replicas, struct slice name);
struct replica *replicas_find(const struct replicas *replicas, struct slice topic, int32_t index);
/* The stored log becomes a replica, with a partition that nobody leads yet. */
struct replica *replicas_add(struct replicas *replicas, struct log_partition *stored,
    struct uuid topic_id);
/* The id is what the newest request says; zero says nothing. */
void replicas_name_topic(struct local_topic *topic, struct uuid id);
/* Its partition has surrendered the log, or its dir has failed. */
void replicas_drop(struct replicas *replicas, struct replica *replica);
/* A new map, if a topic has changed. */
void replicas_publish(struct replicas *replicas);
void replicas_resign(struct replicas *replicas, struct replica *replica);

/* One more, or one less, under way; when the last has ended a stop goes on. */
void replicas_begin(struct replicas *replicas);
void replicas_end(struct replicas *replicas);

/* ------------------------------------------------------- replicas_follow.c */

void replicas_follow_init(struct replicas *replicas);
/* The replica's partition follows this leader, unless the request tells no address of it. */
void replicas_follow(struct replicas *replicas, struct replica *replica, int32_t leader,
    const struct leader_and_isr_request *request);
/* The request tells where that broker is. */
bool replicas_knows_address(const struct leader_and_isr_request *request, int32_t broker);
/* Harmless when it follows nobody. */
void replicas_unfollow(struct replica *replica);
void replicas_unfollow_all(struct replicas *replicas);
void replicas_close_idle_fetchers(struct replicas *replicas);
/* Where leaders are that are followed already. */
void replicas_take_addresses(struct replicas *replicas,
    const struct leader_and_isr_request *request);
/* From a partition (partition_home.checkpoint). */
void replicas_write_checkpoint(void *context, struct partition *partition,
    struct partition_checkpoint *checkpoint);

/* ------------------------------------------------------- replicas_doubts.c */

void replicas_doubts_init(struct replicas *replicas);
/* A log was loaded, and is no replica yet: may it lack what was acknowledged? */
void replicas_doubt_loaded(struct replicas *replicas, const struct log_partition *stored);
/* A log that lacks everything (F18), before it becomes a replica. */
void replicas_doubt(const struct log_partition *stored);
/* The listener hears that replicas_list_doubts has another answer. */
void replicas_tell_doubts(struct replicas *replicas);
/* From a partition (partition_home.note_shrunk_isr). */
void replicas_note_shrunk_isr(void *context, struct partition_note *note);
/* Its entry, for its partition; NULL: none. `*mark` is filled in. */
const struct shrunk_isr_mark *replicas_entry_of(const struct log_partition *stored,
    struct shrunk_isr_mark *mark);
/* Harmless when there is none. */
void replicas_doubt_ends(struct replicas *replicas, struct replica *replica);
/* All are loaded: the dirs keep it, before anybody is told; then `kept`. */
void replicas_keep_doubts(struct replicas *replicas, void (*kept)(struct replicas *replicas));
/* A LeaderAndIsr was obeyed, the first of which tells all: what is missing is in doubt by name. */
void replicas_missing_are_known(struct replicas *replicas);
/*
 * The dirs forget that something was missing, unless a start would not know it otherwise: what
 * lacks records and could not be made is in no dir.
 */
void replicas_forget_missing(struct replicas *replicas);

void replicas_periodic_start(struct replicas *replicas);
void replicas_periodic_stop(struct replicas *replicas);
/*
 * In the queue of the dir; `written`, where it is not NULL, is called on the control loop, also
 * when it could not be. False: the dir is offline, or the last one of its kind is on its way.
 */
bool replicas_write_dir_checkpoint(struct replicas *replicas, struct log_dir *dir,
    enum log_dir_checkpoint kind, void (*written)(struct replicas *replicas));
/* Who leads looks whom it need not wait for any longer. */
void replicas_check_isrs(const struct replicas *replicas);

/* Its replicas serve no longer; the listener is told once. */
void replicas_fail_dir(struct replicas *replicas, struct log_dir *dir, enum error error);
/* Those that jobs of the log dirs have taken offline. */
void replicas_fail_offline_dirs(struct replicas *replicas);
/* In the other dirs, when they are due. */
void replicas_write_notes(struct replicas *replicas);
static inline struct dir_watch *
replicas_watch_of(const struct replicas *replicas, const struct log_dir *dir)
{
	return &replicas->watches[dir - replicas->dirs->dirs];
}

/* Into the log, once until it takes appends again. */
void replicas_dir_is_full(struct replicas *replicas, const struct log_dir *dir, const char *why);
/* --------------------------------------------------------- replicas_move.c */

void replicas_moves_init(struct replicas *replicas);
/* What a start has found of moves goes on, or is put away. */
void replicas_resume_moves(struct replicas *replicas);
/*
 * A move to the dir begins; the replica has none yet, and is not there. `begun`, or
 * why not: NO_SPACE, NAME_TOO_LONG, ...; later.
 */
void replicas_begin_move(struct replicas *replicas, struct replica *replica, struct log_dir *dir,
    void (*begun)(void *context, enum error error), void *context);
struct log_dir *replica_move_target(const struct replica_move *move);
/* The copy goes; `waiter` is told, later, when the replica has no move any more. */
void replica_move_cancel(struct replica_move *move, struct move_waiter *waiter);
/* A dir has failed: what it concerns ends, and leaves its copy where it is. */
void replicas_end_moves_of(struct replicas *replicas, const struct log_dir *dir);
/* From time to time, and when one has ended: whose turn it is. */
void replicas_go_on_moving(struct replicas *replicas);
/* Stopped, with all steps over. */
void replicas_forget_moves(struct replicas *replicas);

/* -------------------------------------------------------- replicas_alter.c */

void replicas_preferred_init(struct replicas *replicas, const uint64_t seed[2]);
void replicas_preferred_fini(struct replicas *replicas);
/* In which dir a request wants the partition, which is forgotten; NULL: none, or it is offline. */
struct log_dir *replicas_take_preferred(struct replicas *replicas, struct slice topic,
    int32_t index);

/* ------------------------------------------------------- replicas_unmade.c */

void replicas_unmade_init(struct replicas *replicas, const uint64_t seed[2]);
void replicas_unmade_fini(struct replicas *replicas);
struct unmade_kind {
	bool is_new;         /* nothing of it was ever here */
	bool waits_for_room; /* it may be made later (F20) */
	bool lacks_records;  /* that it is to have: it is in doubt (F18) */
};

/* It could not be made. */
void replicas_remember_unmade(struct replicas *replicas, struct slice topic, int32_t index,
    struct uuid topic_id, struct unmade_kind kind);
/* It is there, or not wanted any more; harmless when it was not remembered. */
void replicas_forget_unmade(struct replicas *replicas, struct slice topic, int32_t index);
/* It was new when it could not be made: nothing of it lies in a dir that is offline. */
bool replicas_unmade_is_new(const struct replicas *replicas, struct slice topic, int32_t index,
    struct uuid topic_id);
/* It lacked records when it could not be made. */
bool replicas_unmade_lacks(const struct replicas *replicas, struct slice topic, int32_t index,
    struct uuid topic_id);
struct unmade_name {
	struct slice topic; /* the table's */
	int32_t index;
};
/* All that lack records, by topic, then by number; the array is in the arena. How many. */
size_t replicas_unmade_list(const struct replicas *replicas, struct arena *arena,
    const struct unmade_name **names);
/* From time to time. */
void replicas_ask_for_unmade(struct replicas *replicas);

/* The controller has asked what it has; nothing when it was made, or not remembered. */
void replicas_unmade_was_asked(struct replicas *replicas, struct slice topic, int32_t index);
/* ... since it lacks records, so that it knows that. */
bool replicas_unmade_is_asked(const struct replicas *replicas, struct slice topic, int32_t index,
    struct uuid topic_id);

/* ------------------------------------------------------ replicas_unasked.c */

/* Its log was made without records that it should have: it does not lead before it was asked. */
void replicas_is_unasked(struct replicas *replicas, struct replica *replica);
/* It was, or has found a leader, or is none any more; harmless when it was before. */
void replicas_was_asked(struct replicas *replicas, struct replica *replica);
/* From time to time. */
void replicas_look_for_unasked(struct replicas *replicas);

/* --------------------------------------------------------- replicas_full.c */

/* The controller is to be asked, and will say whom it follows, or that it leads. */
void replicas_wait_for_a_leader(struct replicas *replicas, struct replica *replica);

/* An append was refused for want of space. */
void replicas_was_refused(struct replicas *replicas, struct replica *replica);
/* From time to time. */
void replicas_seek_relief(struct replicas *replicas);
/* What has just gone bad does not wait behind what was bad before. */
void replicas_relief_is_due(struct replicas *replicas);
/* A LeaderAndIsr names it. */
void replicas_relief_named(struct replicas *replicas, struct replica *replica);
/* A LeaderAndIsr was obeyed: what it was refused before says nothing. */
void replicas_relief_obeyed(struct replicas *replicas, struct replica *replica);
/* It is taken back, or it is no replica any more, or its dir has failed. */
void replicas_relief_ends(struct replicas *replicas, struct replica *replica);

/* --------------------------------------------------------- replicas_hang.c */

/* How often the checkpoint that tells is written, where the configuration says `every_ms`. */
int64_t replicas_probe_ms(const struct replicas *replicas, int64_t every_ms);
/* A checkpoint is due. False: the last one of its kind is on its way still. */
bool replicas_checkpoint_begins(struct replicas *replicas, struct log_dir *dir,
    enum log_dir_checkpoint kind);
void replicas_checkpoint_ends(struct replicas *replicas, struct log_dir *dir,
    enum log_dir_checkpoint kind);
/* From time to time: dir->hangs. */
void replicas_look_for_hangs(struct replicas *replicas);

/* ------------------------------------------------------ replicas_damaged.c */

/* Something was found that is not sound. */
void replicas_damage_found(struct replicas *replicas, struct replica *replica);
/* There is nothing to tell any more; harmless when there was not. */
void replicas_damage_ends(struct replicas *replicas, struct replica *replica);
/* From time to time. */
void replicas_tell_damaged(struct replicas *replicas);
/* What a LeaderAndIsr says has happened. */
void replicas_damage_obeyed(struct replicas *replicas, struct replica *replica);

/* Begins to look what is left of the disks. */
void replicas_measure_space(struct replicas *replicas);
/* From a partition (partition_home.failed). */
void replicas_partition_failed(void *context, struct partition *partition, unsigned faults);

#endif
