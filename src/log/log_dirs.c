#include "log/log_dirs.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/log_dirs_private.h"

/* ------------------------------------------------------------------- table */

static bool
partition_matches(const struct hash_node *node, const void *key)
{
	const struct log_partition *partition = container_of(node, struct log_partition, node);
	const struct log_partition_key *wanted = key;

	return partition->partition == wanted->partition &&
	    partition->is_future == wanted->is_future &&
	    slice_equal_text(wanted->topic, partition->topic);
}

static uint64_t
hash_of(const struct log_dirs *dirs, const struct log_partition_key *key)
{
	return hash_table_hash(&dirs->partitions, key->topic) +
	    (uint64_t)key->partition * 2 + key->is_future;
}

struct log_partition *
log_dirs_find_key(struct log_dirs *dirs, const struct log_partition_key *key)
{
	struct hash_node *node = hash_table_find(&dirs->partitions, hash_of(dirs, key), key);

	return node == NULL ? NULL : container_of(node, struct log_partition, node);
}

struct log_partition *
log_dirs_find(struct log_dirs *dirs, struct slice topic, int32_t partition)
{
	struct log_partition_key key = { topic, partition, false };

	return log_dirs_find_key(dirs, &key);
}

struct log_partition *
log_dirs_find_future(struct log_dirs *dirs, struct slice topic, int32_t partition)
{
	struct log_partition_key key = { topic, partition, true };

	return log_dirs_find_key(dirs, &key);
}

struct log_dir *
log_dirs_find_dir(struct log_dirs *dirs, struct slice path)
{
	for (int i = 0; i < dirs->count; i++)
		if (slice_equal_text(path, dirs->dirs[i].path))
			return &dirs->dirs[i];
	return NULL;
}

struct log_partition *
log_dirs_add(struct log_dirs *dirs, struct log_dir *dir, const struct log_partition_key *key)
{
	struct log_partition *partition = memory_new(sizeof(*partition));

	partition->dir = dir;
	partition->partition = key->partition;
	partition->is_future = key->is_future;
	memcpy(partition->topic, key->topic.bytes, key->topic.size);
	hash_table_insert(&dirs->partitions, &partition->node, hash_of(dirs, key));
	dir->log_count++;
	return partition;
}

void
log_dirs_forget(struct log_dirs *dirs, struct log_partition *partition)
{
	struct log_dir *dir = partition->dir;

	/* Also of one that was to become the current one: that is never in the same dir. */
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT; i++)
		offset_checkpoint_remove(&dir->checkpoints[i], slice_of_text(partition->topic),
		    partition->partition);
	if (!partition->is_future)
		(void)shrunk_isr_checkpoint_remove(&dir->shrunk_isrs,
		    slice_of_text(partition->topic), partition->partition);
	dir->stale++;
	dir->log_count--;
	hash_table_remove(&dirs->partitions, &partition->node);
	free(partition);
}

void
log_dirs_become_current(struct log_dirs *dirs, struct log_partition *partition)
{
	struct log_partition_key key = { slice_of_text(partition->topic), partition->partition,
		false };

	hash_table_remove(&dirs->partitions, &partition->node);
	partition->is_future = false;
	hash_table_insert(&dirs->partitions, &partition->node, hash_of(dirs, &key));
}

/* -------------------------------------------------------------- open, free */

static void
draw_seeds(struct log_dirs *dirs)
{
	uint64_t seed;

	entropy_fill(dirs->options.entropy, dirs->seed, sizeof(dirs->seed));
	entropy_fill(dirs->options.entropy, &seed, sizeof(seed));
	prng_init(&dirs->prng, seed);
}

