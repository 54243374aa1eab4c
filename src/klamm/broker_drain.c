#include "klamm/broker_drain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "klamm/broker_word.h"
#include "klamm/elect.h"
#include "klamm/move_run.h"

enum { OPTION_DRAIN_DRY_RUN = OPTION_OWN, OPTION_DRAIN_SAVE };
enum { COMPLAINTS_MAX = 10, LOOKS_MAX = 50, PAUSE_US = 100 * 1000 };

const struct argument_option broker_drain_options[] = {
	CLIENT_COMMAND_OPTIONS,
	[OPTION_DRAIN_DRY_RUN] = { "dry-run", NULL, "show the plan, and change nothing" },
	[OPTION_DRAIN_SAVE] = { "save", "FILE", "keep what the partitions had, for reassign --file" },
	{ .name = NULL },
};

struct broker_drain {
	struct tool *tool;
	struct client client;
	int32_t id;
	struct cluster_view view;
	int64_t *leaders; /* by the view's brokers: what each leads, as far as it is planned */
	struct move_plan plan;
};

/* ---------------------------------------------------------------- the plan */

/* Of the others that are in sync the one that leads the least; -1: there is none. */
static int32_t
next_leader(const struct broker_drain *it, const struct view_partition *partition)
{
	int64_t best_leaders = INT64_MAX;
	int32_t best = -1;

	for (int32_t i = 0; i < partition->replicas.count; i++) {
		int32_t replica = partition->replicas.items[i];
		const struct view_broker *broker = cluster_view_broker(&it->view, replica);

		if (replica == it->id || broker == NULL || !broker->is_there ||
		    !view_ids_have(partition->isr, replica) ||
		    view_ids_have(partition->removing, replica))
			continue;
		if (it->leaders[broker - it->view.brokers] < best_leaders) {
			best = replica;
			best_leaders = it->leaders[broker - it->view.brokers];
		}
	}
	return best;
}

/* The next leader first, the broker that is drained last, the others between in their order. */
static void
reorder(struct broker_drain *it, const struct view_partition *partition, int32_t next)
{
	int32_t *to = memory_array((size_t)partition->replicas.count + 1, sizeof(*to));
	int32_t count = 0;

	to[count++] = next;
	for (int32_t i = 0; i < partition->replicas.count; i++) {
		int32_t replica = partition->replicas.items[i];

		if (replica != next && replica != it->id &&
		    !view_ids_have(partition->removing, replica))
			to[count++] = replica;
	}
	if (!view_ids_have(partition->removing, it->id))
		to[count++] = it->id;
	move_plan_add(&it->plan, partition->topic, partition->index, partition,
	    (struct view_ids){ to, count });
	free(to);
}

static bool
is_its(const struct broker_drain *it, const struct view_partition *partition)
{
	return partition->leader == it->id ||
	    (partition->replicas.count > 0 && partition->replicas.items[0] == it->id);
}

/* Another that is the preferred leader already, and in sync, has only to be elected. */
static bool
has_other_preferred(const struct broker_drain *it, const struct view_partition *partition)
{
	int32_t first = partition->replicas.count > 0 ? partition->replicas.items[0] : it->id;

	return first != it->id && view_ids_have(partition->isr, first);
}

static void
make_plan(struct broker_drain *it)
{
	it->leaders = memory_array(it->view.broker_count + 1, sizeof(*it->leaders));
	for (size_t i = 0; i < it->view.partition_count; i++) {
		const struct view_broker *leader =
		    cluster_view_broker(&it->view, it->view.partitions[i].leader);

		if (leader != NULL)
			it->leaders[leader - it->view.brokers]++;
	}
	for (size_t i = 0; i < it->view.partition_count; i++) {
		const struct view_partition *partition = &it->view.partitions[i];
		int32_t next = next_leader(it, partition);

		if (!is_its(it, partition) || has_other_preferred(it, partition) || next < 0)
			continue;
		it->leaders[cluster_view_broker(&it->view, next) - it->view.brokers]++;
		reorder(it, partition, next);
	}
	move_plan_sort(&it->plan);
}

/* --------------------------------------------------------------- carried out */

