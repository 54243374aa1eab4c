#include "klammd/process_usage.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { STAT_SIZE = 1024 };

static double
seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void
add_cpu(struct snapshot *snapshot)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) == 0)
		snapshot_add_sample(snapshot, METRIC_SERIES_PROCESS_CPU,
		    seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

static void
add_open_files(struct snapshot *snapshot)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = -3; /* . and .. and the folder itself */

	if (folder == NULL)
		return;
	while (readdir(folder) != NULL)
		count++;
	(void)closedir(folder);
	snapshot_add_sample(snapshot, METRIC_SERIES_PROCESS_OPEN_FDS, count);
}

static void
add_file_limit(struct snapshot *snapshot)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		snapshot_add_sample(snapshot, METRIC_SERIES_PROCESS_MAX_FDS, (double)limit.rlim_cur);
}

/* The fields behind the name, which may hold anything; false: it cannot be read. */
static bool
read_stat(char text[STAT_SIZE], const char **fields)
{
	FILE *file = fopen("/proc/self/stat", "re");
	size_t got;

	if (file == NULL)
		return false;
	got = fread(text, 1, STAT_SIZE - 1, file);
	(void)fclose(file);
	text[got] = '\0';
	*fields = strrchr(text, ')');
	return *fields != NULL;
}

static double
now(clockid_t clock)
{
	struct timespec time;

	(void)clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* proc(5): fields 22 to 24 are the start in ticks after the boot, and sizes in memory. */
static void
add_start_and_memory(struct snapshot *snapshot)
{
	char text[STAT_SIZE];
	const char *fields;
	uint64_t start, virtual;
	int64_t pages;

	if (!read_stat(text, &fields) ||
	    sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %"
	    SCNu64 " %" SCNu64 " %" SCNd64, &start, &virtual, &pages) != 3)
		return;
	snapshot_add_sample(snapshot, METRIC_SERIES_PROCESS_START, now(CLOCK_REALTIME) -
	    now(CLOCK_BOOTTIME) + (double)start / (double)sysconf(_SC_CLK_TCK));
	snapshot_add_sample(snapshot, METRIC_SERIES_PROCESS_VIRTUAL_MEMORY, (double)virtual);
	snapshot_add_sample(snapshot, METRIC_SERIES_PROCESS_RESIDENT_MEMORY,
	    (double)pages * (double)sysconf(_SC_PAGESIZE));
}

void
process_usage(struct snapshot *snapshot)
{
	add_cpu(snapshot);
	add_open_files(snapshot);
	add_file_limit(snapshot);
	add_start_and_memory(snapshot);
}
