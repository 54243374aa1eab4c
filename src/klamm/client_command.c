#include "klamm/client_command.h"

enum { TIMEOUT_SECONDS = 15, TIMEOUT_SECONDS_MAX = 24 * 3600 };

enum command_status
client_command_begin(struct tool *tool, struct arguments *arguments, struct client *client)
{
	const char *list = arguments->values[OPTION_BOOTSTRAP];
	struct bootstrap bootstrap;
	int64_t seconds;

	if (list == NULL)
		list = tool->bootstrap;
	if (bootstrap_parse(&bootstrap, list) != ERROR_NONE)
		return tool_wrong_use(tool, "'%s' is not HOST:PORT,...", list);
	if (arguments_int(arguments, tool->command->options, OPTION_TIMEOUT, 1,
	    TIMEOUT_SECONDS_MAX, TIMEOUT_SECONDS, &seconds) != ERROR_NONE)
		return tool_wrong_use(tool, "%s", arguments->complaint);
	tool->output->json = arguments->values[OPTION_JSON] != NULL;
	client_init(client, tool->transport, &bootstrap, seconds * 1000);
	return COMMAND_OK;
}

enum command_status
client_command_failed(struct tool *tool, const struct client *client)
{
	tool_complain(tool, "%s", client->complaint);
	return COMMAND_FAILED;
}