/* What it leads, and another is the preferred leader of. */
static int64_t
choose(const struct broker_drain *it, bool *chosen)
{
	int64_t count = 0;

	for (size_t i = 0; i < it->view.partition_count; i++) {
		const struct view_partition *partition = &it->view.partitions[i];

		chosen[i] = partition->leader == it->id && has_other_preferred(it, partition);
		count += chosen[i];
	}
	return count;
}

/* Who is told of an election may hear of its leader a moment later. */
static enum command_status
elect_others(struct broker_drain *it)
{
	for (int looks = 0; looks < LOOKS_MAX; looks++) {
		struct elections elections;

		cluster_view_fini(&it->view);
		client_begin_again(&it->client);
		if (cluster_view_load(&it->view, &it->client, 0) != ERROR_NONE)
			return client_command_failed(it->tool, &it->client);
		bool *chosen = memory_array(it->view.partition_count + 1, sizeof(*chosen));
		int64_t led = choose(it, chosen);
		enum error error = ERROR_NONE;
		if (led > 0 && looks % 10 == 0) {
			error = elections_ask(&elections, &it->client, &it->view, chosen,
			    ELECTION_PREFERRED);
			elections_fini(&elections);
		}
		free(chosen);
		if (error != ERROR_NONE)
			return client_command_failed(it->tool, &it->client);
		if (led == 0)
			break;
		transport_pause(it->tool->transport, PAUSE_US);
	}
	return COMMAND_OK;
}

/* What it leads still, because nobody else can. */
static enum command_status
tell(const struct broker_drain *it)
{
	int64_t left = 0;
	char line[120];

	for (size_t i = 0; i < it->view.partition_count; i++) {
		const struct view_partition *partition = &it->view.partitions[i];

		if (partition->leader != it->id)
			continue;
		if (++left <= COMPLAINTS_MAX)
			tool_complain(it->tool, "%.*s:%" PRId32 ": no other replica is in sync: broker "
			    "%" PRId32 " leads it still", (int)partition->topic.size,
			    (const char *)partition->topic.bytes, partition->index, it->id);
	}
	if (left > COMPLAINTS_MAX)
		tool_complain(it->tool, "and %" PRId64 " more", left - COMPLAINTS_MAX);
	if (it->tool->output->json) {
		output_begin(it->tool->output, "broker", NULL);
		output_int(it->tool->output, "id", it->id);
		output_int(it->tool->output, "leaders", left);
		output_end(it->tool->output);
	} else if (left == 0) {
		snprintf(line, sizeof(line), "broker %" PRId32 " leads nothing now\n", it->id);
		output_plain(it->tool->output, line);
	}
	return left == 0 ? COMMAND_OK : COMMAND_FAILED;
}

static enum command_status
drain(struct broker_drain *it, const struct arguments *arguments)
{
	struct move_run run = { .tool = it->tool, .client = &it->client, .wait = true,
		.dry_run = arguments->values[OPTION_DRAIN_DRY_RUN] != NULL,
		.save = arguments->values[OPTION_DRAIN_SAVE] };
	enum command_status status = COMMAND_OK;

	if (move_run_check(&run) != COMMAND_OK)
		return COMMAND_WRONG_USE;
	if (cluster_view_load(&it->view, &it->client, VIEW_REASSIGNMENTS) != ERROR_NONE)
		return client_command_failed(it->tool, &it->client);
	if (cluster_view_broker(&it->view, it->id) == NULL) {
		tool_complain(it->tool, "there is no broker %" PRId32 ": 'klamm broker list' shows them",
		    it->id);
		return COMMAND_FAILED;
	}
	make_plan(it);
	if (it->plan.count > 0 || run.dry_run) /* else there is only to elect */
		status = move_run_plan(&run, &it->plan, &it->view);
	if (status != COMMAND_OK || run.dry_run)
		return status;
	status = elect_others(it);
	return status == COMMAND_OK ? tell(it) : status;
}

enum command_status
broker_drain(struct tool *tool, struct arguments *arguments)
{
	struct broker_drain it = { .tool = tool };
	enum command_status status = broker_word_read(tool, arguments, &it.id);

	if (status == COMMAND_OK)
		status = client_command_begin(tool, arguments, &it.client);
	if (status != COMMAND_OK)
		return status;
	status = drain(&it, arguments);
	move_plan_fini(&it.plan);
	free(it.leaders);
	cluster_view_fini(&it.view);
	client_fini(&it.client);
	return status;
}
