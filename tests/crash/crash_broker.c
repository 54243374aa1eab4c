#include "tests/crash/crash_broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/reader.h"
#include "log/log_flush.h"
#include "log/log_removal.h"
#include "wire/batch_builder.h"

#define TOPIC "orders"

enum { NOW_MS = 1000000, STEPS = 60 };

/* A mistake of the program under test outside of what is looked for. */
static void
require(enum error error, const char *what)
{
	if (error == ERROR_NONE)
		return;
	fprintf(stderr, "crash_loop: %s: %s\n", what, error_text(error));
	_exit(3);
}

static void
fill_random(struct entropy *entropy, void *bytes, size_t size)
{
	struct crash_broker *broker = container_of(entropy, struct crash_broker, entropy);

	for (size_t i = 0; i < size; i++)
		((uint8_t *)bytes)[i] = (uint8_t)prng_next(&broker->prng);
}

static const struct log_config *
config_of(void *context, struct slice topic)
{
	(void)topic;
	return &((struct crash_broker *)context)->config;
}

static void
tell(int pipe, enum crash_word word, int partition, int64_t offset, int64_t value)
{
	struct crash_message message = {
		.word = word,
		.partition = partition,
		.offset = offset,
		.value = value,
	};

	if (write(pipe, &message, sizeof(message)) != (ssize_t)sizeof(message))
		_exit(3);
}

static void
tell_death(struct crash_disk *disk, bool in_write)
{
	if (disk->pipe >= 0)
		tell(disk->pipe, CRASH_DIES, 0, 0, in_write);
}

void
crash_broker_start(struct crash_broker *broker, const char *path, const struct crash_plan *plan)
{
	char one[200], two[200];
	const char *paths[] = { one, two };
	struct log_dirs_options options = {
		.disk = &broker->disk.disk,
		.entropy = &broker->entropy,
		.paths = paths,
		.count = 2,
		.open_files = 20,
		.index_cache_bytes = 1 << 16,
		.config_of = config_of,
		.context = broker,
	};
	struct log_dir *guilty = NULL;

	crash_disk_init(&broker->disk);
	broker->disk.kill_at = plan->kill_at;
	broker->disk.partly = plan->partly;
	broker->disk.dying = tell_death;
	broker->disk.pipe = plan->pipe;
	broker->flush_before_ack = plan->flush_before_ack;
	broker->entropy.fill = fill_random;
	prng_init(&broker->prng, 1);
	broker->config = log_config_default();
	broker->config.segment_bytes = 1000;
	broker->config.index_interval_bytes = 200;
	broker->config.retention_ms = -1;
	snprintf(one, sizeof(one), "%s/one", path);
	snprintf(two, sizeof(two), "%s/two", path);
	broker->dirs = log_dirs_new(&options);
	enum error error = log_dirs_open(broker->dirs, &guilty);
	if (error == ERROR_NONE)
		error = log_dirs_claim(broker->dirs, 1, "cluster", NOW_MS, &guilty);
	if (error == ERROR_NONE)
		error = log_dirs_load_all(broker->dirs, NOW_MS, &guilty);
	for (int i = 0; i < broker->dirs->count; i++) {
		if (broker->dirs->dirs[i].complaint[0] != '\0')
			fprintf(stderr, "crash_loop: %s\n", broker->dirs->dirs[i].complaint);
	}
	require(error, "start");
}

void
crash_broker_stop(struct crash_broker *broker, bool clean)
{
	if (clean)
		require(log_dirs_close_all(broker->dirs, NOW_MS), "close");
	log_dirs_free(broker->dirs);
}

/* ---------------------------------------------------------------- workload */

static struct log *
find_log(struct crash_broker *broker, int partition)
{
	struct log_partition *found = log_dirs_find(broker->dirs, slice_of_text(TOPIC), partition);

	return found != NULL ? found->log : NULL;
}

static void
create(struct crash_broker *broker, int partition)
{
	struct uuid id = { .bytes = { 7 } };
	struct log_load load;

	require(log_dirs_create(broker->dirs, slice_of_text(TOPIC), partition, id, NOW_MS, &load),
	    "create");
	log_load_run(&load);
	require(log_load_done(&load), "create");
}

static void
make_batch(struct buffer *out, int64_t value, int size)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct batch_builder builder;
	uint8_t bytes[400] = { 0 };
	struct record record = { .timestamp = NOW_MS + value };

	store_int64(bytes, value);
	record.value = slice_of(bytes, (size_t)size);
	batch_builder_init(&builder, &options);
	require(batch_builder_add(&builder, &record), "batch");
	require(batch_builder_finish(&builder, out), "batch");
	batch_builder_fini(&builder);
}

