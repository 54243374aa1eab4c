#include "crash_loop.h"

#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "house.h"
#include "tree.h"
#include "verify.h"
#include "workload.h"

enum { PROCESSES_MAX = 16, ROOM_BYTES = 64 << 20 };

static const char help[] =
    "Usage: crash_loop [option]...\n"
    "Kills a process that works with log dirs at its K-th operation that changes\n"
    "something, and looks at what the next start makes of it.\n"
    "  --every N     every N-th K only (default 29; 1: all)\n"
    "  --inside N    at every N-th of these K die inside the recovery, too,\n"
    "                at each of its operations (default 6; 0: never)\n"
    "  --from K, --to K\n"
    "  --way before|after|short|holed, --flush 0|1\n"
    "                only this one\n"
    "  --recovery J  die at operation J of the recovery only\n"
    "  --seed S      of the workload (default 1)\n"
    "  --jobs N      processes (default: one for each CPU)\n"
    "  --verbose     operations and files\n";

/* Where one process dies. */
struct place {
	uint64_t operation;
	enum mortal_way way;
	bool flush;
	uint64_t recovery_operation; /* 0: not there */
	enum mortal_way recovery_way;
};

/* Shared by all processes. */
struct shared {
	_Atomic(unsigned) passed, failed, crashes, recovery_crashes;
	uint64_t operations[2]; /* of the workload, without and with flush */
	uint8_t trace[2][MORTAL_TRACE_MAX];
};

struct recovery {
	uint64_t operations;
	uint8_t trace[MORTAL_TRACE_MAX];
};

struct loop {
	const char *name;
	bool planted;
	uint64_t every, inside, from, to, recovery_only, seed;
	int way_only, flush_only; /* -1: all */
	int jobs;
	bool verbose;
	struct shared *shared;
	struct recovery *recovery; /* of this process and its child */
	char root[64];
	char folder[128];          /* of this process */
	char kept[128];            /* a copy of what the killed process left */
};

static void *
shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memory;
}

/* ---------------------------------------------------------- the processes */

static pid_t
fork_child(void)
{
	fflush(NULL);
	pid_t child = fork();

	if (child < 0)
		abort();
	return child;
}

static int
wait_for(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) != child)
		continue;
	return status;
}

static bool
was_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void
take_events(int events, struct model *model)
{
	struct event event;
	size_t have = 0;
	ssize_t got;

	while ((got = read(events, (char *)&event + have, sizeof(event) - have)) > 0) {
		have += (size_t)got;
		if (have < sizeof(event))
			continue;
		model_take(model, &event);
		have = 0;
	}
}

/* Runs the workload in a child until it dies; its status. */
static int
run_workload(struct loop *loop, const struct place *place, struct model *model, uint8_t *trace)
{
	int events[2];

	tree_remove(loop->folder);
	if (mkdir(loop->folder, 0777) != 0 || pipe(events) != 0)
		abort();
	pid_t child = fork_child();
	if (child == 0) {
		struct mortal_disk mortal;
		struct workload_options options = {
			.disk = &mortal,
			.folder = loop->folder,
			.events = events[1],
			.flush_before_ack = place->flush,
			.seed = loop->seed,
		};

		close(events[0]);
		mortal_disk_init(&mortal, place->operation, place->way, loop->seed);
		mortal.verbose = loop->verbose;
		mortal.trace = trace;
		workload_run(&options);
		_exit(0);
	}
	close(events[1]);
	take_events(events[0], model);
	close(events[0]);
	return wait_for(child);
}

static int
run_recovery(struct loop *loop, uint64_t kill_at, enum mortal_way way)
{
	pid_t child = fork_child();

	if (child == 0) {
		struct mortal_disk mortal;
		struct house house;

		mortal_disk_init(&mortal, kill_at, way, loop->seed);
		mortal.verbose = loop->verbose;
		mortal.trace = loop->recovery->trace;
		house_init(&house, loop->folder, loop->seed + 1);
		enum error error = house_start(&house, &mortal.port, WORKLOAD_NOW_MS + 100000);
		loop->recovery->operations = mortal.operations;
		_exit(error == ERROR_NONE ? 0 : 1);
	}
	return wait_for(child);
}

