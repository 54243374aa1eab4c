/*
 * Threads around a few logs, as a broker has them: the loop (main) appends,
 * prepares jobs and takes them back; workers flush, read what is cold, remove
 * old segments, and make room in a file cache that is far too small. For
 * TSan and ASan.
 */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "log/log_flush.h"
#include "log/log_read.h"
#include "log/log_removal.h"
#include "tests/sim/log_fixture.h"
#include "world/disk_posix.h"

enum { LOGS = 6, KINDS = 3, PATH_SIZE = 128, SECONDS = 3 };
enum state { FREE, WORK, DONE };

/* One thread and the job that it was given. */
struct worker {
	pthread_t thread;
	_Atomic(enum state) state;
	void (*run)(struct worker *worker);
	struct log *log;
	struct log_flush flush;
	struct log_read read;
	struct log_removal removal;
	bool unlinks;
	enum error error;
};

static _Atomic(bool) stopping, ended;
static struct file_cache cache;
static struct worker workers[LOGS * KINDS], room;

static void
require(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "stress: %s\n", what);
	abort();
}

static void *
work(void *argument)
{
	struct worker *worker = argument;
	struct timespec pause = { .tv_nsec = 50000 };

	while (!ended) {
		if (worker->state == WORK) {
			worker->run(worker);
			worker->state = DONE;
		} else {
			nanosleep(&pause, NULL);
		}
	}
	return NULL;
}

