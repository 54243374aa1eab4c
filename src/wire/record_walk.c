#include "wire/record_walk.h"

enum {
	NULL_LENGTH = -1,
	INT32_BITS = 32,
	INT64_BITS = 64,
	VARINT_BYTES = 5,
	VARLONG_BYTES = 9, /* of the 10: those that cannot overflow */
};

void
record_walk_init(struct record_walk *walk, const struct batch_header *header, struct slice batch,
    const struct decompression_limit *limit)
{
	struct slice payload = batch_payload(header, batch);

	*walk = (struct record_walk){ .left = header->count };
	buffer_init(&walk->window);
	if (header->count < 0)
		walk->error = ERROR_MALFORMED;
	/* The cleaner leaves headers with a codec and nothing behind it. */
	walk->compressed = batch_codec(header) != COMPRESSION_NONE && payload.size > 0;
	if (walk->compressed) {
		decompressor_init(&walk->decompressor, batch_codec(header),
		    COMPRESSION_DIALECT_PLAIN, payload, limit);
		walk->at = buffer_extend(&walk->window, COMPRESSION_STEP_BYTES);
		walk->end = walk->at;
	} else {
		walk->at = payload.bytes;
		walk->end = payload.bytes + payload.size;
	}
}

void
record_walk_fini(struct record_walk *walk)
{
	if (walk->compressed)
		decompressor_fini(&walk->decompressor);
	buffer_fini(&walk->window);
}

static bool
fail(struct record_walk *walk, enum error error)
{
	if (walk->error == ERROR_NONE)
		walk->error = error;
	return false;
}

/* Whether bytes are in the window, after getting more when there are none. */
static bool
has_bytes(struct record_walk *walk)
{
	enum error error;
	size_t size;

	if (walk->at != walk->end)
		return true;
	if (!walk->compressed)
		return false;
	error = decompressor_read(&walk->decompressor, walk->window.bytes, COMPRESSION_STEP_BYTES,
	    &size);
	if (error != ERROR_NONE)
		return fail(walk, error);
	walk->at = walk->window.bytes;
	walk->end = walk->at + size;
	return size > 0;
}

/* 0 after a failure. */
static uint8_t
take_byte(struct record_walk *walk)
{
	if (walk->error != ERROR_NONE)
		return 0;
	if (walk->record_left == 0) {
		(void)fail(walk, ERROR_MALFORMED);
		return 0;
	}
	if (!has_bytes(walk)) {
		(void)fail(walk, ERROR_TRUNCATED);
		return 0;
	}
	walk->record_left--;
	return *walk->at++;
}

static void
skip(struct record_walk *walk, size_t size)
{
	if (size > walk->record_left) {
		(void)fail(walk, ERROR_MALFORMED);
		return;
	}
	walk->record_left -= size;
	while (size > 0 && walk->error == ERROR_NONE) {
		size_t step;

		if (!has_bytes(walk)) {
			(void)fail(walk, ERROR_TRUNCATED);
			return;
		}
		step = MIN(size, (size_t)(walk->end - walk->at));
		walk->at += step;
		size -= step;
	}
}

static int64_t
take_zigzag(struct record_walk *walk, int bits)
{
	uint64_t value = 0;

	for (int shift = 0; shift < bits; shift += 7) {
		uint8_t byte = take_byte(walk);
		uint64_t part = byte & 0x7f;

		if (shift + 7 > bits && part >> (bits - shift) != 0)
			break;
		value |= part << shift;
		if ((byte & 0x80) == 0)
			return (int64_t)(value >> 1 ^ (~(value & 1) + 1));
	}
	(void)fail(walk, ERROR_MALFORMED);
	return 0;
}

static int32_t
take_varint(struct record_walk *walk)
{
	return (int32_t)take_zigzag(walk, INT32_BITS);
}

/* Over a run of bytes with its length; whether it is null. */
static bool
skip_bytes(struct record_walk *walk)
{
	int32_t length = take_varint(walk);

	if (length == NULL_LENGTH)
		return true;
	if (length < 0)
		return fail(walk, ERROR_MALFORMED);
	skip(walk, (size_t)length);
	return false;
}

