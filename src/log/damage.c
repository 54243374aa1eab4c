#include "log/damage.h"

#include <string.h>

#include "base/macros.h"

static bool
touch(const struct damage *a, const struct damage *b)
{
	return a->position <= b->end_position && b->position <= a->end_position;
}

static void
join(struct damage *into, const struct damage *other)
{
	into->position = MIN(into->position, other->position);
	into->end_position = MAX(into->end_position, other->end_position);
	into->offset = MIN(into->offset, other->offset);
	into->end_offset = MAX(into->end_offset, other->end_offset);
}

static void
take_out(struct damages *damages, int at)
{
	damages->count--;
	memmove(&damages->items[at], &damages->items[at + 1],
	    (size_t)(damages->count - at) * sizeof(damages->items[0]));
}

void
damages_add(struct damages *damages, const struct damage *damage)
{
	struct damage added = *damage;
	int at = 0;

	for (int i = damages->count - 1; i >= 0; i--)
		if (touch(&damages->items[i], &added)) {
			join(&added, &damages->items[i]);
			take_out(damages, i);
		}
	while (at < damages->count && damages->items[at].position < added.position)
		at++;
	if (damages->count == DAMAGES_MAX) {
		/* What lies between the two is held for damaged, too. */
		join(&damages->items[MAX(at - 1, 0)], &added);
		return;
	}
	memmove(&damages->items[at + 1], &damages->items[at],
	    (size_t)(damages->count - at) * sizeof(damages->items[0]));
	damages->items[at] = added;
	damages->count++;
}

int64_t
damages_skip(const struct damages *damages, int64_t position)
{
	for (int i = 0; i < damages->count; i++)
		if (damages->items[i].position <= position && position < damages->items[i].end_position)
			return damages->items[i].end_position;
	return position;
}

const struct damage *
damages_find(const struct damages *damages, int64_t offset)
{
	for (int i = 0; i < damages->count; i++)
		if (damages->items[i].offset <= offset && offset < damages->items[i].end_offset)
			return &damages->items[i];
	return NULL;
}

int64_t
damages_limit(const struct damages *damages, int64_t position, int64_t end)
{
	for (int i = 0; i < damages->count; i++)
		if (damages->items[i].position >= position)
			end = MIN(end, damages->items[i].position);
	return end;
}

void
damages_heal(struct damages *damages, struct damage *damage, const struct damage *left)
{
	if (left->position < left->end_position)
		*damage = *left;
	else
		take_out(damages, (int)(damage - damages->items));
}

void
damages_cut(struct damages *damages, int64_t position, int64_t offset)
{
	for (int i = damages->count - 1; i >= 0; i--) {
		struct damage *it = &damages->items[i];

		if (it->position >= position) {
			take_out(damages, i);
			continue;
		}
		it->end_position = MIN(it->end_position, position);
		it->end_offset = MIN(it->end_offset, MAX(offset, it->offset));
	}
}
