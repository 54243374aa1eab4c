/*
 * klammd/options.h: klammd's command line, and the configuration that it asks
 * for: server.properties, or --dev, under --override.
 */
#ifndef KLAMM_KLAMMD_OPTIONS_H
#define KLAMM_KLAMMD_OPTIONS_H

#include "base/logger.h"
#include "config/broker_config.h"

struct options {
	const char *file;       /* server.properties; NULL with --dev */
	const char *data_dir;   /* of --dev */
	const char **overrides; /* key=value */
	int override_count;
	enum logger_level level;
	bool dev;
	bool help;
	bool version;
};

/* Memory of the options is argv's, and a little of their own. */
enum options_verdict { OPTIONS_RUN, OPTIONS_TOLD, OPTIONS_WRONG };

/* TOLD: --help or --version was answered on stdout. WRONG: stderr says why. */
enum options_verdict options_parse(struct options *options, int argc, char **argv);
void options_fini(struct options *options);

/*
 * All problems go to stderr, a line each. NULL: klammd must not start. With
 * --dev the data's folder is made.
 */
struct broker_config *options_config(const struct options *options);

#endif
