#include "klamm/topic_names.h"

#include <string.h>

enum { NAME_SIZE_MAX = 249 };

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

bool
topic_name_is_valid(struct slice name)
{
	if (name.size == 0 || name.size > NAME_SIZE_MAX || slice_equal_text(name, ".") ||
	    slice_equal_text(name, ".."))
		return false;
	for (size_t i = 0; i < name.size; i++) {
		if (name.bytes[i] == '\0' || strchr(NAME_CHARACTERS, name.bytes[i]) == NULL)
			return false;
	}
	return true;
}

enum command_status
topic_names_check(struct tool *tool, const struct arguments *arguments)
{
	if (arguments->operand_count == 0)
		return tool_wrong_use(tool, "which topic?");
	for (int i = 0; i < arguments->operand_count; i++) {
		if (!topic_name_is_valid(slice_of_text(arguments->operands[i])))
			return tool_wrong_use(tool, "'%.64s' cannot be a topic's name (letters, "
			    "digits, '.', '_', '-'; at most %d)", arguments->operands[i],
			    NAME_SIZE_MAX);
	}
	return COMMAND_OK;
}
