#include "klamm/topic_names.h"

#include <string.h>

enum { NAME_SIZE_MAX = 249 };

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

static bool
is_name(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && size <= NAME_SIZE_MAX && strspn(name, NAME_CHARACTERS) == size &&
	    strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

enum command_status
topic_names_check(struct tool *tool, const struct arguments *arguments)
{
	if (arguments->operand_count == 0)
		return tool_wrong_use(tool, "which topic?");
	for (int i = 0; i < arguments->operand_count; i++) {
		if (!is_name(arguments->operands[i]))
			return tool_wrong_use(tool, "'%.64s' cannot be a topic's name (letters, "
			    "digits, '.', '_', '-'; at most %d)", arguments->operands[i],
			    NAME_SIZE_MAX);
	}
	return COMMAND_OK;
}
