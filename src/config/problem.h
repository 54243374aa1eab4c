/*
 * config/problem.h: what is wrong with a configuration. All of it is
 * gathered, so that an operator mends everything at once. Values of passwords
 * and of unknown keys (which may be misspelled passwords) are never kept.
 */
#ifndef KLAMM_CONFIG_PROBLEM_H
#define KLAMM_CONFIG_PROBLEM_H

#include "base/buffer.h"
#include "base/macros.h"
#include "config/key.h"

enum config_problem_kind {
	/* Warnings. */
	CONFIG_PROBLEM_UNKNOWN,  /* no such key: ignored, as Kafka does */
	CONFIG_PROBLEM_REPEATED, /* an earlier line of the same key is ignored */
	CONFIG_PROBLEM_HARMLESS, /* the key is not served, without harm */
	CONFIG_PROBLEM_REMARK,
	/* Errors. */
	CONFIG_PROBLEM_INVALID,  /* of one value, or a line that cannot be read */
	CONFIG_PROBLEM_CONFLICT, /* with another key */
	CONFIG_PROBLEM_BINDING,  /* right, but klamm does not serve it yet */
};

struct config_problem {
	enum config_problem_kind kind;
	char *key;    /* NULL where a line has none */
	char *value;  /* NULL when not set, or when it may not be shown */
	char *reason;
	int line; /* 0 when it does not come from the file */
};

struct config_problems {
	struct config_problem *items;
	size_t count;
	size_t errors; /* how many are no warnings */
};

/* What a problem is about; texts are borrowed. */
struct config_place {
	const char *key;
	const char *value;
	int line;
};

void config_problems_init(struct config_problems *problems);
void config_problems_fini(struct config_problems *problems);
void config_problems_add(struct config_problems *problems, enum config_problem_kind kind,
    struct config_place place, const char *format, ...) PRINTF_LIKE(4, 5);
bool config_problem_is_error(const struct config_problem *problem);
/*
 * Appends one line without its end: `FILE:LINE: KEY=VALUE: REASON`, as far as
 * these are known. Bytes that are not printable ASCII are shown as `?`.
 */
void config_problem_print(const struct config_problem *problem, const char *file,
    struct buffer *text);

#endif
