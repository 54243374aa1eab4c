#include "klammd/options.h"

#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "config/dev.h"

#define DEFAULT_DATA_DIR "klamm-data"

enum { FILE_BYTES_MAX = 4 << 20 };

static const char usage[] =
    "usage: klammd [--override KEY=VALUE]... server.properties\n"
    "       klammd --dev [--data DIR] [--override KEY=VALUE]...\n";

static const char help[] =
    "\n"
    "A broker that speaks the Kafka protocol and is coordinated by ZooKeeper.\n"
    "\n"
    "  --dev               a whole cluster of one process on this machine, with an\n"
    "                      embedded ZooKeeper: clients on 127.0.0.1:9092, ZooKeeper on\n"
    "                      127.0.0.1:2181\n"
    "  --data DIR          where --dev keeps its data (default: " DEFAULT_DATA_DIR ")\n"
    "  --override KEY=VALUE  sets a key of server.properties, and wins over the file\n"
    "  --log-level LEVEL   error, warn, info (default) or debug\n"
    "  --help, --version\n"
    "\n"
    "SIGTERM stops it in good order. Exit status: 0 after that, 1 when it could not\n"
    "start or go on, 2 for a wrong command line.\n";

static const struct option long_options[] = {
	{ "dev", no_argument, NULL, 'd' },
	{ "data", required_argument, NULL, 'D' },
	{ "override", required_argument, NULL, 'o' },
	{ "log-level", required_argument, NULL, 'l' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static bool
set_level(struct options *it, const char *name)
{
	for (int level = 0; level < LOGGER_LEVEL_COUNT; level++) {
		if (strcasecmp(name, logger_level_name((enum logger_level)level)) == 0) {
			it->level = (enum logger_level)level;
			return true;
		}
	}
	fprintf(stderr, "klammd: --log-level %s: neither error, warn, info nor debug\n", name);
	return false;
}

static bool
take(struct options *it, int option)
{
	switch (option) {
	case 'd':
		it->dev = true;
		return true;
	case 'D':
		it->data_dir = optarg;
		return true;
	case 'o':
		if (strchr(optarg, '=') == NULL || optarg[0] == '=') {
			fprintf(stderr, "klammd: --override takes key=value, not '%s'\n", optarg);
			return false;
		}
		it->overrides = memory_resize(it->overrides,
		    (size_t)(it->override_count + 1) * sizeof(*it->overrides));
		it->overrides[it->override_count++] = optarg;
		return true;
	case 'l':
		return set_level(it, optarg);
	case 'h':
		it->help = true;
		return true;
	case 'V':
		it->version = true;
		return true;
	default:
		return false; /* getopt has said why */
	}
}

static bool
fits_together(struct options *it, int argc, char **argv)
{
	const char *wrong = NULL;

	if (it->dev && optind < argc)
		wrong = "--dev takes no server.properties";
	else if (!it->dev && optind == argc)
		wrong = "server.properties or --dev is missing";
	else if (!it->dev && optind + 1 < argc)
		wrong = "only one server.properties is read";
	else if (!it->dev && it->data_dir != NULL)
		wrong = "--data goes with --dev: log.dirs says where the data of server.properties is";
	if (wrong != NULL) {
		fprintf(stderr, "klammd: %s\n%s", wrong, usage);
		return false;
	}
	it->file = it->dev ? NULL : argv[optind];
	if (it->dev && it->data_dir == NULL)
		it->data_dir = DEFAULT_DATA_DIR;
	return true;
}

enum options_verdict
options_parse(struct options *it, int argc, char **argv)
{
	int option;

	*it = (struct options){ .level = LOGGER_INFO };
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (!take(it, option)) {
			fputs(usage, stderr);
			return OPTIONS_WRONG;
		}
	}
	if (it->help) {
		fputs(usage, stdout);
		fputs(help, stdout);
		return OPTIONS_TOLD;
	}
	if (it->version) {
		puts("klammd " PACKAGE_VERSION);
		return OPTIONS_TOLD;
	}
	return fits_together(it, argc, argv) ? OPTIONS_RUN : OPTIONS_WRONG;
}

void
options_fini(struct options *it)
{
	free(it->overrides);
}

/* ---------------------------------------------------- the configuration */

static bool
read_file(const char *path, struct buffer *text)
{
	FILE *file = fopen(path, "re");
	bool well = false;
	size_t got;

	if (file == NULL) {
		fprintf(stderr, "klammd: %s: %s\n", path, strerror(errno));
		return false;
	}
	do {
		got = fread(buffer_extend(text, BUFSIZ), 1, BUFSIZ, file);
		text->size -= BUFSIZ - got;
	} while (got == BUFSIZ && text->size <= FILE_BYTES_MAX);
	if (ferror(file))
		fprintf(stderr, "klammd: %s: %s\n", path, strerror(errno));
	else if (text->size > FILE_BYTES_MAX)
		fprintf(stderr, "klammd: %s: too large for a file of properties\n", path);
	else
		well = true;
	fclose(file);
	return well;
}

static bool
gather(const struct options *it, struct config_map *map, struct config_problems *problems)
{
	struct buffer text;
	bool well = true;

	if (it->dev) {
		if (mkdir(it->data_dir, 0777) != 0 && errno != EEXIST) {
			fprintf(stderr, "klammd: --data %s: %s\n", it->data_dir, strerror(errno));
			return false;
		}
		config_dev(map, it->data_dir);
	} else {
		buffer_init(&text);
		well = read_file(it->file, &text);
		if (well)
			config_map_read(map, buffer_slice(&text), problems);
		buffer_fini(&text);
	}
	for (int i = 0; i < it->override_count; i++)
		config_map_override(map, it->overrides[i], problems);
	return well;
}

static void
tell(const struct options *it, const struct config_problems *problems)
{
	struct buffer line;

	buffer_init(&line);
	for (size_t i = 0; i < problems->count; i++) {
		const struct config_problem *problem = &problems->items[i];

		buffer_clear(&line);
		config_problem_print(problem, it->dev ? "--dev" : it->file, &line);
		fprintf(stderr, "klammd: %s: %.*s\n",
		    config_problem_is_error(problem) ? "error" : "warning", (int)line.size,
		    (const char *)line.bytes);
	}
	buffer_fini(&line);
}

struct broker_config *
options_config(const struct options *it)
{
	struct broker_config *config = NULL;
	struct config_problems problems;
	struct config_map map;

	config_map_init(&map);
	config_problems_init(&problems);
	if (gather(it, &map, &problems)) {
		config = broker_config_new(&map, &problems);
		tell(it, &problems);
	}
	config_problems_fini(&problems);
	config_map_fini(&map);
	return config;
}
