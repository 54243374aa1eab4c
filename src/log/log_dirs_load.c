/* Finding the partitions of all dirs, and opening them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/log_dirs_private.h"
#include "log/move_mark.h"

struct listing {
	char **names;
	int count;
	int capacity;
};

static void
add_name(void *context, const char *name)
{
	struct listing *listing = context;

	if (listing->count == listing->capacity) {
		listing->capacity = MAX(2 * listing->capacity, 32);
		listing->names = memory_resize(listing->names,
		    (size_t)listing->capacity * sizeof(char *));
	}
	listing->names[listing->count++] = memory_text(name, strlen(name));
}

static void
listing_fini(struct listing *listing)
{
	for (int i = 0; i < listing->count; i++)
		free(listing->names[i]);
	free(listing->names);
}

/* ------------------------------------------------------------------- loads */

static struct log_load *
add_load(struct log_loads *loads)
{
	if ((loads->count & (loads->count - 1)) == 0)
		loads->loads = memory_resize(loads->loads,
		    (size_t)MAX(2 * loads->count, 1) * sizeof(loads->loads[0]));
	return &loads->loads[loads->count++];
}

static int64_t
checkpointed(const struct log_dir *dir, enum log_dir_checkpoint kind, struct slice topic,
    int32_t partition)
{
	int64_t offset = 0;

	(void)offset_checkpoint_get(&dir->checkpoints[kind], topic, partition, &offset);
	return offset;
}

void
log_load_init(struct log_load *load, struct log_dirs *dirs, struct log_partition *partition,
    const char *path, bool is_new, int64_t now_ms)
{
	struct log_dir *dir = partition->dir;
	struct slice topic = slice_of_text(partition->topic);
	int32_t number = partition->partition;

	*load = (struct log_load){
		.dirs = dirs,
		.partition = partition,
		.prng = prng_fork(&dirs->prng, prng_next(&dirs->prng)),
		.path = memory_text(path, strlen(path)),
		.is_new = is_new,
		.options = {
			.cache = &dirs->cache,
			.indexes = &dirs->indexes,
			.room = &dir->room,
			.pulse = &dir->pulse,
			.hash_seed = dirs->seed,
			.now_ms = now_ms,
			/* Whatever stands where a new one is made was not closed as one. */
			.clean_shutdown = dir->was_clean && !dir->sync_first && !is_new,
			.sync_first = dir->sync_first,
			.rolls_without_gaps = dir->boot_id.text[0] != '\0',
			/* A copy can be made again: what it lacks is lost. */
			.recovery_point_unknown = !dir->recovery_points_known && !is_new &&
			    !partition->is_future,
		},
	};
	if (partition->is_future || is_new)
		return;
	load->options.recovery_point = checkpointed(dir, LOG_DIR_RECOVERY_POINT, topic, number);
	load->options.log_start_offset = checkpointed(dir, LOG_DIR_LOG_START, topic, number);
	load->options.high_watermark = checkpointed(dir, LOG_DIR_HIGH_WATERMARK, topic, number);
}

void
log_loads_fini(struct log_loads *loads)
{
	for (int i = 0; i < loads->count; i++)
		free(loads->loads[i].path); /* of a job that was not run */
	free(loads->loads);
	*loads = (struct log_loads){ 0 };
}

enum error
log_load_open(struct log_load *load)
{
	load->options.path = load->path;
	load->options.config = &load->config;
	load->options.prng = &load->prng;
	load->options.pages_survived = !load->is_new && load->partition->dir->pages_survived;
	return log_open(&load->options, &load->log);
}

void
log_load_run(struct log_load *load)
{
	if (load->is_new)
		log_loads_make(&load, 1);
	else
		load->error = log_load_open(load);
}

