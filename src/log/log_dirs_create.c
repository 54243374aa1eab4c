/* Making new partitions: many at once, as each sync takes its time. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/log_dirs_private.h"
#include "log/log_removal.h"
#include "log/move_mark.h"
#include "log/partition_metadata.h"

/*
 * From so many on the file system is synced as a whole: one sync, that may have to
 * write what others left in the page cache, against two for each partition.
 */
enum { MANY = 16 };

/* ------------------------------------------------------------- checkpoints */

static void
prepare_renewal(struct log_load *load)
{
	struct log_dir *dir = load->partition->dir;

	load->renewed = dir->stale;
	load->relies = dir->renewed != dir->stale && dir->renewing == dir->stale;
	load->renews = dir->renewed != dir->stale && !load->relies;
	if (load->renews)
		dir->renewing = dir->stale;
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT && load->renews; i++)
		log_checkpoint_prepare(load->dirs, dir, (enum log_dir_checkpoint)i,
		    &load->checkpoints[i]);
	load->renews_shrunk_isrs = load->renews && dir->has_shrunk_isrs;
	if (load->renews_shrunk_isrs)
		log_shrunk_prepare(load->dirs, dir, false, &load->shrunk_isrs);
}

void
log_load_renew_doubts(struct log_load *load)
{
	if (!load->renews_shrunk_isrs)
		return;
	buffer_fini(&load->shrunk_isrs.text);
	log_shrunk_prepare(load->dirs, load->partition->dir, false, &load->shrunk_isrs);
}

static enum error
run_renewal(struct log_load *load)
{
	struct log_dir *dir = load->partition->dir;
	enum error error = ERROR_NONE;

	if (load->relies)
		return dir->written == load->renewed ? ERROR_NONE : dir->written_error;
	if (!load->renews)
		return ERROR_NONE;
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT && error == ERROR_NONE; i++) {
		log_checkpoint_run(&load->checkpoints[i]);
		error = load->checkpoints[i].error;
	}
	if (load->renews_shrunk_isrs && error == ERROR_NONE) {
		log_shrunk_run(&load->shrunk_isrs);
		error = load->shrunk_isrs.error;
	}
	if (error == ERROR_NONE)
		dir->written = load->renewed;
	dir->written_error = error;
	return error;
}

void
log_load_end_renewal(struct log_load *load)
{
	struct log_dir *dir = load->partition->dir;

	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT && load->renews; i++)
		buffer_fini(&load->checkpoints[i].text);
	if (load->renews_shrunk_isrs)
		buffer_fini(&load->shrunk_isrs.text);
	if (load->renews && load->renewal_error == ERROR_NONE)
		dir->renewed = MAX(dir->renewed, load->renewed);
	if (load->renews && dir->renewing == load->renewed)
		dir->renewing = 0;
}

/* ------------------------------------------------------------------ making */

static enum error
write_metadata(const struct log_load *load, bool syncs)
{
	struct disk *disk = load->dirs->options.disk;
	char path[LOG_PATH_SIZE];

	if (uuid_is_zero(load->topic_id))
		return ERROR_NONE;
	if (snprintf(path, sizeof(path), "%s/%s", load->path, PARTITION_METADATA) >=
	    (int)sizeof(path))
		return ERROR_NAME_TOO_LONG;
	return syncs ? partition_metadata_write(disk, path, load->topic_id) :
	    partition_metadata_make(disk, path, load->topic_id);
}

static enum error
make(struct log_load *load, bool syncs)
{
	enum error error = load->renewal_error = run_renewal(load);

	if (error == ERROR_NONE)
		error = disk_make_directory(load->dirs->options.disk, load->path);
	if (error == ERROR_EXISTS)
		error = ERROR_NONE; /* a crash or a full disk has left it */
	if (error == ERROR_NONE && load->mark > 0)
		error = move_mark_write(load->dirs->options.disk, load->path, load->mark);
	if (error == ERROR_NONE)
		error = write_metadata(load, syncs);
	return error == ERROR_NONE ? log_load_open(load) : error;
}

static void
sync_dir(struct log_load *const *loads, size_t count)
{
	const struct log_dir *dir = loads[0]->partition->dir;
	enum error error = disk_sync_directory(dir->disk, dir->path);

	for (size_t i = 0; i < count; i++)
		if (loads[i]->error == ERROR_NONE)
			loads[i]->error = error;
}

/*
 * What failed may be somebody else's, and long ago: then each is synced by itself,
 * and what was written is written again.
 */
