#include "wire/message.h"

#include <assert.h>

#include "base/uuid.h"
#include "wire/message_private.h"

enum { ALL_VERSIONS = -1 };

const struct message_type *
message_type_find(int16_t key, bool is_response)
{
	if (key < 0 || (size_t)key >= message_types_by_key_count)
		return NULL;
	return message_types_by_key[key][is_response];
}

const struct message_type *
message_type_find_name(struct slice name)
{
	for (const struct message_type *const *type = message_types; *type != NULL; type++) {
		if (slice_equal_text(name, (*type)->name))
			return *type;
	}
	return NULL;
}

const struct message_type *
message_type_at(size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (message_types[i] == NULL)
			return NULL;
	}
	return message_types[index];
}

void
message_set_defaults(const struct message_type *type, void *message)
{
	memcpy(message, type->structure->defaults, type->structure->size);
}

size_t
field_type_size(enum field_type type, const struct message_struct *structure)
{
	switch (type) {
	case FIELD_BOOL:
		return sizeof(bool);
	case FIELD_INT8:
		return sizeof(int8_t);
	case FIELD_INT16:
		return sizeof(int16_t);
	case FIELD_INT32:
		return sizeof(int32_t);
	case FIELD_INT64:
		return sizeof(int64_t);
	case FIELD_FLOAT64:
		return sizeof(double);
	case FIELD_UUID:
		return sizeof(struct uuid);
	case FIELD_STRING:
	case FIELD_BYTES:
		return sizeof(struct slice);
	case FIELD_RECORDS:
		return sizeof(struct wire_records);
	case FIELD_STRUCT:
		return structure->size;
	case FIELD_ARRAY:
		return sizeof(struct wire_array);
	}
	assert(!"a type of field that is none");
	return 0;
}

static bool
struct_equal(const struct message_struct *structure, int16_t version, const void *a,
    const void *b)
{
	for (size_t i = 0; i < structure->field_count; i++) {
		const struct message_field *field = &structure->fields[i];

		if (version != ALL_VERSIONS && !version_range_has(field->versions, version))
			continue;
		if (!field_equal(field, version, field_at(field, a), field_at(field, b)))
			return false;
	}
	return true;
}

static bool
records_equal(const struct wire_records *a, const struct wire_records *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case WIRE_RECORDS_NULL:
		return true;
	case WIRE_RECORDS_BYTES:
		return slice_equal(a->bytes, b->bytes);
	case WIRE_RECORDS_EXTERNAL:
		return a->owner == b->owner && a->offset == b->offset && a->length == b->length;
	}
	return false;
}

static bool
value_equal(enum field_type type, const struct message_field *field, int16_t version,
    const void *a, const void *b)
{
	switch (type) {
	case FIELD_STRING:
	case FIELD_BYTES:
		return slice_equal(*(const struct slice *)a, *(const struct slice *)b);
	case FIELD_RECORDS:
		return records_equal(a, b);
	case FIELD_STRUCT:
		return struct_equal(field->structure, version, a, b);
	case FIELD_BOOL:
	case FIELD_INT8:
	case FIELD_INT16:
	case FIELD_INT32:
	case FIELD_INT64:
	case FIELD_FLOAT64:
	case FIELD_UUID:
	case FIELD_ARRAY:
		break;
	}
	return memcmp(a, b, field_type_size(type, NULL)) == 0;
}

static bool
array_equal(const struct message_field *field, int16_t version, const void *a, const void *b)
{
	struct wire_array left = wire_array_load(a);
	struct wire_array right = wire_array_load(b);
	size_t size = field_type_size(field->element, field->structure);

	if (left.count != right.count)
		return false;
	for (int32_t i = 0; i < left.count; i++) {
		size_t offset = (size_t)i * size;

		if (!value_equal(field->element, field, version,
		    (const uint8_t *)left.items + offset, (const uint8_t *)right.items + offset))
			return false;
	}
	return true;
}

bool
field_equal(const struct message_field *field, int16_t version, const void *a, const void *b)
{
	if (field->type == FIELD_ARRAY)
		return array_equal(field, version, a, b);
	if ((field->flags & FIELD_POINTER) != 0) {
		a = wire_struct_load(field, a);
		b = wire_struct_load(field, b);
		if (a == NULL || b == NULL)
			return a == b;
	}
	return value_equal(field->type, field, version, a, b);
}

bool
field_has_default(const struct message_struct *structure, const struct message_field *field,
    const void *at)
{
	return field_equal(field, ALL_VERSIONS, at, field_at(field, structure->defaults));
}

bool
message_equal(const struct message_type *type, int16_t version, const void *a, const void *b)
{
	return struct_equal(type->structure, version, a, b);
}