struct log_dirs *
log_dirs_new(const struct log_dirs_options *options)
{
	struct log_dirs *dirs = memory_new(sizeof(*dirs));

	dirs->options = *options;
	draw_seeds(dirs);
	dirs->count = options->count;
	dirs->dirs = memory_array((size_t)options->count, sizeof(dirs->dirs[0]));
	for (int i = 0; i < dirs->count; i++)
		log_dir_init(&dirs->dirs[i], options->disk, options->paths[i], dirs->seed);
	file_cache_init(&dirs->cache, options->disk, options->open_files);
	index_cache_init(&dirs->index_cache, options->index_cache_bytes);
	dirs->indexes = (struct index_place){ options->disk, &dirs->index_cache };
	hash_table_init(&dirs->partitions, dirs->seed, partition_matches);
	list_init(&dirs->condemned);
	failure_note_init(&dirs->failed);
	return dirs;
}

static void
condemned_free(struct log_condemned *condemned)
{
	free(condemned->path);
	free(condemned);
}

void
log_dirs_free(struct log_dirs *dirs)
{
	struct list *link;

	LOG_DIRS_FOREACH(at, dirs) {
		struct log_partition *partition = log_partition_of(at);
		log_free(partition->log);
		log_dirs_forget(dirs, partition);
	}
	while ((link = list_take_first(&dirs->condemned)) != NULL)
		condemned_free(container_of(link, struct log_condemned, in_dirs));
	hash_table_fini(&dirs->partitions);
	file_cache_fini(&dirs->cache);
	index_cache_fini(&dirs->index_cache);
	for (int i = 0; i < dirs->count; i++)
		log_dir_fini(&dirs->dirs[i]);
	free(dirs->dirs);
	failure_note_fini(&dirs->failed);
	free(dirs);
}

/* The first dir whose meta.properties says something, NULL when none does. */
static const struct log_dir *
first_known(const struct log_dirs *dirs)
{
	for (int i = 0; i < dirs->count; i++) {
		if (dirs->dirs[i].state == ERROR_NONE && dirs->dirs[i].has_meta)
			return &dirs->dirs[i];
	}
	return NULL;
}

int32_t
log_dirs_broker_id(const struct log_dirs *dirs)
{
	const struct log_dir *dir = first_known(dirs);

	return dir != NULL ? dir->meta.broker_id : -1;
}

const char *
log_dirs_cluster_id(const struct log_dirs *dirs)
{
	const struct log_dir *dir = first_known(dirs);

	return dir != NULL ? dir->meta.cluster_id : "";
}

static enum error
check_meta(struct log_dir *dir, int32_t broker_id, const char *cluster_id)
{
	switch (meta_properties_verify(&dir->meta, broker_id, cluster_id)) {
	case META_PROPERTIES_FIT:
		return ERROR_NONE;
	case META_PROPERTIES_WRONG_VERSION:
		return log_dir_fail(dir, ERROR_MALFORMED,
		    "%s: meta.properties has version %d: it belongs to a broker in KRaft mode",
		    dir->path, dir->meta.version);
	case META_PROPERTIES_WRONG_CLUSTER:
		return log_dir_fail(dir, ERROR_MALFORMED,
		    "%s: meta.properties has cluster.id %s, expected %s", dir->path,
		    dir->meta.cluster_id, cluster_id);
	default:
		return log_dir_fail(dir, ERROR_MALFORMED,
		    "%s: meta.properties has broker.id %d, expected %d", dir->path,
		    dir->meta.broker_id, broker_id);
	}
}

static enum error
check_all_meta(struct log_dirs *dirs, int32_t broker_id, const char *cluster_id,
    struct log_dir **guilty)
{
	for (int i = 0; i < dirs->count; i++) {
		struct log_dir *dir = &dirs->dirs[i];

		if (dir->state != ERROR_NONE || !dir->has_meta)
			continue;
		enum error error = check_meta(dir, broker_id, cluster_id);
		if (error != ERROR_NONE) {
			*guilty = dir;
			return error;
		}
	}
	return ERROR_NONE;
}

static enum error
require_online(struct log_dirs *dirs, struct log_dir **guilty)
{
	if (log_dirs_online_count(dirs) > 0)
		return ERROR_NONE;
	*guilty = &dirs->dirs[0];
	return ERROR_OFFLINE;
}

