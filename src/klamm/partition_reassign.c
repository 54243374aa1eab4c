#include "klamm/partition_reassign.h"

#include <inttypes.h>
#include <stdlib.h>

#include "klamm/assignment.h"
#include "klamm/move_file.h"
#include "klamm/move_run.h"
#include "klamm/partition_words.h"
#include "klamm/reassign_status.h"

enum {
	OPTION_ASSIGN = OPTION_MOVE_OWN, OPTION_FILE, OPTION_ELECT, OPTION_STATUS, OPTION_CANCEL,
	OPTION_ALL,
};

const struct argument_option partition_reassign_options[] = {
	CLIENT_COMMAND_OPTIONS,
	MOVE_OPTIONS,
	[OPTION_ASSIGN] = { "assign", "BROKERS", "which brokers: 1:2,2:3 is two partitions" },
	[OPTION_FILE] = { "file", "FILE", "partitions with their replicas, as JSON" },
	[OPTION_ELECT] = { "elect", NULL, "and have the preferred leaders elected; waits" },
	[OPTION_STATUS] = { "status", NULL, "show what moves; of all, or of those named" },
	[OPTION_CANCEL] = { "cancel", NULL, "take back what moves of those named" },
	[OPTION_ALL] = { "all", NULL, "with --cancel: whatever moves" },
	{ .name = NULL },
};

struct partition_reassign {
	struct tool *tool;
	struct client client;
	struct move_run run;
	struct cluster_view view;
	struct move_plan wanted; /* what the file says */
	struct move_plan plan;
	struct create_topics_request_creatable_topic assigned; /* what --assign says */
};

static bool
has(const struct arguments *arguments, int option)
{
	return arguments->values[option] != NULL;
}

/* ------------------------------------------------------------ how it is called */

static enum command_status
check_kinds(struct tool *tool, const struct arguments *arguments)
{
	bool status = has(arguments, OPTION_STATUS), cancel = has(arguments, OPTION_CANCEL);
	bool file = has(arguments, OPTION_FILE), assign = has(arguments, OPTION_ASSIGN);
	bool named = file || arguments->operand_count > 0;

	if (file && arguments->operand_count > 0)
		return tool_wrong_use(tool, "either --file or partitions");
	if (status + cancel + assign > 1)
		return tool_wrong_use(tool, "one of --assign, --status and --cancel");
	if ((status || cancel) && (has(arguments, OPTION_DRY_RUN) ||
	    has(arguments, OPTION_THROTTLE) || has(arguments, OPTION_SAVE) ||
	    has(arguments, OPTION_ELECT)))
		return tool_wrong_use(tool,
		    "--dry-run, --throttle, --save and --elect are for new moves");
	if (has(arguments, OPTION_ALL) && (!cancel || named))
		return tool_wrong_use(tool, "--all stands for what --cancel would be told");
	if (cancel && !named && !has(arguments, OPTION_ALL))
		return tool_wrong_use(tool, "which partitions? --all is all that move");
	if (cancel && has(arguments, OPTION_WAIT))
		return tool_wrong_use(tool, "what is cancelled is not waited for");
	if (!status && !cancel && !file && !assign)
		return tool_wrong_use(tool, "where to? --assign or --file say it");
	if (assign && (file || arguments->operand_count != 1))
		return tool_wrong_use(tool, "--assign is for one topic or one partition");
	return COMMAND_OK;
}

static enum command_status
read_words(struct partition_reassign *it, const struct arguments *arguments)
{
	const char *word = arguments->values[OPTION_ASSIGN], *file = arguments->values[OPTION_FILE];

	if (word != NULL) {
		const char *complaint = assignment_read(word, &it->assigned);
		if (complaint != NULL)
			return tool_wrong_use(it->tool, "--assign %.64s: %s", word, complaint);
	}
	return file == NULL || move_file_read(it->tool, file, &it->wanted) ? COMMAND_OK
									   : COMMAND_FAILED;
}

/* -------------------------------------------------------------- a new plan */

static void
add(struct partition_reassign *it, const struct view_partition *partition, struct view_ids to)
{
	struct move *move = move_plan_add(&it->plan, partition->topic, partition->index, partition, to);

	/* What is there already needs no move, but what is on its way may be called back by one. */
	if (!move_is_none(move) || partition->is_reassigning)
		return;
	free(move->topic);
	free(move->from);
	free(move->to);
	it->plan.count--;
}

static struct view_ids
assigned_ids(const struct partition_reassign *it, int32_t at)
{
	return (struct view_ids){ it->assigned.assignments.items[at].broker_ids.items,
		it->assigned.assignments.items[at].broker_ids.count };
}

