#include "api/names.h"

#include <stdlib.h>

struct place {
	struct slice name;
	size_t index;
};

static int
compare(const void *a, const void *b)
{
	const struct place *one = a;
	const struct place *other = b;
	int order = slice_compare(one->name, other->name);

	return order != 0 ? order : (one->index > other->index) - (one->index < other->index);
}

const uint8_t *
names_repeats(struct request *request, const struct slice *names, size_t count)
{
	struct place *places = request_array(request, count, sizeof(*places));
	uint8_t *repeats = request_array(request, count, sizeof(*repeats));

	for (size_t i = 0; i < count; i++)
		places[i] = (struct place){ names[i], i };
	if (count > 1)
		qsort(places, count, sizeof(*places), compare);
	for (size_t i = 1; i < count; i++) {
		if (!slice_equal(places[i - 1].name, places[i].name))
			continue;
		repeats[places[i].index] = NAME_AGAIN;
		if (repeats[places[i - 1].index] == NAME_ONCE)
			repeats[places[i - 1].index] = NAME_FIRST;
	}
	return repeats;
}

const void *
named_items_find(struct named_items *items, struct slice name)
{
	for (size_t i = 0; i < items->count; i++) {
		size_t at = items->next + i;
		at = at < items->count ? at : at - items->count;
		const uint8_t *item = (const uint8_t *)items->items + at * items->size;
		const struct slice *its = (const struct slice *)(const void *)(item +
		    items->name_offset);
		if (!slice_equal(*its, name))
			continue;
		items->next = at + 1 < items->count ? at + 1 : 0;
		return item;
	}
	return NULL;
}
