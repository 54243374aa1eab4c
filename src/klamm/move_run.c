#include "klamm/move_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "klamm/elect.h"
#include "klamm/move_file.h"
#include "klamm/move_request.h"
#include "klamm/stop.h"
#include "klamm/throttle.h"
#include "wire/kafka_error.h"

enum {
	LOOK_EVERY_US = 1000 * 1000,
	LINE_EVERY_US = 10 * 1000 * 1000,
	PAUSE_US = 100 * 1000,
	FAILED_LOOKS_MAX = 10,
};

struct watch {
	struct move_run *run;
	struct move_plan *plan;
	struct move_counts first;
	struct move_counts counts;
	int64_t begun_us;
	int64_t shown_us;
	int64_t shown_going_on;
	int failed_looks;
};

enum command_status
move_run_check(const struct move_run *run)
{
	return run->dry_run && run->save != NULL ? tool_wrong_use(run->tool,
	    "--dry-run begins nothing: there is nothing to --save") : COMMAND_OK;
}

enum command_status
move_run_begin(struct move_run *run, struct tool *tool, struct arguments *arguments,
    struct client *client)
{
	const char *rate = arguments->values[OPTION_THROTTLE];

	*run = (struct move_run){ .tool = tool, .client = client };
	if (rate != NULL && !throttle_parse_rate(rate, &run->rate))
		return tool_wrong_use(tool, "--throttle takes bytes a second, as 500k or 10M, not '%.32s'",
		    rate);
	run->dry_run = arguments->values[OPTION_DRY_RUN] != NULL;
	run->wait = arguments->values[OPTION_WAIT] != NULL || rate != NULL;
	run->save = arguments->values[OPTION_SAVE];
	if (move_run_check(run) != COMMAND_OK)
		return COMMAND_WRONG_USE;
	return client_command_begin(tool, arguments, client);
}

/* ---------------------------------------------------------------- progress */

static void
show_json(const struct watch *watch, int64_t now_us, struct output *output)
{
	const struct move_counts *counts = &watch->counts;

	output_begin(output, "progress", NULL);
	output_int(output, "partitions", counts->moves);
	output_int(output, "goingOn", counts->going_on);
	output_int(output, "done", counts->done);
	output_int(output, "failed", counts->failed);
	if (counts->bytes >= 0) {
		output_int(output, "bytes", counts->bytes);
		output_int(output, "bytesDone", counts->bytes_done);
	} else {
		output_bytes(output, "bytes", slice_null());
		output_bytes(output, "bytesDone", slice_null());
	}
	output_int(output, "elapsedMs", (now_us - watch->begun_us) / 1000);
	output_end(output);
}

/* Written over and over on a terminal; else a line when a partition is done, and every ten seconds. */
static void
show(struct watch *watch)
{
	struct tool *tool = watch->run->tool;
	int64_t now_us = transport_now_us(tool->transport);
	bool is_bar = tool->errors_are_terminal && !tool->output->json;
	char line[MOVE_LINE_SIZE];

	move_progress_line(&watch->counts, &watch->first, now_us - watch->begun_us, line);
	if (is_bar) {
		output_plain(tool->errors, "\r");
		output_plain(tool->errors, line);
		output_plain(tool->errors, watch->counts.going_on > 0 ? "\033[K" : "\033[K\n");
		(void)output_flush(tool->errors); /* nobody is left to be told */
		return;
	}
	if (watch->counts.going_on == watch->shown_going_on &&
	    now_us - watch->shown_us < LINE_EVERY_US)
		return;
	watch->shown_going_on = watch->counts.going_on;
	watch->shown_us = now_us;
	if (tool->output->json)
		show_json(watch, now_us, tool->output);
	else {
		output_plain(tool->output, line);
		output_plain(tool->output, "\n");
	}
	(void)output_flush(tool->output); /* kept, and asked for at the end */
}

/* False: it could not be asked, for the last time. */
static bool
look(struct watch *watch)
{
	struct client *client = watch->run->client;
	struct cluster_view view;

	client_begin_again(client);
	enum error error = cluster_view_load(&view, client, VIEW_REASSIGNMENTS | VIEW_SIZES);
	/* Without a controller nobody tells what goes on; the next one will. */
	bool knows = error == ERROR_NONE && view.controller_id >= 0;
	if (knows) {
		move_plan_look(watch->plan, &view, &watch->counts);
		watch->failed_looks = 0;
	} else if (++watch->failed_looks >= FAILED_LOOKS_MAX)
		tool_complain(watch->run->tool, "%s", error != ERROR_NONE ? client->complaint
			: "the cluster has no controller");
	cluster_view_fini(&view);
	return watch->failed_looks < FAILED_LOOKS_MAX;
}

static void
pause_between(struct tool *tool)
{
	int64_t end_us = transport_now_us(tool->transport) + LOOK_EVERY_US;

	while (!stop_was_asked() && transport_now_us(tool->transport) < end_us)
		transport_pause(tool->transport, PAUSE_US);
}

static enum command_status
tell_end(const struct watch *watch)
{
	struct tool *tool = watch->run->tool;

	if (stop_was_asked() && watch->counts.going_on > 0) {
		tool_complain(tool, "stopped waiting; %" PRId64 " partition%s still move%s%s: 'klamm "
		    "partition reassign --status' follows them, --cancel takes them back",
		    watch->counts.going_on, watch->counts.going_on == 1 ? "" : "s",
		    watch->counts.going_on == 1 ? "s" : "",
		    watch->run->rate > 0 ? ", without throttle" : "");
		return COMMAND_FAILED;
	}
	for (size_t i = 0; i < watch->plan->count; i++) {
		const struct move *move = &watch->plan->moves[i];

		if (move->state == MOVE_REPLACED)
			tool_complain(tool, "%s:%" PRId32 ": it was cancelled, or another move took "
			    "its place", move->topic, move->index);
	}
	return watch->counts.going_on > 0 || watch->counts.failed > 0 ? COMMAND_FAILED : COMMAND_OK;
}

