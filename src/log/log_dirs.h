/*
 * log/log_dirs.h: all log.dirs of a broker and the partitions in them.
 *
 * Threads: the struct belongs to one thread (the control thread). What blocks
 * is a job: prepared and handed back by the owner, its _run goes on a worker
 * and touches nothing but the job. Logs belong to their partitions' actors;
 * offsets for the checkpoints are read from what they publish (log.h).
 *
 * Start:	log_dirs_new, log_dirs_open, log_dirs_claim, log_dirs_list,
 *		log_loads_configure; then for each job log_load_run on some
 *		worker, log_load_done.
 * End:		each partition's log_close on some worker, log_dirs_take_log
 *		before it; then log_dirs_close.
 */
#ifndef KLAMM_LOG_LOG_DIRS_H
#define KLAMM_LOG_LOG_DIRS_H

#include <string.h>

#include "log/failure_note.h"
#include "log/log.h"
#include "log/log_dir.h"
#include "log/partition_name.h"
#include "world/entropy.h"

struct log_dirs_options {
	struct disk *disk;
	struct entropy *entropy;
	const char *const *paths;
	int count;
	unsigned open_files;        /* limit of the fd cache */
	size_t index_cache_bytes;
	struct boot_id boot_id;     /* of this start of the machine; empty: unknown */
	int many;                   /* so many new partitions are synced together; 0: as is best */
	/* The configuration of a topic. On the owner's thread. */
	void (*config_of)(void *context, struct slice topic, struct log_config *config);
	void *context;
};

struct log_checkpoint_job {
	struct log_dir *dir;
	enum log_dir_checkpoint kind;
	struct buffer text;
	enum error error;
};

/* What log dirs keep for the protection of last replicas (F17). */
struct log_shrunk_job {
	struct log_dir *dir;
	struct buffer text;      /* of the checkpoint */
	bool writes_boot_id;
	struct boot_id boot_id;
	enum error error;
};

/* One partition of this broker, as it lies in one dir. */
struct log_partition {
	struct hash_node node;
	struct log_dir *dir;
	struct log *log;            /* NULL while it is loaded or deleted */
	int64_t recovery_point;     /* of a log that is being closed, should that go well */
	int32_t partition;
	bool is_future;             /* a replica that is being moved here */
	struct uuid topic_id;       /* of a future one that a start has found; zero: unknown */
	char topic[LOG_TOPIC_NAME_MAX + 1];
};

/* A directory that is going to be removed. */
struct log_condemned {
	struct list in_dirs;
	struct log_dir *dir;
	int64_t due_ms;             /* wall clock */
	char *path;
	enum error error;           /* of log_condemned_run */
};

struct log_dirs {
	struct log_dirs_options options;
	struct log_dir *dirs;
	int count;
	struct file_cache cache;
	struct index_cache index_cache;
	struct index_place indexes;
	struct prng prng;
	uint64_t seed[2];
	struct hash_table partitions; /* struct log_partition */
	struct list condemned;
	struct failure_note failed; /* dirs that a start must not trust */
	bool notes_due;
	/*
	 * This start could not use one, or finds it empty for the first time: it, or what was there
	 * before it, may have, or have had, newer logs than the others (F24, F18).
	 */
	bool any_is_away;
};

struct log_dirs *log_dirs_new(const struct log_dirs_options *options);
/* Logs that are left are freed, nothing is written: for tests and after log_dirs_close. */
void log_dirs_free(struct log_dirs *dirs);

/*
 * Blocks. Locks the dirs and reads whose they are. Damaged ones are offline
 * and say why in their `complaint`. ERROR_BUSY: one is in use; ERROR_OFFLINE:
 * none is left; MALFORMED: two dirs of different brokers or clusters: in
 * each case `*guilty` is a dir whose complaint tells.
 */
NODISCARD enum error log_dirs_open(struct log_dirs *dirs, struct log_dir **guilty);
/* What the dirs say: -1 and "" when none does. */
int32_t log_dirs_broker_id(const struct log_dirs *dirs);
const char *log_dirs_cluster_id(const struct log_dirs *dirs);
/* Blocks. Checks that the dirs are this broker's (F31: MALFORMED) and writes new ones' files. */
NODISCARD enum error log_dirs_claim(struct log_dirs *dirs, int32_t broker_id,
    const char *cluster_id, int64_t now_ms, struct log_dir **guilty);

/* ----------------------------------------------------------------- loading */

struct log_load {
	struct log_dirs *dirs;
	struct log_partition *partition;
	struct log_open_options options; /* progress may be set by the caller */
	struct log_config config;
	struct prng prng;
	char *path;
	bool is_new;             /* the directory is made; then topic_id is written */
	struct uuid topic_id;    /* zero: none */
	int64_t mark;            /* of a new one, set by the caller: move_mark.h; 0: none */
	/*
	 * Written before a new one is made, when they have offsets of an older
	 * namesake, unless a job before it in the queue of the dir does so.
	 */
	bool renews, relies;
	uint64_t renewed;        /* dir->stale at that time */
	enum error renewal_error;
	struct log_checkpoint_job checkpoints[LOG_DIR_CHECKPOINT_COUNT];
	bool renews_shrunk_isrs;
	struct log_shrunk_job shrunk_isrs;
	struct log *log;
	enum error error;
};

