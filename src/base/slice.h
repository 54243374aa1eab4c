/*
 * base/slice.h: a borrowed run of bytes. Null (bytes == NULL) differs from
 * empty, as Kafka's nullable strings and byte fields do.
 */
#ifndef KLAMM_BASE_SLICE_H
#define KLAMM_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const uint8_t *bytes;
	size_t size;
};

static inline struct slice
slice_null(void)
{
	return (struct slice){ NULL, 0 };
}

/* Borrows `size` bytes; an empty slice of a NULL pointer is not null. */
static inline struct slice
slice_of(const void *bytes, size_t size)
{
	return (struct slice){ bytes != NULL ? bytes : (const uint8_t *)"", size };
}

/* Borrows a C string without its terminator; NULL gives the null slice. */
static inline struct slice
slice_of_text(const char *text)
{
	return text == NULL ? slice_null() : slice_of(text, strlen(text));
}

static inline bool
slice_is_null(struct slice slice)
{
	return slice.bytes == NULL;
}

/* Null equals only null. */
static inline bool
slice_equal(struct slice a, struct slice b)
{
	if (slice_is_null(a) || slice_is_null(b))
		return slice_is_null(a) && slice_is_null(b);
	return a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0;
}

static inline bool
slice_equal_text(struct slice a, const char *text)
{
	return slice_equal(a, slice_of_text(text));
}

/* Order of bytes, the shorter first among equals; null before all. */
static inline int
slice_compare(struct slice a, struct slice b)
{
	if (slice_is_null(a) || slice_is_null(b))
		return (int)slice_is_null(b) - (int)slice_is_null(a);
	size_t shorter = a.size < b.size ? a.size : b.size;
	int order = memcmp(a.bytes, b.bytes, shorter);
	if (order != 0)
		return order;
	return (a.size > b.size) - (a.size < b.size);
}

#endif
