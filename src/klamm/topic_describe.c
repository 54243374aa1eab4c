#include "klamm/topic_describe.h"

#include <stdlib.h>

#include "klamm/client_command.h"
#include "klamm/table.h"
#include "klamm/topic_names.h"
#include "wire/kafka_error.h"

enum { OPTION_ALL_CONFIGS = OPTION_OWN };
enum { RESOURCE_TOPIC = 2, SOURCE_DEFAULT = 5 };

const struct argument_option topic_describe_options[] = {
	CLIENT_COMMAND_OPTIONS,
	[OPTION_ALL_CONFIGS] = { "all-configs", NULL, "also the configs that have their default" },
	{ .name = NULL },
};

typedef struct metadata_response_metadata_response_topic topic_metadata;
typedef struct metadata_response_metadata_response_partition partition_metadata;
typedef struct describe_configs_response_describe_configs_resource_result config_entry;

struct topic_describe {
	struct tool *tool;
	struct client *client;
	bool all_configs;
};

/* ------------------------------------------------------------------ topic */

static void
show_topic(const topic_metadata *topic, struct output *output)
{
	static const struct table_column columns[] = {
		{ "topic", "name" }, { "id", "id" }, { "partitions", "partitions" },
		{ "replicas", "replicas" }, { "internal", "isInternal" },
	};
	char id[UUID_TEXT_SIZE + 1];
	struct table table;

	uuid_text(topic->topic_id, id);
	table_init(&table, "topic", columns, ARRAY_LENGTH(columns));
	table_text(&table, topic->name);
	table_text(&table, uuid_is_zero(topic->topic_id) ? slice_null() : slice_of_text(id));
	table_int(&table, MAX(topic->partitions.count, 0));
	if (topic->partitions.count > 0)
		table_int(&table, topic->partitions.items[0].replica_nodes.count);
	else
		table_null(&table);
	table_bool(&table, topic->is_internal);
	table_print_upright(&table, output);
	table_fini(&table);
}

static int
compare_partitions(const void *a, const void *b)
{
	const partition_metadata *first = a, *second = b;

	return (first->partition_index > second->partition_index) -
	    (first->partition_index < second->partition_index);
}

static void
show_partitions(const topic_metadata *topic, struct output *output)
{
	static const struct table_column columns[] = {
		{ NULL, "topic" }, { "PARTITION", "partition" }, { "LEADER", "leader" },
		{ "EPOCH", "leaderEpoch" }, { "REPLICAS", "replicas" }, { "ISR", "isr" },
		{ "OFFLINE", "offlineReplicas" },
	};
	struct table table;

	table_init(&table, "partition", columns, ARRAY_LENGTH(columns));
	if (topic->partitions.count > 0)
		qsort(topic->partitions.items, (size_t)topic->partitions.count,
		    sizeof(*topic->partitions.items), compare_partitions);
	for (int32_t i = 0; i < topic->partitions.count; i++) {
		const partition_metadata *partition = &topic->partitions.items[i];

		table_text(&table, topic->name);
		table_int(&table, partition->partition_index);
		if (partition->leader_id >= 0)
			table_int(&table, partition->leader_id);
		else
			table_null(&table);
		table_int(&table, partition->leader_epoch);
		table_ints(&table, partition->replica_nodes.items, partition->replica_nodes.count);
		table_ints(&table, partition->isr_nodes.items, partition->isr_nodes.count);
		table_ints(&table, partition->offline_replicas.items,
		    partition->offline_replicas.count);
	}
	table_print(&table, output);
	table_fini(&table);
}

/* ---------------------------------------------------------------- configs */

static bool
is_default(const config_entry *entry, int16_t version)
{
	return version == 0 ? entry->is_default : entry->config_source == SOURCE_DEFAULT;
}

static const char *
source_name(int8_t source)
{
	static const char *const names[] = {
		"unknown", "topic", "broker", "cluster", "server.properties", "default",
	};

	return source >= 0 && source < (int)ARRAY_LENGTH(names) ? names[source] : "other";
}

static int
compare_configs(const void *a, const void *b)
{
	const config_entry *first = a, *second = b;

	return slice_compare(first->name, second->name);
}

static void
show_configs(struct topic_describe *it, struct slice topic,
    struct describe_configs_response_describe_configs_result *result, int16_t version)
{
	static const struct table_column columns[] = {
		{ NULL, "topic" }, { "CONFIG", "name" }, { "VALUE", "value" }, { "SOURCE", "source" },
	};
	struct table table;

