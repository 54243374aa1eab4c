#include "klamm/partition_words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "klamm/topic_names.h"

bool
partition_word_parse(const char *word, struct partition_word *name)
{
	const char *colon = strchr(word, ':');
	int64_t index = 0;

	name->topic = slice_of(word, colon != NULL ? (size_t)(colon - word) : strlen(word));
	name->index = -1;
	if (!topic_name_is_valid(name->topic))
		return false;
	if (colon == NULL)
		return true;
	if (colon[1] == '\0')
		return false;
	for (const char *at = colon + 1; *at != '\0'; at++) {
		if (*at < '0' || *at > '9' || index > INT32_MAX)
			return false;
		index = index * 10 + (*at - '0');
	}
	name->index = (int32_t)MIN(index, INT32_MAX);
	return index <= INT32_MAX;
}

enum command_status
partition_words_check(struct tool *tool, const struct arguments *arguments, bool some)
{
	struct partition_word name;

	if (some && arguments->operand_count == 0)
		return tool_wrong_use(tool, "which partition?");
	for (int i = 0; i < arguments->operand_count; i++) {
		if (!partition_word_parse(arguments->operands[i], &name))
			return tool_wrong_use(tool, "'%.64s' is neither TOPIC nor TOPIC:PARTITION",
			    arguments->operands[i]);
	}
	return COMMAND_OK;
}

static bool
choose(struct tool *tool, const struct partition_word *name, const struct cluster_view *view,
    bool *chosen)
{
	const struct view_partition *end = view->partitions + view->partition_count;
	const struct view_partition *first = cluster_view_topic(view, name->topic);

	if (first == NULL) {
		tool_complain(tool, "%.*s: there is no such topic: 'klamm topic list' shows them",
		    (int)name->topic.size, (const char *)name->topic.bytes);
		return false;
	}
	if (name->index >= 0) {
		first = cluster_view_partition(view, name->topic, name->index);
		end = first != NULL ? first + 1 : NULL;
	}
	if (first == NULL) {
		tool_complain(tool, "%.*s: there is no partition %" PRId32, (int)name->topic.size,
		    (const char *)name->topic.bytes, name->index);
		return false;
	}
	for (; first < end && slice_equal(first->topic, name->topic); first++)
		chosen[first - view->partitions] = true;
	return true;
}

bool *
partition_words_choose(struct tool *tool, const struct arguments *arguments,
    const struct cluster_view *view)
{
	bool *chosen = memory_array(view->partition_count + 1, sizeof(*chosen));

	for (int i = 0; i < arguments->operand_count; i++) {
		struct partition_word name;

		if (partition_word_parse(arguments->operands[i], &name) &&
		    choose(tool, &name, view, chosen))
			continue;
		free(chosen);
		return NULL;
	}
	return chosen;
}
