#include "klamm/partition_elect.h"

#include <stdio.h>
#include <stdlib.h>

#include "klamm/client_command.h"
#include "klamm/elect.h"
#include "klamm/partition_words.h"
#include "klamm/table.h"
#include "wire/kafka_error.h"

enum { OPTION_UNCLEAN = OPTION_OWN, OPTION_ALL };
enum { WHAT_SIZE = 300 };

const struct argument_option partition_elect_options[] = {
	CLIENT_COMMAND_OPTIONS,
	[OPTION_UNCLEAN] = { "unclean", NULL, "also replicas that are not in sync; records are lost" },
	[OPTION_ALL] = { "all", NULL, "all partitions that need it" },
	{ .name = NULL },
};

struct partition_elect {
	struct tool *tool;
	struct client client;
	struct cluster_view view;
	enum election_type type;
};

static enum command_status
complain(struct partition_elect *it, const struct election *election)
{
	char what[WHAT_SIZE];

	snprintf(what, sizeof(what), "%.*s:%d", (int)election->topic.size,
	    (const char *)election->topic.bytes, (int)election->partition);
	client_refused(&it->client, what, election->error_code, election->error_message);
	return client_command_failed(it->tool, &it->client);
}

/* Who leads afterwards is read anew, and not known when that fails. */
static void
add_leader(struct table *table, const struct cluster_view *after, const struct election *election)
{
	const struct view_partition *partition =
	    cluster_view_partition(after, election->topic, election->partition);

	if (partition != NULL && partition->leader >= 0)
		table_int(table, partition->leader);
	else
		table_null(table);
}

static enum command_status
show(struct partition_elect *it, const struct elections *elections)
{
	static const struct table_column columns[] = {
		{ "TOPIC", "topic" }, { "PARTITION", "partition" }, { "STATUS", "status" },
		{ "LEADER", "leader" },
	};
	enum command_status status = COMMAND_OK;
	struct cluster_view after;
	struct table table;

	if (cluster_view_load(&after, &it->client, 0) != ERROR_NONE)
		status = client_command_failed(it->tool, &it->client);
	table_init(&table, "partition", columns, ARRAY_LENGTH(columns));
	for (size_t i = 0; i < elections->count; i++) {
		const struct election *election = &elections->items[i];
		bool not_needed = election->error_code == KAFKA_ERROR_ELECTION_NOT_NEEDED;

		if (election->error_code != KAFKA_ERROR_NONE && !not_needed) {
			status = complain(it, election);
			continue;
		}
		table_text(&table, election->topic);
		table_int(&table, election->partition);
		table_text(&table, slice_of_text(not_needed ? "not needed" : "elected"));
		add_leader(&table, &after, election);
	}
	table_print(&table, it->tool->output);
	table_fini(&table);
	cluster_view_fini(&after);
	return status;
}

static enum command_status
elect(struct partition_elect *it, const struct arguments *arguments)
{
	enum command_status status = COMMAND_FAILED;
	struct elections elections;
	bool *chosen = NULL;

	if (arguments->values[OPTION_ALL] == NULL) {
		if (cluster_view_load(&it->view, &it->client, 0) != ERROR_NONE)
			return client_command_failed(it->tool, &it->client);
		chosen = partition_words_choose(it->tool, arguments, &it->view);
		if (chosen == NULL)
			return COMMAND_FAILED;
	}
	if (elections_ask(&elections, &it->client, &it->view, chosen, it->type) != ERROR_NONE)
		status = client_command_failed(it->tool, &it->client);
	else
		status = show(it, &elections);
	elections_fini(&elections);
	free(chosen);
	return status;
}

enum command_status
partition_elect(struct tool *tool, struct arguments *arguments)
{
	struct partition_elect it = { .tool = tool };
	bool all = arguments->values[OPTION_ALL] != NULL;

	it.type = arguments->values[OPTION_UNCLEAN] != NULL ? ELECTION_UNCLEAN : ELECTION_PREFERRED;
	if (all && arguments->operand_count > 0)
		return tool_wrong_use(tool, "either --all or partitions");
	enum command_status status = partition_words_check(tool, arguments, !all);
	if (status == COMMAND_OK)
		status = client_command_begin(tool, arguments, &it.client);
	if (status != COMMAND_OK)
		return status;
	status = elect(&it, arguments);
	cluster_view_fini(&it.view);
	client_fini(&it.client);
	return status;
}
