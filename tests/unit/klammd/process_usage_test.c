#include "klammd/process_usage.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"

static struct snapshot snapshot;

static void
look(void)
{
	snapshot_fini(&snapshot);
	process_usage(&snapshot);
}

/* -1: there is none. */
static double
sample(enum metric_series series)
{
	for (size_t i = 0; i < snapshot.sample_count; i++)
		if (snapshot.samples[i].series == series)
			return snapshot.samples[i].value;
	return -1;
}

static void
tear_down(void)
{
	snapshot_fini(&snapshot);
}

TestSuite(process_usage, .fini = tear_down);

Test(process_usage, counts_open_files)
{
	double before;
	int fd;

	look();
	before = sample(METRIC_SERIES_PROCESS_OPEN_FDS);
	cr_expect_geq(before, 1);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	look();
	cr_expect_eq(sample(METRIC_SERIES_PROCESS_OPEN_FDS), before + 1);
	close(fd);
}

Test(process_usage, tells_how_many_files_may_be_open)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	look();
	cr_expect_eq(sample(METRIC_SERIES_PROCESS_MAX_FDS), (double)limit.rlim_cur);
}

Test(process_usage, has_started_a_moment_ago)
{
	double now = (double)time(NULL), start;

	look();
	start = sample(METRIC_SERIES_PROCESS_START);
	cr_expect_leq(start, now + 2);
	cr_expect_gt(start, now - 3600);
}

Test(process_usage, has_memory_and_uses_the_processor)
{
	double before;

	look();
	before = sample(METRIC_SERIES_PROCESS_CPU);
	while (clock() < CLOCKS_PER_SEC / 10)
		continue;
	look();
	cr_expect_gt(sample(METRIC_SERIES_PROCESS_CPU), MAX(before, 0.05));
	cr_expect_gt(sample(METRIC_SERIES_PROCESS_RESIDENT_MEMORY), 100000);
	cr_expect_gt(sample(METRIC_SERIES_PROCESS_VIRTUAL_MEMORY),
	    sample(METRIC_SERIES_PROCESS_RESIDENT_MEMORY));
}
