/*
 * log/log_dir.h: one of log.dirs: its lock, whose it is, how it was left, its
 * checkpoints. Part of log_dirs.h, which owns it; functions that block say so.
 */
#ifndef KLAMM_LOG_LOG_DIR_H
#define KLAMM_LOG_LOG_DIR_H

#include "base/list.h"
#include "log/failure_note.h"
#include "log/log_pulse.h"
#include "log/log_room.h"
#include "log/meta_properties.h"
#include "log/offset_checkpoint.h"
#include "log/shrunk_isr_checkpoint.h"
#include "world/boot_id.h"

enum { LOG_DIR_COMPLAINT_SIZE = 512 };

enum log_dir_checkpoint {
	LOG_DIR_RECOVERY_POINT,
	LOG_DIR_LOG_START,
	LOG_DIR_HIGH_WATERMARK,
	LOG_DIR_CHECKPOINT_COUNT,
};

struct log_dir {
	struct disk *disk;
	char *path;
	enum error state;       /* ERROR_NONE: online; else why not */
	char complaint[LOG_DIR_COMPLAINT_SIZE]; /* in words, for the log line */
	struct disk_lock *lock;
	struct meta_properties meta;
	bool has_meta;
	bool was_clean;         /* all logs were closed properly */
	bool recovery_points_known; /* their checkpoint is there and sound */
	bool sync_first;        /* a sync failed before: see log_open_options */
	struct failure_note noted; /* what its own note said at the start */
	struct boot_id boot_id; /* of the start of the machine in which it was used last */
	/* Whatever was written there before this start is still there: nothing is in doubt. */
	bool pages_survived;
	bool unclean;           /* a log of it could not be closed well */
	struct log_room room;   /* of its logs */
	struct log_pulse pulse; /* of what is synced there */
	bool hangs;             /* its owner says so: new logs go elsewhere (F23) */
	int log_count;
	int loading;            /* of these, found at the start and not loaded yet */
	/*
	 * The files may have offsets of partitions that are gone: a new one of the
	 * same name must not get them. `stale` counts such partitions; up to which
	 * the files are renewed, and are about to be by a job that is out.
	 */
	uint64_t stale, renewed, renewing;
	/* What the queue of this dir's jobs has written, or why it could not: of its workers. */
	uint64_t written;
	enum error written_error;
	/* What the files say, or will say when they are written next. */
	struct offset_checkpoint checkpoints[LOG_DIR_CHECKPOINT_COUNT];
	struct shrunk_isr_checkpoint shrunk_isrs;
	bool has_shrunk_isrs;   /* their file is there, or will be */
	bool shrunk_isrs_unknown; /* and damaged */
	bool shrunk_isrs_unwritten; /* their file could not be written as it should be */
	bool boot_id_due;       /* all that is in doubt is in them: the boot id may follow */
};

void log_dir_init(struct log_dir *dir, struct disk *disk, const char *path,
    const uint64_t seed[2]);
void log_dir_fini(struct log_dir *dir);

/* Printf-like, into `complaint`; the dir is offline from here on. Returns the error. */
enum error log_dir_fail(struct log_dir *dir, enum error error, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* "PATH/NAME" with LOG_PATH_SIZE bytes. */
NODISCARD enum error log_dir_path(const struct log_dir *dir, char *into, const char *name);

/*
 * Blocks. Makes the directory when it is missing, takes the lock and reads
 * meta.properties. ERROR_BUSY (somebody else has it) stops the broker's start;
 * any other error only takes this dir offline.
 */
NODISCARD enum error log_dir_open(struct log_dir *dir);
/* Blocks. Writes meta.properties if it lacks or differs from what is given. */
NODISCARD enum error log_dir_write_meta(struct log_dir *dir, int32_t broker_id,
    const char *cluster_id, int64_t now_ms);
/*
 * Blocks. Takes the clean-shutdown file and reads the boot id and the checkpoints.
 * A damaged checkpoint counts as empty (F16): `complaint` says so, the dir stays
 * online.
 */
NODISCARD enum error log_dir_read_state(struct log_dir *dir);

/*
 * Blocks; one at a time for a dir and kind. `text` is what
 * offset_checkpoint_format gave on the owner's thread.
 */
NODISCARD enum error log_dir_write_checkpoint(struct disk *disk, const char *dir_path,
    enum log_dir_checkpoint kind, struct slice text);

/*
 * Blocks. The end: with `clean` the clean-shutdown file is written; the lock is
 * given up and its file removed.
 */
NODISCARD enum error log_dir_close(struct log_dir *dir, bool clean);

#endif
