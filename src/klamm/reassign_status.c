#include "klamm/reassign_status.h"

#include <stdlib.h>

#include "klamm/move_request.h"
#include "klamm/table.h"
#include "klamm/throttle.h"

static const struct move *
wanted_of(const struct reassign_status *it, const struct view_partition *partition)
{
	return it->wanted == NULL ? NULL :
	    move_plan_find(it->wanted, partition->topic, partition->index);
}

static bool
is_named(const struct reassign_status *it, size_t at)
{
	if (it->chosen != NULL)
		return it->chosen[at];
	if (it->wanted != NULL)
		return wanted_of(it, &it->view->partitions[at]) != NULL;
	return it->view->partitions[at].is_reassigning;
}

static bool
is_as_wanted(const struct view_partition *partition, const struct move *move)
{
	if (partition->replicas.count != move->to_count)
		return false;
	for (int32_t i = 0; i < move->to_count; i++) {
		if (partition->replicas.items[i] != move->to[i])
			return false;
	}
	return true;
}

static const char *
state_of(const struct reassign_status *it, const struct view_partition *partition)
{
	const struct move *move = wanted_of(it, partition);

	if (partition->is_reassigning)
		return "moving";
	if (move == NULL)
		return "still";
	return is_as_wanted(partition, move) ? "done" : "other";
}

/* How much is still to come of what is being added; -1: not known. */
static int64_t
bytes_left(const struct view_partition *partition)
{
	int64_t whole = view_partition_bytes(partition), left = 0;

	for (int32_t i = 0; i < partition->replicas.count; i++) {
		int32_t replica = partition->replicas.items[i];

		if (view_ids_have(partition->adding, replica) &&
		    !view_ids_have(partition->isr, replica))
			left += whole - MAX(partition->replica_bytes[i], 0);
	}
	return whole < 0 ? -1 : left;
}

static void
show(const struct reassign_status *it)
{
	static const struct table_column columns[] = {
		{ "TOPIC", "topic" }, { "PARTITION", "partition" }, { "STATUS", "status" },
		{ "REPLICAS", "replicas" }, { "ADDING", "adding" }, { "REMOVING", "removing" },
		{ "LEFT", "bytesLeft" },
	};
	struct table table;

	table_init(&table, "partition", columns, ARRAY_LENGTH(columns));
	for (size_t i = 0; i < it->view->partition_count; i++) {
		const struct view_partition *partition = &it->view->partitions[i];

		if (!is_named(it, i))
			continue;
		table_text(&table, partition->topic);
		table_int(&table, partition->index);
		table_text(&table, slice_of_text(state_of(it, partition)));
		table_ints(&table, partition->replicas.items, partition->replicas.count);
		table_ints(&table, partition->adding.items, partition->adding.count);
		table_ints(&table, partition->removing.items, partition->removing.count);
		table_bytes(&table, bytes_left(partition));
	}
	table_print(&table, it->tool->output);
	table_fini(&table);
}

/* All that are named, where nothing of them moves any more. */
static enum command_status
clear_throttle(struct reassign_status *it)
{
	struct move_plan plan;
	bool moves = false, found = false, good = true;

	if (it->chosen == NULL && it->wanted == NULL)
		return COMMAND_OK;
	move_plan_init(&plan);
	for (size_t i = 0; i < it->view->partition_count; i++) {
		if (!is_named(it, i))
			continue;
		move_plan_add_moving(&plan, &it->view->partitions[i]);
		moves = moves || it->view->partitions[i].is_reassigning;
	}
	if (!moves)
		good = throttle_clear_left(it->tool, it->client, &plan, it->view, &found);
	if (found && good && !it->tool->output->json)
		output_plain(it->tool->output, "the throttle of an earlier move is taken away\n");
	move_plan_fini(&plan);
	return good ? COMMAND_OK : COMMAND_FAILED;
}

static void
plan_moving(const struct reassign_status *it, struct move_plan *plan)
{
	move_plan_init(plan);
	for (size_t i = 0; i < it->view->partition_count; i++) {
		if (is_named(it, i) && it->view->partitions[i].is_reassigning)
			move_plan_add_moving(plan, &it->view->partitions[i]);
	}
}

static bool
any_is_other(const struct reassign_status *it)
{
	for (size_t i = 0; i < it->view->partition_count; i++) {
		if (is_named(it, i) &&
		    strcmp(state_of(it, &it->view->partitions[i]), "other") == 0)
			return true;
	}
	return false;
}

enum command_status
reassign_status_show(struct reassign_status *it)
{
	enum command_status status = any_is_other(it) ? COMMAND_FAILED : COMMAND_OK;
	struct move_plan plan;

	show(it);
	(void)output_flush(it->tool->output); /* kept, and asked for at the end */
	if (!it->wait)
		return clear_throttle(it) == COMMAND_OK ? status : COMMAND_FAILED;
	plan_moving(it, &plan);
	if (plan.count > 0 && move_run_wait(it->run, &plan) != COMMAND_OK)
		status = COMMAND_FAILED;
	move_plan_fini(&plan);
	return status;
}

enum command_status
reassign_status_cancel(struct reassign_status *it)
{
	static const struct table_column columns[] = {
		{ "TOPIC", "topic" }, { "PARTITION", "partition" }, { "STATUS", "status" },
	};
	enum command_status status = COMMAND_OK;
	struct move_plan plan;
	struct table table;
	bool asked = false, found = false;

	plan_moving(it, &plan);
	if (plan.count > 0)
		status = move_request(it->tool, it->client, &plan, MOVE_CANCEL, &asked);
	table_init(&table, "partition", columns, ARRAY_LENGTH(columns));
	for (size_t i = 0; i < plan.count && asked; i++) {
		if (plan.moves[i].state == MOVE_REFUSED)
			continue;
		table_text(&table, slice_of_text(plan.moves[i].topic));
		table_int(&table, plan.moves[i].index);
		table_text(&table, slice_of_text("cancelled"));
	}
	table_print(&table, it->tool->output);
	table_fini(&table);
	if (asked && !throttle_clear_left(it->tool, it->client, &plan, it->view, &found))
		status = COMMAND_FAILED;
	move_plan_fini(&plan);
	return status;
}
