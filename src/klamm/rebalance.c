#include "klamm/rebalance.h"

#include <stdlib.h>

#include "base/memory.h"
#include "klamm/elect.h"
#include "klamm/move_run.h"
#include "klamm/placement.h"
#include "klamm/stop.h"
#include "klamm/table.h"
#include "wire/kafka_error.h"

enum { OPTION_TOLERANCE = OPTION_MOVE_OWN };
enum { TOLERANCE_PERCENT = 5 };

const struct argument_option rebalance_options[] = {
	CLIENT_COMMAND_OPTIONS,
	MOVE_OPTIONS,
	[OPTION_TOLERANCE] = { "tolerance", "PERCENT", "so far from the mean is even, replicas twice (default: 5)" },
	{ .name = NULL },
};

struct rebalance {
	struct tool *tool;
	struct client client;
	struct move_run run;
	int32_t tolerance;
	struct cluster_view view;
};

/* --------------------------------------------------------------- before, after */

struct share {
	int64_t bytes;
	int64_t replicas;
	int64_t leaders;
};

static void
count(const struct placement *placement, struct share *shares)
{
	for (size_t i = 0; i < placement->partition_count; i++) {
		const struct placement_partition *partition = &placement->partitions[i];

		for (int32_t j = 0; j < partition->count; j++) {
			struct share *share = &shares[partition->replicas[j]];

			share->replicas++;
			share->leaders += j == 0;
			share->bytes += MAX(view_partition_bytes(partition->view), 0);
		}
	}
}

static void
add_pair(struct table *table, int64_t before, int64_t after)
{
	table_int(table, before);
	table_int(table, after);
}

/* What each broker has now and would have. */
static void
show_shares(const struct placement *before, const struct placement *after, struct output *output)
{
	static const struct table_column columns[] = {
		{ "BROKER", "id" }, { "REPLICAS", "replicas" }, { "THEN", "replicasThen" },
		{ "LEADERS", "leaders" }, { "THEN", "leadersThen" }, { "SIZE", "bytes" },
		{ "THEN", "bytesThen" },
	};
	size_t brokers = (size_t)before->broker_count + 1;
	struct share *now = memory_array(brokers, sizeof(*now));
	struct share *then = memory_array(brokers, sizeof(*then));
	struct table table;

	count(before, now);
	count(after, then);
	table_init(&table, "broker", columns, ARRAY_LENGTH(columns));
	for (int32_t i = 0; i < before->broker_count; i++) {
		table_int(&table, before->brokers[i].id);
		add_pair(&table, now[i].replicas, then[i].replicas);
		add_pair(&table, now[i].leaders, then[i].leaders);
		table_bytes(&table, before->knows_sizes ? now[i].bytes : -1);
		table_bytes(&table, before->knows_sizes ? then[i].bytes : -1);
	}
	table_print(&table, output);
	if (!output->json && !before->knows_sizes)
		output_plain(output, "\nthe brokers do not tell all sizes: replicas are counted\n");
	if (!output->json)
		output_plain(output, "\n");
	table_fini(&table);
	free(now);
	free(then);
}

/* ------------------------------------------------------------------- carried out */

/* Where the replicas are right, leaders may still be others than the preferred ones. */
static enum command_status
elect(struct rebalance *it)
{
	enum command_status status = COMMAND_OK;
	struct elections elections;

	client_begin_again(&it->client);
	if (elections_ask(&elections, &it->client, &it->view, NULL, ELECTION_PREFERRED) != ERROR_NONE)
		status = client_command_failed(it->tool, &it->client);
	for (size_t i = 0; i < elections.count; i++) {
		const struct election *election = &elections.items[i];

		if (election->error_code == KAFKA_ERROR_NONE ||
		    election->error_code == KAFKA_ERROR_ELECTION_NOT_NEEDED)
			continue;
		tool_complain(it->tool, "%.*s:%d: its preferred leader was not elected: %s",
		    (int)election->topic.size, (const char *)election->topic.bytes,
		    (int)election->partition, kafka_error_name(election->error_code));
		status = COMMAND_FAILED;
	}
	elections_fini(&elections);
	return status;
}

static bool
something_moves(struct rebalance *it)
{
	for (size_t i = 0; i < it->view.partition_count; i++) {
		if (!it->view.partitions[i].is_reassigning)
			continue;
		tool_complain(it->tool, "partitions are being reassigned: 'klamm partition reassign "
		    "--status --wait' waits for them, --cancel --all takes them back");
		return true;
	}
	return false;
}

static enum command_status
carry_out(struct rebalance *it)
{
	enum command_status status;
	struct placement before, after;
	struct move_plan plan;

	if (cluster_view_load(&it->view, &it->client, VIEW_REASSIGNMENTS | VIEW_SIZES) != ERROR_NONE)
		return client_command_failed(it->tool, &it->client);
	if (something_moves(it))
		return COMMAND_FAILED;
	placement_init(&before, &it->view, -1);
	placement_init(&after, &it->view, -1);
	placement_even(&after, it->tolerance);
	move_plan_init(&plan);
	placement_plan(&after, &plan);
	show_shares(&before, &after, it->tool->output);
	status = move_run_plan(&it->run, &plan, &it->view);
	if (!it->run.dry_run && status == COMMAND_OK && !stop_was_asked())
		status = elect(it);
	move_plan_fini(&plan);
	placement_fini(&after);
	placement_fini(&before);
	return status;
}

enum command_status
rebalance(struct tool *tool, struct arguments *arguments)
{
	struct rebalance it = { .tool = tool };
	int64_t tolerance;

	if (arguments->operand_count > 0)
		return tool_wrong_use(tool, "it takes no operand");
	if (arguments_int(arguments, rebalance_options, OPTION_TOLERANCE, 0, 100, TOLERANCE_PERCENT,
	    &tolerance) != ERROR_NONE)
		return tool_wrong_use(tool, "%s", arguments->complaint);
	it.tolerance = (int32_t)tolerance;
	enum command_status status = move_run_begin(&it.run, tool, arguments, &it.client);
	if (status != COMMAND_OK)
		return status;
	it.run.wait = true; /* leaders are elected when their replicas are there */
	status = carry_out(&it);
	cluster_view_fini(&it.view);
	client_fini(&it.client);
	return status;
}
