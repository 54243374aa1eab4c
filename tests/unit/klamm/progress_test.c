#include "klamm/progress.h"

#include <criterion/criterion.h>

#include "klamm/transport.h"

static int64_t now_us;
static struct buffer printed;
static struct output errors;

static int64_t
now(struct clock *clock)
{
	(void)clock;
	return now_us;
}

static enum error
keep(void *context, struct slice bytes)
{
	buffer_append_slice(context, bytes);
	return ERROR_NONE;
}

static struct clock clock_ = { .monotonic_us = now };
static struct transport transport = { .clock = &clock_ };

static struct progress
begin(bool terminal, int64_t bytes_total, bool is_typed)
{
	struct tool tool = { .transport = &transport, .errors = &errors,
		.errors_are_terminal = terminal };
	struct progress progress;

	now_us = 5 * 1000000;
	output_init(&errors, keep, &printed);
	progress_init(&progress, &tool, bytes_total, is_typed);
	return progress;
}

static void
expect(const char *text)
{
	cr_expect(slice_equal_text(buffer_slice(&printed), text), "got %.*s", (int)printed.size,
	    (const char *)printed.bytes);
	buffer_clear(&printed);
}

static void
tear_down(void)
{
	output_fini(&errors);
	buffer_fini(&printed);
}

TestSuite(progress, .fini = tear_down);

Test(progress, is_shown_ten_times_a_second_with_a_bar)
{
	struct progress progress = begin(true, 4000000, false);

	progress_show(&progress, 1, 100);
	expect("");
	now_us += 500 * 1000;
	progress_show(&progress, 10, 2000000);
	expect("\r[###############...............]  50 %  10 records  2.0 MB  4.0 MB/s\033[K");
	now_us += 99 * 1000;
	progress_show(&progress, 11, 2000000);
	expect("");
}

Test(progress, without_a_known_size_has_no_bar)
{
	struct progress progress = begin(true, -1, false);

	now_us += 1000 * 1000;
	progress_end(&progress, 7, 1500000);
	expect("\r7 records  1.5 MB  1.5 MB/s\033[K\n");
}

Test(progress, is_not_more_than_all)
{
	struct progress progress = begin(true, 10, false);

	now_us += 1000 * 1000;
	progress_end(&progress, 7, 20);
	expect("\r[##############################] 100 %  7 records  0.0 MB  0.0 MB/s\033[K\n");
}

Test(progress, is_for_terminals_only)
{
	struct progress progress = begin(false, 10, false);

	now_us += 1000 * 1000;
	progress_show(&progress, 7, 5);
	progress_end(&progress, 7, 10);
	expect("");
	output_fini(&errors);
	progress = begin(true, 10, true);
	now_us += 1000 * 1000;
	progress_end(&progress, 7, 10);
	expect("");
}
