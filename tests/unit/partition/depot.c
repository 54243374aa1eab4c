#include "tests/unit/partition/depot.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------- what it is told */

static void
sink(struct logger *logger, enum logger_level level, const char *line)
{
	struct sim_process *process = container_of(logger, struct sim_logger, logger)->process;
	struct depot *depot = process->scenario;
	size_t used = strlen(depot->log);

	snprintf(depot->log + used, sizeof(depot->log) - used, "%s %s\n", logger_level_name(level),
	    line);
}

static void PRINTF_LIKE(2, 3)
tell(struct depot *depot, const char *format, ...)
{
	size_t used = strlen(depot->told);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(depot->told + used, sizeof(depot->told) - used, format, arguments);
	va_end(arguments);
}

static void
hosted(struct replicas_listener *listener, struct persistent_map *map)
{
	struct depot *depot = container_of(listener, struct depot, listener);

	persistent_map_release(depot->hosted);
	depot->hosted = map;
}

static void
elected(struct replicas_listener *listener, struct partition *partition, int32_t leader_epoch)
{
	struct slice topic = partition_topic(partition);

	tell(container_of(listener, struct depot, listener), "elected %.*s-%d %d\n",
	    (int)topic.size, (const char *)topic.bytes, partition_index(partition), leader_epoch);
}

static void
resigned(struct replicas_listener *listener, struct slice topic, int32_t partition,
    int32_t leader_epoch)
{
	tell(container_of(listener, struct depot, listener), "resigned %.*s-%d %d\n",
	    (int)topic.size, (const char *)topic.bytes, partition, leader_epoch);
}

/* By name. */
static bool
has_doubts(const struct depot *depot)
{
	const struct payload_doubtful_topic *topics;
	struct arena arena;
	bool found = false;

	arena_init(&arena, SIZE_MAX);
	for (size_t i = 0; i < replicas_list_doubts(depot->replicas, &arena, &topics); i++)
		found = found || topics[i].partitions.count > 0;
	arena_fini(&arena);
	return found;
}

/* That the first request of a start has named none is not told. */
static void
doubts_changed(struct replicas_listener *listener)
{
	struct depot *depot = container_of(listener, struct depot, listener);
	bool has = has_doubts(depot);

	if (has || depot->has_doubts)
		tell(depot, "other doubts\n");
	depot->has_doubts = has;
}

static void
dir_failed(struct replicas_listener *listener, const char *path, int left)
{
	tell(container_of(listener, struct depot, listener), "failed %s, %d left\n", path, left);
}

static void
has_room(struct replicas_listener *listener)
{
	tell(container_of(listener, struct depot, listener), "has room\n");
}

const char *
depot_told(struct depot *depot)
{
	static char told[DEPOT_TEXT_SIZE];

	memcpy(told, depot->told, sizeof(told));
	depot->told[0] = '\0';
	return told;
}

int
depot_asks(struct depot *depot)
{
	int count = 0;

	for (const char *at = depot_told(depot); (at = strstr(at, "has room")) != NULL; at++)
		count++;
	return count;
}

int
depot_log_count(const struct depot *depot, const char *words)
{
	int count = 0;

	for (const char *at = depot->log; (at = strstr(at, words)) != NULL; at += strlen(words))
		count++;
	return count;
}

bool
depot_has_logged(const struct depot *depot, const char *words)
{
	return depot_log_count(depot, words) > 0;
}

/* ------------------------------------------------------------- begin, end */

void
depot_run(struct depot *depot, int64_t us)
{
	sim_run(&depot->sim, depot->sim.now_us + us);
	cr_assert_not(depot->sim.failed, "%s", depot->sim.failure);
}

void
depot_wait(struct depot *depot, const bool *flag)
{
	int64_t until_us = depot->sim.now_us + 120 * (int64_t)DEPOT_SECOND_US;

	while (!*flag && depot->sim.now_us < until_us && heap_first(&depot->sim.events) != NULL)
		depot_run(depot, 1000);
	cr_assert(*flag, "it takes too long");
}

void
depot_enter(struct depot *depot)
{
	sim_process_enter(&depot->process);
	loop_enter(depot->process.world.control);
}

void
depot_leave(struct depot *depot)
{
	loop_leave(depot->process.world.control);
	sim_process_leave(&depot->process);
}

static void
config_of(void *context, struct slice topic UNUSED, struct log_config *config)
{
	cr_assert_not_null(loop_current(), "a worker is asking");
	*config = ((struct depot *)context)->settings->config.log;
}