static bool
run_verify(const struct loop *loop, const struct model *model, bool whole)
{
	pid_t child = fork_child();

	if (child == 0) {
		struct verify_options options = {
			.folder = loop->folder,
			.model = model,
			.seed = loop->seed,
			.whole = whole,
			.verbose = loop->verbose,
		};
		bool good = verify(&options);
		fflush(NULL);
		_exit(good ? 0 : 1);
	}
	int status = wait_for(child);
	if (WIFSIGNALED(status))
		fprintf(stderr, "  the start or a check died of signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---------------------------------------------------------------- one place */

static bool
tell(struct loop *loop, const struct place *place, bool good, const char *what)
{
	char recovery[64] = "";

	atomic_fetch_add(good ? &loop->shared->passed : &loop->shared->failed, 1);
	if (good)
		return true;
	if (place->recovery_operation != 0)
		snprintf(recovery, sizeof(recovery), " --recovery %llu",
		    (unsigned long long)place->recovery_operation);
	fprintf(stderr, "%s: %s dying %s operation %llu, --flush %d%s; again with\n"
	    "  tests/crash/%s --seed %llu --from %llu --to %llu --way %s --flush %d%s --verbose\n",
	    loop->planted ? "found" : "FAILED", what, mortal_way_text(place->way),
	    (unsigned long long)place->operation, place->flush, recovery, loop->name,
	    (unsigned long long)loop->seed, (unsigned long long)place->operation,
	    (unsigned long long)place->operation, mortal_way_text(place->way), place->flush,
	    recovery);
	return false;
}

static bool
is_write(const uint8_t *trace, uint64_t operation)
{
	return operation <= MORTAL_TRACE_MAX && trace[operation - 1] == MORTAL_WRITE;
}

/* Dies at each operation of the recovery of what is in `kept`, and recovers again. */
static void
try_recoveries(struct loop *loop, const struct place *place, const struct model *model)
{
	uint8_t trace[MORTAL_TRACE_MAX];

	tree_remove(loop->folder);
	tree_copy(loop->kept, loop->folder);
	int status = run_recovery(loop, 0, MORTAL_BEFORE);
	tell(loop, place, status == 0, "a start failed after");
	uint64_t operations = loop->recovery->operations;
	memcpy(trace, loop->recovery->trace, sizeof(trace));
	for (uint64_t at = 1; at <= operations && status == 0; at++) {
		struct place inner = *place;

		if (loop->recovery_only != 0 && loop->recovery_only != at)
			continue;
		inner.recovery_operation = at;
		inner.recovery_way = (enum mortal_way)((at + place->operation) %
		    (is_write(trace, at) ? MORTAL_WAY_COUNT : 2));
		tree_remove(loop->folder);
		tree_copy(loop->kept, loop->folder);
		bool good = was_killed(run_recovery(loop, at, inner.recovery_way));
		atomic_fetch_add(&loop->shared->recovery_crashes, 1);
		good = good && run_verify(loop, model, at % 5 == 0);
		tell(loop, &inner, good, "wrong after");
	}
}

static void
try_place(struct loop *loop, const struct place *place, bool inside)
{
	struct model model;

	model_init(&model);
	if (loop->verbose)
		fprintf(stderr, "operation %llu\n", (unsigned long long)place->operation);
	int status = run_workload(loop, place, &model, NULL);
	atomic_fetch_add(&loop->shared->crashes, 1);
	if (!was_killed(status) || model.ended) {
		tell(loop, place, false, "the workload ended by itself,");
	} else {
		if (inside) {
			tree_remove(loop->kept);
			tree_copy(loop->folder, loop->kept);
		}
		if (loop->recovery_only == 0)
			tell(loop, place, run_verify(loop, &model, true), "wrong after");
		if (inside)
			try_recoveries(loop, place, &model);
	}
	model_fini(&model);
}

/* --------------------------------------------------------------- the loop */

/* Lets the workload run to its end, counting; and that is a crash, too. */
static void
count_operations(struct loop *loop)
{
	for (int flush = 0; flush < 2; flush++) {
		struct place place = { .operation = 0, .flush = flush };
		struct model model;

		model_init(&model);
		int status = run_workload(loop, &place, &model, loop->shared->trace[flush]);
		loop->shared->operations[flush] = (uint64_t)model.operations;
		tell(loop, &place, status == 0 && model.ended && run_verify(loop, &model, true),
		    "wrong after the whole workload,");
		model_fini(&model);
	}
}

static bool
is_wanted(const struct loop *loop, const struct place *place)
{
	if (place->way >= MORTAL_SHORT &&
	    !is_write(loop->shared->trace[place->flush], place->operation))
		return false;
	return loop->way_only < 0 || loop->way_only == (int)place->way;
}

/* The places of process number `job`. */
static void
run_job(struct loop *loop, int job)
{
	uint64_t number = 0;

	snprintf(loop->folder, sizeof(loop->folder), "%s/%d", loop->root, job);
	snprintf(loop->kept, sizeof(loop->kept), "%s/%d-kept", loop->root, job);
	loop->recovery = shared_memory(sizeof(*loop->recovery));
	for (int flush = 0; flush < 2; flush++) {
		uint64_t to = MIN(loop->to, loop->shared->operations[flush]);

		if (loop->flush_only >= 0 && loop->flush_only != flush)
			continue;
		for (uint64_t at = loop->from; at <= to; at += loop->every, number++) {
			bool inside = loop->recovery_only != 0 ||
			    (loop->inside != 0 && number / (uint64_t)loop->jobs % loop->inside == 0);

			/* Any way, but each only once inside. */
			int inside_way = loop->way_only >= 0 ? loop->way_only : (int)(at %
			    (is_write(loop->shared->trace[flush], at) ? MORTAL_WAY_COUNT : 2));

			for (int way = 0; way < MORTAL_WAY_COUNT; way++) {
				struct place place = { at, (enum mortal_way)way, flush, 0, 0 };

				if (number % (uint64_t)loop->jobs != (uint64_t)job ||
				    !is_wanted(loop, &place) ||
				    (loop->planted && loop->shared->failed > 0))
					continue;
				try_place(loop, &place, inside && way == inside_way);
			}
		}
	}
}

static void
run_jobs(struct loop *loop)
{
	pid_t children[PROCESSES_MAX];

	for (int job = 0; job < loop->jobs; job++) {
		children[job] = fork_child();
		if (children[job] == 0) {
			run_job(loop, job);
			fflush(NULL);
			_exit(0);
		}
	}
	for (int job = 0; job < loop->jobs; job++) {
		if (wait_for(children[job]) != 0)
			atomic_fetch_add(&loop->shared->failed, 1);
	}
}

/* In memory when there is room: syncs cost nothing there, and are counted all the same. */
static void
make_root(struct loop *loop)
{
	const char *temporary = getenv("TMPDIR");
	struct statvfs room;

	if (statvfs("/dev/shm", &room) == 0 && access("/dev/shm", W_OK) == 0 &&
	    (uint64_t)room.f_bavail * room.f_frsize >= ROOM_BYTES)
		temporary = "/dev/shm";
	snprintf(loop->root, sizeof(loop->root), "%s/klamm-crash-XXXXXX",
	    temporary != NULL && strlen(temporary) < 40 ? temporary : "/tmp");
	if (mkdtemp(loop->root) == NULL) {
		perror(loop->root);
		abort();
	}
	snprintf(loop->folder, sizeof(loop->folder), "%s/0", loop->root);
}

static int
way_of(const char *text)
{
	for (int way = 0; way < MORTAL_WAY_COUNT; way++) {
		if (strcmp(text, mortal_way_text((enum mortal_way)way)) == 0)
			return way;
	}
	fputs(help, stderr);
	exit(2);
}

static void
read_options(struct loop *loop, int argc, char **argv)
{
	static const struct option options[] = {
		{ "every", required_argument, NULL, 'e' },
		{ "inside", required_argument, NULL, 'i' },
		{ "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' },
		{ "way", required_argument, NULL, 'w' },
		{ "flush", required_argument, NULL, 'F' },
		{ "recovery", required_argument, NULL, 'r' },
		{ "seed", required_argument, NULL, 's' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		unsigned long long number = optarg != NULL ? strtoull(optarg, NULL, 10) : 0;

		switch (option) {
		case 'e': loop->every = MAX(number, 1ULL); break;
		case 'i': loop->inside = number; break;
		case 'f': loop->from = MAX(number, 1ULL); break;
		case 't': loop->to = number; break;
		case 'w': loop->way_only = way_of(optarg); break;
		case 'F': loop->flush_only = number != 0; break;
		case 'r': loop->recovery_only = number; break;
		case 's': loop->seed = number; break;
		case 'j': loop->jobs = (int)MIN(MAX(number, 1ULL), (unsigned long long)PROCESSES_MAX); break;
		case 'v': loop->verbose = true; break;
		default: fputs(help, option == 'h' ? stdout : stderr); exit(option == 'h' ? 0 : 2);
		}
	}
}

static void
print_kinds(const struct loop *loop)
{
	unsigned counts[MORTAL_OPERATION_COUNT] = { 0 };

	for (uint64_t i = 0; i < MIN(loop->shared->operations[1], (uint64_t)MORTAL_TRACE_MAX); i++)
		counts[loop->shared->trace[1][i]]++;
	printf("%llu operations, %llu with a flush before each acknowledgement:",
	    (unsigned long long)loop->shared->operations[0],
	    (unsigned long long)loop->shared->operations[1]);
	for (int kind = MORTAL_NONE + 1; kind < MORTAL_OPERATION_COUNT; kind++) {
		if (counts[kind] > 0)
			printf(" %s %u", mortal_operation_text((enum mortal_operation)kind),
			    counts[kind]);
	}
	printf("\n");
}

int
crash_loop_main(int argc, char **argv, const char *name, bool planted)
{
	struct loop loop = {
		.name = name, .planted = planted, .every = 29, .inside = 6, .from = 1,
		.to = UINT64_MAX, .seed = 1, .way_only = -1, .flush_only = -1,
	};
	struct rlimit no_cores = { 0, 0 };
	time_t began = time(NULL);

	loop.jobs = (int)MIN(MAX(sysconf(_SC_NPROCESSORS_ONLN), 1L), (long)PROCESSES_MAX);
	if (getenv("KLAMM_BRIEF") != NULL)
		loop.every = 101;
	read_options(&loop, argc, argv);
	(void)setrlimit(RLIMIT_CORE, &no_cores);
	loop.shared = shared_memory(sizeof(*loop.shared));
	make_root(&loop);
	count_operations(&loop);
	print_kinds(&loop);
	if (loop.shared->operations[0] < 300) {
		printf("fewer than 300 operations\n");
		loop.shared->failed++;
	}
	run_jobs(&loop);
	tree_remove(loop.root);
	unsigned passed = loop.shared->passed, failed = loop.shared->failed;
	printf("%u crashes, and %u inside the recovery, in %lld s\n", loop.shared->crashes,
	    loop.shared->recovery_crashes, (long long)(time(NULL) - began));
	if (planted) {
		passed = failed > 0;
		failed = !passed;
	}
	printf("%s: %u passed, %u failed\n", name, passed, failed);
	return failed != 0;
}
