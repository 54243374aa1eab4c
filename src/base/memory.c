#include "base/memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *
memory_new(size_t size)
{
	return memory_array(1, size);
}

void *
memory_array(size_t count, size_t size)
{
	void *memory;

	assert(size == 0 || count <= SIZE_MAX / size);
	memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
	if (memory == NULL)
		abort();
	return memory;
}

void *
memory_resize(void *memory, size_t size)
{
	assert(size > 0);
	memory = realloc(memory, size);
	if (memory == NULL)
		abort();
	return memory;
}

char *
memory_text(const void *bytes, size_t size)
{
	char *text;

	assert(size < SIZE_MAX);
	text = memory_new(size + 1);
	if (size > 0)
		memcpy(text, bytes, size);
	return text;
}