struct log_loads {
	struct log_load *loads;
	int count;
};

/*
 * Blocks. Reads how the dirs were left, lists their partitions and makes a job
 * for each; partitions that were being deleted are condemned. A name that is
 * none stops that dir. A partition that lies in two dirs is taken from the one
 * to which it was moved last; EXISTS: nothing tells which, see `*guilty`.
 */
NODISCARD enum error log_dirs_list(struct log_dirs *dirs, int64_t now_ms,
    struct log_loads *loads, struct log_dir **guilty);
/*
 * Back on the owner's thread: each job and each partition that is condemned
 * gets what its topic's configuration says now.
 */
void log_loads_configure(struct log_loads *loads, struct log_dirs *dirs);
/* On a worker: opens, and where needed recovers, one log; or makes it. */
void log_load_run(struct log_load *load);
/*
 * On a worker: makes new partitions of one dir, one or more; all are durable when it
 * returns. A crash before may leave any part of them: nothing has been appended. Each
 * load is ended by itself.
 */
void log_loads_make(struct log_load *const *loads, size_t count);
/* Instead of it, on a worker: none is made, for that reason. */
void log_loads_give_up(struct log_load *const *loads, size_t count, enum error error);
/* On the owner's thread, before it is run: shrunk_isrs of its dir have changed since it was prepared. */
void log_load_renew_doubts(struct log_load *load);
/*
 * Back on the owner's thread: the log is in its partition. After an error the
 * whole dir is offline, as in Kafka, and the error is returned.
 */
NODISCARD enum error log_load_done(struct log_load *load);
void log_loads_fini(struct log_loads *loads);
/* One after the other, here: tools and tests. The first error. */
NODISCARD enum error log_dirs_load_all(struct log_dirs *dirs, int64_t now_ms,
    struct log_dir **guilty);

/* -------------------------------------------------------------- partitions */

struct log_partition *log_dirs_find(struct log_dirs *dirs, struct slice topic, int32_t partition);
/* The replica of it that is being moved to another dir. */
struct log_partition *log_dirs_find_future(struct log_dirs *dirs, struct slice topic,
    int32_t partition);
#define LOG_DIRS_FOREACH(link, dirs) HASH_TABLE_FOREACH(link, &(dirs)->partitions)
static inline struct log_partition *
log_partition_of(struct list *link)
{
	return container_of(hash_node_of(link), struct log_partition, node);
}

/*
 * A job that makes a partition in the dir with the fewest logs, a full one only
 * where all are (what is made is small, and the reserve is for such): run with
 * log_load_run, ended with log_load_done (which forgets it again after an
 * error; only NO_SPACE and TOO_MANY_FILES leave the dir online). EXISTS;
 * OFFLINE: no dir is left; NAME_TOO_LONG, MALFORMED: not a topic's name.
 */
NODISCARD enum error log_dirs_create(struct log_dirs *dirs, struct slice topic, int32_t partition,
    struct uuid topic_id, int64_t now_ms, struct log_load *load);

/* The same in a dir that was chosen. */
NODISCARD enum error log_dirs_create_in(struct log_dirs *dirs, struct log_dir *dir,
    struct slice topic, int32_t partition, struct uuid topic_id, int64_t now_ms,
    struct log_load *load);
/*
 * The same for a replica of a partition that is here, to be moved to that dir
 * (-future): log_swap.h. EXISTS: there is one. NAME_TOO_LONG: its topic's name.
 */
NODISCARD enum error log_dirs_create_future(struct log_dirs *dirs, struct log_dir *dir,
    struct slice topic, int32_t partition, struct uuid topic_id, int64_t now_ms,
    struct log_load *load);
/* The dir of this path, NULL: there is none. */
struct log_dir *log_dirs_find_dir(struct log_dirs *dirs, struct slice path);

/*
 * Deletion: the owner takes the partition out, a worker renames its directory
 * (no job of the log may be out) and frees the log, then the owner has it
 * condemned, to be removed file.delete.delay.ms later.
 */
struct log_deletion {
	struct log_dir *dir;
	struct log *log;
	char *path;     /* of the new name */
	int64_t due_ms;
	bool is_stray;  /* it is kept */
	enum error error;
};
void log_deletion_prepare(struct log_dirs *dirs, struct log_partition *partition, int64_t now_ms,
    struct log_deletion *deletion);
/* The same, but the directory becomes a stray one, for an operator to look at. */
void log_set_aside_prepare(struct log_dirs *dirs, struct log_partition *partition,
    struct log_deletion *deletion);
void log_deletion_run(struct log_deletion *deletion);
NODISCARD enum error log_deletion_done(struct log_dirs *dirs, struct log_deletion *deletion);

