#include "klamm/health.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "klamm/partition_problem.h"
#include "klamm/table.h"

enum { ROWS_FOR_PEOPLE = 20 };

void
health_count(struct health *health, const struct cluster_view *view)
{
	*health = (struct health){ .knows_min_isr = true };
	for (size_t i = 0; i < view->broker_count; i++) {
		health->brokers += view->brokers[i].is_there;
		health->missing_brokers += !view->brokers[i].is_there;
	}
	health->has_controller = view->controller_id >= 0;
	health->partitions = (int64_t)view->partition_count;
	for (size_t i = 0; i < view->partition_count; i++) {
		const struct view_partition *partition = &view->partitions[i];

		health->topics += i == 0 || !slice_equal(partition[-1].topic, partition->topic);
		health->offline += partition->leader < 0;
		if (partition->leader >= 0) { /* leaders count it, so the metrics do */
			health->under_min_isr += partition_is_under_min_isr(partition);
			health->under_replicated += partition_is_under_replicated(partition);
		}
		health->reassigning += partition->is_reassigning;
		health->not_preferred += partition->leader >= 0 && partition->replicas.count > 0 &&
		    partition->leader != partition->replicas.items[0];
		health->knows_min_isr = health->knows_min_isr && partition->min_isr >= 0;
	}
}

bool
health_is_good(const struct health *health)
{
	return health->has_controller && health->missing_brokers == 0 && health->offline == 0 &&
	    health->under_min_isr == 0 && health->under_replicated == 0;
}

static void
add_missing_brokers(struct table *table, const struct cluster_view *view)
{
	int32_t *missing = memory_array(view->broker_count + 1, sizeof(*missing));
	int32_t count = 0;

	for (size_t i = 0; i < view->broker_count; i++) {
		if (!view->brokers[i].is_there)
			missing[count++] = view->brokers[i].id;
	}
	table_ints(table, missing, count);
	free(missing);
}

static void
show_counts(const struct health *health, const struct cluster_view *view, struct output *output)
{
	static const struct table_column columns[] = {
		{ "cluster", "clusterId" }, { "health", "verdict" }, { NULL, "isHealthy" },
		{ "controller", "controllerId" }, { "brokers", "brokers" },
		{ "missing brokers", "missingBrokers" }, { "topics", "topics" },
		{ "partitions", "partitions" }, { "  offline", "offlinePartitions" },
		{ "  under min ISR", "underMinIsrPartitions" },
		{ "  under-replicated", "underReplicatedPartitions" },
		{ "  being reassigned", "reassigningPartitions" },
		{ "  not led by the preferred", "nonPreferredLeaders" },
	};
	struct table table;

	table_init(&table, "health", columns, ARRAY_LENGTH(columns));
	table_text(&table, view->cluster_id);
	table_text(&table, slice_of_text(health_is_good(health) ? "healthy" : "not healthy"));
	table_bool(&table, health_is_good(health));
	if (health->has_controller)
		table_int(&table, view->controller_id);
	else
		table_null(&table);
	table_int(&table, health->brokers);
	add_missing_brokers(&table, view);
	table_int(&table, health->topics);
	table_int(&table, health->partitions);
	table_int(&table, health->offline);
	if (health->knows_min_isr)
		table_int(&table, health->under_min_isr);
	else
		table_null(&table);
	table_int(&table, health->under_replicated);
	table_int(&table, health->reassigning);
	table_int(&table, health->not_preferred);
	table_print_upright(&table, output);
	table_fini(&table);
}

static bool
has_problem(const struct view_partition *partition)
{
	return partition_problem(partition) != PARTITION_SOUND;
}

/* The worst first, in JSON all of them. */
static int64_t
add_sick(struct table *table, const struct cluster_view *view, int64_t most)
{
	int64_t left_out = 0;

	for (int problem = PARTITION_OFFLINE; problem > PARTITION_SOUND; problem--) {
		for (size_t i = 0; i < view->partition_count; i++) {
			const struct view_partition *partition = &view->partitions[i];

			if (!has_problem(partition) || (int)partition_problem(partition) != problem)
				continue;
			if (most-- > 0)
				partition_problem_row(table, partition);
			else
				left_out++;
		}
	}
	return left_out;
}

void
health_show(const struct health *health, const struct cluster_view *view, struct output *output)
{
	struct table table;
	char line[96];

	show_counts(health, view, output);
	partition_problem_table(&table);
	int64_t left_out = add_sick(&table, view, output->json ? INT64_MAX : ROWS_FOR_PEOPLE);
	if (table.cell_count > 0) {
		if (!output->json)
			output_plain(output, "\n");
		table_print(&table, output);
	}
	if (left_out > 0) {
		snprintf(line, sizeof(line), "and %" PRId64 " more: 'klamm topic list --sick' "
		    "lists them all\n", left_out);
		output_plain(output, line);
	}
	partition_problem_hint(output, view);
	table_fini(&table);
}
