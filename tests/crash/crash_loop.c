/*
 * crash_loop: kill -9 at every change that a workload makes on the disk, with
 * and without half a write before, and again inside the recovery that follows.
 * Every acknowledged record has to be there afterwards, and a second recovery
 * must change nothing.
 *
 *	crash_loop [DIRECTORY]     default: a directory of its own in /dev/shm or /tmp
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash_table.h"
#include "base/memory.h"
#include "tests/crash/crash_broker.h"

enum { PATH_SIZE = 512, RECOVERY_KILLS = 2 };

static char top[PATH_SIZE];
static int passed, failed;

static NORETURN void
die(const char *what)
{
	fprintf(stderr, "crash_loop: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* ------------------------------------------------------- trees of the system */

/* Calls `each` for the files and, afterwards, the folders below and at `path`. */
static void
walk(const char *path, void (*each)(void *context, const char *path, bool is_folder),
    void *context)
{
	DIR *folder = opendir(path);
	struct dirent **entries;
	int count;

	if (folder == NULL) {
		if (errno == ENOTDIR)
			each(context, path, false);
		return;
	}
	closedir(folder);
	count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char below[PATH_SIZE];

		if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0 &&
		    snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name) <
			(int)sizeof(below))
			walk(below, each, context);
		free(entries[i]);
	}
	free(entries);
	each(context, path, true);
}

static void
remove_one(void *context, const char *path, bool is_folder)
{
	(void)context;
	if ((is_folder ? rmdir(path) : unlink(path)) != 0)
		die(path);
}

static void
read_file(const char *path, struct buffer *contents)
{
	uint8_t bytes[4096];
	ssize_t got;
	int file = open(path, O_RDONLY);

	if (file < 0)
		die(path);
	while ((got = read(file, bytes, sizeof(bytes))) > 0)
		buffer_append(contents, bytes, (size_t)got);
	close(file);
}

static void
digest_one(void *context, const char *path, bool is_folder)
{
	static const uint64_t seed[2] = { 3, 4 };
	uint64_t *digest = context;
	struct buffer contents;

	buffer_init(&contents);
	buffer_append(&contents, path, strlen(path) + 1);
	if (!is_folder)
		read_file(path, &contents);
	*digest = *digest * 31 + siphash(seed, buffer_slice(&contents));
	buffer_fini(&contents);
}

static uint64_t
digest(const char *path)
{
	uint64_t sum = 0;

	walk(path, digest_one, &sum);
	return sum;
}

static void
copy_tree(const char *from, const char *to)
{
	struct dirent **entries;
	int count = scandir(from, &entries, NULL, alphasort);

	if (count < 0 || mkdir(to, 0700) != 0)
		die(from);
	for (int i = 0; i < count; i++) {
		char source[PATH_SIZE], target[PATH_SIZE];
		const char *name = entries[i]->d_name;
		struct stat status;

		snprintf(source, sizeof(source), "%s/%.200s", from, name);
		snprintf(target, sizeof(target), "%s/%.200s", to, name);
		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			if (stat(source, &status) != 0)
				die(source);
			if (S_ISDIR(status.st_mode)) {
				copy_tree(source, target);
			} else {
				struct buffer contents;
				int file = open(target, O_WRONLY | O_CREAT, 0600);

				buffer_init(&contents);
				read_file(source, &contents);
				if (file < 0 || (contents.size > 0 && write(file, contents.bytes,
				    contents.size) != (ssize_t)contents.size))
					die(target);
				close(file);
				buffer_fini(&contents);
			}
		}
		free(entries[i]);
	}
	free(entries);
}

/* ---------------------------------------------------------------- processes */

static int
wait_for(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			die("waitpid");
	}
	return status;
}

static bool
was_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

struct outcome {
	int64_t changes; /* of all of the workload; -1: it was killed before its end */
	bool in_write;   /* it was killed in a write */
};

/* Runs the workload until it is killed, or to its end. */
static struct outcome
run_workload(const char *path, struct crash_plan plan,
    struct crash_promise promises[CRASH_PARTITIONS])
{
	struct outcome outcome = { .changes = -1 };
	struct crash_message message = { 0 };
	int ends[2];

	if (mkdir(path, 0700) != 0 || pipe(ends) != 0)
		die(path);
	fflush(NULL);
	pid_t child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		struct crash_broker broker;