/* The condemned one that is due longest, taken out; NULL: none is due. */
struct log_condemned *log_dirs_take_condemned(struct log_dirs *dirs, int64_t now_ms);
/* On a worker. */
void log_condemned_run(struct log_condemned *condemned);
/* Frees it; after an error the dir is offline. */
NODISCARD enum error log_condemned_done(struct log_condemned *condemned);

/*
 * Takes the dir and all its logs offline; their actors learn it by log_state().
 * Notes are due then.
 */
void log_dirs_set_offline(struct log_dirs *dirs, struct log_dir *dir, enum error error);
int log_dirs_online_count(const struct log_dirs *dirs);

/* ------------------------------------------------------------------- notes */

/*
 * Dirs that have failed, noted in the others (failure_note.h): a job, due
 * after a dir went offline and after such a dir was recovered well.
 */
struct log_notes_job {
	struct disk *disk;
	struct buffer text;
	struct log_dir **dirs;
	enum error *errors;
	int count;
};

bool log_dirs_notes_are_due(const struct log_dirs *dirs);
void log_notes_prepare(struct log_dirs *dirs, struct log_notes_job *job);
/* On a worker, one job at a time. */
void log_notes_run(struct log_notes_job *job);
/*
 * An error: no dir could take the note, which is due again. Dirs that could not
 * for good are offline.
 */
NODISCARD enum error log_notes_done(struct log_dirs *dirs, struct log_notes_job *job);
/* Blocks. All of it here, if due: start, stop, tests. */
NODISCARD enum error log_dirs_write_notes(struct log_dirs *dirs);

/* ------------------------------------------------------------------- space */

/*
 * What is left of the dir's file system, less a reserve of a twentieth of it, at
 * most 64 MiB, becomes its logs' room (F20): a job, to be run now and then.
 */
struct log_space_job {
	struct log_dir *dir;
	struct disk_space space;
	enum error error;
};

/* Of a file system of so many bytes. */
int64_t log_space_reserve(int64_t total);
void log_space_prepare(struct log_dir *dir, struct log_space_job *job);
/* On a worker. */
void log_space_run(struct log_space_job *job);
/* After an error the dir is offline: it is gone. */
NODISCARD enum error log_space_done(struct log_dirs *dirs, struct log_space_job *job);

/* ------------------------------------------------------------- checkpoints */

/* Some log has a lower offset by now than the checkpoint says, as it was last prepared. */
bool log_dir_offsets_fell(const struct log_dirs *dirs, const struct log_dir *dir,
    enum log_dir_checkpoint kind);
/* The same, a higher one; the checkpoint says 0 of whom it does not name. */
bool log_dir_offsets_rose(const struct log_dirs *dirs, const struct log_dir *dir,
    enum log_dir_checkpoint kind);

/*
 * At most one job of a dir and kind at a time, or the older may win; making a
 * partition may be one, too. A queue of the workers for each dir sees to it.
 */
void log_checkpoint_prepare(struct log_dirs *dirs, struct log_dir *dir,
    enum log_dir_checkpoint kind, struct log_checkpoint_job *job);
void log_checkpoint_run(struct log_checkpoint_job *job);
/* NO_SPACE heals; after another error the dir is offline. */
NODISCARD enum error log_checkpoint_done(struct log_dirs *dirs, struct log_checkpoint_job *job);

/*
 * dir->shrunk_isrs as they are now, and with `writes_boot_id` the boot id, behind
 * them: from then on whoever starts trusts what is in the page cache. One that
 * could not be written comes with the next job, or at the stop, which is else not in
 * order. In the queue of checkpoints.
 */
void log_shrunk_prepare(struct log_dirs *dirs, struct log_dir *dir, bool writes_boot_id,
    struct log_shrunk_job *job);
/* On a worker. */
void log_shrunk_run(struct log_shrunk_job *job);
/* NO_SPACE and TOO_MANY_FILES heal; after another error the dir is offline. */
NODISCARD enum error log_shrunk_done(struct log_dirs *dirs, struct log_shrunk_job *job);
/* The file says something else of the boot id than it should. */
static inline bool
log_dir_lacks_boot_id(const struct log_dirs *dirs, const struct log_dir *dir)
{
	return strcmp(dirs->options.boot_id.text, dir->boot_id.text) != 0;
}

/* ----------------------------------------------------------------- the end */

/*
 * The log leaves its partition, to be closed (log_close, on a worker) by who
 * takes it; then the owner is told with what result. NULL: there is none.
 */
struct log *log_partition_take(struct log_partition *partition);
void log_partition_closed(struct log_dirs *dirs, struct log_partition *partition,
    enum error error);
/*
 * Blocks. Checkpoints; the clean-shutdown file of each dir in which every log
 * was closed well; the locks. The first error.
 */
NODISCARD enum error log_dirs_close(struct log_dirs *dirs);
/* Closes every log here, then the dirs: tools and tests. */
NODISCARD enum error log_dirs_close_all(struct log_dirs *dirs, int64_t now_ms);

#endif