enum error
log_load_done(struct log_load *load)
{
	struct log_partition *partition = load->partition;
	enum error error = load->error;

	log_load_end_renewal(load);
	if (error == ERROR_NONE) {
		partition->log = load->log;
		if (partition->dir->state != ERROR_NONE)
			log_set_offline(partition->log);
		partition->dir->loading -= !load->is_new;
		log_dirs_recovered(load->dirs, partition->dir);
	} else {
		struct log_dir *dir = partition->dir;
		bool heals = load->is_new &&
		    (error == ERROR_NO_SPACE || error == ERROR_TOO_MANY_FILES);

		if (!heals && dir->state == ERROR_NONE) {
			log_dirs_set_offline(load->dirs, dir, error);
			snprintf(dir->complaint, sizeof(dir->complaint), "%.400s: %s",
			    load->path, error_text(error));
		}
		if (load->is_new)
			log_dirs_forget(load->dirs, partition);
	}
	free(load->path);
	load->path = NULL;
	return error;
}

/* ------------------------------------------------------------------- twins */

static struct log_load *
load_of(const struct log_loads *loads, const struct log_partition *partition)
{
	for (int i = 0; i < loads->count; i++)
		if (loads->loads[i].partition == partition)
			return &loads->loads[i];
	return NULL;
}

/* The others stay in their order, by dir. */
static void
drop_load(struct log_dirs *dirs, struct log_loads *loads, struct log_load *load)
{
	size_t at = (size_t)(load - loads->loads);

	load->partition->dir->loading--;
	log_dirs_forget(dirs, load->partition);
	free(load->path);
	loads->count--;
	memmove(load, load + 1, ((size_t)loads->count - at) * sizeof(*load));
}

static void
look_for_log(void *context, const char *name)
{
	size_t size = strlen(name);

	*(bool *)context |= size >= 4 && strcmp(name + size - 4, ".log") == 0;
}

/*
 * Of a dir that works no note names itself. One that had failed may have a note of the end of
 * a broker without any dir.
 */
static bool
has_gone_on_without(const struct log_dir *dir, const struct log_dir *other)
{
	return dir->noted.all || (failure_note_has(&dir->noted, other->path) &&
	    !failure_note_has(&dir->noted, dir->path));
}

/*
 * A directory without a segment is what a crash has left of the making of one. Whether
 * what was made while the other dir was away is newer nobody knows where the broker has
 * gone on with that one since, while this one was away.
 */
static enum error
compare(const struct log_dir *dir, const char *path, const struct log_dir *twins_dir,
    const char *twins_path, int64_t *newer)
{
	int64_t number = 0, twins = 0;
	bool has_log = false, twin_has_log = false;
	enum error error = move_mark_read(dir->disk, path, &number);

	if (error == ERROR_NONE)
		error = move_mark_read(dir->disk, twins_path, &twins);
	if (error == ERROR_NONE && number == twins)
		error = disk_list(dir->disk, path, look_for_log, &has_log);
	if (error == ERROR_NONE && number == twins)
		error = disk_list(dir->disk, twins_path, look_for_log, &twin_has_log);
	*newer = number != twins ? number - twins : (int64_t)has_log - (int64_t)twin_has_log;
	if (move_mark_is_made(MAX(number, twins)) && (number > twins ?
	    has_gone_on_without(twins_dir, dir) : has_gone_on_without(dir, twins_dir)))
		*newer = 0;
	return error;
}

/*
 * A partition is in two dirs: a crash has interrupted its move, or a dir was away
 * that it was moved from, or when it was made anew. The newer one stays (move_mark.h);
 * the other one is deleted. Which of two copies that are not complete stays does not matter.
 */
static enum error
choose(struct log_dirs *dirs, struct log_dir *dir, const char *path, struct log_partition *twin,
    int64_t now_ms, struct log_loads *loads, bool *twin_goes)
{
	struct log_load *load = load_of(loads, twin);
	struct log_dir *twins_dir = twin->dir;
	int64_t newer;
	enum error error;

	*twin_goes = false;
	if (load == NULL)
		return log_dir_fail(dir, ERROR_EXISTS, "%s: the same partition is in %s", path,
		    twins_dir->path);
	error = compare(dir, path, twins_dir, load->path, &newer);
	if (error == ERROR_NONE && newer == 0 && !twin->is_future)
		return log_dir_fail(dir, ERROR_EXISTS, "%s: the same partition is in %s", path,
		    twins_dir->path);
	if (error == ERROR_NONE && newer > 0) {
		error = log_dirs_delete_directory(dirs, twins_dir, twin, load->path, now_ms);
		if (error != ERROR_NONE)
			return log_dir_fail(dir, ERROR_EXISTS, "%s: the older copy in %s cannot be "
			    "put away: %s", path, twins_dir->path, error_text(error));
		drop_load(dirs, loads, load);
		*twin_goes = true;
	} else if (error == ERROR_NONE) {
		error = log_dirs_delete_directory(dirs, dir, twin, path, now_ms);
	}
	return error == ERROR_NONE ? error :
	    log_dir_fail(dir, error, "%s: %s", path, error_text(error));
}