static enum command_status
plan_assigned(struct partition_reassign *it, const struct arguments *arguments)
{
	bool *chosen = partition_words_choose(it->tool, arguments, &it->view);
	int32_t count = 0, at = 0;

	if (chosen == NULL)
		return COMMAND_FAILED;
	for (size_t i = 0; i < it->view.partition_count; i++)
		count += chosen[i];
	for (size_t i = 0; i < it->view.partition_count &&
	     count == it->assigned.assignments.count; i++) {
		if (chosen[i])
			add(it, &it->view.partitions[i], assigned_ids(it, at++));
	}
	free(chosen);
	if (count == it->assigned.assignments.count)
		return COMMAND_OK;
	tool_complain(it->tool, "%s: it has %" PRId32 " partition%s, and --assign is for %" PRId32,
	    arguments->operands[0], count, count == 1 ? "" : "s", it->assigned.assignments.count);
	return COMMAND_FAILED;
}

static enum command_status
plan_of_file(struct partition_reassign *it)
{
	enum command_status status = COMMAND_OK;

	for (size_t i = 0; i < it->wanted.count; i++) {
		const struct move *move = &it->wanted.moves[i];
		const struct view_partition *partition = cluster_view_partition(&it->view,
		    slice_of_text(move->topic), move->index);

		if (partition != NULL) {
			add(it, partition, move_to(move));
			continue;
		}
		tool_complain(it->tool, "%s:%" PRId32 ": there is no such partition", move->topic,
		    move->index);
		status = COMMAND_FAILED;
	}
	return status;
}

/* Kafka takes any number for a broker, and then waits for it for ever. */
static enum command_status
check_brokers(struct partition_reassign *it)
{
	for (size_t i = 0; i < it->plan.count; i++) {
		const struct move *move = &it->plan.moves[i];

		for (int32_t j = 0; j < move->to_count; j++) {
			const struct view_broker *broker =
			    cluster_view_broker(&it->view, move->to[j]);

			if (view_ids_have(move_from(move), move->to[j]) ||
			    (broker != NULL && broker->is_there))
				continue;
			tool_complain(it->tool, "%s:%" PRId32 ": there is no broker %" PRId32
			    " to move to", move->topic, move->index, move->to[j]);
			return COMMAND_FAILED;
		}
	}
	return COMMAND_OK;
}

static enum command_status
reassign(struct partition_reassign *it, const struct arguments *arguments)
{
	enum command_status status = has(arguments, OPTION_FILE) ? plan_of_file(it)
								 : plan_assigned(it, arguments);

	if (status == COMMAND_OK)
		status = check_brokers(it);
	return status == COMMAND_OK ? move_run_plan(&it->run, &it->plan, &it->view) : status;
}

/* ------------------------------------------------------------------ the command */

static enum command_status
run(struct partition_reassign *it, const struct arguments *arguments)
{
	bool is_status = has(arguments, OPTION_STATUS), is_cancel = has(arguments, OPTION_CANCEL);
	struct reassign_status status = { .tool = it->tool, .client = &it->client,
		.view = &it->view, .run = &it->run, .wait = has(arguments, OPTION_WAIT),
		.wanted = has(arguments, OPTION_FILE) ? &it->wanted : NULL };

	if (cluster_view_load(&it->view, &it->client, VIEW_REASSIGNMENTS | VIEW_SIZES) != ERROR_NONE)
		return client_command_failed(it->tool, &it->client);
	if (!is_status && !is_cancel)
		return reassign(it, arguments);
	if (it->view.controller_id < 0) {
		tool_complain(it->tool, "the cluster has no controller that answers");
		return COMMAND_FAILED;
	}
	if (arguments->operand_count > 0) {
		status.chosen = partition_words_choose(it->tool, arguments, &it->view);
		if (status.chosen == NULL)
			return COMMAND_FAILED;
	}
	enum command_status result = is_status ? reassign_status_show(&status)
					       : reassign_status_cancel(&status);
	free(status.chosen);
	return result;
}

enum command_status
partition_reassign(struct tool *tool, struct arguments *arguments)
{
	struct partition_reassign it = { .tool = tool };

	it.assigned = create_topics_request_creatable_topic_defaults;
	enum command_status status = check_kinds(tool, arguments);
	if (status == COMMAND_OK)
		status = partition_words_check(tool, arguments, false);
	if (status == COMMAND_OK)
		status = read_words(&it, arguments);
	if (status == COMMAND_OK)
		status = move_run_begin(&it.run, tool, arguments, &it.client);
	if (status == COMMAND_OK) {
		it.run.elect = has(arguments, OPTION_ELECT);
		it.run.wait = it.run.wait || it.run.elect;
		status = run(&it, arguments);
		cluster_view_fini(&it.view);
		client_fini(&it.client);
	}
	assignment_fini(&it.assigned);
	move_plan_fini(&it.plan);
	move_plan_fini(&it.wanted);
	return status;
}