/* Appends some sets with one call, and tells of them when they are acknowledged. */
static void
append(struct crash_broker *broker, int pipe, int partition, int step)
{
	struct log *log = find_log(broker, partition);
	struct log_append appends[3];
	struct buffer batches[3];
	int count = 1 + step % 3;

	for (int i = 0; i < count; i++) {
		buffer_init(&batches[i]);
		make_batch(&batches[i], 1 + step * 10 + i, 20 + (step * 37 + i * 101) % 300);
		appends[i] = (struct log_append){
			.bytes = batches[i].bytes,
			.size = batches[i].size,
		};
	}
	require(log_append_as_leader(log, appends, count, 1 + step / 10, NOW_MS + step), "append");
	if (broker->flush_before_ack)
		require(log_flush_now(log, LOG_FLUSH_RECORDS, NOW_MS), "flush");
	for (int i = 0; i < count; i++) {
		tell(pipe, CRASH_ACKED, partition, appends[i].base_offset, 1 + step * 10 + i);
		buffer_fini(&batches[i]);
	}
	log_set_high_watermark(log, log_end_offset(log));
}

static void
checkpoint(struct crash_broker *broker, enum log_dir_checkpoint kind)
{
	for (int i = 0; i < broker->dirs->count; i++) {
		struct log_checkpoint_job job;

		log_checkpoint_prepare(broker->dirs, &broker->dirs->dirs[i], kind, &job);
		log_checkpoint_run(&job);
		require(log_checkpoint_done(broker->dirs, &job), "checkpoint");
	}
}

static void
truncate_some(struct crash_broker *broker, int pipe, int partition)
{
	struct log *log = find_log(broker, partition);
	int64_t offset = MAX(log_start_offset(log), log_end_offset(log) - 5);

	tell(pipe, CRASH_TRUNCATES, partition, offset, 0);
	log_lower_recovery_point(log, offset);
	checkpoint(broker, LOG_DIR_RECOVERY_POINT);
	require(log_truncate_to(log, offset, NOW_MS), "truncate");
}

static void
raise_start(struct crash_broker *broker, int pipe, int partition)
{
	struct log *log = find_log(broker, partition);
	struct log_removal removal;
	int64_t offset = log_start_offset(log) + (log_end_offset(log) - log_start_offset(log)) / 2;

	tell(pipe, CRASH_RAISES, partition, offset, 0);
	require(log_advance_start_offset(log, offset), "log start");
	checkpoint(broker, LOG_DIR_LOG_START);
	require(log_flush_now(log, LOG_FLUSH_ALL, NOW_MS), "flush");
	require(log_removal_prepare(log, &removal, NOW_MS), "retention");
	log_removal_rename(&removal);
	require(log_removal_done(log, &removal), "retention");
	require(log_removal_unlink(&removal), "retention");
	log_removal_fini(&removal);
}

static void
recreate(struct crash_broker *broker, int pipe, int partition)
{
	struct log_deletion deletion;
	struct log_condemned *condemned;

	tell(pipe, CRASH_DELETES, partition, 0, 0);
	log_deletion_prepare(broker->dirs,
	    log_dirs_find(broker->dirs, slice_of_text(TOPIC), partition), NOW_MS, &deletion);
	log_deletion_run(&deletion);
	require(log_deletion_done(broker->dirs, &deletion), "deletion");
	while ((condemned = log_dirs_take_condemned(broker->dirs, INT64_MAX)) != NULL) {
		log_condemned_run(condemned);
		require(log_condemned_done(condemned), "deletion");
	}
	create(broker, partition);
}

void
crash_broker_work(struct crash_broker *broker, int pipe)
{
	for (int i = 0; i < CRASH_PARTITIONS; i++)
		create(broker, i);
	for (int step = 0; step < STEPS; step++) {
		int partition = step % CRASH_PARTITIONS;

		append(broker, pipe, partition, step);
		if (step % 7 == 3)
			require(log_flush_now(find_log(broker, partition), LOG_FLUSH_ALL, NOW_MS),
			    "flush");
		if (step % 11 == 5)
			checkpoint(broker, (enum log_dir_checkpoint)(step % LOG_DIR_CHECKPOINT_COUNT));
		if (step % 13 == 8)
			truncate_some(broker, pipe, partition);
		if (step % 17 == 12)
			raise_start(broker, pipe, partition);
		if (step % 19 == 10)
			require(log_roll(find_log(broker, partition), NOW_MS), "roll");
		if (step == 40)
			recreate(broker, pipe, partition);
	}
	tell(pipe, CRASH_ENDED, 0, 0, (int64_t)broker->disk.changes);
}
