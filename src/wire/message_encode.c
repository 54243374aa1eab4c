#include <assert.h>

#include "base/uuid.h"
#include "wire/message.h"
#include "wire/message_private.h"

/*
 * Two passes. The first measures and finds every reason to refuse; the second
 * only stores, into memory that the list has reserved at once. So a refused
 * message leaves nothing in the list, and the size of a tagged field is known
 * before its bytes are written.
 */
struct encoder {
	int16_t version;
	bool flexible;
	enum error error;         /* of the first pass */
	uint64_t borrowed;        /* bytes that the list will not own */
	struct buffer_list *list; /* of the second pass */
	uint8_t *at;
};

/* Below it a copy is cheaper than another part of the list. */
enum { BORROW_FROM_SIZE = 256 };

static void
refuse(struct encoder *encoder, enum error error)
{
	if (encoder->error == ERROR_NONE)
		encoder->error = error;
}

static inline bool
is_compact(const struct encoder *encoder, const struct message_field *field)
{
	return encoder->flexible && (field->flags & FIELD_INFLEXIBLE) == 0;
}

/* A field that stands in the tag section of this version and is not default. */
static bool
is_tagged(const struct encoder *encoder, const struct message_struct *structure,
    const struct message_field *field, const void *at)
{
	return version_range_has(field->tagged, encoder->version) &&
	    !field_has_default(structure, field, at);
}

static size_t
records_size(const struct wire_records *records)
{
	switch (records->kind) {
	case WIRE_RECORDS_NULL:
		return 0;
	case WIRE_RECORDS_BYTES:
		return records->bytes.size;
	case WIRE_RECORDS_EXTERNAL:
		return records->length;
	}
	assert(!"a kind of records that is none");
	return 0;
}

static bool
is_borrowed(const struct wire_records *records)
{
	if (records->kind == WIRE_RECORDS_BYTES)
		return records->owner != NULL || records->bytes.size >= BORROW_FROM_SIZE;
	return records->kind == WIRE_RECORDS_EXTERNAL;
}

/* The first pass: sizes and refusals. */

static uint64_t measure_struct(struct encoder *encoder, const struct message_struct *structure,
    const void *at);

/* The length before `size` bytes or elements, and those bytes if there are any. */
static uint64_t
measure_length(struct encoder *encoder, const struct message_field *field, int width,
    uint64_t size, uint64_t longest)
{
	if (size > longest) {
		refuse(encoder, ERROR_TOO_LARGE);
		return 0;
	}
	return is_compact(encoder, field) ? uvarint_size((uint32_t)size + 1) : (size_t)width;
}

static uint64_t
measure_slice(struct encoder *encoder, const struct message_field *field, int width,
    uint64_t longest, const struct slice *slice)
{
	return measure_length(encoder, field, width, slice->size, longest) + slice->size;
}

static uint64_t
measure_records(struct encoder *encoder, const struct message_field *field,
    const struct wire_records *records)
{
	size_t size = records_size(records);

	if (is_borrowed(records))
		encoder->borrowed += size;
	return measure_length(encoder, field, 4, size, INT32_MAX) + size;
}

static uint64_t
measure_value(struct encoder *encoder, const struct message_field *field, enum field_type type,
    const void *at)
{
	switch (type) {
	case FIELD_BOOL:
	case FIELD_INT8:
	case FIELD_INT16:
	case FIELD_INT32:
	case FIELD_INT64:
	case FIELD_FLOAT64:
	case FIELD_UUID:
		return field_type_size(type, NULL);
	case FIELD_STRING:
		return measure_slice(encoder, field, 2, STRING_SIZE_MAX, at);
	case FIELD_BYTES:
		return measure_slice(encoder, field, 4, INT32_MAX, at);
	case FIELD_RECORDS:
		return measure_records(encoder, field, at);
	case FIELD_STRUCT:
		return measure_struct(encoder, field->structure, at);
	case FIELD_ARRAY:
		break;
	}
	assert(!"an array is no value");
	return 0;
}