		close(ends[0]);
		plan.pipe = ends[1];
		crash_broker_start(&broker, path, &plan);
		crash_broker_work(&broker, ends[1]);
		crash_broker_stop(&broker, false);
		_exit(0);
	}
	close(ends[1]);
	memset(promises, 0, CRASH_PARTITIONS * sizeof(promises[0]));
	while (read(ends[0], &message, sizeof(message)) == (ssize_t)sizeof(message)) {
		crash_promise_take(promises, &message);
		if (message.word == CRASH_ENDED)
			outcome.changes = message.value;
		if (message.word == CRASH_DIES)
			outcome.in_write = message.value != 0;
	}
	close(ends[0]);
	int status = wait_for(child);
	if (!was_killed(status) && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
		fprintf(stderr, "crash_loop: the workload ended with status %#x\n", status);
		failed++;
	}
	return outcome;
}

/* Recovers and, unless it is killed, checks; the status of the process. */
static int
run_recovery(const char *path, uint64_t kill_at,
    const struct crash_promise promises[CRASH_PARTITIONS])
{
	fflush(NULL);
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child == 0) {
		struct crash_plan plan = { kill_at, kill_at % 2 == 0, false, -1 };
		struct crash_broker broker;

		crash_broker_start(&broker, path, &plan);
		bool good = crash_broker_check(&broker, promises);
		crash_broker_stop(&broker, false);
		_exit(good ? 0 : 1);
	}
	return wait_for(child);
}

static bool
recovers(const char *path, const struct crash_promise promises[CRASH_PARTITIONS])
{
	int status = run_recovery(path, 0, promises);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return false;
	uint64_t before = digest(path);
	status = run_recovery(path, 0, promises);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return false;
	if (digest(path) == before)
		return true;
	fprintf(stderr, "crash_loop: a second recovery changed something\n");
	return false;
}

/* Kills inside the recovery too, each time from the same state. */
static bool
recovers_after_kills(const char *path, uint64_t first, uint64_t step,
    const struct crash_promise promises[CRASH_PARTITIONS])
{
	char copy[PATH_SIZE];
	bool good = true;

	snprintf(copy, sizeof(copy), "%.480s.copy", path);
	for (uint64_t i = 0, at = first; i < RECOVERY_KILLS && good; i++, at += step) {
		copy_tree(path, copy);
		int status = run_recovery(copy, at, promises);
		if (was_killed(status))
			good = recovers(copy, promises);
		else
			good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
		if (!good)
			fprintf(stderr, "crash_loop: killed at change %llu of the recovery\n",
			    (unsigned long long)at);
		walk(copy, remove_one, NULL);
	}
	return good && recovers(path, promises);
}

/* ---------------------------------------------------------------- the loop */

static struct outcome
crash(uint64_t at, bool partly, bool flush_before_ack)
{
	static struct crash_promise promises[CRASH_PARTITIONS];
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%.480s/run", top);
	struct crash_plan plan = { at, partly, flush_before_ack, -1 };
	struct outcome outcome = run_workload(path, plan, promises);
	if (recovers_after_kills(path, 1 + at % 5, 3 + at % 7, promises)) {
		passed++;
	} else {
		fprintf(stderr, "crash_loop: FAILED at change %llu%s%s; left in %s\n",
		    (unsigned long long)at, partly ? ", half written" : "",
		    flush_before_ack ? ", flush before ack" : "", path);
		failed++;
		exit(1);
	}
	walk(path, remove_one, NULL);
	return outcome;
}

static void
choose_top(int count, char **arguments)
{
	static const char *const places[] = { "/dev/shm", "/tmp" };

	for (size_t i = 0; i < ARRAY_LENGTH(places) && count < 2; i++) {
		snprintf(top, sizeof(top), "%s/crash_loop.XXXXXX", places[i]);
		if (mkdtemp(top) != NULL)
			return;
	}
	snprintf(top, sizeof(top), "%s", count > 1 ? arguments[1] : "");
	if (mkdir(top, 0700) != 0)
		die(top);
}

int
main(int count, char **arguments)
{
	choose_top(count, arguments);
	for (int flush = 0; flush < 2; flush++) {
		struct outcome outcome = { .changes = -1 };

		for (uint64_t at = 1; outcome.changes < 0; at++) {
			outcome = crash(at, false, flush == 1);
			if (outcome.in_write)
				(void)crash(at, true, flush == 1);
		}
		printf("crash_loop: %s: %lld changes, a kill at each of them\n",
		    flush ? "flush before ack" : "no flush before ack", (long long)outcome.changes);
	}
	printf("crash_loop: %d passed, %d failed\n", passed, failed);
	walk(top, remove_one, NULL);
	return failed == 0 ? 0 : 1;
}
