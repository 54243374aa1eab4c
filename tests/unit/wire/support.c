#include "tests/unit/wire/support.h"

#include <ctype.h>
#include <stdio.h>

#include <criterion/criterion.h>

#include "base/uuid.h"
#include "wire/message_private.h"

struct buffer
flatten(struct buffer_list *list)
{
	struct buffer bytes;
	const struct buffer_part *part;

	buffer_init(&bytes);
	for (size_t i = 0; (part = buffer_list_part(list, i)) != NULL; i++) {
		cr_assert(part->type == BUFFER_PART_BYTES);
		buffer_append(&bytes, part->bytes, part->length);
	}
	cr_assert_eq(bytes.size, buffer_list_size(list));
	buffer_list_fini(list);
	return bytes;
}

struct buffer
encoded(const struct message_type *type, int16_t version, const void *message)
{
	struct buffer_list list;
	enum error error;

	buffer_list_init(&list);
	error = message_encode(type, version, message, &list);
	cr_assert(error == ERROR_NONE, "%s v%d: %s", type->name, version, error_text(error));
	return flatten(&list);
}

struct buffer
from_hex(const char *text)
{
	struct buffer bytes;
	unsigned byte;

	buffer_init(&bytes);
	while (*text != '\0') {
		if (isspace((unsigned char)*text)) {
			text++;
			continue;
		}
		cr_assert(isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1]));
		cr_assert_eq(sscanf(text, "%2x", &byte), 1);
		buffer_int8(&bytes, (int8_t)byte);
		text += 2;
	}
	return bytes;
}

void *
message_room(const struct message_type *type, struct arena *arena)
{
	void *room = arena_new(arena, type->structure->size);

	cr_assert_not_null(room);
	return room;
}

/* What a random message is being made of. */
struct maker {
	struct prng *prng;
	struct arena *arena;
	int16_t version;
};

static int64_t
random_integer(struct maker *maker, int bits)
{
	uint64_t low = UINT64_MAX << (bits - 1);

	switch (prng_below(maker->prng, 5)) {
	case 0:
		return (int64_t)low;
	case 1:
		return (int64_t)~low;
	case 2:
		return -1;
	case 3:
		return 0;
	default:
		return (int64_t)prng_next(maker->prng) >> (64 - bits);
	}
}

static struct slice
random_slice(struct maker *maker)
{
	static const uint64_t sizes[] = { 0, 1, 5, 30, 127, 128, 300 };
	size_t size = prng_below(maker->prng, 1 + sizes[prng_below(maker->prng, 7)]);
	char *bytes = arena_text(maker->arena, "", 0);

	if (size > 0) {
		bytes = arena_new(maker->arena, size);
		cr_assert_not_null(bytes);
	}
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)prng_next(maker->prng);
	return slice_of(bytes, size);
}

static double
random_float64(struct maker *maker)
{
	uint64_t bits = prng_next(maker->prng);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void make_struct(struct maker *maker, const struct message_struct *structure, void *at);

static void
make_value(struct maker *maker, enum field_type type, const struct message_struct *structure,
    void *at)
{
	switch (type) {
	case FIELD_BOOL:
		*(bool *)at = prng_chance(maker->prng, 1, 2);
		break;
	case FIELD_INT8:
		*(int8_t *)at = (int8_t)random_integer(maker, 8);
		break;
	case FIELD_INT16:
		*(int16_t *)at = (int16_t)random_integer(maker, 16);
		break;
	case FIELD_INT32:
		*(int32_t *)at = (int32_t)random_integer(maker, 32);
		break;
	case FIELD_INT64:
		*(int64_t *)at = random_integer(maker, 64);
		break;
	case FIELD_FLOAT64:
		*(double *)at = random_float64(maker);
		break;
	case FIELD_UUID:
		for (size_t i = 0; i < sizeof(struct uuid); i++)
			((struct uuid *)at)->bytes[i] = (uint8_t)prng_next(maker->prng);
		break;
	case FIELD_STRING:
	case FIELD_BYTES:
		*(struct slice *)at = random_slice(maker);
		break;
	case FIELD_RECORDS:
		*(struct wire_records *)at = (struct wire_records){
			.kind = WIRE_RECORDS_BYTES, .bytes = random_slice(maker) };
		break;
	case FIELD_STRUCT:
		make_struct(maker, structure, at);
		break;
	case FIELD_ARRAY:
		cr_assert_fail("an array is no value");
	}
}

static void
make_array(struct maker *maker, const struct message_field *field, void *at)
{
	static const int32_t counts[] = { 0, 0, 1, 1, 1, 2, 3, 130 };
	bool is_simple = field->element != FIELD_STRUCT;
	struct wire_array array = { NULL, counts[prng_below(maker->prng, is_simple ? 8 : 7)] };
	size_t size = field_type_size(field->element, field->structure);

	if (array.count > 0) {
		array.items = arena_array(maker->arena, (size_t)array.count, size);
		cr_assert_not_null(array.items);
	}
	for (int32_t i = 0; i < array.count; i++)
		make_value(maker, field->element, field->structure,
		    (uint8_t *)array.items + (size_t)i * size);
	wire_array_store(at, array);
}

static void
make_null(const struct message_field *field, void *at)
{
	static const void *const nothing = NULL;

	if (field->type == FIELD_ARRAY)
		wire_array_store(at, (struct wire_array){ NULL, -1 });
	else if (field->type == FIELD_STRUCT)
		memcpy(at, &nothing, sizeof(nothing));
	else if (field->type == FIELD_RECORDS)
		*(struct wire_records *)at = (struct wire_records){ 0 };
	else
		*(struct slice *)at = slice_null();
}

static void
make_field(struct maker *maker, const struct message_field *field, void *at)
{
	if (version_range_has(field->nullable, maker->version) && prng_chance(maker->prng, 1, 3))
		make_null(field, at);
	else if (field->type == FIELD_ARRAY)
		make_array(maker, field, at);
	else if ((field->flags & FIELD_POINTER) != 0) {
		void *structure = arena_new(maker->arena, field->structure->size);

		cr_assert_not_null(structure);
		memcpy(at, &structure, sizeof(structure));
		make_struct(maker, field->structure, structure);
	} else
		make_value(maker, field->type, field->structure, at);
}

static void
make_struct(struct maker *maker, const struct message_struct *structure, void *at)
{
	memcpy(at, structure->defaults, structure->size);
	for (size_t i = 0; i < structure->field_count; i++) {
		const struct message_field *field = &structure->fields[i];
		bool is_tagged = version_range_has(field->tagged, maker->version);
		bool is_lacking = !version_range_has(field->versions, maker->version);

		if (is_lacking && (field->flags & FIELD_IGNORABLE) == 0)
			continue;
		if ((is_tagged || is_lacking) && prng_chance(maker->prng, 1, 2))
			continue;
		make_field(maker, field, (uint8_t *)at + field->offset);
	}
}

void
random_message(const struct message_type *type, int16_t version, struct prng *prng,
    struct arena *arena, void *message)
{
	struct maker maker = { prng, arena, version };

	make_struct(&maker, type->structure, message);
}