static uint64_t
measure_array(struct encoder *encoder, const struct message_field *field, const void *at)
{
	struct wire_array array = wire_array_load(at);
	size_t size = field_type_size(field->element, field->structure);
	const uint8_t *item = array.items;
	uint64_t total;

	if (array.count < 0)
		return is_compact(encoder, field) ? 1 : 4;
	total = measure_length(encoder, field, 4, (uint64_t)array.count, INT32_MAX);
	for (int32_t i = 0; i < array.count; i++, item += size) {
		if (field->element <= FIELD_UUID)
			return total + (uint64_t)array.count * size;
		if ((field->element == FIELD_STRING || field->element == FIELD_BYTES) &&
		    slice_is_null(*(const struct slice *)(const void *)item))
			refuse(encoder, ERROR_INVALID_ARGUMENT);
		total += measure_value(encoder, field, field->element, item);
	}
	return total;
}

static bool
is_null(const struct message_field *field, const void *at)
{
	switch ((enum field_type)field->type) {
	case FIELD_STRING:
	case FIELD_BYTES:
		return slice_is_null(*(const struct slice *)at);
	case FIELD_RECORDS:
		return ((const struct wire_records *)at)->kind == WIRE_RECORDS_NULL;
	case FIELD_ARRAY:
		return wire_array_load(at).count < 0;
	case FIELD_STRUCT:
		return wire_struct_load(field, at) == NULL;
	default:
		return false;
	}
}

static uint64_t
measure_field(struct encoder *encoder, const struct message_field *field, const void *at)
{
	bool nullable = version_range_has(field->nullable, encoder->version);

	if (is_null(field, at) && !nullable) {
		refuse(encoder, ERROR_INVALID_ARGUMENT);
		return 0;
	}
	if (field->type == FIELD_ARRAY)
		return measure_array(encoder, field, at);
	if ((field->flags & FIELD_POINTER) != 0) {
		const void *structure = wire_struct_load(field, at);

		return (nullable ? 1 : 0) + (structure == NULL ? 0 :
		    measure_struct(encoder, field->structure, structure));
	}
	return measure_value(encoder, field, field->type, at);
}

static uint64_t
measure_tags(struct encoder *encoder, const struct message_struct *structure, const void *at)
{
	uint64_t total = 0;
	uint32_t count = 0;

	for (size_t i = 0; i < structure->field_count; i++) {
		const struct message_field *field = &structure->fields[i];
		uint64_t size;

		if (!is_tagged(encoder, structure, field, field_at(field, at)))
			continue;
		size = measure_field(encoder, field, field_at(field, at));
		if (size > INT32_MAX)
			refuse(encoder, ERROR_TOO_LARGE);
		total += uvarint_size((uint32_t)field->tag) + uvarint_size((uint32_t)size) + size;
		count++;
	}
	return uvarint_size(count) + total;
}

static uint64_t
measure_struct(struct encoder *encoder, const struct message_struct *structure, const void *at)
{
	uint64_t total = 0;

	for (size_t i = 0; i < structure->field_count; i++) {
		const struct message_field *field = &structure->fields[i];
		const void *value = field_at(field, at);

		if (!version_range_has(field->versions, encoder->version)) {
			if ((field->flags & FIELD_IGNORABLE) == 0 &&
			    !field_has_default(structure, field, value))
				refuse(encoder, ERROR_UNSUPPORTED);
		} else if (!version_range_has(field->tagged, encoder->version))
			total += measure_field(encoder, field, value);
	}
	return encoder->flexible ? total + measure_tags(encoder, structure, at) : total;
}

/* The second pass: nothing can go wrong any more. */

static void write_struct(struct encoder *encoder, const struct message_struct *structure,
    const void *at);

static void
write_int16(struct encoder *encoder, int16_t value)
{
	uint16_t bits = (uint16_t)value;

	encoder->at[0] = (uint8_t)(bits >> 8);
	encoder->at[1] = (uint8_t)bits;
	encoder->at += 2;
}

