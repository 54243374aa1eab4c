/*
 * klamm/client_command.h: what commands that ask a cluster have in common:
 * their first options, the client made from them, and how they end.
 */
#ifndef KLAMM_KLAMM_CLIENT_COMMAND_H
#define KLAMM_KLAMM_CLIENT_COMMAND_H

#include "klamm/client.h"
#include "klamm/command.h"

/* The beginning of such a command's table of options. */
#define CLIENT_COMMAND_OPTIONS \
	[COMMAND_HELP] = COMMAND_OPTION_HELP, \
	[OPTION_BOOTSTRAP] = { "bootstrap", "HOST:PORT,...", \
	    "brokers to begin with (default: localhost:9092)" }, \
	[OPTION_TIMEOUT] = { "timeout", "SECONDS", "give up after so long (default: 15)" }, \
	[OPTION_JSON] = { "json", NULL, "show one JSON object a line" }

enum { OPTION_BOOTSTRAP = COMMAND_HELP + 1, OPTION_TIMEOUT, OPTION_JSON, OPTION_OWN };

/* Reads those options and sets up output and client. COMMAND_OK, or it has complained. */
enum command_status client_command_begin(struct tool *tool, struct arguments *arguments,
    struct client *client);
/* Complains of what client->complaint tells; COMMAND_FAILED. */
enum command_status client_command_failed(struct tool *tool, const struct client *client);

#endif
