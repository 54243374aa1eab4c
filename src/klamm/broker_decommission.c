#include "klamm/broker_decommission.h"

#include <inttypes.h>
#include <stdio.h>

#include "klamm/broker_word.h"
#include "klamm/move_run.h"
#include "klamm/placement.h"
#include "klamm/stop.h"

/* What is made on it while its replicas move is moved in another round. */
enum { ROUNDS_MAX = 10, COMPLAINTS_MAX = 10 };

const struct argument_option broker_decommission_options[] = {
	CLIENT_COMMAND_OPTIONS,
	MOVE_OPTIONS,
	{ .name = NULL },
};

struct broker_decommission {
	struct tool *tool;
	struct client client;
	struct move_run run;
	int32_t id;
	struct cluster_view view;
};

static bool
load(struct broker_decommission *it)
{
	cluster_view_fini(&it->view);
	client_begin_again(&it->client);
	if (cluster_view_load(&it->view, &it->client, VIEW_REASSIGNMENTS | VIEW_SIZES) == ERROR_NONE)
		return true;
	(void)client_command_failed(it->tool, &it->client);
	return false;
}

/* Those that have a replica on it: all, and those that are on their way from it. */
static int64_t
count_replicas(const struct broker_decommission *it, int64_t *leaving)
{
	int64_t count = 0;

	*leaving = 0;
	for (size_t i = 0; i < it->view.partition_count; i++) {
		const struct view_partition *partition = &it->view.partitions[i];

		count += view_ids_have(partition->replicas, it->id);
		*leaving += view_ids_have(partition->removing, it->id);
	}
	return count;
}

/* What an earlier run, or somebody else, has begun. */
static enum command_status
follow(struct broker_decommission *it)
{
	enum command_status status;
	struct move_plan plan;

	move_plan_init(&plan);
	for (size_t i = 0; i < it->view.partition_count; i++) {
		const struct view_partition *partition = &it->view.partitions[i];

		if (view_ids_have(partition->removing, it->id))
			move_plan_add_moving(&plan, partition);
	}
	status = move_run_wait(&it->run, &plan);
	move_plan_fini(&plan);
	return status;
}

static enum command_status
move_away(struct broker_decommission *it)
{
	enum command_status status = COMMAND_FAILED;
	const struct view_partition *stuck = NULL;
	struct placement placement;
	struct move_plan plan;
	int32_t at;

	placement_init(&placement, &it->view, it->id);
	move_plan_init(&plan);
	at = placement_broker_at(&placement, it->id);
	if (at >= 0)
		stuck = placement_leave(&placement, at);
	if (stuck != NULL)
		tool_complain(it->tool, "%.*s:%" PRId32 ": its %" PRId32 " replicas need as many brokers, "
		    "and without broker %" PRId32 " there are not so many", (int)stuck->topic.size,
		    (const char *)stuck->topic.bytes, stuck->index, stuck->replicas.count, it->id);
	else {
		placement_plan(&placement, &plan);
		status = move_run_plan(&it->run, &plan, &it->view);
	}
	move_plan_fini(&plan);
	placement_fini(&placement);
	return status;
}

/* Nobody leads them, so that nothing can be copied. */
static bool
tell_leaderless(const struct broker_decommission *it)
{
	int64_t count = 0;

	for (size_t i = 0; i < it->view.partition_count; i++) {
		const struct view_partition *partition = &it->view.partitions[i];

		if (partition->leader >= 0 || !view_ids_have(partition->replicas, it->id))
			continue;
		if (++count <= COMPLAINTS_MAX)
			tool_complain(it->tool, "%.*s:%" PRId32 ": nobody leads it, so that its replicas "
			    "cannot be copied", (int)partition->topic.size,
			    (const char *)partition->topic.bytes, partition->index);
	}
	return count > 0;
}

static enum command_status
tell(const struct broker_decommission *it)
{
	char line[120];

	if (it->tool->output->json) {
		output_begin(it->tool->output, "broker", NULL);
		output_int(it->tool->output, "id", it->id);
		output_int(it->tool->output, "replicas", 0);
		output_bool(it->tool->output, "mayBeStopped", true);
		output_end(it->tool->output);
		return COMMAND_OK;
	}
	snprintf(line, sizeof(line), "broker %" PRId32 " has no replica: it can be stopped for good\n",
	    it->id);
	output_plain(it->tool->output, line);
	return COMMAND_OK;
}

static enum command_status
decommission(struct broker_decommission *it)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		enum command_status status;
		int64_t leaving;

		if (!load(it))
			return COMMAND_FAILED;
		if (round == 0 && cluster_view_broker(&it->view, it->id) == NULL) {
			tool_complain(it->tool, "there is no broker %" PRId32
			    ": 'klamm broker list' shows them", it->id);
			return COMMAND_FAILED;
		}
		int64_t replicas = count_replicas(it, &leaving);
		if (replicas == 0)
			return tell(it);
		if (tell_leaderless(it))
			return COMMAND_FAILED;
		status = replicas > leaving || it->run.dry_run ? move_away(it) : follow(it);
		if (status != COMMAND_OK || it->run.dry_run || stop_was_asked())
			return status;
		it->run.save = NULL; /* the first round has saved what there was */
	}
	tool_complain(it->tool, "broker %" PRId32 " gets new replicas as fast as they are moved away",
	    it->id);
	return COMMAND_FAILED;
}

enum command_status
broker_decommission(struct tool *tool, struct arguments *arguments)
{
	struct broker_decommission it = { .tool = tool };
	enum command_status status = broker_word_read(tool, arguments, &it.id);

	if (status == COMMAND_OK)
		status = move_run_begin(&it.run, tool, arguments, &it.client);
	if (status != COMMAND_OK)
		return status;
	it.run.wait = true; /* whoever stops a broker has to know when */
	status = decommission(&it);
	cluster_view_fini(&it.view);
	client_fini(&it.client);
	return status;
}
