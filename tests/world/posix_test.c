/*
 * The real ends on the real system: files in a folder of their own, locks
 * between processes, sockets over the loopback interface.
 */
#include "posix_test.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "world/clock_posix.h"
#include "world/cpu_count.h"
#include "world/disk_posix.h"
#include "world/entropy_posix.h"
#include "world/world_posix.h"

const char *
path_in(const char *folder, const char *name)
{
	static char paths[4][PATH_SIZE];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_SIZE, "%s/%s", folder, name);
	return path;
}

static void
clock_test(void)
{
	struct clock clock;
	int64_t before_us, wall_ms;

	clock_posix_init(&clock);
	before_us = clock_monotonic_us(&clock);
	wall_ms = clock_wall_ms(&clock);
	CHECK(clock_monotonic_us(&clock) >= before_us);
	CHECK(wall_ms > INT64_C(1600000000000) && wall_ms < INT64_C(10000000000000));
}

static void
entropy_test(void)
{
	struct entropy entropy;
	unsigned char first[32] = { 0 }, second[32] = { 0 }, large[4096] = { 0 };
	int zeros = 0;

	entropy_posix_init(&entropy);
	entropy_fill(&entropy, first, sizeof(first));
	entropy_fill(&entropy, second, sizeof(second));
	CHECK(memcmp(first, second, sizeof(first)) != 0);
	entropy_fill(&entropy, large, sizeof(large));
	for (size_t i = sizeof(large) - 64; i < sizeof(large); i++)
		zeros += large[i] == 0;
	CHECK(zeros < 16);
}

struct call {
	struct loop_message message;
	void (*call)(void *argument);
	void *argument;
	sem_t done;
};

static void
run_call(struct loop_message *message)
{
	struct call *call = container_of(message, struct call, message);

	call->call(call->argument);
	sem_post(&call->done);
}

void
run_on_loop(struct loop *loop, void (*call)(void *argument), void *argument)
{
	struct call it = { .message.run = run_call, .call = call, .argument = argument };

	sem_init(&it.done, 0, 0);
	loop_post(loop, &it.message);
	sem_wait(&it.done);
	sem_destroy(&it.done);
}

bool
comes_true(atomic_int *counter, int value)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	for (int i = 0; i < 10000 && atomic_load(counter) != value; i++)
		nanosleep(&moment, NULL);
	return atomic_load(counter) == value;
}

static void
print_line(struct logger *logger, enum logger_level level, const char *line)
{
	(void)logger;
	fprintf(stderr, "posix_test: %s: %s\n", logger_level_name(level), line);
}

static void
world_test(const char *folder)
{
	struct logger logger = { .level = LOGGER_WARN, .sink = print_line };
	struct world *world = world_posix_new(2, 3, &logger);

	CHECK(world != NULL);
	if (world == NULL)
		return;
	posix_threads_test(world);
	posix_net_test(world, folder);
	world_posix_free(world);
}

static void
remove_folder(const char *folder)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		execlp("rm", "rm", "-rf", folder, (char *)NULL);
		_exit(127);
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

int
main(void)
{
	char folder[] = "posix_test.XXXXXX";
	struct disk disk;

	if (mkdtemp(folder) == NULL) {
		perror("mkdtemp");
		return 1;
	}
	disk_posix_init(&disk);
	clock_test();
	entropy_test();
	CHECK(cpu_count() >= 1 && cpu_count() <= sysconf(_SC_NPROCESSORS_CONF));
	posix_disk_test(&disk, folder);
	posix_lock_test(&disk, folder);
	world_test(folder);
	remove_folder(folder);
	return check_summary("posix_test");
}
