/*
 * base/buffer.h: a run of bytes that grows, with the big-endian writers that
 * match base/reader.h. A failed allocation ends the process (style: small
 * allocations); callers check lengths that come from outside before they
 * write. The bytes move when the buffer grows: keep positions, not pointers.
 */
#ifndef KLAMM_BASE_BUFFER_H
#define KLAMM_BASE_BUFFER_H

#include "base/slice.h"

struct buffer {
	uint8_t *bytes;
	size_t size;
	size_t capacity;
};

void buffer_init(struct buffer *buffer);
/* Frees the bytes; the buffer is empty and usable again. */
void buffer_fini(struct buffer *buffer);
/* Forgets the contents, keeps the memory. */
void buffer_clear(struct buffer *buffer);
/* Room for `size` more bytes without another allocation. */
void buffer_reserve(struct buffer *buffer, size_t size);
/* Appends `size` bytes of unset content and returns where they begin. */
uint8_t *buffer_extend(struct buffer *buffer, size_t size);

static inline struct slice
buffer_slice(const struct buffer *buffer)
{
	return slice_of(buffer->bytes, buffer->size);
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_append_slice(struct buffer *buffer, struct slice slice);
void buffer_int8(struct buffer *buffer, int8_t value);
void buffer_int16(struct buffer *buffer, int16_t value);
void buffer_int32(struct buffer *buffer, int32_t value);
void buffer_int64(struct buffer *buffer, int64_t value);
void buffer_float64(struct buffer *buffer, double value);
void buffer_varint(struct buffer *buffer, int32_t value);
void buffer_varlong(struct buffer *buffer, int64_t value);
void buffer_uvarint(struct buffer *buffer, uint32_t value);

/* Overwrites what stands at `position`, which must lie inside the buffer. */
void buffer_set_int16(struct buffer *buffer, size_t position, int16_t value);
void buffer_set_int32(struct buffer *buffer, size_t position, int32_t value);
void buffer_set_int64(struct buffer *buffer, size_t position, int64_t value);

/* Big-endian stores to plain memory. */
void store_int16(uint8_t *at, int16_t value);
void store_int32(uint8_t *at, int32_t value);
void store_int64(uint8_t *at, int64_t value);

/* Bytes that the zigzag encoding of `value` takes. */
size_t varint_size(int32_t value);
size_t varlong_size(int64_t value);
size_t uvarint_size(uint32_t value);

#endif
