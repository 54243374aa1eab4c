#include "klamm/partition_problem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

bool
partition_is_under_replicated(const struct view_partition *partition)
{
	return partition->isr.count < view_partition_factor(partition);
}

bool
partition_is_under_min_isr(const struct view_partition *partition)
{
	return partition->min_isr >= 0 &&
	    partition->isr.count < MIN(partition->min_isr, view_partition_factor(partition));
}

enum partition_problem
partition_problem(const struct view_partition *partition)
{
	if (partition->leader < 0)
		return PARTITION_OFFLINE;
	if (partition_is_under_min_isr(partition))
		return PARTITION_UNDER_MIN_ISR;
	return partition_is_under_replicated(partition) ? PARTITION_UNDER_REPLICATED
							: PARTITION_SOUND;
}

bool
partition_waits_in_doubt(const struct view_partition *partition)
{
	bool is_there = false;

	for (int32_t i = 0; i < partition->isr.count; i++)
		is_there |= !view_ids_have(partition->away, partition->isr.items[i]);
	return partition->leader < 0 && is_there && partition->away.count > 0;
}

const char *
partition_problem_name(enum partition_problem problem)
{
	static const char *const names[] = {
		[PARTITION_SOUND] = "none",
		[PARTITION_UNDER_REPLICATED] = "under-replicated",
		[PARTITION_UNDER_MIN_ISR] = "under-min-isr",
		[PARTITION_OFFLINE] = "offline",
	};

	return names[problem];
}

void
partition_problem_table(struct table *table)
{
	static const struct table_column columns[] = {
		{ "TOPIC", "topic" }, { "PARTITION", "partition" }, { "PROBLEM", "problem" },
		{ "LEADER", "leader" }, { "REPLICAS", "replicas" }, { "ISR", "isr" },
		{ "MISSING", "missing" }, { "AWAY", "away" },
		{ "MIN-ISR", "minIsr" },
	};

	table_init(table, "partition", columns, ARRAY_LENGTH(columns));
}

/* Those that are not in sync. One being added is not awaited yet. */
static void
add_missing(struct table *table, const struct view_partition *partition)
{
	int32_t *missing = memory_array((size_t)partition->replicas.count + 1, sizeof(*missing));
	int32_t count = 0;

	for (int32_t i = 0; i < partition->replicas.count; i++) {
		int32_t replica = partition->replicas.items[i];

		if (!view_ids_have(partition->isr, replica) &&
		    !view_ids_have(partition->adding, replica))
			missing[count++] = replica;
	}
	table_ints(table, missing, count);
	free(missing);
}

static void
add_or_null(struct table *table, int32_t value)
{
	if (value >= 0)
		table_int(table, value);
	else
		table_null(table);
}

void
partition_problem_row(struct table *table, const struct view_partition *partition)
{
	table_text(table, partition->topic);
	table_int(table, partition->index);
	table_text(table, slice_of_text(partition_problem_name(partition_problem(partition))));
	add_or_null(table, partition->leader);
	table_ints(table, partition->replicas.items, partition->replicas.count);
	table_ints(table, partition->isr.items, partition->isr.count);
	add_missing(table, partition);
	table_ints(table, partition->away.items, partition->away.count);
	add_or_null(table, partition->min_isr);
}

void
partition_problem_hint(struct output *output, const struct cluster_view *view)
{
	int64_t in_doubt = 0;
	char line[192];

	for (size_t i = 0; i < view->partition_count; i++)
		in_doubt += partition_waits_in_doubt(&view->partitions[i]);
	if (output->json || in_doubt == 0 || view->controller_id < 0)
		return;
	snprintf(line, sizeof(line), "\n%" PRId64 " offline, though one in sync is there: it may lack "
	    "records,\nand waits for those that are away (klammd(8), PARTITIONS IN DOUBT)\n", in_doubt);
	output_plain(output, line);
}
