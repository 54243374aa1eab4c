#include "klamm/cluster.h"

#include "klamm/client_command.h"
#include "klamm/table.h"

const struct argument_option cluster_options[] = {
	CLIENT_COMMAND_OPTIONS,
	{ .name = NULL },
};

static void
show_cluster(const struct metadata_response *metadata, struct output *output)
{
	static const struct table_column columns[] = {
		{ "cluster", "id" }, { "controller", "controllerId" }, { "brokers", "brokers" },
	};
	struct table table;

	table_init(&table, "cluster", columns, ARRAY_LENGTH(columns));
	table_text(&table, metadata->cluster_id);
	if (metadata->controller_id >= 0)
		table_int(&table, metadata->controller_id);
	else
		table_null(&table);
	table_int(&table, metadata->brokers.count);
	table_print_upright(&table, output);
	table_fini(&table);
}

static void
show_brokers(const struct metadata_response *metadata, struct output *output)
{
	static const struct table_column columns[] = {
		{ "BROKER", "id" }, { "HOST", "host" }, { "PORT", "port" }, { "RACK", "rack" },
		{ "CONTROLLER", "isController" },
	};
	struct table table;

	table_init(&table, "broker", columns, ARRAY_LENGTH(columns));
	for (int32_t i = 0; i < metadata->brokers.count; i++) {
		const struct metadata_response_metadata_response_broker *broker =
		    &metadata->brokers.items[i];

		table_int(&table, broker->node_id);
		table_text(&table, broker->host);
		table_int(&table, broker->port);
		table_text(&table, broker->rack);
		table_bool(&table, broker->node_id == metadata->controller_id);
	}
	table_print(&table, output);
	table_fini(&table);
}

enum command_status
cluster(struct tool *tool, struct arguments *arguments)
{
	static const struct request_kind kind = { &metadata_request_type, 1, 12 };
	struct metadata_request request = metadata_request_defaults; /* of no topic */
	struct metadata_response response;
	struct client client;
	struct answer answer;

	if (arguments->operand_count > 0)
		return tool_wrong_use(tool, "it takes no operand");
	enum command_status status = client_command_begin(tool, arguments, &client);
	if (status != COMMAND_OK)
		return status;
	answer_init(&answer);
	if (client_call(&client, CLIENT_ANY_BROKER, &kind, &request, &answer, &response) !=
	    ERROR_NONE)
		status = client_command_failed(tool, &client);
	else {
		show_cluster(&response, tool->output);
		if (!tool->output->json)
			output_plain(tool->output, "\n");
		show_brokers(&response, tool->output);
	}
	answer_fini(&answer);
	client_fini(&client);
	return status;
}
