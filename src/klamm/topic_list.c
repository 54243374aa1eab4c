#include "klamm/topic_list.h"

#include <stdlib.h>

#include "klamm/client_command.h"
#include "klamm/cluster_view.h"
#include "klamm/partition_problem.h"
#include "klamm/table.h"

enum { OPTION_INTERNAL = OPTION_OWN, OPTION_SICK };

const struct argument_option topic_list_options[] = {
	CLIENT_COMMAND_OPTIONS,
	[OPTION_INTERNAL] = { "internal", NULL, "also the topics that brokers keep for themselves" },
	[OPTION_SICK] = { "sick", NULL, "the partitions that have a problem; status 1 if there is one" },
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

/* Of internal topics too: a group's offsets are as dear as any records. */
static enum command_status
list_sick(struct tool *tool, struct client *client)
{
	struct cluster_view view;
	struct table table;
	bool found = false;
	enum error error = cluster_view_load(&view, client, VIEW_MIN_ISR | VIEW_REASSIGNMENTS);

	if (error == ERROR_NONE) {
		partition_problem_table(&table);
		for (size_t i = 0; i < view.partition_count; i++) {
			if (partition_problem(&view.partitions[i]) == PARTITION_SOUND)
				continue;
			partition_problem_row(&table, &view.partitions[i]);
			found = true;
		}
		table_print(&table, tool->output);
		table_fini(&table);
		partition_problem_hint(tool->output, &view);
	} else
		(void)client_command_failed(tool, client);
	cluster_view_fini(&view);
	return error != ERROR_NONE || found ? COMMAND_FAILED : COMMAND_OK;
}

static enum command_status
list_all(struct tool *tool, struct arguments *arguments, struct client *client)
{
	static const struct request_kind kind = { &metadata_request_type, 1, 12 };
	struct metadata_request request = metadata_request_defaults;
	struct metadata_response response;
	enum command_status status = COMMAND_OK;
	struct answer answer;

	request.topics.count = -1; /* null: all of them */
	answer_init(&answer);
	if (client_call(client, CLIENT_ANY_BROKER, &kind, &request, &answer, &response) !=
	    ERROR_NONE)
		status = client_command_failed(tool, client);
	else
		show(&response, arguments->values[OPTION_INTERNAL] != NULL, tool->output);
	answer_fini(&answer);
	return status;
}

enum command_status
topic_list(struct tool *tool, struct arguments *arguments)
{
	struct client client;

	if (arguments->operand_count > 0)
		return tool_wrong_use(tool, "it takes no operand");
	enum command_status status = client_command_begin(tool, arguments, &client);
	if (status != COMMAND_OK)
		return status;
	status = arguments->values[OPTION_SICK] != NULL ? list_sick(tool, &client)
							: list_all(tool, arguments, &client);
	client_fini(&client);
	return status;
}