static struct topic_settings *
settings_of(void *context, struct slice topic UNUSED)
{
	return topic_settings_hold(((struct depot *)context)->settings);
}

static void
loaded(void *context, enum error error, const char *complaint)
{
	struct depot *depot = context;

	depot->is_loaded = true;
	depot->error = error;
	depot->has_doubts = error == ERROR_NONE && has_doubts(depot);
	snprintf(depot->complaint, sizeof(depot->complaint), "%s", complaint != NULL ? complaint : "");
}

static struct log_dirs *
open_dirs(struct depot *depot)
{
	const struct broker_logs *logs = &depot->given.config->logs;
	struct log_dirs *dirs = log_dirs_new(&(struct log_dirs_options){
		.disk = depot->process.world.disk,
		.entropy = depot->process.world.entropy,
		.paths = (const char *const *)logs->dirs,
		.count = (int)logs->dir_count,
		.open_files = DEPOT_OPEN_FILES,
		.index_cache_bytes = 1 << 16,
		.boot_id = depot->process.world.boot_id,
		.config_of = config_of,
		.context = depot,
	});
	struct log_dir *guilty = NULL;

	depot->error = log_dirs_open(dirs, &guilty);
	if (depot->error == ERROR_NONE)
		depot->error = log_dirs_claim(dirs, DEPOT_BROKER, depot->cluster_id, 1, &guilty);
	if (depot->error == ERROR_NONE)
		return dirs;
	snprintf(depot->complaint, sizeof(depot->complaint), "%s", guilty->complaint);
	log_dirs_free(dirs);
	depot->is_loaded = true;
	return NULL;
}

static void
alter(struct isr_port *port, struct isr_alteration *alteration)
{
	struct depot *depot = container_of(port, struct depot, isr_port);

	cr_assert_null(depot->alteration, "one at a time");
	depot->alteration = alteration;
	depot->alterations++;
}

static void
boot(struct sim_process *process)
{
	struct depot *depot = process->scenario;

	depot->isr_port.alter = alter;
	process->logger.logger.sink = sink;
	depot->dirs = open_dirs(depot);
	if (depot->dirs == NULL)
		return;
	depot->replicas = replicas_new(&(struct replicas_options){
		.world = &process->world,
		.config = depot->given.config,
		.broker_id = DEPOT_BROKER,
		.dirs = depot->dirs,
		.settings_of = settings_of,
		.context = depot,
		.listener = &depot->listener,
		.links = depot->links,
		.isr_port = &depot->isr_port,
	});
	replicas_load(depot->replicas, loaded, depot);
}

static void
open_eye(struct depot *depot)
{
	depot->eye = sim_disk_mount(depot->machine.disk);
	depot->disk = sim_mount_port(depot->eye);
}

struct topic_settings *
depot_settings_new(struct depot *depot)
{
	struct config_map none;
	struct topic_settings *settings;

	config_map_init(&none);
	settings = topic_settings_new(depot->given.config, &none, &depot->given.problems);
	config_map_fini(&none);
	return settings;
}

void
depot_init(struct depot *depot, uint64_t seed, const char *given)
{
	char text[1024];

	memset(depot, 0, sizeof(*depot));
	given_init(&depot->given);
	snprintf(text, sizeof(text), "log.dirs=/a,/b\n%s", given);
	given_set(&depot->given, text);
	cr_assert_not_null(depot->given.config, "%s", given_print(&depot->given));
	sim_init(&depot->sim, seed);
	sim_net_init(&depot->net, &depot->sim);
	sim_machine_init(&depot->machine, &depot->sim, &depot->net, 0);
	sim_process_init(&depot->process, &depot->machine, "depot", 0, 2, boot);
	depot->process.scenario = depot;
	open_eye(depot);
	depot->settings = depot_settings_new(depot);
	depot->topic_id = (struct uuid){ .bytes = { 1, 2, 3 } };
	depot->cluster_id = "cluster";
	depot->port_of_leaders = 9000;
	depot->listener = (struct replicas_listener){ hosted, elected, resigned, doubts_changed,
		dir_failed, has_room };
	arena_init(&depot->arena, 1 << 20);
}

void
depot_begin(struct depot *depot)
{
	depot->is_loaded = false;
	depot->error = ERROR_NONE;
	depot->complaint[0] = '\0';
	sim_process_start(&depot->process);
	while (depot->replicas == NULL && !depot->is_loaded)
		depot_run(depot, 1000);
}

