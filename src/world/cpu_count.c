#include "world/cpu_count.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"

enum { TEXT_SIZE = 4096, MOST_CPUS = 4096 };

/* ------------------------------------------------------------------ pure */

/* A positive number that ends the text or stands before white space. */
static bool
parse_positive(const char *text, long *number, const char **rest)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	*rest = end;
	return end != text && errno == 0 && *number > 0 &&
	    (*end == '\0' || *end == ' ' || *end == '\n');
}

static int
rounded_up(long quota, long period)
{
	long count = quota / period + (quota % period != 0);

	return (int)MIN(count, (long)MOST_CPUS);
}

int
cpu_count_of_max(const char *text)
{
	const char *rest;
	long quota, period;

	if (!parse_positive(text, &quota, &rest) || !parse_positive(rest, &period, &rest))
		return 0;
	return rounded_up(quota, period);
}

int
cpu_count_of_quota(const char *quota, const char *period)
{
	const char *rest;
	long quota_us, period_us;

	if (!parse_positive(quota, &quota_us, &rest) || !parse_positive(period, &period_us, &rest))
		return 0;
	return rounded_up(quota_us, period_us);
}

/* Whether the comma-separated list [list, end) has the word; "" fits the empty list. */
static bool
has_word(const char *list, const char *end, const char *word)
{
	size_t size = strlen(word);

	if (size == 0)
		return list == end;
	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		const char *word_end = comma == NULL ? end : comma;

		if ((size_t)(word_end - list) == size && memcmp(list, word, size) == 0)
			return true;
		list = word_end + 1;
	}
	return false;
}

/* A line is ID:CONTROLLERS:PATH. */
bool
cpu_count_path(const char *cgroups, const char *controller, char *path, size_t size)
{
	for (const char *line = cgroups; *line != '\0';) {
		const char *end = strchrnul(line, '\n');
		const char *list = memchr(line, ':', (size_t)(end - line));
		const char *at = list == NULL ? NULL :
						memchr(list + 1, ':', (size_t)(end - list - 1));

		if (at != NULL && has_word(list + 1, at, controller) && at[1] == '/' &&
		    (size_t)(end - at - 1) < size) {
			memcpy(path, at + 1, (size_t)(end - at - 1));
			path[end - at - 1] = '\0';
			return true;
		}
		line = *end == '\0' ? end : end + 1;
	}
	return false;
}

/* ------------------------------------------------------------- the system */

static bool
read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return false;
	got = read(fd, text, size - 1);
	close(fd);
	text[got < 0 ? 0 : got] = '\0';
	return got >= 0;
}

static int
count_of_v2(const char *folder)
{
	char path[TEXT_SIZE + 64], text[128];

	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cpu.max", folder);
	return read_text(path, text, sizeof(text)) ? cpu_count_of_max(text) : 0;
}

static int
count_of_v1(const char *folder)
{
	char path[TEXT_SIZE + 64], quota[64], period[64];

	snprintf(path, sizeof(path), "/sys/fs/cgroup/cpu%s/cpu.cfs_quota_us", folder);
	if (!read_text(path, quota, sizeof(quota)))
		return 0;
	snprintf(path, sizeof(path), "/sys/fs/cgroup/cpu%s/cpu.cfs_period_us", folder);
	return read_text(path, period, sizeof(period)) ? cpu_count_of_quota(quota, period) : 0;
}

/*
 * The tightest limit of the group and all that it is in. Inside a container
 * the path may be one of the host, which is not there: its last parent is.
 */
static int
tightest(char *folder, int (*count_of)(const char *folder), int count)
{
	for (;;) {
		int limit = count_of(strcmp(folder, "/") == 0 ? "" : folder);
		char *slash = strrchr(folder, '/');

		if (limit > 0)
			count = MIN(count, limit);
		if (slash == NULL || folder[1] == '\0')
			return count;
		slash[slash == folder ? 1 : 0] = '\0';
	}
}

static int
count_of_affinity(void)
{
	int count = 0;

	for (int most = CPU_SETSIZE; most <= CPU_SETSIZE * 64 && count == 0; most *= 2) {
		cpu_set_t *set = CPU_ALLOC((size_t)most);
		size_t size = CPU_ALLOC_SIZE((size_t)most);

		if (set == NULL)
			break;
		if (sched_getaffinity(0, size, set) == 0)
			count = CPU_COUNT_S(size, set);
		else if (errno != EINVAL)
			most = CPU_SETSIZE * 64;
		CPU_FREE(set);
	}
	return MAX(count, 1);
}

int
cpu_count(void)
{
	int count = count_of_affinity();
	char cgroups[TEXT_SIZE], folder[TEXT_SIZE];

	if (!read_text("/proc/self/cgroup", cgroups, sizeof(cgroups)))
		return count;
	if (cpu_count_path(cgroups, "cpu", folder, sizeof(folder)))
		count = tightest(folder, count_of_v1, count);
	if (cpu_count_path(cgroups, "", folder, sizeof(folder)))
		count = tightest(folder, count_of_v2, count);
	return count;
}
