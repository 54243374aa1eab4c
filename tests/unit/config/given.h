/*
 * tests/unit/config/given.h: a configuration from the text of a file, and what
 * was wrong with it.
 */
#ifndef KLAMM_TESTS_UNIT_CONFIG_GIVEN_H
#define KLAMM_TESTS_UNIT_CONFIG_GIVEN_H

#include "config/broker_config.h"

struct given {
	struct config_map map;
	struct config_problems problems;
	struct broker_config *config; /* NULL when there are errors */
};

void given_init(struct given *given);
void given_fini(struct given *given);
/* Reads the text anew and makes the configuration. */
void given_read(struct given *given, const char *text);
/* The same with the one line that no configuration can do without. */
void given_set(struct given *given, const char *text);
/* The problem of a kind and key whose reason holds `words`; NULL: none. */
const struct config_problem *given_problem(const struct given *given,
    enum config_problem_kind kind, const char *key, const char *words);
/* All problems, one a line; valid until the next call. */
const char *given_print(const struct given *given);

#endif