void
depot_start(struct depot *depot)
{
	depot_begin(depot);
	depot_wait(depot, &depot->is_loaded);
}

static void
replicas_stopped(void *context, bool clean)
{
	struct depot *depot = context;

	depot->is_stopped = true;
	depot->is_clean = clean;
}

void
depot_stop(struct depot *depot)
{
	if (depot->replicas != NULL) {
		depot->is_stopped = false;
		depot_enter(depot);
		replicas_stop(depot->replicas, replicas_stopped, depot);
		depot_leave(depot);
		depot_wait(depot, &depot->is_stopped);
		depot_enter(depot);
		persistent_map_release(depot->hosted);
		depot->hosted = NULL;
		replicas_free(depot->replicas);
		depot->replicas = NULL;
		depot_leave(depot);
		depot_run(depot, DEPOT_SECOND_US); /* partitions are freed by messages */
		cr_expect_eq(sim_mount_open_files(depot->process.mount), 0);
	}
	if (sim_process_is_up(&depot->process))
		sim_process_kill(&depot->process);
}

/* What a killed process does reaches nothing any more, but its memory is given back. */
void
depot_kill(struct depot *depot)
{
	sim_mount_kill(depot->process.mount);
	depot_stop(depot);
}

void
depot_power_cut(struct depot *depot, enum sim_disk_crash crash)
{
	sim_disk_power_cut(depot->machine.disk, crash);
	depot->machine.boots++;
	depot_stop(depot);
	sim_mount_free(depot->eye);
	open_eye(depot);
}

void
depot_fini(struct depot *depot)
{
	depot_stop(depot);
	sim_process_fini(&depot->process);
	sim_mount_free(depot->eye);
	sim_machine_fini(&depot->machine);
	sim_net_fini(&depot->net);
	sim_fini(&depot->sim);
	arena_fini(&depot->arena);
	topic_settings_release(depot->settings);
	given_fini(&depot->given);
}

/* ---------------------------------------------------------------- the disk */

bool
depot_exists(struct depot *depot, const char *path)
{
	struct disk_status status;

	return disk_status(depot->disk, path, &status) == ERROR_NONE;
}

struct ending {
	const char *suffix;
	int count;
	char last[256];
};

static void
count_name(void *context, const char *name)
{
	struct ending *ending = context;
	size_t size = strlen(name), tail = strlen(ending->suffix);

	if (size < tail || strcmp(name + size - tail, ending->suffix) != 0)
		return;
	ending->count++;
	snprintf(ending->last, sizeof(ending->last), "%s", name);
}

int
depot_names(struct depot *depot, const char *path, const char *suffix)
{
	struct ending ending = { .suffix = suffix };

	cr_assert_eq(disk_list(depot->disk, path, count_name, &ending), ERROR_NONE);
	return ending.count;
}

const char *
depot_name(struct depot *depot, const char *path, const char *suffix)
{
	static char found[512];
	struct ending ending = { .suffix = suffix };

	cr_assert_eq(disk_list(depot->disk, path, count_name, &ending), ERROR_NONE);
	cr_assert_gt(ending.count, 0);
	snprintf(found, sizeof(found), "%s/%s", path, ending.last);
	return found;
}

void
depot_write(struct depot *depot, const char *path, const char *text)
{
	struct disk_file *file;
	size_t written;

	cr_assert_eq(disk_open(depot->disk, path, DISK_WRITE | DISK_CREATE | DISK_TRUNCATE, &file),
	    ERROR_NONE);
	cr_assert_eq(disk_write(file, text, strlen(text), 0, &written), ERROR_NONE);
	cr_assert_eq(disk_close(file), ERROR_NONE);
}

const char *
depot_text(struct depot *depot, const char *path)
{
	static char text[4096];
	struct disk_file *file;
	size_t got;

	if (disk_open(depot->disk, path, DISK_READ, &file) != ERROR_NONE)
		return "-";
	cr_assert_eq(disk_read(file, text, sizeof(text) - 1, 0, &got), ERROR_NONE);
	text[got] = '\0';
	cr_assert_eq(disk_close(file), ERROR_NONE);
	return text;
}

void
depot_break(struct depot *depot, const char *path, bool broken)
{
	cr_assert_eq(sim_disk_break_write(depot->machine.disk, path, broken), ERROR_NONE);
}
