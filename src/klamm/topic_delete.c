#include "klamm/topic_delete.h"

#include "klamm/client_command.h"
#include "klamm/table.h"
#include "klamm/topic_names.h"
#include "wire/kafka_error.h"

enum { OPTION_IF_EXISTS = OPTION_OWN };

const struct argument_option topic_delete_options[] = {
	CLIENT_COMMAND_OPTIONS,
	[OPTION_IF_EXISTS] = { "if-exists", NULL, "be content with a topic that is not there" },
	{ .name = NULL },
};

static const struct table_column columns[] = { { "TOPIC", "name" }, { "STATUS", "status" } };

struct topic_delete {
	struct tool *tool;
	struct client *client;
	bool if_exists;
	struct table table;
};

static enum command_status
judge(struct topic_delete *it, const char *name, const struct delete_topics_response *response)
{
	int16_t code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	struct slice message = slice_null();

	if (response->responses.count == 1) {
		code = response->responses.items[0].error_code;
		message = response->responses.items[0].error_message;
	}
	bool is_unknown = code == KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
	if (code == KAFKA_ERROR_NONE || (is_unknown && it->if_exists)) {
		table_text(&it->table, slice_of_text(name));
		table_text(&it->table, slice_of_text(is_unknown ? "unknown" : "deleted"));
		return COMMAND_OK;
	}
	if (is_unknown) {
		tool_complain(it->tool, "%s: there is no such topic: 'klamm topic list' shows them",
		    name);
		return COMMAND_FAILED;
	}
	client_refused(it->client, name, code, message);
	return client_command_failed(it->tool, it->client);
}

static enum command_status
delete(struct topic_delete *it, const char *name)
{
	static const struct request_kind kind = { &delete_topics_request_type, 0, 5 };
	struct delete_topics_request request = delete_topics_request_defaults;
	struct slice slice = slice_of_text(name);
	struct delete_topics_response response;
	enum command_status status;
	struct answer answer;
	enum error error;

	request.topic_names.items = &slice;
	request.topic_names.count = 1;
	answer_init(&answer);
	do {
		request.timeout_ms = client_request_timeout_ms(it->client);
		error = client_call_controller(it->client, &kind, &request, &answer, &response);
	} while (error == ERROR_NONE && response.responses.count == 1 &&
	    client_again(it->client, response.responses.items[0].error_code));
	status = error == ERROR_NONE ? judge(it, name, &response)
				     : client_command_failed(it->tool, it->client);
	answer_fini(&answer);
	return status;
}

enum command_status
topic_delete(struct tool *tool, struct arguments *arguments)
{
	struct client client;
	struct topic_delete it = { .tool = tool, .client = &client };

	it.if_exists = arguments->values[OPTION_IF_EXISTS] != NULL;
	enum command_status status = topic_names_check(tool, arguments);
	if (status == COMMAND_OK)
		status = client_command_begin(tool, arguments, &client);
	if (status != COMMAND_OK)
		return status;
	table_init(&it.table, "topic", columns, ARRAY_LENGTH(columns));
	for (int i = 0; i < arguments->operand_count; i++) {
		if (delete(&it, arguments->operands[i]) != COMMAND_OK)
			status = COMMAND_FAILED;
	}
	if (it.table.cell_count > 0)
		table_print(&it.table, tool->output);
	table_fini(&it.table);
	client_fini(&client);
	return status;
}
