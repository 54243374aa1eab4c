#include "klamm/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "klamm/transport.h"

enum { EVERY_US = 100 * 1000, BAR_WIDTH = 30, LINE_SIZE = 160 };

void
progress_init(struct progress *progress, struct tool *tool, int64_t bytes_total, bool is_typed)
{
	*progress = (struct progress){
		.errors = tool->errors_are_terminal && !is_typed ? tool->errors : NULL,
		.clock = tool->transport->clock,
		.bytes_total = bytes_total,
	};
	progress->begun_us = progress->shown_us = clock_monotonic_us(progress->clock);
}

static void
format_bar(int64_t bytes, int64_t total, char *bar, size_t size)
{
	char marks[BAR_WIDTH + 1];
	int filled = (int)(MIN(bytes, total) * BAR_WIDTH / total);

	memset(marks, '.', BAR_WIDTH);
	memset(marks, '#', (size_t)filled);
	marks[BAR_WIDTH] = '\0';
	snprintf(bar, size, "[%s] %3d %%  ", marks, (int)(MIN(bytes, total) * 100 / total));
}

static void
print(struct progress *progress, int64_t records, int64_t bytes)
{
	int64_t now_us = clock_monotonic_us(progress->clock);
	double seconds = (double)(now_us - progress->begun_us) / 1e6;
	char bar[64] = "", line[LINE_SIZE];

	if (progress->bytes_total > 0)
		format_bar(bytes, progress->bytes_total, bar, sizeof(bar));
	/* \033[K: what an earlier, longer line left behind it goes */
	snprintf(line, sizeof(line), "\r%s%" PRId64 " records  %.1f MB  %.1f MB/s\033[K", bar,
	    records, (double)bytes / 1e6, seconds > 0 ? (double)bytes / 1e6 / seconds : 0);
	output_plain(progress->errors, line);
	(void)output_flush(progress->errors); /* nobody is left to be told */
	progress->shown_us = now_us;
}

void
progress_show(struct progress *progress, int64_t records, int64_t bytes)
{
	if (progress->errors != NULL &&
	    clock_monotonic_us(progress->clock) - progress->shown_us >= EVERY_US)
		print(progress, records, bytes);
}

void
progress_end(struct progress *progress, int64_t records, int64_t bytes)
{
	if (progress->errors == NULL)
		return;
	print(progress, records, bytes);
	output_plain(progress->errors, "\n");
	(void)output_flush(progress->errors);
}
