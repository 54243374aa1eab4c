/* Partitions on their way out. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/log_dirs_private.h"
#include "log/log_removal.h"

void
log_dirs_condemn(struct log_dirs *dirs, struct log_dir *dir, char *path, int64_t due_ms)
{
	struct log_condemned *condemned = memory_new(sizeof(*condemned));

	list_init(&condemned->in_dirs);
	condemned->dir = dir;
	condemned->path = path;
	condemned->due_ms = due_ms;
	list_append(&dirs->condemned, &condemned->in_dirs);
}

char *
log_dirs_path(struct log_dirs *dirs, const struct log_dir *dir,
    const struct log_partition *partition, enum partition_directory_type type)
{
	char name[PARTITION_NAME_MAX + 1], path[LOG_PATH_SIZE];
	struct uuid id;
	uint8_t random[16];

	do
		entropy_fill(dirs->options.entropy, random, sizeof(random));
	while (!uuid_from_random(random, &id));
	if (partition_name_format(type, slice_of_text(partition->topic), partition->partition, id,
	        name) == 0 ||
	    log_dir_path(dir, path, name) != ERROR_NONE)
		return NULL;
	return memory_text(path, strlen(path));
}

enum error
log_dirs_delete_directory(struct log_dirs *dirs, struct log_dir *dir,
    const struct log_partition *partition, const char *path, int64_t now_ms)
{
	char *deleted = log_dirs_path(dirs, dir, partition, PARTITION_DIRECTORY_DELETE);
	enum error error = deleted != NULL ? disk_rename(dir->disk, path, deleted) :
	    ERROR_NAME_TOO_LONG;

	if (error == ERROR_NONE)
		error = disk_sync_directory(dir->disk, dir->path);
	if (error == ERROR_NONE)
		log_dirs_condemn(dirs, dir, deleted, now_ms);
	else
		free(deleted);
	return error;
}

void
log_deletion_prepare(struct log_dirs *dirs, struct log_partition *partition, int64_t now_ms,
    struct log_deletion *deletion)
{
	*deletion = (struct log_deletion){
		.dir = partition->dir,
		.log = partition->log,
		.path = log_dirs_path(dirs, partition->dir, partition, PARTITION_DIRECTORY_DELETE),
		.due_ms = now_ms,
	};
	if (partition->log != NULL)
		deletion->due_ms += log_config(partition->log)->file_delete_delay_ms;
	log_dirs_forget(dirs, partition);
}

void
log_set_aside_prepare(struct log_dirs *dirs, struct log_partition *partition,
    struct log_deletion *deletion)
{
	*deletion = (struct log_deletion){
		.dir = partition->dir,
		.log = partition->log,
		.path = log_dirs_path(dirs, partition->dir, partition, PARTITION_DIRECTORY_STRAY),
		.is_stray = true,
	};
	log_dirs_forget(dirs, partition);
}

void
log_deletion_run(struct log_deletion *deletion)
{
	enum error error = deletion->path != NULL ? ERROR_NONE : ERROR_NAME_TOO_LONG;

	if (deletion->log == NULL) {
		deletion->error = ERROR_OFFLINE;
		return;
	}
	if (error == ERROR_NONE)
		error = log_rename(deletion->log, deletion->path);
	if (error == ERROR_NONE)
		error = disk_sync_directory(deletion->dir->disk, deletion->dir->path);
	log_free(deletion->log);
	deletion->log = NULL;
	deletion->error = error;
}

enum error
log_deletion_done(struct log_dirs *dirs, struct log_deletion *deletion)
{
	if (deletion->error == ERROR_NONE && !deletion->is_stray) {
		log_dirs_condemn(dirs, deletion->dir, deletion->path, deletion->due_ms);
		deletion->path = NULL;
	} else if (deletion->error != ERROR_NONE) {
		log_dirs_set_offline(dirs, deletion->dir, deletion->error);
	}
	free(deletion->path);
	deletion->path = NULL;
	return deletion->error;
}

struct log_condemned *
log_dirs_take_condemned(struct log_dirs *dirs, int64_t now_ms)
{
	struct log_condemned *first = NULL;

	LIST_FOREACH(link, &dirs->condemned) {
		struct log_condemned *condemned = container_of(link, struct log_condemned,
		    in_dirs);

		if (condemned->due_ms <= now_ms && condemned->dir->state == ERROR_NONE &&
		    (first == NULL || condemned->due_ms < first->due_ms))
			first = condemned;
	}
	if (first != NULL)
		list_remove(&first->in_dirs);
	return first;
}

void
log_condemned_run(struct log_condemned *condemned)
{
	condemned->error = log_remove_directory(condemned->dir->disk, condemned->path);
}

enum error
log_condemned_done(struct log_condemned *condemned)
{
	enum error error = condemned->error;

	if (error != ERROR_NONE)
		(void)log_dir_fail(condemned->dir, error, "%s: %s", condemned->path,
		    error_text(error));
	free(condemned->path);
	free(condemned);
	return error;
}