	table_init(&table, "config", columns, ARRAY_LENGTH(columns));
	if (result->configs.count > 0)
		qsort(result->configs.items, (size_t)result->configs.count,
		    sizeof(*result->configs.items), compare_configs);
	for (int32_t i = 0; i < result->configs.count; i++) {
		const config_entry *entry = &result->configs.items[i];

		if (is_default(entry, version) && !it->all_configs)
			continue;
		table_text(&table, topic);
		table_text(&table, entry->name);
		table_text(&table, entry->value);
		table_text(&table, slice_of_text(source_name(entry->config_source)));
	}
	if (table.cell_count > 0 && !it->tool->output->json)
		output_plain(it->tool->output, "\n");
	if (table.cell_count > 0)
		table_print(&table, it->tool->output);
	table_fini(&table);
}

static enum command_status
describe_configs(struct topic_describe *it, struct slice topic)
{
	static const struct request_kind kind = { &describe_configs_request_type, 0, 4 };
	struct describe_configs_request_describe_configs_resource resource =
	    describe_configs_request_describe_configs_resource_defaults;
	struct describe_configs_request request = describe_configs_request_defaults;
	struct describe_configs_response response;
	enum command_status status = COMMAND_OK;
	struct answer answer;

	resource.resource_type = RESOURCE_TOPIC;
	resource.resource_name = topic;
	resource.configuration_keys.count = -1; /* null: all */
	request.resources.items = &resource;
	request.resources.count = 1;
	answer_init(&answer);
	if (client_call(it->client, CLIENT_ANY_BROKER, &kind, &request, &answer, &response) !=
	    ERROR_NONE)
		status = client_command_failed(it->tool, it->client);
	else if (response.results.count != 1 ||
	    response.results.items[0].error_code != KAFKA_ERROR_NONE) {
		client_refused(it->client, "its configs", response.results.count != 1
			? (int16_t)KAFKA_ERROR_UNKNOWN_SERVER_ERROR
			: response.results.items[0].error_code,
		    response.results.count != 1 ? slice_null()
						: response.results.items[0].error_message);
		status = client_command_failed(it->tool, it->client);
	} else
		show_configs(it, topic, &response.results.items[0], answer.version);
	answer_fini(&answer);
	return status;
}

/* ------------------------------------------------------------- the command */

static enum command_status
show(struct topic_describe *it, const char *name, const struct metadata_response *response)
{
	static const topic_metadata nothing = { .error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR };
	const topic_metadata *topic =
	    response->topics.count == 1 ? &response->topics.items[0] : &nothing;

	if (topic->error_code == KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION) {
		tool_complain(it->tool, "%s: there is no such topic: 'klamm topic list' shows them",
		    name);
		return COMMAND_FAILED;
	}
	if (topic->error_code != KAFKA_ERROR_NONE) {
		client_refused(it->client, name, topic->error_code, slice_null());
		return client_command_failed(it->tool, it->client);
	}
	show_topic(topic, it->tool->output);
	if (!it->tool->output->json)
		output_plain(it->tool->output, "\n");
	show_partitions(topic, it->tool->output);
	return describe_configs(it, topic->name);
}

static enum command_status
describe(struct topic_describe *it, const char *name)
{
	/* Before version 4 asking for a topic could make it. */
	static const struct request_kind kind = { &metadata_request_type, 4, 12 };
	struct metadata_request_metadata_request_topic topic =
	    metadata_request_metadata_request_topic_defaults;
	struct metadata_request request = metadata_request_defaults;
	struct metadata_response response;
	enum command_status status;
	struct answer answer;
	enum error error;

	topic.name = slice_of_text(name);
	request.topics.items = &topic;
	request.topics.count = 1;
	request.allow_auto_topic_creation = false;
	answer_init(&answer);
	do {
		error = client_call(it->client, CLIENT_ANY_BROKER, &kind, &request, &answer,
		    &response);
	} while (error == ERROR_NONE && response.topics.count == 1 &&
	    client_again(it->client, response.topics.items[0].error_code));
	status = error == ERROR_NONE ? show(it, name, &response)
				     : client_command_failed(it->tool, it->client);
	answer_fini(&answer);
	return status;
}

enum command_status
topic_describe(struct tool *tool, struct arguments *arguments)
{
	struct client client;
	struct topic_describe it = { .tool = tool, .client = &client };

	it.all_configs = arguments->values[OPTION_ALL_CONFIGS] != NULL;
	enum command_status status = topic_names_check(tool, arguments);
	if (status == COMMAND_OK)
		status = client_command_begin(tool, arguments, &client);
	if (status != COMMAND_OK)
		return status;
	for (int i = 0; i < arguments->operand_count; i++) {
		if (i > 0 && !tool->output->json)
			output_plain(tool->output, "\n");
		if (describe(&it, arguments->operands[i]) != COMMAND_OK)
			status = COMMAND_FAILED;
	}
	client_fini(&client);
	return status;
}