/* ----------------------------------------------------------------- listing */

static enum error
list_partition(struct log_dirs *dirs, struct log_dir *dir, const char *path,
    const struct partition_name *name, int64_t now_ms, struct log_loads *loads)
{
	struct log_partition_key key = {
		name->topic, name->partition, name->type == PARTITION_DIRECTORY_FUTURE,
	};
	struct log_partition *twin = log_dirs_find_key(dirs, &key);

	if (twin != NULL) {
		bool twin_goes;
		enum error error = choose(dirs, dir, path, twin, now_ms, loads, &twin_goes);

		if (error != ERROR_NONE || !twin_goes)
			return error;
	}
	struct log_partition *partition = log_dirs_add(dirs, dir, &key);
	log_load_init(add_load(loads), dirs, partition, path, false, now_ms);
	dir->loading++;
	return ERROR_NONE;
}

static enum error
list_entry(struct log_dirs *dirs, struct log_dir *dir, const char *text, int64_t now_ms,
    struct log_loads *loads)
{
	char path[LOG_PATH_SIZE];
	struct partition_name name;
	struct disk_status status;
	enum error error = log_dir_path(dir, path, text);

	if (error == ERROR_NONE)
		error = disk_status(dir->disk, path, &status);
	if (error != ERROR_NONE)
		return log_dir_fail(dir, error, "%s/%s: %s", dir->path, text, error_text(error));
	if (status.type != DISK_DIRECTORY)
		return ERROR_NONE;
	if (partition_name_parse(slice_of_text(text), &name) != ERROR_NONE)
		return log_dir_fail(dir, ERROR_MALFORMED,
		    "%s: not the name of a partition's directory", path);
	switch (name.type) {
	case PARTITION_DIRECTORY_DELETE:
		log_dirs_condemn(dirs, dir, memory_text(path, strlen(path)), now_ms);
		return ERROR_NONE;
	case PARTITION_DIRECTORY_STRAY:
		return ERROR_NONE; /* for an operator to look at */
	default:
		return list_partition(dirs, dir, path, &name, now_ms, loads);
	}
}

/* Offsets of partitions that are not there (any more) are not for later ones. */
static void
forget_absent(struct log_dirs *dirs, struct log_dir *dir)
{
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT; i++) {
		OFFSET_CHECKPOINT_FOREACH(link, &dir->checkpoints[i]) {
			const struct offset_checkpoint_entry *entry =
			    offset_checkpoint_entry_of(link);
			struct log_partition *partition = log_dirs_find(dirs,
			    slice_of_text(entry->topic), entry->partition);

			if (partition != NULL && partition->dir == dir)
				continue;
			offset_checkpoint_remove(&dir->checkpoints[i],
			    slice_of_text(entry->topic), entry->partition);
			dir->stale++;
		}
	}
	SHRUNK_ISR_FOREACH(link, &dir->shrunk_isrs) {
		const struct shrunk_isr_entry *entry = shrunk_isr_entry_of(link);
		struct log_partition *partition = log_dirs_find(dirs, slice_of_text(entry->topic),
		    entry->partition);

		if ((partition != NULL && partition->dir == dir) ||
		    strcmp(entry->topic, SHRUNK_ISR_ANY) == 0)
			continue;
		(void)shrunk_isr_checkpoint_remove(&dir->shrunk_isrs, slice_of_text(entry->topic),
		    entry->partition);
		dir->stale++;
	}
}

