#include "wire/message_errors.h"

#include <string.h>

struct search {
	int16_t version;
	void (*found)(void *context, int16_t code);
	void *context;
};

typedef WIRE_ARRAY(void) array;

static void search_struct(const struct search *search, const struct message_struct *structure,
    const uint8_t *at);

static void
search_field(const struct search *search, const struct message_field *field, const uint8_t *at)
{
	array items;
	int16_t code;

	switch (field->type) {
	case FIELD_INT16:
		if (strcmp(field->name, "errorCode") != 0)
			return;
		memcpy(&code, at, sizeof(code));
		search->found(search->context, code);
		return;
	case FIELD_STRUCT:
		if ((field->flags & FIELD_POINTER) != 0)
			memcpy(&at, at, sizeof(at));
		if (at != NULL)
			search_struct(search, field->structure, at);
		return;
	case FIELD_ARRAY:
		if (field->element != FIELD_STRUCT)
			return;
		memcpy(&items, at, sizeof(items));
		for (int32_t i = 0; i < items.count; i++)
			search_struct(search, field->structure, (const uint8_t *)items.items +
			    (size_t)i * field->structure->size);
		return;
	default:
		return;
	}
}

static void
search_struct(const struct search *search, const struct message_struct *structure,
    const uint8_t *at)
{
	for (uint16_t i = 0; i < structure->field_count; i++) {
		const struct message_field *field = &structure->fields[i];

		if (version_range_has(field->versions, search->version))
			search_field(search, field, at + field->offset);
	}
}

void
message_errors(const struct message_type *type, int16_t version, const void *message,
    void (*found)(void *context, int16_t code), void *context)
{
	const struct search search = { version, found, context };

	search_struct(&search, type->structure, message);
}
