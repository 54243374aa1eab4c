#include "house.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "wire/batch_builder.h"

static void
fill_random(struct entropy *entropy, void *bytes, size_t size)
{
	struct house *house = container_of(entropy, struct house, entropy);

	for (size_t i = 0; i < size; i++)
		((uint8_t *)bytes)[i] = (uint8_t)prng_next(&house->prng);
}

static void
config_of(void *context, struct slice topic, struct log_config *config)
{
	const struct house *house = context;

	*config = slice_equal_text(topic, crash_topics[CRASH_LATE]) ? house->preallocated :
	    house->config;
}

void
house_init(struct house *house, const char *folder, uint64_t seed)
{
	*house = (struct house){ .entropy.fill = fill_random };
	prng_init(&house->prng, seed);
	house->config = log_config_default();
	house->config.segment_bytes = 3000;
	house->config.index_interval_bytes = 200;
	house->config.retention_ms = -1;
	house->config.producer_id_expiration_ms = INT64_MAX;
	house->config.file_delete_delay_ms = 0;
	house->preallocated = house->config;
	house->preallocated.preallocate = true;
	for (int i = 0; i < HOUSE_DIRS; i++) {
		int length = snprintf(house->paths[i], HOUSE_PATH_SIZE, "%s/%c", folder, 'a' + i);

		assert(length < HOUSE_PATH_SIZE);
		house->path_list[i] = house->paths[i];
	}
}

static enum error
open_all(struct house *house, int64_t now_ms, struct log_dir **guilty)
{
	enum error error = log_dirs_open(house->dirs, guilty);

	if (error == ERROR_NONE)
		error = log_dirs_claim(house->dirs, 1, "crash-loop", now_ms, guilty);
	if (error == ERROR_NONE)
		error = log_dirs_load_all(house->dirs, now_ms, guilty);
	if (error == ERROR_NONE && log_dirs_online_count(house->dirs) < HOUSE_DIRS)
		error = ERROR_OFFLINE;
	return error;
}

enum error
house_start(struct house *house, struct disk *disk, int64_t now_ms)
{
	struct log_dirs_options options = {
		.disk = disk,
		.entropy = &house->entropy,
		.paths = house->path_list,
		.count = HOUSE_DIRS,
		.open_files = 12, /* fewer than there are segments */
		.index_cache_bytes = 1 << 16,
		.config_of = config_of,
		.context = house,
	};
	struct log_dir *guilty = NULL;

	house->dirs = log_dirs_new(&options);
	enum error error = open_all(house, now_ms, &guilty);
	house->complaint[0] = '\0';
	if (error == ERROR_NONE)
		return ERROR_NONE;
	for (int i = 0; i < HOUSE_DIRS; i++) {
		const struct log_dir *dir = &house->dirs->dirs[i];

		if (dir->state != ERROR_NONE)
			snprintf(house->complaint, sizeof(house->complaint), "%s",
			    dir->complaint);
	}
	house_drop(house);
	return error;
}

enum error
house_stop(struct house *house, int64_t now_ms)
{
	enum error error = log_dirs_close_all(house->dirs, now_ms);

	house_drop(house);
	return error;
}

void
house_drop(struct house *house)
{
	for (int i = 0; i < house->dirs->count; i++) {
		struct log_dir *dir = &house->dirs->dirs[i];

		/* As the end of the process would: the lock's file stays. */
		if (dir->lock != NULL)
			disk_unlock(dir->disk, dir->lock);
		dir->lock = NULL;
	}
	log_dirs_free(house->dirs);
	house->dirs = NULL;
}

struct log_partition *
house_find(struct house *house, int partition)
{
	return log_dirs_find(house->dirs, slice_of_text(crash_topics[partition]), 0);
}

/* ----------------------------------------------------------------- batches */

static struct batch_builder_options
options_of(const struct house_batch *batch)
{
	struct batch_builder_options options = batch_builder_options_default();

	options.compression = compression_of(batch->codec);
	options.base_offset = batch->base_offset;
	options.partition_leader_epoch = batch->leader_epoch;
	options.transactional = batch->transactional;
	if (batch->producer_id != 0) {
		options.producer_id = batch->producer_id;
		options.producer_epoch = batch->producer_epoch;
		options.base_sequence = batch->base_sequence;
	}
	return options;
}

static void
fill_value(uint8_t *value, const struct house_batch *batch, int record)
{
	struct prng prng;

	prng_init(&prng, (uint64_t)batch->number * 1000 + (uint64_t)record);
	for (int i = 0; i < batch->value_size; i++)
		value[i] = batch->random ? (uint8_t)prng_next(&prng) : (uint8_t)('a' + record);
}

void
house_batch_write(struct buffer *out, const struct house_batch *batch)
{
	struct batch_builder_options options = options_of(batch);
	uint8_t *value = memory_new((size_t)batch->value_size + 1);
	struct batch_builder builder;
	struct buffer headers;
	enum error error;

	buffer_init(&headers);
	record_header_write(&headers, slice_of_text("source"), slice_null());
	batch_builder_init(&builder, &options);
	for (int i = 0; i < batch->records; i++) {
		char key[40];

		snprintf(key, sizeof(key), "%lld/%d", (long long)batch->number, i);
		fill_value(value, batch, i);
		struct record record = {
			.timestamp = batch->timestamp + i,
			.key = slice_of_text(key),
			.value = i % 4 == 3 ? slice_null() :
			    slice_of(value, (size_t)batch->value_size),
			.headers = i % 2 == 1 ? buffer_slice(&headers) : slice_of("", 0),
			.header_count = i % 2,
		};
		error = batch_builder_add(&builder, &record);
		assert(error == ERROR_NONE);
	}
	error = batch_builder_finish(&builder, out);
	assert(error == ERROR_NONE);
	batch_builder_fini(&builder);
	buffer_fini(&headers);
	free(value);
}