static void
write_int32(struct encoder *encoder, int32_t value)
{
	uint32_t bits = (uint32_t)value;

	encoder->at[0] = (uint8_t)(bits >> 24);
	encoder->at[1] = (uint8_t)(bits >> 16);
	encoder->at[2] = (uint8_t)(bits >> 8);
	encoder->at[3] = (uint8_t)bits;
	encoder->at += 4;
}

static void
write_int64(struct encoder *encoder, int64_t value)
{
	write_int32(encoder, (int32_t)(value >> 32));
	write_int32(encoder, (int32_t)(uint32_t)value);
}

static void
write_uvarint(struct encoder *encoder, uint32_t value)
{
	for (; value >= 0x80; value >>= 7)
		*encoder->at++ = (uint8_t)(value | 0x80);
	*encoder->at++ = (uint8_t)value;
}

static void
write_bytes(struct encoder *encoder, const void *bytes, size_t size)
{
	if (size > 0)
		memcpy(encoder->at, bytes, size);
	encoder->at += size;
}

/* -1 is null. */
static void
write_length(struct encoder *encoder, const struct message_field *field, int width,
    int64_t length)
{
	if (is_compact(encoder, field))
		write_uvarint(encoder, (uint32_t)(length + 1));
	else if (width == 2)
		write_int16(encoder, (int16_t)length);
	else
		write_int32(encoder, (int32_t)length);
}

static void
write_slice(struct encoder *encoder, const struct message_field *field, int width,
    const struct slice *slice)
{
	write_length(encoder, field, width, slice_is_null(*slice) ? -1 : (int64_t)slice->size);
	write_bytes(encoder, slice->bytes, slice->size);
}

static void
write_records(struct encoder *encoder, const struct message_field *field,
    const struct wire_records *records)
{
	struct buffer *owned = buffer_list_bytes(encoder->list);
	size_t size = records_size(records);

	write_length(encoder, field, 4,
	    records->kind == WIRE_RECORDS_NULL ? -1 : (int64_t)size);
	if (!is_borrowed(records)) {
		write_bytes(encoder, records->bytes.bytes, size);
		return;
	}
	owned->size = (size_t)(encoder->at - owned->bytes);
	if (records->kind == WIRE_RECORDS_EXTERNAL)
		buffer_list_external(encoder->list, records->owner, records->offset, size);
	else
		buffer_list_borrow(encoder->list, records->bytes, records->owner);
}

static void
write_float64(struct encoder *encoder, const double *value)
{
	int64_t bits;

	memcpy(&bits, value, sizeof(bits));
	write_int64(encoder, bits);
}

static void
write_value(struct encoder *encoder, const struct message_field *field, enum field_type type,
    const void *at)
{
	switch (type) {
	case FIELD_BOOL:
		*encoder->at++ = *(const bool *)at;
		break;
	case FIELD_INT8:
		*encoder->at++ = *(const uint8_t *)at;
		break;
	case FIELD_INT16:
		write_int16(encoder, *(const int16_t *)at);
		break;
	case FIELD_INT32:
		write_int32(encoder, *(const int32_t *)at);
		break;
	case FIELD_INT64:
		write_int64(encoder, *(const int64_t *)at);
		break;
	case FIELD_FLOAT64:
		write_float64(encoder, at);
		break;
	case FIELD_UUID:
		write_bytes(encoder, at, sizeof(struct uuid));
		break;
	case FIELD_STRING:
		write_slice(encoder, field, 2, at);
		break;
	case FIELD_BYTES:
		write_slice(encoder, field, 4, at);
		break;
	case FIELD_RECORDS:
		write_records(encoder, field, at);
		break;
	case FIELD_STRUCT:
		write_struct(encoder, field->structure, at);
		break;
	case FIELD_ARRAY:
		assert(!"an array is no value");
	}
}

static void
write_array(struct encoder *encoder, const struct message_field *field, const void *at)
{
	struct wire_array array = wire_array_load(at);
	size_t size = field_type_size(field->element, field->structure);
	const uint8_t *item = array.items;

	write_length(encoder, field, 4, array.count < 0 ? -1 : array.count);
	for (int32_t i = 0; i < array.count; i++, item += size)
		write_value(encoder, field, field->element, item);
}

