#include "base/buffer_list.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { FIRST_PARTS = 4 };

/* The offset of bytes that are borrowed; others lie in `owned`. */
enum { NOT_OWNED = -1 };

void
buffer_list_init(struct buffer_list *list)
{
	*list = (struct buffer_list){ 0 };
	buffer_init(&list->owned);
}

static void
release(struct buffer_part *part)
{
	if (part->owner != NULL)
		part->owner->release(part->owner);
	part->owner = NULL;
}

void
buffer_list_fini(struct buffer_list *list)
{
	for (size_t i = list->first; i < list->count; i++)
		release(&list->parts[i]);
	free(list->parts);
	buffer_fini(&list->owned);
	*list = (struct buffer_list){ 0 };
}

struct buffer *
buffer_list_bytes(struct buffer_list *list)
{
	return &list->owned;
}

static void
add_part(struct buffer_list *list, struct buffer_part part)
{
	if (list->count == list->capacity) {
		list->capacity = list->capacity == 0 ? FIRST_PARTS : list->capacity * 2;
		list->parts = memory_resize(list->parts, list->capacity * sizeof(part));
	}
	list->parts[list->count++] = part;
	list->total += part.length;
}

/*
 * What was gathered since the last seal becomes a part. Its bytes are named
 * by their offset in `owned`, which may still move; resolve() finds them.
 */
static void
seal(struct buffer_list *list)
{
	struct buffer_part part = { .type = BUFFER_PART_BYTES };

	if (list->owned.size == list->owned_sealed)
		return;
	part.offset = (int64_t)list->owned_sealed;
	part.length = list->owned.size - list->owned_sealed;
	list->owned_sealed = list->owned.size;
	add_part(list, part);
}

void
buffer_list_borrow(struct buffer_list *list, struct slice bytes, struct buffer_owner *owner)
{
	struct buffer_part part = { .type = BUFFER_PART_BYTES, .bytes = bytes.bytes,
		.offset = NOT_OWNED, .length = bytes.size, .owner = owner };

	if (bytes.size == 0) {
		release(&part);
		return;
	}
	seal(list);
	add_part(list, part);
}

void
buffer_list_external(struct buffer_list *list, struct buffer_owner *owner, int64_t offset,
    size_t length)
{
	struct buffer_part part = { .type = BUFFER_PART_EXTERNAL, .offset = offset,
		.length = length, .owner = owner };

	assert(offset >= 0);
	if (length == 0) {
		release(&part);
		return;
	}
	seal(list);
	add_part(list, part);
}

size_t
buffer_list_size(const struct buffer_list *list)
{
	return list->total + (list->owned.size - list->owned_sealed);
}

static const struct buffer_part *
resolve(struct buffer_list *list, struct buffer_part *part)
{
	if (part->type == BUFFER_PART_BYTES && part->offset != NOT_OWNED)
		part->bytes = list->owned.bytes + part->offset;
	return part;
}

const struct buffer_part *
buffer_list_front(struct buffer_list *list)
{
	return buffer_list_part(list, 0);
}

const struct buffer_part *
buffer_list_part(struct buffer_list *list, size_t index)
{
	seal(list);
	if (index >= list->count - list->first)
		return NULL;
	return resolve(list, &list->parts[list->first + index]);
}

/* Owned bytes that no part names any more; none while they are fewer than the others. */
static void
forget_owned(struct buffer_list *list)
{
	struct buffer *owned = &list->owned;
	size_t gone = list->owned_sealed;

	for (size_t i = list->count; i-- > 0;) {
		if (list->parts[i].type == BUFFER_PART_BYTES && list->parts[i].offset != NOT_OWNED)
			gone = (size_t)list->parts[i].offset;
	}
	if (gone == 0 || gone < owned->size - gone)
		return;
	memmove(owned->bytes, owned->bytes + gone, owned->size - gone);
	owned->size -= gone;
	list->owned_sealed -= gone;
	for (size_t i = 0; i < list->count; i++) {
		if (list->parts[i].type == BUFFER_PART_BYTES && list->parts[i].offset != NOT_OWNED)
			list->parts[i].offset -= (int64_t)gone;
	}
}

/* A connection keeps one list for all its answers: what was sent makes room. */
static void
forget_consumed(struct buffer_list *list)
{
	size_t left = list->count - list->first;

	if (left > list->first)
		return; /* not worth the moves yet */
	if (left > 0)
		memmove(list->parts, list->parts + list->first, left * sizeof(*list->parts));
	list->first = 0;
	list->count = left;
	forget_owned(list);
}

void
buffer_list_consume(struct buffer_list *list, size_t size)
{
	seal(list);
	assert(size <= list->total);
	list->total -= size;
	while (size > 0) {
		struct buffer_part *part = &list->parts[list->first];
		size_t taken = MIN(size, part->length);

		if (part->offset != NOT_OWNED)
			part->offset += (int64_t)taken;
		else
			part->bytes += taken;
		part->length -= taken;
		size -= taken;
		if (part->length == 0) {
			release(part);
			list->first++;
		}
	}
	forget_consumed(list);
}
