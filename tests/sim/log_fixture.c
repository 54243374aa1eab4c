#include "tests/sim/log_fixture.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wire/batch_builder.h"
#include "wire/batch_run.h"

static const uint64_t hash_seed[2] = { 1, 2 };

void
log_fixture_mount(struct log_fixture *fixture)
{
	fixture->mount = sim_disk_mount(fixture->disk);
	fixture->port = sim_mount_port(fixture->mount);
	file_cache_init(&fixture->cache, fixture->port, 100);
	index_cache_init(&fixture->index_cache, 1 << 16);
	fixture->indexes = (struct index_place){ fixture->port, &fixture->index_cache };
	fixture->options.cache = &fixture->cache;
	fixture->options.indexes = &fixture->indexes;
}

void
log_fixture_unmount(struct log_fixture *fixture)
{
	log_free(fixture->log);
	fixture->log = NULL;
	file_cache_fini(&fixture->cache);
	index_cache_fini(&fixture->index_cache);
	sim_mount_free(fixture->mount);
}

void
log_fixture_init(struct log_fixture *fixture, uint64_t seed)
{
	*fixture = (struct log_fixture){ .now_ms = 2000000 };
	fixture->disk = sim_disk_new(seed, NULL);
	fixture->config = log_config_default();
	fixture->config.segment_bytes = 4096;
	fixture->config.index_interval_bytes = 256;
	fixture->config.retention_ms = -1;
	prng_init(&fixture->prng, seed);
	fixture->options = (struct log_open_options){
		.hash_seed = hash_seed,
		.path = LOG_FIXTURE_PATH,
		.config = &fixture->config,
		.prng = &fixture->prng,
	};
	log_fixture_mount(fixture);
	if (disk_make_directory(fixture->port, "/data") != ERROR_NONE ||
	    disk_make_directory(fixture->port, LOG_FIXTURE_PATH) != ERROR_NONE)
		abort();
	sim_disk_sync_all(fixture->disk);
}

void
log_fixture_fini(struct log_fixture *fixture)
{
	log_fixture_unmount(fixture);
	sim_disk_free(fixture->disk);
}

enum error
log_fixture_open(struct log_fixture *fixture)
{
	fixture->options.now_ms = fixture->now_ms;
	return log_open(&fixture->options, &fixture->log);
}

enum error
log_fixture_reopen(struct log_fixture *fixture)
{
	fixture->options.high_watermark = log_high_watermark(fixture->log);
	fixture->options.log_start_offset = log_start_offset(fixture->log);
	enum error error = log_close(fixture->log, fixture->now_ms);

	fixture->log = NULL;
	fixture->options.clean_shutdown = true;
	return error != ERROR_NONE ? error : log_fixture_open(fixture);
}

enum error
log_fixture_kill(struct log_fixture *fixture, int64_t recovery_point)
{
	sim_mount_kill(fixture->mount);
	log_fixture_unmount(fixture);
	log_fixture_mount(fixture);
	fixture->options.clean_shutdown = false;
	fixture->options.recovery_point = recovery_point;
	return log_fixture_open(fixture);
}

enum error
log_fixture_power_cut(struct log_fixture *fixture, enum sim_disk_crash crash,
    int64_t recovery_point)
{
	sim_disk_power_cut(fixture->disk, crash);
	return log_fixture_kill(fixture, recovery_point);
}

/* ----------------------------------------------------------------- samples */

