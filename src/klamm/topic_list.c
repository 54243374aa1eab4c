#include "klamm/topic_list.h"

#include <stdlib.h>

#include "klamm/client_command.h"
#include "klamm/table.h"

enum { OPTION_INTERNAL = OPTION_OWN };

const struct argument_option topic_list_options[] = {
	CLIENT_COMMAND_OPTIONS,
	[OPTION_INTERNAL] = { "internal", NULL, "also the topics that brokers keep for themselves" },
	{ .name = NULL },
};

static int
compare(const void *a, const void *b)
{
	const struct metadata_response_metadata_response_topic *first = a, *second = b;

	return slice_compare(first->name, second->name);
}

static void
show(struct metadata_response *metadata, bool internal, struct output *output)
{
	static const struct table_column columns[] = {
		{ "TOPIC", "name" }, { "PARTITIONS", "partitions" }, { "REPLICAS", "replicas" },
		{ NULL, "isInternal" },
	};
	struct table table;

	table_init(&table, "topic", columns, ARRAY_LENGTH(columns));
	if (metadata->topics.count > 0)
		qsort(metadata->topics.items, (size_t)metadata->topics.count,
		    sizeof(*metadata->topics.items), compare);
	for (int32_t i = 0; i < metadata->topics.count; i++) {
		const struct metadata_response_metadata_response_topic *topic =
		    &metadata->topics.items[i];

		if (topic->is_internal && !internal)
			continue;
		table_text(&table, topic->name);
		table_int(&table, MAX(topic->partitions.count, 0));
		if (topic->partitions.count > 0)
			table_int(&table, topic->partitions.items[0].replica_nodes.count);
		else
			table_null(&table);
		table_bool(&table, topic->is_internal);
	}
	table_print(&table, output);
	table_fini(&table);
}

enum command_status
topic_list(struct tool *tool, struct arguments *arguments)
{
	static const struct request_kind kind = { &metadata_request_type, 1, 12 };
	struct metadata_request request = metadata_request_defaults;
	struct metadata_response response;
	struct client client;
	struct answer answer;

	if (arguments->operand_count > 0)
		return tool_wrong_use(tool, "it takes no operand");
	enum command_status status = client_command_begin(tool, arguments, &client);
	if (status != COMMAND_OK)
		return status;
	request.topics.count = -1; /* null: all of them */
	answer_init(&answer);
	if (client_call(&client, CLIENT_ANY_BROKER, &kind, &request, &answer, &response) !=
	    ERROR_NONE)
		status = client_command_failed(tool, &client);
	else
		show(&response, arguments->values[OPTION_INTERNAL] != NULL, tool->output);
	answer_fini(&answer);
	client_fini(&client);
	return status;
}