static enum command_status
wait_for(struct move_run *run, struct move_plan *plan)
{
	struct watch watch = { .run = run, .plan = plan, .shown_going_on = -1 };
	bool is_first = true;

	watch.begun_us = transport_now_us(run->tool->transport);
	watch.counts.going_on = 1; /* nothing is known yet */
	while (!stop_was_asked() && watch.counts.going_on > 0 && look(&watch)) {
		if (watch.failed_looks == 0) {
			if (is_first)
				watch.first = watch.counts;
			is_first = false;
			show(&watch);
		}
		if (watch.counts.going_on > 0)
			pause_between(run->tool);
	}
	return tell_end(&watch);
}

/* ------------------------------------------------------------ what comes after */

static enum command_status
end_throttle(struct move_run *run, const struct move_plan *plan)
{
	enum command_status status = COMMAND_FAILED;
	struct cluster_view view;

	client_begin_again(run->client);
	if (cluster_view_load(&view, run->client, 0) != ERROR_NONE)
		(void)client_command_failed(run->tool, run->client);
	else if (throttle_clear(run->tool, run->client, plan, &view))
		status = COMMAND_OK;
	cluster_view_fini(&view);
	if (status != COMMAND_OK)
		tool_complain(run->tool, "the throttle is not taken away everywhere: 'klamm partition "
		    "reassign --status' of these partitions does it once they have moved");
	return status;
}

/* Those that cannot be elected are told of; who moved is where it shall be all the same. */
static enum command_status
elect_preferred(struct move_run *run, const struct move_plan *plan)
{
	enum command_status status = COMMAND_FAILED;
	struct cluster_view view;
	struct elections elections = { .count = 0 };
	bool *chosen = NULL;

	client_begin_again(run->client);
	if (cluster_view_load(&view, run->client, 0) == ERROR_NONE) {
		chosen = memory_array(view.partition_count + 1, sizeof(*chosen));
		for (size_t i = 0; i < view.partition_count; i++) {
			const struct move *move = move_plan_find(plan, view.partitions[i].topic,
			    view.partitions[i].index);
			chosen[i] = move != NULL && move->state == MOVE_DONE;
		}
		if (elections_ask(&elections, run->client, &view, chosen, ELECTION_PREFERRED) ==
		    ERROR_NONE)
			status = COMMAND_OK;
	}
	if (status != COMMAND_OK)
		(void)client_command_failed(run->tool, run->client);
	for (size_t i = 0; i < elections.count; i++) {
		const struct election *election = &elections.items[i];

		if (election->error_code == KAFKA_ERROR_NONE ||
		    election->error_code == KAFKA_ERROR_ELECTION_NOT_NEEDED)
			continue;
		tool_complain(run->tool, "%.*s:%" PRId32 ": its preferred leader was not elected: %s",
		    (int)election->topic.size, (const char *)election->topic.bytes,
		    election->partition, kafka_error_name(election->error_code));
		status = COMMAND_FAILED;
	}
	elections_fini(&elections);
	free(chosen);
	cluster_view_fini(&view);
	return status;
}

/* ---------------------------------------------------------------- the whole */

static enum command_status
worse(enum command_status one, enum command_status other)
{
	return one != COMMAND_OK ? one : other;
}

static bool
has_copies(const struct move_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (move_copies(&plan->moves[i]) > 0)
			return true;
	}
	return false;
}

static enum command_status
carry_out(struct move_run *run, struct move_plan *plan)
{
	bool asked;
	enum command_status status = move_request(run->tool, run->client, plan, MOVE_START, &asked);

	if (asked && run->wait)
		status = worse(status, wait_for(run, plan));
	if (asked && run->wait && run->elect && !stop_was_asked())
		status = worse(status, elect_preferred(run, plan));
	if (asked && !run->wait && status == COMMAND_OK && !run->tool->output->json)
		output_plain(run->tool->output,
		    "begun: 'klamm partition reassign --status' tells how far it is\n");
	return status;
}

enum command_status
move_run_plan(struct move_run *run, struct move_plan *plan, const struct cluster_view *view)
{
	bool throttles = run->rate > 0 && has_copies(plan);
	enum command_status status = COMMAND_OK;

	if (plan->count == 0) {
		if (!run->tool->output->json)
			output_plain(run->tool->output, "nothing to move\n");
		return COMMAND_OK;
	}
	move_plan_show(plan, run->tool->output);
	if (run->dry_run)
		return COMMAND_OK;
	if (view->controller_id < 0) { /* what moves already is not known then */
		tool_complain(run->tool, "the cluster has no controller that answers");
		return COMMAND_FAILED;
	}
	if (run->save != NULL && !move_file_save(run->tool, run->save, plan)) {
		tool_complain(run->tool, "nothing was begun");
		return COMMAND_FAILED;
	}
	(void)output_flush(run->tool->output); /* kept, and asked for at the end */
	if (run->wait)
		stop_catch();
	if (throttles && !throttle_set(run->tool, run->client, plan, view, run->rate))
		status = COMMAND_FAILED; /* what was set of it goes again */
	else
		status = carry_out(run, plan);
	if (throttles)
		status = worse(status, end_throttle(run, plan));
	return status;
}

enum command_status
move_run_wait(struct move_run *run, struct move_plan *plan)
{
	stop_catch();
	return wait_for(run, plan);
}
