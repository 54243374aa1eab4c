#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"

enum { BLOCK_SIZE = 4096 };

struct arena_block {
	struct arena_block *next;
	size_t size;
	size_t used;
	alignas(max_align_t) uint8_t bytes[];
};

/* No object is larger than PTRDIFF_MAX, whatever the cap is; a block has a head, too. */
#define LARGEST_PIECE (PTRDIFF_MAX - sizeof(struct arena_block) - alignof(max_align_t))

void
arena_init(struct arena *arena, size_t cap)
{
	*arena = (struct arena){ .cap = cap };
}

void
arena_fini(struct arena *arena)
{
	while (arena->blocks != NULL) {
		struct arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	arena->used = 0;
}

static struct arena_block *
block_with_room(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	size_t room = MAX(size, BLOCK_SIZE - sizeof(struct arena_block));

	if (block != NULL && block->size - block->used >= size)
		return block;
	block = memory_new(sizeof(struct arena_block) + room);
	block->size = room;
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

void *
arena_new(struct arena *arena, size_t size)
{
	const size_t alignment = alignof(max_align_t);
	struct arena_block *block;

	if (size > arena->cap || size > LARGEST_PIECE)
		return NULL;
	size = (size + alignment - 1) / alignment * alignment;
	if (size > arena->cap - MIN(arena->used, arena->cap))
		return NULL;
	block = block_with_room(arena, size);
	arena->used += size;
	block->used += size;
	return block->bytes + (block->used - size);
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	return arena_new(arena, total);
}

char *
arena_text(struct arena *arena, const void *bytes, size_t size)
{
	char *text = size < SIZE_MAX ? arena_new(arena, size + 1) : NULL;

	if (text != NULL && size > 0)
		memcpy(text, bytes, size);
	return text;
}
