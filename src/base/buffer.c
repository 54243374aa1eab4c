#include "base/buffer.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { SMALLEST_CAPACITY = 64 };

void
buffer_init(struct buffer *buffer)
{
	*buffer = (struct buffer){ 0 };
}

void
buffer_fini(struct buffer *buffer)
{
	free(buffer->bytes);
	buffer_init(buffer);
}

void
buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
}

void
buffer_reserve(struct buffer *buffer, size_t size)
{
	size_t capacity = buffer->capacity;

	assert(size <= SIZE_MAX / 4 - buffer->size);
	if (buffer->bytes != NULL && capacity - buffer->size >= size)
		return; /* even no byte needs a place: NULL + 0 is undefined */
	if (capacity < SMALLEST_CAPACITY)
		capacity = SMALLEST_CAPACITY;
	while (capacity - buffer->size < size)
		capacity *= 2;
	buffer->bytes = memory_resize(buffer->bytes, capacity);
	buffer->capacity = capacity;
}

uint8_t *
buffer_extend(struct buffer *buffer, size_t size)
{
	buffer_reserve(buffer, size);
	buffer->size += size;
	return buffer->bytes + (buffer->size - size);
}

void
buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
	if (size > 0)
		memcpy(buffer_extend(buffer, size), bytes, size);
}

void
buffer_append_slice(struct buffer *buffer, struct slice slice)
{
	buffer_append(buffer, slice.bytes, slice.size);
}

static void
store(uint8_t *at, uint64_t value, int size)
{
	for (int i = size - 1; i >= 0; i--) {
		at[i] = (uint8_t)value;
		value >>= 8;
	}
}

void
store_int16(uint8_t *at, int16_t value)
{
	store(at, (uint64_t)value, 2);
}

void
store_int32(uint8_t *at, int32_t value)
{
	store(at, (uint64_t)value, 4);
}

void
store_int64(uint8_t *at, int64_t value)
{
	store(at, (uint64_t)value, 8);
}

void
buffer_int8(struct buffer *buffer, int8_t value)
{
	*buffer_extend(buffer, 1) = (uint8_t)value;
}

void
buffer_int16(struct buffer *buffer, int16_t value)
{
	store_int16(buffer_extend(buffer, 2), value);
}

void
buffer_int32(struct buffer *buffer, int32_t value)
{
	store_int32(buffer_extend(buffer, 4), value);
}

void
buffer_int64(struct buffer *buffer, int64_t value)
{
	store_int64(buffer_extend(buffer, 8), value);
}

void
buffer_float64(struct buffer *buffer, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	buffer_int64(buffer, (int64_t)bits);
}

static void
append_groups_of_seven(struct buffer *buffer, uint64_t value)
{
	while (value >= 0x80) {
		*buffer_extend(buffer, 1) = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*buffer_extend(buffer, 1) = (uint8_t)value;
}

static uint64_t
zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

void
buffer_varint(struct buffer *buffer, int32_t value)
{
	append_groups_of_seven(buffer, zigzag(value));
}

void
buffer_varlong(struct buffer *buffer, int64_t value)
{
	append_groups_of_seven(buffer, zigzag(value));
}

void
buffer_uvarint(struct buffer *buffer, uint32_t value)
{
	append_groups_of_seven(buffer, value);
}

static uint8_t *
inside(struct buffer *buffer, size_t position, size_t size)
{
	assert(position <= buffer->size && buffer->size - position >= size);
	return buffer->bytes + position;
}

void
buffer_set_int16(struct buffer *buffer, size_t position, int16_t value)
{
	store_int16(inside(buffer, position, 2), value);
}

void
buffer_set_int32(struct buffer *buffer, size_t position, int32_t value)
{
	store_int32(inside(buffer, position, 4), value);
}

void
buffer_set_int64(struct buffer *buffer, size_t position, int64_t value)
{
	store_int64(inside(buffer, position, 8), value);
}

static size_t
groups_of_seven(uint64_t value)
{
	size_t groups = 1;

	while (value >= 0x80) {
		value >>= 7;
		groups++;
	}
	return groups;
}

size_t
varint_size(int32_t value)
{
	return groups_of_seven(zigzag(value));
}

size_t
varlong_size(int64_t value)
{
	return groups_of_seven(zigzag(value));
}

size_t
uvarint_size(uint32_t value)
{
	return groups_of_seven(value);
}