static void *
make_room(void *argument)
{
	struct timespec pause = { .tv_nsec = 20000 };

	(void)argument;
	while (!ended) {
		require(file_cache_make_room(&cache) == ERROR_NONE, "making room");
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void
run_flush(struct worker *worker)
{
	log_flush_run(&worker->flush);
}

static void
run_read(struct worker *worker)
{
	uint8_t byte;
	size_t got;

	worker->error = log_read_run(&worker->read, false);
	if (worker->read.slice.segment == NULL)
		return;
	require(disk_read(worker->read.slice.file, &byte, 1, worker->read.slice.position, &got) ==
	    ERROR_NONE && got == 1, "reading a slice");
	log_slice_release(&worker->read.slice);
}

static void
run_removal(struct worker *worker)
{
	if (!worker->unlinks)
		log_removal_rename(&worker->removal);
	else
		worker->error = log_removal_unlink(&worker->removal);
}

static void
tend_flush(struct worker *worker, unsigned turn)
{
	if (worker->state == DONE) {
		require(log_flush_done(worker->log, &worker->flush, 1) == ERROR_NONE, "flush");
		worker->state = FREE;
	} else if (worker->state == FREE && !stopping) {
		require(log_flush_prepare(worker->log, &worker->flush,
		    turn % 2 == 0 ? LOG_FLUSH_ALL : LOG_FLUSH_RECORDS) == ERROR_NONE, "flush");
		worker->state = WORK;
	}
}

static void
tend_read(struct worker *worker, unsigned turn)
{
	int64_t start = log_start_offset(worker->log), end = log_end_offset(worker->log);

	if (worker->state == DONE) {
		/* NOT_FOUND: retention was faster. */
		require(worker->error == ERROR_NONE || worker->error == ERROR_NOT_FOUND, "read");
		log_read_done(worker->log, &worker->read);
		worker->state = FREE;
	} else if (worker->state == FREE && !stopping && start < end) {
		worker->read = (struct log_read){ .upper_bound = end, .max_bytes = 5000,
			.offset = start + (int64_t)turn % (end - start) };
		require(log_read_prepare(worker->log, &worker->read) == ERROR_NONE, "read");
		worker->state = WORK;
	}
}

static void
tend_removal(struct worker *worker)
{
	enum state state = worker->state;

	if (state == DONE && !worker->unlinks) {
		require(log_removal_done(worker->log, &worker->removal) == ERROR_NONE, "removal");
		worker->unlinks = true;
		worker->state = WORK;
	} else if (state == DONE) {
		require(worker->error == ERROR_NONE, "unlinking");
		log_removal_fini(&worker->removal);
		worker->unlinks = false;
		worker->state = FREE;
	} else if (state == FREE && !stopping) {
		require(log_removal_prepare(worker->log, &worker->removal, 1, 1) == ERROR_NONE,
		    "removal");
		worker->state = WORK;
	}
}

static bool
tend_all(unsigned turn)
{
	bool busy = false;

	for (int i = 0; i < LOGS * KINDS; i += KINDS) {
		tend_flush(&workers[i], turn);
		tend_read(&workers[i + 1], turn);
		tend_removal(&workers[i + 2]);
		for (int j = i; j < i + KINDS; j++)
			busy |= workers[j].state != FREE;
	}
	return busy;
}

static void
append_one(struct log *log, struct buffer *bytes)
{
	struct log_append append = { .bytes = bytes->bytes, .size = bytes->size };

	require(log_append_as_leader(log, &append, 1, 1, 1) == ERROR_NONE &&
	    append.status == LOG_APPEND_DONE, "append");
	log_set_high_watermark(log, log_end_offset(log));
}

static unsigned
run_loop(struct log **logs, int seconds)
{
	struct log_sample sample = { .records = 1, .value_size = 200 };
	time_t until = time(NULL) + seconds;
	struct buffer bytes;
	unsigned turn = 0;

	buffer_init(&bytes);
	log_sample_batch(&bytes, &sample, 0);
	for (; time(NULL) < until; turn++) {
		for (int i = 0; i < LOGS; i++)
			append_one(logs[i], &bytes);
		(void)tend_all(turn);
	}
	buffer_fini(&bytes);
	stopping = true;
	while (tend_all(turn))
		continue;
	ended = true;
	return turn;
}

static struct log *
open_log(struct disk *disk, struct index_place *indexes, const char *top, int number)
{
	static const uint64_t seed[2] = { 1, 2 };
	struct log_config config = log_config_default();
	char path[PATH_SIZE];
	struct prng prng;
	struct log *log;

	config.segment_bytes = 8192;
	config.index_interval_bytes = 300;
	config.retention_bytes = 40000;
	config.retention_ms = -1;
	prng_init(&prng, 1);
	snprintf(path, sizeof(path), "%s/orders-%d", top, number);
	require(disk_make_directory(disk, path) == ERROR_NONE, "making a directory");
	struct log_open_options options = { .cache = &cache, .indexes = indexes, .path = path,
		.hash_seed = seed, .config = &config, .prng = &prng, .now_ms = 1 };
	require(log_open(&options, &log) == ERROR_NONE, "opening a log");
	return log;
}

static void
start_workers(struct log **logs)
{
	void (*const runs[KINDS])(struct worker *) = { run_flush, run_read, run_removal };

	for (int i = 0; i < LOGS * KINDS; i++) {
		workers[i].log = logs[i / KINDS];
		workers[i].run = runs[i % KINDS];
		require(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0,
		    "a thread");
	}
	require(pthread_create(&room.thread, NULL, make_room, NULL) == 0, "a thread");
}

int
main(void)
{
	char top[] = "log-stress-XXXXXX", path[PATH_SIZE];
	struct index_cache index_cache;
	struct log *logs[LOGS];
	struct disk disk;

	disk_posix_init(&disk);
	require(mkdtemp(top) != NULL, "making a directory");
	file_cache_init(&cache, &disk, 8);
	index_cache_init(&index_cache, 1 << 14);
	struct index_place indexes = { &disk, &index_cache };
	for (int i = 0; i < LOGS; i++)
		logs[i] = open_log(&disk, &indexes, top, i);
	start_workers(logs);
	unsigned turns = run_loop(logs, SECONDS);
	for (int i = 0; i < LOGS * KINDS; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_join(room.thread, NULL);
	for (int i = 0; i < LOGS; i++) {
		require(log_close(logs[i], 1) == ERROR_NONE, "closing");
		snprintf(path, sizeof(path), "%s/orders-%d", top, i);
		require(log_remove_directory(&disk, path) == ERROR_NONE, "removing");
	}
	rmdir(top);
	printf("stress: %u turns, %llu files opened, %llu synced early\n", turns,
	    (unsigned long long)cache.counters.opened,
	    (unsigned long long)cache.counters.synced_early);
	file_cache_fini(&cache);
	index_cache_fini(&index_cache);
	return turns > 0 ? 0 : 1;
}