static void
skip_headers(struct record_walk *walk)
{
	int32_t count = take_varint(walk);

	if (count < 0)
		(void)fail(walk, ERROR_MALFORMED);
	for (int32_t i = 0; i < count && walk->error == ERROR_NONE; i++) {
		if (skip_bytes(walk))
			(void)fail(walk, ERROR_MALFORMED); /* a header's key */
		(void)skip_bytes(walk);
	}
}

/*
 * The same over a record that lies whole in the window and has nothing odd,
 * as nearly all do: no byte is asked for twice. These tell only whether that
 * was so; what was not is walked again by those above, which know the errors.
 */
struct glance {
	const uint8_t *at;
	const uint8_t *end;
};

static bool
glance_zigzag(struct glance *glance, int bytes, int64_t *value)
{
	uint64_t bits = 0;

	for (int i = 0; i < bytes && glance->at != glance->end; i++) {
		uint8_t byte = *glance->at++;

		bits |= (uint64_t)(byte & 0x7f) << (7 * i);
		if ((byte & 0x80) == 0) {
			*value = (int64_t)(bits >> 1 ^ (~(bits & 1) + 1));
			return true;
		}
	}
	return false;
}

static bool
glance_varint(struct glance *glance, int32_t *value)
{
	int64_t wide;

	if (!glance_zigzag(glance, VARINT_BYTES, &wide) || wide != (int32_t)wide)
		return false;
	*value = (int32_t)wide;
	return true;
}

static bool
glance_bytes(struct glance *glance, bool *is_null)
{
	int32_t length;

	if (!glance_varint(glance, &length))
		return false;
	*is_null = length == NULL_LENGTH;
	if (*is_null)
		return true;
	if (length < 0 || length > glance->end - glance->at)
		return false;
	glance->at += length;
	return true;
}

static bool
glance_headers(struct glance *glance)
{
	int32_t count;
	bool is_null;

	if (!glance_varint(glance, &count) || count < 0)
		return false;
	for (int32_t i = 0; i < count; i++)
		if (!glance_bytes(glance, &is_null) || is_null || !glance_bytes(glance, &is_null))
			return false;
	return true;
}

static bool
glance_record(struct record_walk *walk, struct record_shape *shape)
{
	struct glance glance = { walk->at, walk->end };
	int32_t length;
	bool value_is_null;

	if (!glance_varint(&glance, &length) || length < 1 || length > glance.end - glance.at)
		return false;
	glance.end = glance.at + length;
	glance.at++; /* attributes: none are defined */
	if (!glance_zigzag(&glance, VARLONG_BYTES, &shape->timestamp_delta)
	    || !glance_varint(&glance, &shape->offset_delta)
	    || !glance_bytes(&glance, &shape->key_is_null)
	    || !glance_bytes(&glance, &value_is_null) || !glance_headers(&glance)
	    || glance.at != glance.end)
		return false;
	walk->at = glance.end;
	return true;
}

enum error
record_walk_next(struct record_walk *walk, struct record_shape *shape)
{
	int32_t length;

	if (walk->error != ERROR_NONE)
		return walk->error;
	if (walk->left == 0) {
		if (has_bytes(walk))
			(void)fail(walk, ERROR_MALFORMED);
		return walk->error != ERROR_NONE ? walk->error : ERROR_END_OF_STREAM;
	}
	walk->left--;
	if (glance_record(walk, shape))
		return ERROR_NONE;
	walk->record_left = 5; /* of its length, at most */
	length = take_varint(walk);
	if (length < 0)
		(void)fail(walk, ERROR_MALFORMED);
	walk->record_left = (size_t)length;
	(void)take_byte(walk); /* attributes: none are defined */
	shape->timestamp_delta = take_zigzag(walk, INT64_BITS);
	shape->offset_delta = take_varint(walk);
	shape->key_is_null = skip_bytes(walk);
	(void)skip_bytes(walk);
	skip_headers(walk);
	if (walk->record_left > 0)
		(void)fail(walk, ERROR_MALFORMED);
	return walk->error;
}