enum error
log_dirs_open(struct log_dirs *dirs, struct log_dir **guilty)
{
	enum error error;

	*guilty = NULL;
	for (int i = 0; i < dirs->count; i++) {
		/* Which other error it is stands in the dir, which is offline then. */
		if (log_dir_open(&dirs->dirs[i]) == ERROR_BUSY) {
			*guilty = &dirs->dirs[i];
			return ERROR_BUSY;
		}
	}
	error = require_online(dirs, guilty);
	if (error != ERROR_NONE)
		return error;
	return check_all_meta(dirs, log_dirs_broker_id(dirs), log_dirs_cluster_id(dirs), guilty);
}

enum error
log_dirs_claim(struct log_dirs *dirs, int32_t broker_id, const char *cluster_id, int64_t now_ms,
    struct log_dir **guilty)
{
	enum error error = check_all_meta(dirs, broker_id, cluster_id, guilty);

	if (error != ERROR_NONE)
		return error;
	for (int i = 0; i < dirs->count; i++) {
		struct log_dir *dir = &dirs->dirs[i];

		if (dir->state == ERROR_NONE &&
		    log_dir_write_meta(dir, broker_id, cluster_id, now_ms) != ERROR_NONE)
			continue; /* that dir is offline now */
	}
	return require_online(dirs, guilty);
}

int
log_dirs_online_count(const struct log_dirs *dirs)
{
	int count = 0;

	for (int i = 0; i < dirs->count; i++)
		count += dirs->dirs[i].state == ERROR_NONE;
	return count;
}

void
log_dirs_set_offline(struct log_dirs *dirs, struct log_dir *dir, enum error error)
{
	if (log_dir_fail(dir, error, "%s: %s", dir->path, error_text(error)) == ERROR_NONE)
		return;
	log_dirs_note_failure(dirs, dir);
	LOG_DIRS_FOREACH(at, dirs) {
		struct log_partition *partition = log_partition_of(at);

		if (partition->dir == dir && partition->log != NULL)
			log_set_offline(partition->log);
	}
}

/* ------------------------------------------------------------- checkpoints */

static int64_t
offset_of(const struct log_partition *partition, enum log_dir_checkpoint kind)
{
	struct log_published published = log_published(partition->log);

	switch (kind) {
	case LOG_DIR_RECOVERY_POINT:
		return published.recovery_point;
	case LOG_DIR_LOG_START:
		return published.log_start_offset;
	default:
		return published.high_watermark;
	}
}

static void
update_checkpoint(struct log_dir *dir, const struct log_partition *partition,
    enum log_dir_checkpoint kind)
{
	struct slice topic = slice_of_text(partition->topic);
	int64_t offset = offset_of(partition, kind);

	if (offset >= 0)
		offset_checkpoint_set(&dir->checkpoints[kind], topic, partition->partition,
		    offset);
	else
		offset_checkpoint_remove(&dir->checkpoints[kind], topic, partition->partition);
}

void
log_dirs_checkpoint_as_current(struct log_partition *partition)
{
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT; i++)
		update_checkpoint(partition->dir, partition, (enum log_dir_checkpoint)i);
}

static bool
offsets_moved(const struct log_dirs *dirs, const struct log_dir *dir, enum log_dir_checkpoint kind,
    bool up)
{
	LOG_DIRS_FOREACH(at, dirs) {
		const struct log_partition *partition = log_partition_of(at);
		int64_t offset = 0, now;

		if (partition->dir != dir || partition->log == NULL || partition->is_future)
			continue;
		(void)offset_checkpoint_get(&dir->checkpoints[kind], slice_of_text(partition->topic),
		    partition->partition, &offset);
		now = offset_of(partition, kind);
		if (up ? offset < now : offset > now)
			return true;
	}
	return false;
}

bool
log_dir_offsets_fell(const struct log_dirs *dirs, const struct log_dir *dir,
    enum log_dir_checkpoint kind)
{
	return offsets_moved(dirs, dir, kind, false);
}

bool
log_dir_offsets_rose(const struct log_dirs *dirs, const struct log_dir *dir,
    enum log_dir_checkpoint kind)
{
	return offsets_moved(dirs, dir, kind, true);
}

