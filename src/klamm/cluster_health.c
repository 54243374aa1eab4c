#include "klamm/cluster_health.h"

#include "klamm/client_command.h"
#include "klamm/health.h"
#include "klamm/stop.h"

enum { OPTION_WATCH = OPTION_OWN, OPTION_INTERVAL, OPTION_EXIT_WHEN_HEALTHY };
enum { INTERVAL_SECONDS = 2, INTERVAL_SECONDS_MAX = 3600, PAUSE_US = 100 * 1000 };

const struct argument_option cluster_health_options[] = {
	CLIENT_COMMAND_OPTIONS,
	[OPTION_WATCH] = { "watch", NULL, "show it again and again" },
	[OPTION_INTERVAL] = { "interval", "SECONDS", "how often (default: 2)" },
	[OPTION_EXIT_WHEN_HEALTHY] = { "exit-when-healthy", NULL, "watch until all is well" },
	{ .name = NULL },
};

struct cluster_health {
	struct tool *tool;
	struct client client;
	bool watch;
	bool exit_when_healthy;
	int64_t interval_us;
};

/* Whoever looks at a terminal sees the newest alone; a file gets all, with a line between. */
static void
begin_screen(struct cluster_health *it, bool first)
{
	struct output *output = it->tool->output;

	if (!it->watch || output->json)
		return;
	if (it->tool->output_is_terminal)
		output_plain(output, "\033[H\033[2J");
	else if (!first)
		output_plain(output, "\n");
}

/* COMMAND_OK: healthy. */
static enum command_status
look(struct cluster_health *it, bool first)
{
	enum command_status status = COMMAND_FAILED;
	struct cluster_view view;
	struct health health;

	client_begin_again(&it->client);
	if (cluster_view_load(&view, &it->client, VIEW_MIN_ISR | VIEW_REASSIGNMENTS) == ERROR_NONE) {
		health_count(&health, &view);
		begin_screen(it, first);
		health_show(&health, &view, it->tool->output);
		status = health_is_good(&health) ? COMMAND_OK : COMMAND_FAILED;
	} else
		(void)client_command_failed(it->tool, &it->client);
	cluster_view_fini(&view);
	(void)output_flush(it->tool->output); /* kept, and asked for at the end */
	return status;
}

static void
wait_for_the_next(struct cluster_health *it)
{
	struct transport *transport = it->tool->transport;
	int64_t end_us = transport_now_us(transport) + it->interval_us;

	while (!stop_was_asked() && transport_now_us(transport) < end_us &&
	    it->tool->output->error == ERROR_NONE) {
		output_look_for_reader(it->tool->output);
		transport_pause(transport, PAUSE_US);
	}
}

static enum command_status
run(struct cluster_health *it)
{
	enum command_status status = look(it, true);

	if (!it->watch)
		return status;
	for (;;) {
		if (status == COMMAND_OK && it->exit_when_healthy)
			return status;
		wait_for_the_next(it);
		if (stop_was_asked() || it->tool->output->error != ERROR_NONE)
			return status;
		status = look(it, false);
	}
}

enum command_status
cluster_health(struct tool *tool, struct arguments *arguments)
{
	struct cluster_health it = { .tool = tool };
	int64_t seconds;

	if (arguments->operand_count > 0)
		return tool_wrong_use(tool, "it takes no operand");
	if (arguments_int(arguments, cluster_health_options, OPTION_INTERVAL, 1,
	    INTERVAL_SECONDS_MAX, INTERVAL_SECONDS, &seconds) != ERROR_NONE)
		return tool_wrong_use(tool, "%s", arguments->complaint);
	it.interval_us = seconds * 1000000;
	it.exit_when_healthy = arguments->values[OPTION_EXIT_WHEN_HEALTHY] != NULL;
	it.watch = it.exit_when_healthy || arguments->values[OPTION_WATCH] != NULL;
	enum command_status status = client_command_begin(tool, arguments, &it.client);
	if (status != COMMAND_OK)
		return status;
	if (it.watch)
		stop_catch();
	status = run(&it);
	client_fini(&it.client);
	return status;
}
