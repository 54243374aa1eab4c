/*
 * What users hand to the tool. The first byte chooses what the rest is: a file
 * of moves, a list of throttled replicas, a rate, a partition's name, or an
 * assignment.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "klamm/assignment.h"
#include "klamm/move_file.h"
#include "klamm/partition_words.h"
#include "klamm/throttle.h"

static void
check_plan(const struct move_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct move *move = &plan->moves[i];

		assert(move->index >= 0 && move->to_count > 0);
		assert(move_plan_find(plan, slice_of_text(move->topic), move->index) == move);
		for (int32_t j = 0; j < move->to_count; j++) {
			struct view_ids others = { move->to + j + 1, move->to_count - j - 1 };

			assert(move->to[j] >= 0 && !view_ids_have(others, move->to[j]));
		}
	}
}

static void
use_file(struct slice text)
{
	char complaint[MOVE_FILE_COMPLAINT_SIZE] = "";
	struct move_plan plan;

	move_plan_init(&plan);
	if (move_file_parse(text, &plan, complaint))
		check_plan(&plan);
	else
		assert(complaint[0] != '\0');
	move_plan_fini(&plan);
}

/* A list without what the plan moves has nothing more to be taken away. */
static void
use_list(struct slice text)
{
	static const int32_t to[] = { 1 };
	struct buffer once, twice;
	struct move_plan plan;

	move_plan_init(&plan);
	move_plan_add(&plan, slice_of_text("t"), 1, NULL, (struct view_ids){ to, 1 });
	buffer_init(&once);
	buffer_init(&twice);
	throttle_list(text, &plan, "t", slice_of("", 0), &once);
	throttle_list(buffer_slice(&once), &plan, "t", slice_of("", 0), &twice);
	assert(once.size <= text.size);
	assert(slice_equal(slice_of(once.bytes, once.size), slice_of(twice.bytes, twice.size)));
	buffer_fini(&once);
	buffer_fini(&twice);
	move_plan_fini(&plan);
}

static void
use_word(uint8_t kind, struct slice text)
{
	struct create_topics_request_creatable_topic topic =
	    create_topics_request_creatable_topic_defaults;
	char *word = memory_text(text.bytes, text.size);
	struct partition_word name;
	int64_t rate;

	if (kind == 2)
		assert(!throttle_parse_rate(word, &rate) || rate > 0);
	else if (kind == 3)
		assert(!partition_word_parse(word, &name) || name.index >= -1);
	else {
		const char *complaint = assignment_read(word, &topic);
		assert(complaint != NULL || topic.assignments.count > 0);
		assignment_fini(&topic);
	}
	free(word);
}

FUZZ_TARGET(tool_words)
{
	struct slice rest = slice_of(bytes + 1, size > 0 ? size - 1 : 0);

	if (size == 0)
		return 0;
	if (bytes[0] % 5 == 0)
		use_file(rest);
	else if (bytes[0] % 5 == 1)
		use_list(rest);
	else
		use_word(bytes[0] % 5, rest);
	return 0;
}