static void
sync_together(struct log_load *const *loads, size_t count)
{
	const struct log_dir *dir = loads[0]->partition->dir;
#ifdef CANARY_MADE_BUT_NOT_SYNCED
	bool is_synced = true;
#else
	bool is_synced = disk_sync_all(dir->disk, dir->path) == ERROR_NONE;
#endif

	for (size_t i = 0; i < count; i++) {
		if (loads[i]->error == ERROR_NONE && is_synced)
			log_folder_is_synced(loads[i]->log);
		else if (loads[i]->error == ERROR_NONE)
			loads[i]->error = write_metadata(loads[i], true);
	}
	if (!is_synced)
		sync_dir(loads, count);
}

static void
unmake(struct log_load *load)
{
	if (load->log != NULL)
		log_free(load->log);
	load->log = NULL;
	/* An empty directory that is left over is a partition without records. */
	if (log_remove_directory(load->dirs->options.disk, load->path) != ERROR_NONE)
		return;
}

void
log_loads_make(struct log_load *const *loads, size_t count)
{
	int many = loads[0]->dirs->options.many;
	bool together = count >= (size_t)(many > 0 ? many : MANY);

	for (size_t i = 0; i < count; i++) {
		assert(loads[i]->is_new && loads[i]->partition->dir == loads[0]->partition->dir);
		loads[i]->error = make(loads[i], !together);
	}
	if (together)
		sync_together(loads, count);
	else
		sync_dir(loads, count);
	for (size_t i = 0; i < count; i++)
		if (loads[i]->error != ERROR_NONE)
			unmake(loads[i]);
}

void
log_loads_give_up(struct log_load *const *loads, size_t count, enum error error)
{
	for (size_t i = 0; i < count; i++) {
		loads[i]->error = loads[i]->renewal_error = error;
		if (loads[i]->renews) /* others may rely on it */
			loads[i]->partition->dir->written_error = error;
	}
}

/* ---------------------------------------------------------------- creating */

static bool
is_better(struct log_dir *dir, struct log_dir *than)
{
	bool has_room = log_room_left(&dir->room) > 0;

	if (than == NULL || dir->hangs != than->hangs)
		return than == NULL || !dir->hangs;
	if (has_room != (log_room_left(&than->room) > 0))
		return has_room;
	return dir->log_count < than->log_count;
}

static struct log_dir *
emptiest_dir(struct log_dirs *dirs)
{
	struct log_dir *best = NULL;

	for (int i = 0; i < dirs->count; i++)
		if (dirs->dirs[i].state == ERROR_NONE && is_better(&dirs->dirs[i], best))
			best = &dirs->dirs[i];
	return best;
}

static enum error
create(struct log_dirs *dirs, struct log_dir *dir, const struct log_partition_key *key,
    struct uuid topic_id, int64_t now_ms, struct log_load *load)
{
	struct log_partition *partition;
	char *path;

	if (!topic_name_is_legal(key->topic) || key->partition < 0)
		return ERROR_MALFORMED;
	if (log_dirs_find_key(dirs, key) != NULL)
		return ERROR_EXISTS;
	if (dir == NULL || dir->state != ERROR_NONE)
		return ERROR_OFFLINE;
	partition = log_dirs_add(dirs, dir, key);
	path = log_dirs_path(dirs, dir, partition,
	    key->is_future ? PARTITION_DIRECTORY_FUTURE : PARTITION_DIRECTORY_PLAIN);
	if (path == NULL) {
		log_dirs_forget(dirs, partition);
		return ERROR_NAME_TOO_LONG;
	}
	log_load_init(load, dirs, partition, path, true, now_ms);
	free(path);
	dirs->options.config_of(dirs->options.context, key->topic, &load->config);
	load->topic_id = topic_id;
	prepare_renewal(load);
	return ERROR_NONE;
}

enum error
log_dirs_create(struct log_dirs *dirs, struct slice topic, int32_t partition,
    struct uuid topic_id, int64_t now_ms, struct log_load *load)
{
	return log_dirs_create_in(dirs, emptiest_dir(dirs), topic, partition, topic_id, now_ms,
	    load);
}

enum error
log_dirs_create_in(struct log_dirs *dirs, struct log_dir *dir, struct slice topic,
    int32_t partition, struct uuid topic_id, int64_t now_ms, struct log_load *load)
{
	return create(dirs, dir, &(struct log_partition_key){ topic, partition, false }, topic_id,
	    now_ms, load);
}

enum error
log_dirs_create_future(struct log_dirs *dirs, struct log_dir *dir, struct slice topic,
    int32_t partition, struct uuid topic_id, int64_t now_ms, struct log_load *load)
{
	return create(dirs, dir, &(struct log_partition_key){ topic, partition, true }, topic_id,
	    now_ms, load);
}