void
log_checkpoint_prepare(struct log_dirs *dirs, struct log_dir *dir, enum log_dir_checkpoint kind,
    struct log_checkpoint_job *job)
{
	LOG_DIRS_FOREACH(at, dirs) {
		const struct log_partition *partition = log_partition_of(at);

		if (partition->dir == dir && partition->log != NULL && !partition->is_future)
			update_checkpoint(dir, partition, kind);
	}
	*job = (struct log_checkpoint_job){ .dir = dir, .kind = kind };
	buffer_init(&job->text);
	offset_checkpoint_format(&dir->checkpoints[kind], &job->text);
}

void
log_checkpoint_run(struct log_checkpoint_job *job)
{
	job->error = log_dir_write_checkpoint(job->dir->disk, job->dir->path, job->kind,
	    buffer_slice(&job->text));
}

enum error
log_checkpoint_done(struct log_dirs *dirs, struct log_checkpoint_job *job)
{
	buffer_fini(&job->text);
	if (job->error != ERROR_NONE && job->error != ERROR_NO_SPACE &&
	    job->error != ERROR_TOO_MANY_FILES)
		log_dirs_set_offline(dirs, job->dir, job->error);
	return job->error;
}

/* ----------------------------------------------------------------- the end */

struct log *
log_partition_take(struct log_partition *partition)
{
	struct log *log = partition->log;

	if (log == NULL)
		return NULL;
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT && !partition->is_future; i++)
		update_checkpoint(partition->dir, partition, (enum log_dir_checkpoint)i);
	/* What log_close syncs; a checkpoint that is written before must not say so. */
	partition->recovery_point = log_end_offset(log);
	partition->log = NULL;
	return log;
}

void
log_partition_closed(struct log_dirs *dirs, struct log_partition *partition, enum error error)
{
	struct offset_checkpoint *points =
	    &partition->dir->checkpoints[LOG_DIR_RECOVERY_POINT];

	partition->dir->unclean |= error != ERROR_NONE;
	/* The next start must not trust what a failed sync has left in the page cache (F21). */
	if (error != ERROR_NONE && error != ERROR_NO_SPACE && error != ERROR_TOO_MANY_FILES)
		log_dirs_set_offline(dirs, partition->dir, error);
	if (error == ERROR_NONE && !partition->is_future)
		offset_checkpoint_set(points, slice_of_text(partition->topic),
		    partition->partition, partition->recovery_point);
}

static enum error
close_dir(struct log_dirs *dirs, struct log_dir *dir)
{
	enum error first = ERROR_NONE;

	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT && dir->state == ERROR_NONE; i++) {
		struct log_checkpoint_job job;

		log_checkpoint_prepare(dirs, dir, (enum log_dir_checkpoint)i, &job);
		log_checkpoint_run(&job);
		enum error error = log_checkpoint_done(dirs, &job);
		if (first == ERROR_NONE)
			first = error;
	}
	/* After a stop in order nothing is in doubt but what the file says. */
	enum error settled = log_dir_settle_shrunk(dirs, dir);
	if (first == ERROR_NONE)
		first = settled;
	enum error closed = log_dir_close(dir, first == ERROR_NONE && !dir->unclean);
	return first != ERROR_NONE ? first : closed;
}

enum error
log_dirs_close(struct log_dirs *dirs)
{
	enum error first = log_dirs_write_notes(dirs);

	LOG_DIRS_FOREACH(at, dirs) {
		if (log_partition_of(at)->log != NULL)
			log_partition_of(at)->dir->unclean = true;
	}
	for (int i = 0; i < dirs->count; i++) {
		enum error error = close_dir(dirs, &dirs->dirs[i]);
		if (first == ERROR_NONE)
			first = error;
	}
	return first;
}

enum error
log_dirs_close_all(struct log_dirs *dirs, int64_t now_ms)
{
	LOG_DIRS_FOREACH(at, dirs) {
		struct log_partition *partition = log_partition_of(at);
		struct log *log = log_partition_take(partition);

		if (log != NULL)
			log_partition_closed(dirs, partition, log_close(log, now_ms));
	}
	return log_dirs_close(dirs);
}
