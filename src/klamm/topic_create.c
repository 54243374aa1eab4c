#include "klamm/topic_create.h"

#include <stdlib.h>

#include "base/memory.h"
#include "klamm/assignment.h"
#include "klamm/client_command.h"
#include "klamm/table.h"
#include "klamm/topic_names.h"
#include "klamm/topic_partitions.h"
#include "wire/kafka_error.h"

enum { OPTION_PARTITIONS = OPTION_OWN, OPTION_REPLICAS, OPTION_ASSIGN, OPTION_CONFIG, OPTION_IF_NOT_EXISTS };
enum { PARTITIONS_MAX = 1000000, BROKERS_DEFAULT = -1 };

const struct argument_option topic_create_options[] = {
	CLIENT_COMMAND_OPTIONS,
	[OPTION_PARTITIONS] = { "partitions", "N", "how many partitions" },
	[OPTION_REPLICAS] = { "replicas", "N", "how many replicas of each" },
	[OPTION_ASSIGN] = { "assign", "BROKERS", "which brokers: 1:2,2:3 is two partitions" },
	[OPTION_CONFIG] = { "config", "KEY=VALUE", "a config of the topic; may be repeated" },
	[OPTION_IF_NOT_EXISTS] = { "if-not-exists", NULL, "let a topic that exists be" },
	{ .name = NULL },
};

static const struct table_column columns[] = {
	{ "TOPIC", "name" }, { "STATUS", "status" }, { "PARTITIONS", "partitions" },
	{ "REPLICAS", "replicas" }, { NULL, "id" },
};

struct topic_create {
	struct tool *tool;
	struct client *client;
	struct create_topics_request_creatable_topic topic;
	bool if_not_exists;
	struct table table;
};

static enum command_status
read_configs(struct tool *tool, const struct arguments *arguments,
    struct create_topics_request_creatable_topic *topic)
{
	const char *text;

	topic->configs.items = memory_array((size_t)arguments->given_count + 1,
	    sizeof(*topic->configs.items));
	for (int at = 0; (text = arguments_next(arguments, OPTION_CONFIG, &at)) != NULL;) {
		struct create_topics_request_creatable_topic_config *config =
		    &topic->configs.items[topic->configs.count++];
		const char *equals = strchr(text, '=');

		if (equals == NULL || equals == text)
			return tool_wrong_use(tool, "--config takes KEY=VALUE, not '%.64s'", text);
		config->name = slice_of(text, (size_t)(equals - text));
		config->value = slice_of_text(equals + 1);
	}
	return COMMAND_OK;
}

/* The numbers are those of the assignment then. */
static enum command_status
read_assignment(struct tool *tool, const struct arguments *arguments,
    struct create_topics_request_creatable_topic *topic)
{
	const char *word = arguments->values[OPTION_ASSIGN];

	if (word == NULL)
		return COMMAND_OK;
	if (topic->num_partitions != BROKERS_DEFAULT || topic->replication_factor != BROKERS_DEFAULT)
		return tool_wrong_use(tool, "--assign says it all: neither --partitions nor --replicas");
	const char *complaint = assignment_read(word, topic);
	return complaint == NULL ? COMMAND_OK :
	    tool_wrong_use(tool, "--assign %.64s: %s", word, complaint);
}

static enum command_status
read_options(struct tool *tool, struct arguments *arguments,
    struct create_topics_request_creatable_topic *topic)
{
	const struct argument_option *options = topic_create_options;
	int64_t partitions, replicas;

	*topic = create_topics_request_creatable_topic_defaults;
	enum command_status status = topic_names_check(tool, arguments);
	if (status != COMMAND_OK)
		return status;
	if (arguments_int(arguments, options, OPTION_PARTITIONS, 1, PARTITIONS_MAX, BROKERS_DEFAULT,
	    &partitions) != ERROR_NONE || arguments_int(arguments, options, OPTION_REPLICAS, 1,
	    INT16_MAX, BROKERS_DEFAULT, &replicas) != ERROR_NONE)
		return tool_wrong_use(tool, "%s", arguments->complaint);
	topic->num_partitions = (int32_t)partitions;
	topic->replication_factor = (int16_t)replicas;
	status = read_assignment(tool, arguments, topic);
	return status == COMMAND_OK ? read_configs(tool, arguments, topic) : status;
}

