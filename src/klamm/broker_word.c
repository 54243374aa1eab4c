#include "klamm/broker_word.h"

enum command_status
broker_word_read(struct tool *tool, const struct arguments *arguments, int32_t *id)
{
	const char *word = arguments->operand_count == 1 ? arguments->operands[0] : "";
	int64_t number = 0;

	if (arguments->operand_count != 1)
		return tool_wrong_use(tool, "which broker?");
	for (const char *at = word; *at != '\0'; at++) {
		if (*at < '0' || *at > '9' || number > INT32_MAX)
			return tool_wrong_use(tool, "'%.32s' is no broker's number", word);
		number = number * 10 + (*at - '0');
	}
	if (word[0] == '\0' || number > INT32_MAX)
		return tool_wrong_use(tool, "'%.32s' is no broker's number", word);
	*id = (int32_t)number;
	return COMMAND_OK;
}
