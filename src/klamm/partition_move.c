#include "klamm/partition_move.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "klamm/move_run.h"
#include "klamm/partition_words.h"

enum { OPTION_FROM = OPTION_MOVE_OWN, OPTION_TO };

const struct argument_option partition_move_options[] = {
	CLIENT_COMMAND_OPTIONS,
	MOVE_OPTIONS,
	[OPTION_FROM] = { "from", "BROKER", "which has the replica" },
	[OPTION_TO] = { "to", "BROKER", "which shall have it" },
	{ .name = NULL },
};

struct partition_move {
	struct tool *tool;
	struct client client;
	struct move_run run;
	struct cluster_view view;
	int64_t from;
	int64_t to;
};

/* What it shall have, without what is being removed. */
static void
add(const struct partition_move *it, struct move_plan *plan, const struct view_partition *partition)
{
	int32_t *ids = memory_array((size_t)partition->replicas.count + 1, sizeof(*ids));
	int32_t count = 0;
	bool has_from = false, has_to = false;

	for (int32_t i = 0; i < partition->replicas.count; i++) {
		int32_t replica = partition->replicas.items[i];

		if (view_ids_have(partition->removing, replica))
			continue;
		has_from = has_from || replica == it->from;
		has_to = has_to || replica == it->to;
		ids[count++] = replica == it->from ? (int32_t)it->to : replica;
	}
	if (has_from && !has_to)
		move_plan_add(plan, partition->topic, partition->index, partition,
		    (struct view_ids){ ids, count });
	free(ids);
}

/* One that was named by its number has to move. */
static enum command_status
check_named(const struct partition_move *it, const struct arguments *arguments,
    const struct move_plan *plan)
{
	for (int i = 0; i < arguments->operand_count; i++) {
		struct partition_word word;

		if (!partition_word_parse(arguments->operands[i], &word) || word.index < 0 ||
		    move_plan_find(plan, word.topic, word.index) != NULL)
			continue;
		tool_complain(it->tool, "%s: it has no replica on broker %" PRId64
		    ", or one on broker %" PRId64 " already", arguments->operands[i], it->from, it->to);
		return COMMAND_FAILED;
	}
	return COMMAND_OK;
}

static enum command_status
run(struct partition_move *it, const struct arguments *arguments)
{
	const struct view_broker *to;
	struct move_plan plan;

	if (cluster_view_load(&it->view, &it->client, VIEW_REASSIGNMENTS | VIEW_SIZES) != ERROR_NONE)
		return client_command_failed(it->tool, &it->client);
	to = cluster_view_broker(&it->view, (int32_t)it->to);
	if (to == NULL || !to->is_there) {
		tool_complain(it->tool, "there is no broker %" PRId64 " to move to: 'klamm broker list' "
		    "shows them", it->to);
		return COMMAND_FAILED;
	}
	if (cluster_view_broker(&it->view, (int32_t)it->from) == NULL) {
		tool_complain(it->tool, "there is no broker %" PRId64 " to move from: 'klamm broker list' "
		    "shows them", it->from);
		return COMMAND_FAILED;
	}
	bool *chosen = partition_words_choose(it->tool, arguments, &it->view);
	if (chosen == NULL)
		return COMMAND_FAILED;
	move_plan_init(&plan);
	for (size_t i = 0; i < it->view.partition_count; i++) {
		if (chosen[i])
			add(it, &plan, &it->view.partitions[i]);
	}
	free(chosen);
	enum command_status status = check_named(it, arguments, &plan);
	if (status == COMMAND_OK)
		status = move_run_plan(&it->run, &plan, &it->view);
	move_plan_fini(&plan);
	return status;
}

enum command_status
partition_move(struct tool *tool, struct arguments *arguments)
{
	const struct argument_option *options = partition_move_options;
	struct partition_move it = { .tool = tool };

	enum command_status status = partition_words_check(tool, arguments, true);
	if (status != COMMAND_OK)
		return status;
	if (arguments_int(arguments, options, OPTION_FROM, 0, INT32_MAX, -1, &it.from) !=
	    ERROR_NONE || arguments_int(arguments, options, OPTION_TO, 0, INT32_MAX, -1, &it.to) !=
	    ERROR_NONE)
		return tool_wrong_use(tool, "%s", arguments->complaint);
	if (it.from < 0 || it.to < 0 || it.from == it.to)
		return tool_wrong_use(tool, "--from and --to name two brokers");
	status = move_run_begin(&it.run, tool, arguments, &it.client);
	if (status != COMMAND_OK)
		return status;
	status = run(&it, arguments);
	cluster_view_fini(&it.view);
	client_fini(&it.client);
	return status;
}
