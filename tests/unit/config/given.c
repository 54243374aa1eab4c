#include "tests/unit/config/given.h"

#include <stdio.h>

void
given_init(struct given *given)
{
	config_map_init(&given->map);
	config_problems_init(&given->problems);
	given->config = NULL;
}

void
given_fini(struct given *given)
{
	broker_config_free(given->config);
	config_problems_fini(&given->problems);
	config_map_fini(&given->map);
}

void
given_read(struct given *given, const char *text)
{
	given_fini(given);
	given_init(given);
	config_map_read(&given->map, slice_of_text(text), &given->problems);
	given->config = broker_config_new(&given->map, &given->problems);
}

void
given_set(struct given *given, const char *text)
{
	char whole[4096];

	snprintf(whole, sizeof(whole), "%s\nzookeeper.connect=localhost:2181\n", text);
	given_read(given, whole);
}

const struct config_problem *
given_problem(const struct given *given, enum config_problem_kind kind, const char *key,
    const char *words)
{
	for (size_t i = 0; i < given->problems.count; i++) {
		const struct config_problem *problem = &given->problems.items[i];
		if (problem->kind == kind && problem->key != NULL &&
		    strcmp(problem->key, key) == 0 && strstr(problem->reason, words) != NULL)
			return problem;
	}
	return NULL;
}

const char *
given_print(const struct given *given)
{
	static char printed[8192];
	struct buffer text;

	buffer_init(&text);
	for (size_t i = 0; i < given->problems.count; i++) {
		config_problem_print(&given->problems.items[i], "file", &text);
		buffer_append(&text, "\n", 1);
	}
	snprintf(printed, sizeof(printed), "%.*s", (int)text.size, (const char *)text.bytes);
	buffer_fini(&text);
	return printed;
}
