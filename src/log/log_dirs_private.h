/* log/log_dirs_private.h: what the files of log_dirs share. */
#ifndef KLAMM_LOG_LOG_DIRS_PRIVATE_H
#define KLAMM_LOG_LOG_DIRS_PRIVATE_H

#include "log/log_dirs.h"

struct log_partition_key {
	struct slice topic;
	int32_t partition;
	bool is_future;
};

struct log_partition *log_dirs_find_key(struct log_dirs *dirs,
    const struct log_partition_key *key);
/* The key is not there yet; the topic has at most LOG_TOPIC_NAME_MAX bytes. */
struct log_partition *log_dirs_add(struct log_dirs *dirs, struct log_dir *dir,
    const struct log_partition_key *key);
/* Frees it; its log is somebody else's or gone. Its offsets leave the checkpoints. */
void log_dirs_forget(struct log_dirs *dirs, struct log_partition *partition);
/* The replica that was moved takes the place of the current one, which is forgotten. */
void log_dirs_become_current(struct log_dirs *dirs, struct log_partition *partition);
/* What the checkpoints of its dir would say of it if it were the current one. */
void log_dirs_checkpoint_as_current(struct log_partition *partition);
/* Of such a directory in the dir, with a new id; the caller's. NULL: there is none so long. */
char *log_dirs_path(struct log_dirs *dirs, const struct log_dir *dir,
    const struct log_partition *partition, enum partition_directory_type type);
/* Blocks. A directory's name becomes that of one that is deleted, which is condemned. */
NODISCARD enum error log_dirs_delete_directory(struct log_dirs *dirs, struct log_dir *dir,
    const struct log_partition *partition, const char *path, int64_t now_ms);
/* Takes the path. */
void log_dirs_condemn(struct log_dirs *dirs, struct log_dir *dir, char *path, int64_t due_ms);

/* log_dirs_load.c: a job, and what a worker does first. */
void log_load_init(struct log_load *load, struct log_dirs *dirs, struct log_partition *partition,
    const char *path, bool is_new, int64_t now_ms);
NODISCARD enum error log_load_open(struct log_load *load);
/* log_dirs_create.c: what the job of a new partition did to the checkpoints is done. */
void log_load_end_renewal(struct log_load *load);

/* log_dirs_shrunk.c, blocks: what could not be written when it should have been. */
NODISCARD enum error log_dir_settle_shrunk(struct log_dirs *dirs, struct log_dir *dir);

/* log_dirs_notes.c: `dir` has failed; is to be recovered with care; was recovered. */
void log_dirs_note_failure(struct log_dirs *dirs, const struct log_dir *dir);
/* Blocks. */
void log_dirs_read_notes(struct log_dirs *dirs);
/* After each partition of the dir that was loaded well. */
void log_dirs_recovered(struct log_dirs *dirs, struct log_dir *dir);

#endif
