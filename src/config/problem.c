#include "config/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

enum { SHOWN_BYTES = 200 }; /* of a key or a value; the rest helps nobody */

void
config_problems_init(struct config_problems *problems)
{
	*problems = (struct config_problems){ 0 };
}

void
config_problems_fini(struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		free(problems->items[i].key);
		free(problems->items[i].value);
		free(problems->items[i].reason);
	}
	free(problems->items);
	config_problems_init(problems);
}

static char *
copy_of(const char *text)
{
	return text == NULL ? NULL : memory_text(text, strlen(text));
}

bool
config_problem_is_error(const struct config_problem *problem)
{
	return problem->kind >= CONFIG_PROBLEM_INVALID;
}

void
config_problems_add(struct config_problems *problems, enum config_problem_kind kind,
    struct config_place place, const char *format, ...)
{
	char reason[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	if ((problems->count & (problems->count - 1)) == 0) {
		size_t room = problems->count == 0 ? 1 : problems->count * 2;
		problems->items =
		    memory_resize(problems->items, room * sizeof(problems->items[0]));
	}
	struct config_problem *problem = &problems->items[problems->count++];
	*problem = (struct config_problem){
		.kind = kind,
		.key = copy_of(place.key),
		.value = copy_of(place.value),
		.reason = copy_of(reason),
		.line = place.line,
	};
	problems->errors += config_problem_is_error(problem);
}

static void
append_shown(struct buffer *text, const char *what, size_t limit)
{
	size_t size = strlen(what);

	for (size_t i = 0; i < MIN(size, limit); i++) {
		uint8_t byte = (uint8_t)what[i];
		buffer_append(text, byte >= 0x20 && byte < 0x7f ? (const void *)&byte : "?", 1);
	}
	if (size > limit)
		buffer_append(text, "...", 3);
}

void
config_problem_print(const struct config_problem *problem, const char *file, struct buffer *text)
{
	char line[32];

	if (problem->line > 0) {
		snprintf(line, sizeof(line), ":%d: ", problem->line);
		append_shown(text, file, SHOWN_BYTES);
		buffer_append(text, line, strlen(line));
	}
	if (problem->key != NULL) {
		append_shown(text, problem->key, SHOWN_BYTES);
		if (problem->value != NULL) {
			buffer_append(text, "=", 1);
			append_shown(text, problem->value, SHOWN_BYTES);
		}
		buffer_append(text, ": ", 2);
	}
	append_shown(text, problem->reason, strlen(problem->reason));
}
