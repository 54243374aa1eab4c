#include "log_dirs_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/log_fixture.h"

static const char *const paths[] = { "/a", "/b" };

static void
fill_random(struct entropy *entropy, void *bytes, size_t size)
{
	struct log_dirs_fixture *fixture = container_of(entropy, struct log_dirs_fixture, entropy);

	for (size_t i = 0; i < size; i++)
		((uint8_t *)bytes)[i] = (uint8_t)prng_next(&fixture->prng);
}

void
log_dirs_fixture_init(struct log_dirs_fixture *fixture)
{
	*fixture = (struct log_dirs_fixture){ .broker_id = 1, .cluster_id = "cluster" };
	fixture->entropy.fill = fill_random;
	prng_init(&fixture->prng, 1);
	fixture->config = log_config_default();
	fixture->disk = sim_disk_new(1, NULL);
	fixture->mount = sim_disk_mount(fixture->disk);
	fixture->port = sim_mount_port(fixture->mount);
}

void
log_dirs_fixture_fini(struct log_dirs_fixture *fixture)
{
	if (fixture->dirs != NULL)
		log_dirs_free(fixture->dirs);
	sim_mount_free(fixture->mount);
	sim_disk_free(fixture->disk);
}

static void
config_of(void *context, struct slice topic, struct log_config *config)
{
	struct log_dirs_fixture *fixture = context;

	(void)topic;
	*config = fixture->config;
}

enum error
log_dirs_fixture_start(struct log_dirs_fixture *fixture, struct log_dir **guilty)
{
	struct log_dirs_options options = {
		.disk = fixture->port,
		.entropy = &fixture->entropy,
		.paths = paths,
		.count = ARRAY_LENGTH(paths),
		.open_files = 50,
		.index_cache_bytes = 1 << 16,
		.boot_id = fixture->boot_id,
		.config_of = config_of,
		.context = fixture,
	};
	fixture->dirs = log_dirs_new(&options);
	enum error error = log_dirs_open(fixture->dirs, guilty);

	if (error == ERROR_NONE)
		error = log_dirs_claim(fixture->dirs, fixture->broker_id, fixture->cluster_id, 1,
		    guilty);
	return error == ERROR_NONE ? log_dirs_load_all(fixture->dirs, 1, guilty) : error;
}

void
log_dirs_fixture_stop(struct log_dirs_fixture *fixture, bool clean)
{
	if (clean && log_dirs_close_all(fixture->dirs, 1) != ERROR_NONE)
		abort();
	if (!clean)
		sim_mount_kill(fixture->mount);
	log_dirs_free(fixture->dirs);
	fixture->dirs = NULL;
	if (clean)
		return;
	sim_mount_free(fixture->mount);
	fixture->mount = sim_disk_mount(fixture->disk);
	fixture->port = sim_mount_port(fixture->mount);
}

struct log_partition *
log_dirs_fixture_create(struct log_dirs_fixture *fixture, const char *topic, int32_t partition)
{
	struct uuid id = { .bytes = { 1, 2, 3 } };
	struct log_load load;

	if (log_dirs_create(fixture->dirs, slice_of_text(topic), partition, id, 1, &load) !=
	    ERROR_NONE)
		return NULL;
	log_load_run(&load);
	return log_load_done(&load) == ERROR_NONE ? load.partition : NULL;
}

void
log_dirs_fixture_fill(struct log_dirs_fixture *fixture, struct log_partition *partition, int count)
{
	struct log_sample sample = { .records = 1, .value_size = 10 };

	(void)fixture;
	for (int i = 0; i < count; i++) {
		struct log_append append = { .origin = LOG_FROM_CLIENT };
		struct buffer bytes;

		buffer_init(&bytes);
		log_sample_batch(&bytes, &sample, i);
		append.bytes = bytes.bytes;
		append.size = bytes.size;
		if (log_append_as_leader(partition->log, &append, 1, 1, 1) != ERROR_NONE ||
		    append.status != LOG_APPEND_DONE)
			abort();
		buffer_fini(&bytes);
	}
}

void
log_dirs_fixture_checkpoint(struct log_dirs_fixture *fixture, enum log_dir_checkpoint kind)
{
	for (int i = 0; i < fixture->dirs->count; i++) {
		struct log_checkpoint_job job;

		log_checkpoint_prepare(fixture->dirs, &fixture->dirs->dirs[i], kind, &job);
		log_checkpoint_run(&job);
		if (log_checkpoint_done(fixture->dirs, &job) != ERROR_NONE)
			abort();
	}
}

bool
log_dirs_fixture_exists(struct log_dirs_fixture *fixture, const char *path)
{
	struct disk_status status;

	return disk_status(fixture->port, path, &status) == ERROR_NONE;
}

void
log_dirs_fixture_write(struct log_dirs_fixture *fixture, const char *path, const char *text)
{
	struct disk_file *file;
	size_t written;

	if (disk_open(fixture->port, path, DISK_WRITE | DISK_CREATE | DISK_TRUNCATE, &file) !=
		ERROR_NONE ||
	    disk_write(file, text, strlen(text), 0, &written) != ERROR_NONE ||
	    disk_close(file) != ERROR_NONE)
		abort();
}
