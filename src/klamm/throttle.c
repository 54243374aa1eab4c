/* Rates and lists of replicas as words. */
#include "klamm/throttle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool
throttle_parse_rate(const char *text, int64_t *rate)
{
	static const struct { char letter; int64_t factor; } units[] = {
		{ 'k', 1000 }, { 'M', 1000000 }, { 'G', 1000000000 },
	};
	int64_t number = 0, factor = 1;

	if (*text < '1' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (number > INT64_MAX / 10 - 1)
			return false;
		number = number * 10 + (*text - '0');
	}
	for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
		if (*text == units[i].letter)
			factor = units[i].factor;
	}
	text += factor > 1;
	*rate = number * (number <= INT64_MAX / factor ? factor : 0);
	return *text == '\0' && *rate > 0;
}

static void
append_item(struct buffer *list, struct slice item)
{
	if (list->size > 0)
		buffer_append(list, ",", 1);
	buffer_append_slice(list, item);
}

/* Is this "P:B" of a partition that the plan moves? */
static bool
is_moved(struct slice item, const struct move_plan *plan, const char *topic)
{
	int64_t partition = 0;
	size_t i = 0;

	for (; i < item.size && item.bytes[i] >= '0' && item.bytes[i] <= '9'; i++) {
		partition = partition * 10 + (item.bytes[i] - '0');
		if (partition > INT32_MAX)
			return false;
	}
	return i > 0 && i < item.size && item.bytes[i] == ':' &&
	    move_plan_find(plan, slice_of_text(topic), (int32_t)partition) != NULL;
}

void
throttle_list(struct slice old, const struct move_plan *plan, const char *topic,
    struct slice added, struct buffer *list)
{
	if (slice_equal_text(old, "*")) {
		buffer_append_slice(list, old);
		return;
	}
	while (old.size > 0) {
		const uint8_t *comma = memchr(old.bytes, ',', old.size);
		size_t size = comma != NULL ? (size_t)(comma - old.bytes) : old.size;
		struct slice item = slice_of(old.bytes, size);

		if (size > 0 && !is_moved(item, plan, topic))
			append_item(list, item);
		size += comma != NULL;
		old = slice_of(old.bytes + size, old.size - size);
	}
	if (added.size > 0)
		append_item(list, added);
}

void
throttle_replicas(const struct move_plan *plan, const char *topic, enum throttle_side side,
    struct buffer *list)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct move *move = &plan->moves[i];
		struct view_ids ids = side == THROTTLE_LEADERS ? move_from(move) : move_to(move);
		char item[32];

		if (strcmp(move->topic, topic) != 0 || move_copies(move) == 0)
			continue;
		for (int32_t j = 0; j < ids.count; j++) {
			if (side == THROTTLE_FOLLOWERS &&
			    view_ids_have(move_from(move), ids.items[j]))
				continue; /* it is there already */
			snprintf(item, sizeof(item), "%" PRId32 ":%" PRId32, move->index,
			    ids.items[j]);
			append_item(list, slice_of_text(item));
		}
	}
}
