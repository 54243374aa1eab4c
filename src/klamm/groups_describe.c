#include "klamm/groups_describe.h"

#include "klamm/client_command.h"
#include "klamm/group_offsets.h"
#include "klamm/table.h"
#include "wire/kafka_error.h"

const struct argument_option groups_describe_options[] = {
	CLIENT_COMMAND_OPTIONS,
	{ .name = NULL },
};

typedef struct describe_groups_response_described_group described_group;
typedef struct describe_groups_response_described_group_member described_member;

struct groups_describe {
	struct tool *tool;
	struct client *client;
	const char *name;
	int32_t coordinator_id;
};

static void
show_group(struct groups_describe *it, const described_group *group, int64_t lag)
{
	static const struct table_column columns[] = {
		{ "group", "name" }, { "state", "state" }, { "coordinator", "coordinatorId" },
		{ "protocol type", "protocolType" }, { "protocol", "protocol" },
		{ "members", "members" }, { "lag", "lag" },
	};
	struct table table;

	table_init(&table, "group", columns, ARRAY_LENGTH(columns));
	table_text(&table, group->group_id);
	table_text(&table, group->group_state);
	table_int(&table, it->coordinator_id);
	table_text(&table, group->protocol_type.size > 0 ? group->protocol_type : slice_null());
	table_text(&table, group->protocol_data.size > 0 ? group->protocol_data : slice_null());
	table_int(&table, MAX(group->members.count, 0));
	if (lag >= 0)
		table_int(&table, lag);
	else
		table_null(&table);
	table_print_upright(&table, it->tool->output);
	table_fini(&table);
}

static void
show_members(struct groups_describe *it, const described_group *group)
{
	static const struct table_column columns[] = {
		{ NULL, "group" }, { "MEMBER", "id" }, { "CLIENT", "clientId" }, { "HOST", "host" },
		{ "INSTANCE", "instanceId" }, { "PARTITIONS", "partitions" },
	};
	struct table table;

	if (group->members.count <= 0)
		return;
	table_init(&table, "member", columns, ARRAY_LENGTH(columns));
	for (int32_t i = 0; i < group->members.count; i++) {
		const described_member *member = &group->members.items[i];
		int32_t partitions = group_offsets_assigned(group, i);

		table_text(&table, group->group_id);
		table_text(&table, member->member_id);
		table_text(&table, member->client_id);
		table_text(&table, member->client_host);
		table_text(&table, member->group_instance_id);
		if (partitions >= 0)
			table_int(&table, partitions);
		else
			table_null(&table);
	}
	if (!it->tool->output->json)
		output_plain(it->tool->output, "\n");
	table_print(&table, it->tool->output);
	table_fini(&table);
}

static enum command_status
show(struct groups_describe *it, const described_group *group)
{
	struct group_offsets offsets;
	enum command_status status = COMMAND_OK;

	group_offsets_init(&offsets);
	if (group_offsets_ask(&offsets, it->client, it->name, group) != ERROR_NONE)
		status = client_command_failed(it->tool, it->client);
	show_group(it, group, group_offsets_lag(&offsets));
	show_members(it, group);
	group_offsets_print(&offsets, group, it->tool->output);
	group_offsets_fini(&offsets);
	return status;
}

static enum command_status
judge(struct groups_describe *it, const struct describe_groups_response *response)
{
	static const described_group nothing = { .error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR };
	const described_group *group =
	    response->groups.count == 1 ? &response->groups.items[0] : &nothing;

	/* Until version 6 a group that is not there is a dead one. */
	if (group->error_code == KAFKA_ERROR_GROUP_ID_NOT_FOUND ||
	    (group->error_code == KAFKA_ERROR_NONE &&
	    slice_equal_text(group->group_state, "Dead"))) {
		tool_complain(it->tool, "%s: there is no such group: 'klamm group list' shows them",
		    it->name);
		return COMMAND_FAILED;
	}
	if (group->error_code != KAFKA_ERROR_NONE) {
		client_refused(it->client, it->name, group->error_code, slice_null());
		return client_command_failed(it->tool, it->client);
	}
	return show(it, group);
}

static enum command_status
describe(struct groups_describe *it)
{
	static const struct request_kind kind = { &describe_groups_request_type, 0, 5 };
	struct describe_groups_request request = describe_groups_request_defaults;
	struct describe_groups_response response;
	struct slice name = slice_of_text(it->name);
	struct answer answer;
	enum error error;

	request.groups.items = &name;
	request.groups.count = 1;
	answer_init(&answer);
	do {
		error = client_coordinator(it->client, it->name, &it->coordinator_id);
		if (error == ERROR_NONE)
			error = client_call(it->client, it->coordinator_id, &kind, &request, &answer,
			    &response);
	} while (error == ERROR_NONE && response.groups.count == 1 &&
	    client_again(it->client, response.groups.items[0].error_code));
	enum command_status status = error == ERROR_NONE
		? judge(it, &response)
		: client_command_failed(it->tool, it->client);
	answer_fini(&answer);
	return status;
}

enum command_status
groups_describe(struct tool *tool, struct arguments *arguments)
{
	struct client client;
	struct groups_describe it = { .tool = tool, .client = &client };

	if (arguments->operand_count == 0)
		return tool_wrong_use(tool, "which group?");
	enum command_status status = client_command_begin(tool, arguments, &client);
	if (status != COMMAND_OK)
		return status;
	for (int i = 0; i < arguments->operand_count; i++) {
		if (i > 0 && !tool->output->json)
			output_plain(tool->output, "\n");
		it.name = arguments->operands[i];
		if (describe(&it) != COMMAND_OK)
			status = COMMAND_FAILED;
	}
	client_fini(&client);
	return status;
}
