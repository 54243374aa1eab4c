#include <assert.h>

#include "base/uuid.h"
#include "wire/message.h"
#include "wire/message_private.h"

/* Most fields are a few bytes: they are loaded here without a call each. */
struct decoder {
	struct reader *in;
	struct arena *arena;
	int16_t version;
	bool flexible;
};

enum { NULL_LENGTH = -1 };

static inline const uint8_t *
take(struct decoder *decoder, size_t size)
{
	const uint8_t *taken = decoder->in->at;

	if ((size_t)(decoder->in->end - taken) < size) {
		reader_fail(decoder->in, ERROR_TRUNCATED);
		return NULL;
	}
	decoder->in->at = taken + size;
	return taken;
}

static inline uint16_t
load_uint16(struct decoder *decoder)
{
	const uint8_t *p = take(decoder, 2);

	if (p == NULL)
		return 0;
	return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static inline uint32_t
load_uint32(struct decoder *decoder)
{
	const uint8_t *p = take(decoder, 4);

	if (p == NULL)
		return 0;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t
load_uint64(struct decoder *decoder)
{
	const uint8_t *p = take(decoder, 8);

	if (p == NULL)
		return 0;
	return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
	    (uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
	    (uint64_t)p[6] << 8 | p[7];
}

static inline uint8_t
load_uint8(struct decoder *decoder)
{
	const uint8_t *p = take(decoder, 1);

	return p == NULL ? 0 : p[0];
}

static inline uint32_t
load_uvarint(struct decoder *decoder)
{
	struct reader *in = decoder->in;

	if (in->at < in->end && *in->at < 0x80)
		return *in->at++;
	return reader_uvarint(in);
}

/*
 * The length of a string, bytes, records or array: `width` bytes wide unless
 * compact. NULL_LENGTH for a null that is allowed, and after a failure.
 */
static inline int64_t
load_length(struct decoder *decoder, const struct message_field *field, int width, bool nullable)
{
	int64_t length;

	if (decoder->flexible && (field->flags & FIELD_INFLEXIBLE) == 0)
		length = (int64_t)load_uvarint(decoder) - 1;
	else if (width == 2)
		length = (int16_t)load_uint16(decoder);
	else
		length = (int32_t)load_uint32(decoder);
	if (length < NULL_LENGTH || (length == NULL_LENGTH && !nullable)) {
		reader_fail(decoder->in, ERROR_MALFORMED);
		return NULL_LENGTH;
	}
	return reader_failed(decoder->in) ? NULL_LENGTH : length;
}

static inline struct slice
load_slice(struct decoder *decoder, const struct message_field *field, int width, bool nullable,
    int64_t longest)
{
	int64_t length = load_length(decoder, field, width, nullable);
	const uint8_t *bytes;

	if (length == NULL_LENGTH)
		return slice_null();
	if (length > longest) {
		reader_fail(decoder->in, ERROR_MALFORMED);
		return slice_null();
	}
	bytes = take(decoder, (size_t)length);
	return (struct slice){ bytes, bytes == NULL ? 0 : (size_t)length };
}

static void
load_records(struct decoder *decoder, const struct message_field *field, bool nullable,
    struct wire_records *records)
{
	struct slice bytes = load_slice(decoder, field, 4, nullable, INT32_MAX);

	*records = (struct wire_records){
		.kind = slice_is_null(bytes) ? WIRE_RECORDS_NULL : WIRE_RECORDS_BYTES,
		.bytes = bytes,
	};
}

static void
load_float64(struct decoder *decoder, double *value)
{
	uint64_t bits = load_uint64(decoder);

	memcpy(value, &bits, sizeof(bits));
}

static void
load_uuid(struct decoder *decoder, struct uuid *uuid)
{
	const uint8_t *bytes = take(decoder, sizeof(uuid->bytes));

	if (bytes != NULL)
		memcpy(uuid->bytes, bytes, sizeof(uuid->bytes));
}

static void decode_struct(struct decoder *decoder, const struct message_struct *structure,
    void *at);

/* One value that is neither an array nor a null struct. */
static void
decode_value(struct decoder *decoder, const struct message_field *field, enum field_type type,
    bool nullable, void *at)
{
	switch (type) {
	case FIELD_BOOL:
		*(bool *)at = load_uint8(decoder) != 0;
		break;
	case FIELD_INT8:
		*(int8_t *)at = (int8_t)load_uint8(decoder);
		break;
	case FIELD_INT16:
		*(int16_t *)at = (int16_t)load_uint16(decoder);
		break;
	case FIELD_INT32:
		*(int32_t *)at = (int32_t)load_uint32(decoder);
		break;
	case FIELD_INT64:
		*(int64_t *)at = (int64_t)load_uint64(decoder);
		break;
	case FIELD_FLOAT64:
		load_float64(decoder, at);
		break;
	case FIELD_UUID:
		load_uuid(decoder, at);
		break;
	case FIELD_STRING:
		*(struct slice *)at = load_slice(decoder, field, 2, nullable, STRING_SIZE_MAX);
		break;
	case FIELD_BYTES:
		*(struct slice *)at = load_slice(decoder, field, 4, nullable, INT32_MAX);
		break;
	case FIELD_RECORDS:
		load_records(decoder, field, nullable, at);
		break;
	case FIELD_STRUCT:
		decode_struct(decoder, field->structure, at);
		break;
	case FIELD_ARRAY:
		assert(!"an array is no value");
	}
}

/*
 * The fewest bytes that one element can take in this version: what bounds a
 * count before anything is allocated for it.
 */
static size_t
smallest_element(const struct decoder *decoder, const struct message_field *field)
{
	bool compact = decoder->flexible && (field->flags & FIELD_INFLEXIBLE) == 0;

	switch ((enum field_type)field->element) {
	case FIELD_STRUCT:
		return MAX(1, field->structure->minimum_sizes[decoder->version]);
	case FIELD_STRING:
		return compact ? 1 : 2;
	case FIELD_BYTES:
		return compact ? 1 : 4;
	default:
		return field_type_size(field->element, NULL);
	}
}

static void
decode_elements(struct decoder *decoder, const struct message_field *field,
    struct wire_array array)
{
	size_t size = field_type_size(field->element, field->structure);
	uint8_t *at = array.items;

	for (int32_t i = 0; i < array.count && !reader_failed(decoder->in); i++, at += size)
		decode_value(decoder, field, field->element, false, at);
}

static void
decode_array(struct decoder *decoder, const struct message_field *field, bool nullable, void *at)
{
	struct wire_array array = { NULL, NULL_LENGTH };
	int64_t count = load_length(decoder, field, 4, nullable);

	if (count > 0) {
		size_t possible = (size_t)(decoder->in->end - decoder->in->at) /
		    smallest_element(decoder, field);

		if ((uint64_t)count > possible || count > INT32_MAX) {
			reader_fail(decoder->in, ERROR_TRUNCATED);
			return;
		}
		array.items = arena_array(decoder->arena, (size_t)count,
		    field_type_size(field->element, field->structure));
		if (array.items == NULL) {
			reader_fail(decoder->in, ERROR_NO_MEMORY);
			return;
		}
	}
	array.count = (int32_t)count;
	wire_array_store(at, array);
	decode_elements(decoder, field, array);
}

/* A struct that may be null stands behind a byte that is below zero for null. */
static void
decode_pointer(struct decoder *decoder, const struct message_field *field, bool nullable,
    void *at)
{
	void *structure;

	if (nullable && (int8_t)load_uint8(decoder) < 0) {
		structure = NULL;
		memcpy(at, &structure, sizeof(structure));
		return;
	}
	structure = arena_new(decoder->arena, field->structure->size);
	if (structure == NULL) {
		reader_fail(decoder->in, ERROR_NO_MEMORY);
		return;
	}
	memcpy(at, &structure, sizeof(structure));
	decode_struct(decoder, field->structure, structure);
}

static inline void
decode_field(struct decoder *decoder, const struct message_field *field, void *structure)
{
	bool nullable = version_range_has(field->nullable, decoder->version);
	void *at = (uint8_t *)structure + field->offset;

	if (field->type == FIELD_ARRAY)
		decode_array(decoder, field, nullable, at);
	else if ((field->flags & FIELD_POINTER) != 0)
		decode_pointer(decoder, field, nullable, at);
	else
		decode_value(decoder, field, field->type, nullable, at);
}

static const struct message_field *
find_tagged(const struct decoder *decoder, const struct message_struct *structure, uint32_t tag)
{
	for (size_t i = 0; i < structure->field_count; i++) {
		const struct message_field *field = &structure->fields[i];

		if (field->tag >= 0 && (uint32_t)field->tag == tag &&
		    version_range_has(field->tagged, decoder->version))
			return field;
	}
	return NULL;
}

/* The field sees only the bytes that its size announces, and must use them all. */
static void
decode_tagged(struct decoder *decoder, const struct message_field *field, uint32_t size,
    void *structure)
{
	struct reader *in = decoder->in;
	const uint8_t *end = in->end;

	in->end = in->at + size;
	decode_field(decoder, field, structure);
	if (in->at != in->end)
		reader_fail(in, ERROR_MALFORMED);
	in->end = end;
	if (reader_failed(in))
		in->at = end;
}

static void
decode_tags(struct decoder *decoder, const struct message_struct *structure, void *at)
{
	uint32_t count = load_uvarint(decoder);
	int64_t previous = -1;

	for (; count > 0 && !reader_failed(decoder->in); count--) {
		uint32_t tag = load_uvarint(decoder);
		uint32_t size = load_uvarint(decoder);
		const struct message_field *field;

		if (reader_failed(decoder->in))
			return;
		if (tag <= previous) {
			reader_fail(decoder->in, ERROR_MALFORMED);
			return;
		}
		previous = tag;
		field = find_tagged(decoder, structure, tag);
		if (field == NULL || size > (size_t)(decoder->in->end - decoder->in->at))
			(void)take(decoder, size);
		else
			decode_tagged(decoder, field, size, at);
	}
}

static void
decode_struct(struct decoder *decoder, const struct message_struct *structure, void *at)
{
	const struct message_field *field = structure->fields;
	const struct message_field *end = field + structure->field_count;

	memcpy(at, structure->defaults, structure->size);
	for (; field < end; field++) {
		if (version_range_has(field->versions, decoder->version) &&
		    !version_range_has(field->tagged, decoder->version))
			decode_field(decoder, field, at);
	}
	if (decoder->flexible)
		decode_tags(decoder, structure, at);
}

enum error
message_decode(const struct message_type *type, int16_t version, struct reader *in,
    struct arena *arena, void *message)
{
	struct decoder decoder = { in, arena, version, version_range_has(type->flexible, version) };

	if (!version_range_has(type->versions, version))
		return ERROR_UNSUPPORTED;
	if (in->at == NULL) { /* a null slice: arithmetic on its pointers is undefined */
		in->at = slice_of(NULL, 0).bytes;
		in->end = in->at;
	}
	decode_struct(&decoder, type->structure, message);
	return in->error;
}

enum error
data_decode(const struct message_type *type, struct reader *in, struct arena *arena,
    void *message, int16_t *version)
{
	assert(type->kind == MESSAGE_DATA);
	*version = reader_int16(in);
	if (reader_failed(in))
		return in->error;
	return message_decode(type, *version, in, arena, message);
}