static enum error
list_dir(struct log_dirs *dirs, struct log_dir *dir, int64_t now_ms, struct log_loads *loads)
{
	struct listing listing = { 0 };
	enum error error = log_dir_read_state(dir);

	if (error != ERROR_NONE)
		return error;
	error = disk_list(dir->disk, dir->path, add_name, &listing);
	if (error != ERROR_NONE)
		error = log_dir_fail(dir, error, "%s: %s", dir->path, error_text(error));
	for (int i = 0; i < listing.count && error == ERROR_NONE; i++)
		error = list_entry(dirs, dir, listing.names[i], now_ms, loads);
	listing_fini(&listing);
	if (error != ERROR_NONE)
		return error;
	dir->pages_survived = !dir->sync_first && !dir->shrunk_isrs_unknown &&
	    (dir->was_clean || boot_id_equal(&dirs->options.boot_id, &dir->boot_id));
	forget_absent(dirs, dir);
	log_dirs_recovered(dirs, dir); /* without partitions it is, already */
	return ERROR_NONE;
}

/* Jobs of a dir that went offline while it was listed are given up. */
static void
drop_loads(struct log_dirs *dirs, const struct log_dir *dir, struct log_loads *loads)
{
	while (loads->count > 0 && loads->loads[loads->count - 1].partition->dir == dir) {
		struct log_load *load = &loads->loads[--loads->count];
		free(load->path);
		log_dirs_forget(dirs, load->partition);
	}
}

/*
 * What the broker does without a dir is newer than what that has. And the other way round, where
 * it has gone on with that one while those that are here were away.
 */
static void
look_if_away(struct log_dirs *dirs, struct log_dir *dir)
{
	if (dir->state != ERROR_NONE)
		log_dirs_note_failure(dirs, dir);
	else if (dir->log_count > 0 || dir->boot_id.text[0] != '\0')
		return; /* no new disk in the place of another one */
	dirs->any_is_away = true;
}

enum error
log_dirs_list(struct log_dirs *dirs, int64_t now_ms, struct log_loads *loads,
    struct log_dir **guilty)
{
	*loads = (struct log_loads){ 0 };
	log_dirs_read_notes(dirs);
	for (int i = 0; i < dirs->count; i++) {
		struct log_dir *dir = &dirs->dirs[i];

		if (dir->state != ERROR_NONE)
			continue;
		enum error error = list_dir(dirs, dir, now_ms, loads);
		if (error == ERROR_NONE)
			continue;
		drop_loads(dirs, dir, loads);
		if (error != ERROR_EXISTS)
			continue;
		*guilty = dir;
		return error;
	}
	for (int i = 0; i < dirs->count; i++)
		look_if_away(dirs, &dirs->dirs[i]);
	if (log_dirs_online_count(dirs) > 0)
		return ERROR_NONE;
	*guilty = &dirs->dirs[0];
	return ERROR_OFFLINE;
}

static void
configure_condemned(struct log_dirs *dirs, struct log_condemned *condemned)
{
	const char *name = strrchr(condemned->path, '/') + 1;
	struct partition_name parsed;
	struct log_config config;

	if (partition_name_parse(slice_of_text(name), &parsed) != ERROR_NONE)
		return;
	dirs->options.config_of(dirs->options.context, parsed.topic, &config);
	condemned->due_ms += config.file_delete_delay_ms;
}

void
log_loads_configure(struct log_loads *loads, struct log_dirs *dirs)
{
	for (int i = 0; i < loads->count; i++)
		dirs->options.config_of(dirs->options.context,
		    slice_of_text(loads->loads[i].partition->topic), &loads->loads[i].config);
	LIST_FOREACH(link, &dirs->condemned)
		configure_condemned(dirs, container_of(link, struct log_condemned, in_dirs));
}

enum error
log_dirs_load_all(struct log_dirs *dirs, int64_t now_ms, struct log_dir **guilty)
{
	struct log_loads loads;
	enum error first = log_dirs_list(dirs, now_ms, &loads, guilty);

	log_loads_configure(&loads, dirs);
	for (int i = 0; i < loads.count; i++) {
		log_load_run(&loads.loads[i]);
		enum error error = log_load_done(&loads.loads[i]);
		if (first == ERROR_NONE)
			first = error;
	}
	log_loads_fini(&loads);
	enum error error = log_dirs_write_notes(dirs);
	return first != ERROR_NONE ? first : error;
}