static void
write_field(struct encoder *encoder, const struct message_field *field, const void *at)
{
	if (field->type == FIELD_ARRAY) {
		write_array(encoder, field, at);
		return;
	}
	if ((field->flags & FIELD_POINTER) != 0) {
		at = wire_struct_load(field, at);
		if (version_range_has(field->nullable, encoder->version))
			*encoder->at++ = at == NULL ? UINT8_MAX : 1;
		if (at == NULL)
			return;
	}
	write_value(encoder, field, field->type, at);
}

/* The field of the lowest tag above `previous` that is to be written. */
static const struct message_field *
next_tagged(const struct encoder *encoder, const struct message_struct *structure,
    const void *at, int previous)
{
	const struct message_field *next = NULL;

	for (size_t i = 0; i < structure->field_count; i++) {
		const struct message_field *field = &structure->fields[i];

		if (field->tag > previous && (next == NULL || field->tag < next->tag) &&
		    is_tagged(encoder, structure, field, field_at(field, at)))
			next = field;
	}
	return next;
}

static void
write_tags(struct encoder *encoder, const struct message_struct *structure, const void *at)
{
	uint8_t *count = encoder->at++; /* tags are few: the generator knows no tag over 99 */
	const struct message_field *field;

	*count = 0;
	for (int tag = -1; (field = next_tagged(encoder, structure, at, tag)) != NULL;
	    tag = field->tag) {
		const void *value = field_at(field, at);

		(*count)++;
		write_uvarint(encoder, (uint32_t)field->tag);
		write_uvarint(encoder, (uint32_t)measure_field(encoder, field, value));
		write_field(encoder, field, value);
	}
}

static void
write_struct(struct encoder *encoder, const struct message_struct *structure, const void *at)
{
	for (size_t i = 0; i < structure->field_count; i++) {
		const struct message_field *field = &structure->fields[i];

		if (version_range_has(field->versions, encoder->version) &&
		    !version_range_has(field->tagged, encoder->version))
			write_field(encoder, field, field_at(field, at));
	}
	if (encoder->flexible)
		write_tags(encoder, structure, at);
}

static enum error
measure(struct encoder *encoder, const struct message_type *type, const void *message,
    uint64_t *size)
{
	if (!version_range_has(type->versions, encoder->version))
		return ERROR_UNSUPPORTED;
	encoder->flexible = version_range_has(type->flexible, encoder->version);
	*size = measure_struct(encoder, type->structure, message);
	if (encoder->error == ERROR_NONE && *size > INT32_MAX)
		return ERROR_TOO_LARGE;
	return encoder->error;
}

enum error
message_encoded_size(const struct message_type *type, int16_t version, const void *message,
    size_t *size)
{
	struct encoder encoder = { .version = version };
	uint64_t measured = 0;
	enum error error = measure(&encoder, type, message, &measured);

	*size = (size_t)measured;
	return error;
}

enum error
message_encode(const struct message_type *type, int16_t version, const void *message,
    struct buffer_list *out)
{
	struct encoder encoder = { .version = version, .list = out };
	struct buffer *owned = buffer_list_bytes(out);
	uint64_t size = 0;
	size_t end;
	enum error error = measure(&encoder, type, message, &size);

	if (error != ERROR_NONE)
		return error;
	/* At least a byte, so that there is memory to point to in an empty message too. */
	buffer_reserve(owned, MAX((size_t)(size - encoder.borrowed), 1));
	end = owned->size + (size_t)(size - encoder.borrowed);
	encoder.at = owned->bytes + owned->size;
	write_struct(&encoder, type->structure, message);
	owned->size = (size_t)(encoder.at - owned->bytes);
	assert(owned->size == end);
	return ERROR_NONE;
}

enum error
data_encode(const struct message_type *type, int16_t version, const void *message,
    struct buffer_list *out)
{
	size_t size;
	enum error error;

	assert(type->kind == MESSAGE_DATA);
	error = message_encoded_size(type, version, message, &size);
	if (error != ERROR_NONE)
		return error;
	buffer_int16(buffer_list_bytes(out), version);
	return message_encode(type, version, message, out);
}
