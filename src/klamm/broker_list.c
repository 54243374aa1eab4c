#include "klamm/broker_list.h"

#include <stdlib.h>

#include "base/memory.h"
#include "klamm/client_command.h"
#include "klamm/cluster_view.h"
#include "klamm/table.h"

const struct argument_option broker_list_options[] = {
	CLIENT_COMMAND_OPTIONS,
	{ .name = NULL },
};

struct counts {
	int64_t leaders;
	int64_t replicas;
	int64_t out_of_sync;
};

static struct counts *
count_of(struct counts *counts, const struct cluster_view *view, int32_t broker)
{
	return &counts[cluster_view_broker(view, broker) - view->brokers];
}

static void
count_partition(struct counts *counts, const struct cluster_view *view,
    const struct view_partition *partition)
{
	if (partition->leader >= 0)
		count_of(counts, view, partition->leader)->leaders++;
	for (int32_t i = 0; i < partition->replicas.count; i++) {
		int32_t replica = partition->replicas.items[i];
		struct counts *count;

		if (cluster_view_broker(view, replica) == NULL)
			continue; /* more brokers than a cluster has */
		count = count_of(counts, view, replica);
		count->replicas++;
		count->out_of_sync += !view_ids_have(partition->isr, replica);
	}
}

static void
show(const struct cluster_view *view, struct output *output)
{
	static const struct table_column columns[] = {
		{ "BROKER", "id" }, { "STATE", "state" }, { "HOST", "host" }, { "PORT", "port" },
		{ "RACK", "rack" }, { "CONTROLLER", "isController" }, { "LEADERS", "leaders" },
		{ "REPLICAS", "replicas" }, { "OUT-OF-SYNC", "outOfSync" }, { "SIZE", "bytes" },
	};
	struct counts *counts = memory_array(MAX(view->broker_count, 1), sizeof(*counts));
	struct table table;

	for (size_t i = 0; i < view->partition_count; i++)
		count_partition(counts, view, &view->partitions[i]);
	table_init(&table, "broker", columns, ARRAY_LENGTH(columns));
	for (size_t i = 0; i < view->broker_count; i++) {
		const struct view_broker *broker = &view->brokers[i];

		table_int(&table, broker->id);
		table_text(&table, slice_of_text(broker->is_there ? "up" : "missing"));
		table_text(&table, broker->host);
		if (broker->is_there)
			table_int(&table, broker->port);
		else
			table_null(&table);
		table_text(&table, broker->rack);
		table_bool(&table, broker->id == view->controller_id);
		table_int(&table, counts[i].leaders);
		table_int(&table, counts[i].replicas);
		table_int(&table, counts[i].out_of_sync);
		table_bytes(&table, broker->bytes);
	}
	table_print(&table, output);
	table_fini(&table);
	free(counts);
}

enum command_status
broker_list(struct tool *tool, struct arguments *arguments)
{
	struct cluster_view view;
	struct client client;

	if (arguments->operand_count > 0)
		return tool_wrong_use(tool, "it takes no operand");
	enum command_status status = client_command_begin(tool, arguments, &client);
	if (status != COMMAND_OK)
		return status;
	if (cluster_view_load(&view, &client, VIEW_SIZES) != ERROR_NONE)
		status = client_command_failed(tool, &client);
	else
		show(&view, tool->output);
	cluster_view_fini(&view);
	client_fini(&client);
	return status;
}