void
log_sample_batch(struct buffer *out, const struct log_sample *sample, int64_t first)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct batch_builder builder;
	char *value = memory_new((size_t)sample->value_size + 32);
	bool idempotent = sample->producer_id != 0;

	options.producer_id = idempotent ? sample->producer_id : -1;
	options.producer_epoch = (int16_t)(idempotent ? sample->producer_epoch : -1);
	options.base_sequence = idempotent ? sample->base_sequence : -1;
	options.transactional = sample->transactional;
	batch_builder_init(&builder, &options);
	for (int i = 0; i < MAX(sample->records, 1); i++) {
		int size = snprintf(value, 32, "%lld", (long long)(first + i));
		memset(value + size, 'x', (size_t)MAX(sample->value_size - size, 0));
		struct record record = {
			.timestamp = (sample->timestamp != 0 ? sample->timestamp : 1000000) + i,
			.value = slice_of(value, (size_t)MAX(sample->value_size, size)),
		};
		enum error error = batch_builder_add(&builder, &record);
		assert(error == ERROR_NONE);
	}
	enum error error = batch_builder_finish(&builder, out);
	assert(error == ERROR_NONE);
	batch_builder_fini(&builder);
	free(value);
}

void
log_sample_marker(struct buffer *out, int64_t producer_id, enum control_record_type type)
{
	struct control_record_marker marker = {
		.timestamp = 1000000,
		.producer_id = producer_id,
		.type = type,
	};

	control_record_write_marker(out, &marker);
}

int64_t
log_fixture_append(struct log_fixture *fixture, const struct log_sample *sample)
{
	struct log_append append = { .origin = LOG_FROM_CLIENT };
	struct buffer batch;

	buffer_init(&batch);
	log_sample_batch(&batch, sample, log_end_offset(fixture->log));
	append.bytes = batch.bytes;
	append.size = batch.size;
	enum error error = log_append_as_leader(fixture->log, &append, 1, 3, fixture->now_ms);
	buffer_fini(&batch);
	return error == ERROR_NONE && append.status == LOG_APPEND_DONE ? append.base_offset : -1;
}

void
log_fixture_fill(struct log_fixture *fixture, int batches, int value_size)
{
	struct log_sample sample = { .records = 1, .value_size = value_size };

	for (int i = 0; i < batches; i++) {
		sample.timestamp = 1000000 + log_end_offset(fixture->log);
		if (log_fixture_append(fixture, &sample) < 0)
			abort();
	}
}

/* ------------------------------------------------------------------ looking */

/* Records in a slice that begins with the batch of `offset`; -1 when they are not as expected. */
static int64_t
count_slice(const struct log_slice *slice, int64_t offset)
{
	uint8_t *bytes = memory_new((size_t)slice->size);
	struct batch_run run;
	int64_t count = -1;

	if (disk_read_all(slice->file, bytes, (size_t)slice->size, slice->position) ==
		ERROR_NONE &&
	    batch_run_check(slice_of(bytes, (size_t)slice->size), &run) == ERROR_NONE &&
	    run.first_offset <= offset)
		count = run.last_offset + 1 - offset;
	free(bytes);
	return count;
}

int64_t
log_fixture_count(struct log_fixture *fixture, int64_t offset)
{
	int64_t at = offset;

	while (at < log_end_offset(fixture->log)) {
		struct log_read read = {
			.offset = at,
			.upper_bound = log_end_offset(fixture->log),
			.max_bytes = INT32_MAX,
		};
		if (log_read(fixture->log, &read, false) != ERROR_NONE ||
		    read.slice.segment == NULL)
			return -1;
		int64_t count = count_slice(&read.slice, at);
		log_slice_release(&read.slice);
		if (count <= 0)
			return -1;
		at += count;
	}
	return at - offset;
}

struct counting {
	const char *suffix;
	int count;
};

static void
count_name(void *context, const char *name)
{
	struct counting *counting = context;
	size_t length = strlen(name), wanted = strlen(counting->suffix);

	if (length >= wanted && strcmp(name + length - wanted, counting->suffix) == 0)
		counting->count++;
}

int
log_fixture_files(struct log_fixture *fixture, const char *suffix)
{
	struct counting counting = { suffix, 0 };

	if (disk_list(fixture->port, LOG_FIXTURE_PATH, count_name, &counting) != ERROR_NONE)
		return -1;
	return counting.count;
}
