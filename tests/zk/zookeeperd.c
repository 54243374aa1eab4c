/*
 * tests/zk/zookeeperd: the embedded ZooKeeper alone, for tests and trials.
 *
 *	zookeeperd --data DIR [--port N] [--tick MS]
 *
 * The data's folder is made. Port 0, the default: a free one. `port N` on
 * stdout says that it serves; SIGTERM and SIGINT stop it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/zk/running.h"

static void
log_line(struct logger *logger, enum logger_level level, const char *line)
{
	(void)logger;
	fprintf(stderr, "%s %s\n", logger_level_name(level), line);
}

static void
usage(void)
{
	fputs("usage: zookeeperd --data DIR [--port N] [--tick MS]\n", stderr);
	exit(2);
}

static const char *
read_options(struct zk_server_options *options, int count, char **words)
{
	const char *folder = NULL;

	for (int i = 1; i < count; i += 2) {
		if (i + 1 == count)
			usage();
		if (strcmp(words[i], "--data") == 0)
			folder = words[i + 1];
		else if (strcmp(words[i], "--port") == 0)
			options->address.port = (uint16_t)strtoul(words[i + 1], NULL, 10);
		else if (strcmp(words[i], "--tick") == 0)
			options->tick_ms = strtol(words[i + 1], NULL, 10);
		else
			usage();
	}
	if (folder == NULL || options->tick_ms <= 0)
		usage();
	return folder;
}

int
main(int count, char **words)
{
	struct logger logger = { LOGGER_INFO, log_line };
	struct zk_server_options options = zk_server_options_default();
	struct running *running;
	const char *folder;
	sigset_t signals;
	int number;

	options.address.port = 0;
	folder = read_options(&options, count, words);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	running = running_start(&options, folder, &logger);
	if (running == NULL)
		return 1;
	printf("port %d\n", running_port(running));
	fflush(stdout);
	while (sigwait(&signals, &number) != 0)
		continue;
	running_stop(running);
	return 0;
}
