/* How far the moves of a plan are, and how long the rest will take. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "klamm/move_plan.h"
#include "klamm/table.h"

enum { LOOKS_UNTIL_REPLACED = 5, BAR_WIDTH = 30 };

static bool
has_arrived(const struct move *move, const struct view_partition *partition)
{
	if (partition->is_reassigning || partition->replicas.count != move->to_count)
		return false;
	for (int32_t i = 0; i < move->to_count; i++) {
		if (partition->replicas.items[i] != move->to[i])
			return false;
	}
	return true;
}

/* Of the replicas that it adds; what is in sync counts as whole. */
static int64_t
bytes_copied(const struct move *move, const struct view_partition *partition)
{
	int64_t sum = 0;

	for (int32_t i = 0; i < partition->replicas.count; i++) {
		int32_t replica = partition->replicas.items[i];

		if (!view_ids_have(move_to(move), replica) || view_ids_have(move_from(move), replica))
			continue;
		if (view_ids_have(partition->isr, replica))
			sum += move->bytes;
		else if (partition->replica_bytes[i] > 0)
			sum += MIN(partition->replica_bytes[i], move->bytes);
	}
	return sum;
}

static void
look_at(struct move *move, const struct view_partition *partition)
{
	if (partition == NULL)
		move->state = MOVE_GONE;
	else if (has_arrived(move, partition))
		move->state = MOVE_DONE;
	else if (partition->is_reassigning) {
		move->state = MOVE_GOES_ON;
		move->looks_as_other = 0;
	} else if (++move->looks_as_other >= LOOKS_UNTIL_REPLACED)
		move->state = MOVE_REPLACED;
	else
		move->state = MOVE_GOES_ON;
}

static void
count(struct move_counts *counts, const struct move *move, const struct view_partition *partition)
{
	int64_t bytes = move_bytes(move);

	counts->moves++;
	counts->going_on += move->state == MOVE_GOES_ON;
	counts->done += move->state == MOVE_DONE || move->state == MOVE_GONE;
	counts->failed += move->state == MOVE_REPLACED;
	if (bytes < 0)
		counts->bytes = -1;
	if (counts->bytes < 0)
		return;
	counts->bytes += bytes;
	if (move->state != MOVE_GOES_ON || partition == NULL)
		counts->bytes_done += bytes;
	else
		counts->bytes_done += bytes_copied(move, partition);
}

void
move_plan_look(struct move_plan *plan, const struct cluster_view *view, struct move_counts *counts)
{
	*counts = (struct move_counts){ .moves = 0 };
	for (size_t i = 0; i < plan->count; i++) {
		struct move *move = &plan->moves[i];
		const struct view_partition *partition =
		    cluster_view_partition(view, slice_of_text(move->topic), move->index);

		if (move->state == MOVE_REFUSED)
			continue;
		if (move->state != MOVE_DONE && move->state != MOVE_GONE &&
		    move->state != MOVE_REPLACED)
			look_at(move, partition);
		count(counts, move, partition);
	}
}

/* --------------------------------------------------------------- the line */

static void
format_seconds(double seconds, char *text, size_t size)
{
	int64_t whole = (int64_t)(seconds + 0.5);

	if (whole < 100)
		snprintf(text, size, "%" PRId64 " s", whole);
	else if (whole < 100 * 60)
		snprintf(text, size, "%" PRId64 " min", (whole + 30) / 60);
	else
		snprintf(text, size, "%.1f h", (double)whole / 3600);
}

/* Of bytes where they are known, else of partitions; 0 to 1. */
static double
share(const struct move_counts *counts)
{
	int64_t finished = counts->moves - counts->going_on;

	if (counts->going_on == 0)
		return 1;
	if (counts->bytes > 0)
		return (double)MIN(counts->bytes_done, counts->bytes) / (double)counts->bytes;
	return (double)finished / (double)counts->moves;
}

static void
format_bar(double part, char *bar)
{
	int filled = (int)(part * BAR_WIDTH);

	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', (size_t)filled);
	bar[BAR_WIDTH] = '\0';
}

/* What came since `first` tells how long the rest takes; nothing came: nothing is known. */
static void
format_eta(const struct move_counts *counts, const struct move_counts *first, int64_t elapsed_us,
    char *text, size_t size)
{
	double came = share(counts) - share(first), seconds = (double)elapsed_us / 1e6;

	if (counts->going_on == 0)
		snprintf(text, size, "done");
	else if (came <= 0)
		snprintf(text, size, "ETA ?");
	else {
		snprintf(text, size, "ETA ");
		format_seconds((1 - share(counts)) * seconds / came, text + 4, size - 4);
	}
}

void
move_progress_line(const struct move_counts *counts, const struct move_counts *first,
    int64_t elapsed_us, char *line)
{
	char bar[BAR_WIDTH + 1], done[TABLE_BYTES_TEXT_SIZE], all[TABLE_BYTES_TEXT_SIZE],
	    rate[TABLE_BYTES_TEXT_SIZE], eta[32], bytes[100] = "";

	format_bar(share(counts), bar);
	format_eta(counts, first, elapsed_us, eta, sizeof(eta));
	if (counts->bytes > 0) {
		double came = (double)MAX(counts->bytes_done - first->bytes_done, 0);

		table_bytes_text(counts->bytes_done, done);
		table_bytes_text(counts->bytes, all);
		table_bytes_text(elapsed_us > 0 ? (int64_t)(came * 1e6 / (double)elapsed_us) : 0,
		    rate);
		snprintf(bytes, sizeof(bytes), "  %s of %s  %s/s", done, all, rate);
	}
	snprintf(line, MOVE_LINE_SIZE, "[%s] %3d %%  %" PRId64 " of %" PRId64 " partitions%s  %s", bar,
	    (int)(share(counts) * 100), counts->moves - counts->going_on, counts->moves, bytes, eta);
}
