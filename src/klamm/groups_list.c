#include "klamm/groups_list.h"

#include <stdlib.h>

#include "base/memory.h"
#include "klamm/client_command.h"
#include "klamm/table.h"
#include "wire/kafka_error.h"

const struct argument_option groups_list_options[] = {
	CLIENT_COMMAND_OPTIONS,
	{ .name = NULL },
};

struct listed_group {
	struct slice name, state, protocol_type; /* state is null where a broker is too old to tell */
	int32_t coordinator_id;
};

struct groups_list {
	struct tool *tool;
	struct client *client;
	struct arena arena; /* what the groups point into */
	struct listed_group *groups;
	size_t count;
};

static struct slice
keep(struct groups_list *it, struct slice text)
{
	char *copy = arena_text(&it->arena, text.bytes, text.size);

	return copy != NULL ? slice_of(copy, text.size) : slice_null();
}

static void
take_groups(struct groups_list *it, int32_t coordinator_id, const struct list_groups_response *response,
    int16_t version)
{
	if (response->groups.count > 0)
		it->groups = memory_resize(it->groups,
		    (it->count + (size_t)response->groups.count) * sizeof(*it->groups));
	for (int32_t i = 0; i < response->groups.count; i++) {
		const struct list_groups_response_listed_group *group = &response->groups.items[i];

		it->groups[it->count++] = (struct listed_group){
			.name = keep(it, group->group_id),
			.state = version >= 4 ? keep(it, group->group_state) : slice_null(),
			.protocol_type = keep(it, group->protocol_type),
			.coordinator_id = coordinator_id,
		};
	}
}

static enum command_status
ask_broker(struct groups_list *it, int32_t node_id)
{
	static const struct request_kind kind = { &list_groups_request_type, 0, 5 };
	struct list_groups_request request = list_groups_request_defaults; /* no filter */
	struct list_groups_response response;
	enum command_status status = COMMAND_OK;
	struct answer answer;
	enum error error;

	answer_init(&answer);
	do {
		error = client_call(it->client, node_id, &kind, &request, &answer, &response);
	} while (error == ERROR_NONE && client_again(it->client, response.error_code));
	if (error == ERROR_NONE && response.error_code == KAFKA_ERROR_NONE)
		take_groups(it, node_id, &response, answer.version);
	else {
		if (error == ERROR_NONE)
			client_refused(it->client, "the list of groups", response.error_code,
			    slice_null());
		status = client_command_failed(it->tool, it->client);
	}
	answer_fini(&answer);
	return status;
}

static int
compare(const void *a, const void *b)
{
	const struct listed_group *first = a, *second = b;

	return slice_compare(first->name, second->name);
}

static void
show(struct groups_list *it)
{
	static const struct table_column columns[] = {
		{ "GROUP", "name" }, { "STATE", "state" }, { "PROTOCOL-TYPE", "protocolType" },
		{ "COORDINATOR", "coordinatorId" },
	};
	struct table table;

	table_init(&table, "group", columns, ARRAY_LENGTH(columns));
	if (it->count > 0)
		qsort(it->groups, it->count, sizeof(*it->groups), compare);
	for (size_t i = 0; i < it->count; i++) {
		const struct listed_group *group = &it->groups[i];

		table_text(&table, group->name);
		table_text(&table, group->state);
		table_text(&table, group->protocol_type);
		table_int(&table, group->coordinator_id);
	}
	table_print(&table, it->tool->output);
	table_fini(&table);
}

enum command_status
groups_list(struct tool *tool, struct arguments *arguments)
{
	struct client client;
	struct groups_list it = { .tool = tool, .client = &client };

	if (arguments->operand_count > 0)
		return tool_wrong_use(tool, "it takes no operand");
	enum command_status status = client_command_begin(tool, arguments, &client);
	if (status != COMMAND_OK)
		return status;
	arena_init(&it.arena, CONNECTION_ARENA_BYTES_MAX);
	if (client_learn(&client) != ERROR_NONE)
		status = client_command_failed(tool, &client);
	else {
		/* Those of a broker that does not answer are missed, and it is told. */
		for (size_t i = 0; i < client.broker_count; i++) {
			if (client.brokers[i].node_id != CLIENT_ANY_BROKER &&
			    ask_broker(&it, client.brokers[i].node_id) != COMMAND_OK)
				status = COMMAND_FAILED;
		}
		show(&it);
	}
	arena_fini(&it.arena);
	free(it.groups);
	client_fini(&client);
	return status;
}