static void
add_number(struct table *table, int32_t number)
{
	if (number >= 0)
		table_int(table, number);
	else
		table_null(table); /* an old broker does not say */
}

static void
add_row(struct topic_create *it, const char *name, const char *status,
    const struct create_topics_response_creatable_topic_result *result)
{
	char id[UUID_TEXT_SIZE + 1];

	table_text(&it->table, slice_of_text(name));
	table_text(&it->table, slice_of_text(status));
	add_number(&it->table, result->num_partitions);
	add_number(&it->table, result->replication_factor);
	uuid_text(result->topic_id, id);
	table_text(&it->table, uuid_is_zero(result->topic_id) ? slice_null() : slice_of_text(id));
}

/*
 * The others hear of it from the controller a moment later: who goes on with
 * another command shall not find it unknown. What hinders that is not told,
 * since the topic is made.
 */
static void
wait_until_known(struct topic_create *it, const char *name)
{
	int32_t count;

	for (size_t i = 0; i < it->client->broker_count; i++) {
		enum error error = topic_partitions_ask(it->client, it->client->brokers[i].node_id,
		    name, TOPIC_IS_COMING, &count);
		if (error == ERROR_TIMED_OUT)
			return;
	}
}

static enum command_status
judge(struct topic_create *it, const char *name, const struct create_topics_response *response)
{
	static const struct create_topics_response_creatable_topic_result nothing = {
		.error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR,
	};
	const struct create_topics_response_creatable_topic_result *result =
	    response->topics.count == 1 ? &response->topics.items[0] : &nothing;

	if (result->error_code == KAFKA_ERROR_NONE) {
		add_row(it, name, "created", result);
		wait_until_known(it, name);
	} else if (result->error_code == KAFKA_ERROR_TOPIC_ALREADY_EXISTS && it->if_not_exists)
		add_row(it, name, "exists", &create_topics_response_creatable_topic_result_defaults);
	else {
		client_refused(it->client, name, result->error_code, result->error_message);
		return client_command_failed(it->tool, it->client);
	}
	return COMMAND_OK;
}

static enum command_status
create(struct topic_create *it, const char *name)
{
	/* From version 4 on the cluster has defaults; before, it says which number is missing. */
	static const struct request_kind kind = { &create_topics_request_type, 0, 7 };
	struct create_topics_request request = create_topics_request_defaults;
	struct create_topics_response response;
	enum command_status status;
	struct answer answer;
	enum error error;

	it->topic.name = slice_of_text(name);
	request.topics.items = &it->topic;
	request.topics.count = 1;
	answer_init(&answer);
	do {
		request.timeout_ms = client_request_timeout_ms(it->client);
		error = client_call_controller(it->client, &kind, &request, &answer, &response);
	} while (error == ERROR_NONE && response.topics.count == 1 &&
	    client_again(it->client, response.topics.items[0].error_code));
	status = error == ERROR_NONE ? judge(it, name, &response)
				     : client_command_failed(it->tool, it->client);
	answer_fini(&answer);
	return status;
}

enum command_status
topic_create(struct tool *tool, struct arguments *arguments)
{
	struct client client;
	struct topic_create it = { .tool = tool, .client = &client };

	it.if_not_exists = arguments->values[OPTION_IF_NOT_EXISTS] != NULL;
	enum command_status status = read_options(tool, arguments, &it.topic);
	if (status == COMMAND_OK)
		status = client_command_begin(tool, arguments, &client);
	if (status == COMMAND_OK) {
		table_init(&it.table, "topic", columns, ARRAY_LENGTH(columns));
		for (int i = 0; i < arguments->operand_count; i++) {
			if (create(&it, arguments->operands[i]) != COMMAND_OK)
				status = COMMAND_FAILED;
		}
		if (it.table.cell_count > 0)
			table_print(&it.table, tool->output);
		table_fini(&it.table);
		client_fini(&client);
	}
	assignment_fini(&it.topic);
	free(it.topic.configs.items);
	return status;
}
