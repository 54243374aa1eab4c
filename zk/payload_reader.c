#include <assert.h>
#include <stdio.h>

#include "zk/payload_private.h"

void
payload_fail(struct payload_reader *reader, enum error error, const char *name, const char *reason)
{
	if (reader->error != ERROR_NONE)
		return;
	reader->error = error;
	(void)snprintf(reader->complaint->text, sizeof(reader->complaint->text), "%s%s%s",
	    name == NULL ? "" : name, name == NULL ? "" : ": ", reason);
}

/*
 * jansson would recurse as deep as the text does. Brackets inside strings do
 * not count.
 */
static bool
is_shallow(struct slice bytes)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < bytes.size; i++) {
		uint8_t byte = bytes.bytes[i];
		if (in_string && byte == '\\')
			i++;
		else if (byte == '"')
			in_string = !in_string;
		else if (!in_string && (byte == '{' || byte == '['))
			depth++;
		else if (!in_string && (byte == '}' || byte == ']'))
			depth--;
		if (depth > PAYLOAD_DEPTH_MAX)
			return false;
	}
	return true;
}

void
payload_reader_open(struct payload_reader *reader, struct slice bytes, struct arena *arena,
    struct payload_complaint *complaint)
{
	json_error_t json_error;

	*reader = (struct payload_reader){ NULL, arena, complaint, ERROR_NONE };
	complaint->text[0] = '\0';
	if (bytes.size == 0) {
		payload_fail(reader, ERROR_MALFORMED, NULL, "no data");
		return;
	}
	if (bytes.size > PAYLOAD_SIZE_MAX) {
		payload_fail(reader, ERROR_MALFORMED, NULL, "too large");
		return;
	}
	if (!is_shallow(bytes)) {
		payload_fail(reader, ERROR_MALFORMED, NULL, "nested too deeply");
		return;
	}
	reader->root = json_loadb((const char *)bytes.bytes, bytes.size, JSON_ALLOW_NUL, &json_error);
	if (reader->root == NULL)
		payload_fail(reader, ERROR_MALFORMED, "not JSON", json_error.text);
	else if (!json_is_object(reader->root))
		payload_fail(reader, ERROR_MALFORMED, NULL, "not a JSON object");
}

enum error
payload_reader_close(struct payload_reader *reader)
{
	json_decref(reader->root);
	reader->root = NULL;
	return reader->error;
}

/* ------------------------------------------------------------ values */

json_t *
payload_value(struct payload_reader *reader, const json_t *object, const char *name)
{
	if (reader->error != ERROR_NONE)
		return NULL;
	json_t *value = json_object_get(object, name);
	return json_is_null(value) ? NULL : value;
}

static json_t *
required(struct payload_reader *reader, const json_t *object, const char *name)
{
	json_t *value = payload_value(reader, object, name);

	if (value == NULL)
		payload_fail(reader, ERROR_MALFORMED, name, "missing");
	return value;
}

json_t *
payload_object_or_null(struct payload_reader *reader, const json_t *object, const char *name)
{
	json_t *value = payload_value(reader, object, name);

	if (value != NULL && !json_is_object(value)) {
		payload_fail(reader, ERROR_MALFORMED, name, "not an object");
		return NULL;
	}
	return value;
}

json_t *
payload_object(struct payload_reader *reader, const json_t *object, const char *name)
{
	return required(reader, object, name) == NULL ? NULL :
	    payload_object_or_null(reader, object, name);
}

json_t *
payload_array(struct payload_reader *reader, const json_t *object, const char *name)
{
	json_t *value = required(reader, object, name);

	if (value != NULL && !json_is_array(value)) {
		payload_fail(reader, ERROR_MALFORMED, name, "not an array");
		return NULL;
	}
	return value;
}

json_t *
payload_member_object(struct payload_reader *reader, const json_t *array, size_t i,
    const char *name)
{
	json_t *value = json_array_get(array, i);

	if (!json_is_object(value)) {
		payload_fail(reader, ERROR_MALFORMED, name, "holds something that is not an object");
		return NULL;
	}
	return value;
}

static int64_t
checked_number(struct payload_reader *reader, const json_t *value, const char *name, int64_t lowest,
    int64_t highest)
{
	if (!json_is_integer(value)) {
		payload_fail(reader, ERROR_MALFORMED, name, "not an integer");
		return 0;
	}
	int64_t number = json_integer_value(value);
	if (number < lowest || number > highest) {
		payload_fail(reader, ERROR_MALFORMED, name, "out of range");
		return 0;
	}
	return number;
}

int64_t
payload_int64(struct payload_reader *reader, const json_t *object, const char *name, int64_t lowest,
    int64_t highest)
{
	const json_t *value = required(reader, object, name);

	return value == NULL ? 0 : checked_number(reader, value, name, lowest, highest);
}

int32_t
payload_int32(struct payload_reader *reader, const json_t *object, const char *name, int32_t lowest,
    int32_t highest)
{
	return (int32_t)payload_int64(reader, object, name, lowest, highest);
}

int32_t
payload_int32_or(struct payload_reader *reader, const json_t *object, const char *name,
    int32_t lowest, int32_t highest, int32_t absent)
{
	return payload_value(reader, object, name) == NULL ? absent :
	    payload_int32(reader, object, name, lowest, highest);
}

/* ------------------------------------------------------------ text */

static struct slice
copy(struct payload_reader *reader, const char *bytes, size_t size)
{
	char *text = arena_text(reader->arena, bytes, size);

	if (text == NULL) {
		payload_fail(reader, ERROR_NO_MEMORY, NULL, "takes too much memory");
		return slice_null();
	}
	return slice_of(text, size);
}

struct slice
payload_copy_text(struct payload_reader *reader, const json_t *value, const char *name)
{
	if (reader->error != ERROR_NONE)
		return slice_null();
	if (!json_is_string(value)) {
		payload_fail(reader, ERROR_MALFORMED, name, "not a string");
		return slice_null();
	}
	return copy(reader, json_string_value(value), json_string_length(value));
}

struct slice
payload_copy_key(struct payload_reader *reader, const char *key, size_t size)
{
	return reader->error != ERROR_NONE ? slice_null() : copy(reader, key, size);
}

struct slice
payload_text(struct payload_reader *reader, const json_t *object, const char *name)
{
	const json_t *value = required(reader, object, name);

	return value == NULL ? slice_null() : payload_copy_text(reader, value, name);
}

struct slice
payload_text_or_null(struct payload_reader *reader, const json_t *object, const char *name)
{
	const json_t *value = payload_value(reader, object, name);

	return value == NULL ? slice_null() : payload_copy_text(reader, value, name);
}

bool
payload_parse_number(struct slice text, int64_t lowest, int64_t highest, int64_t *number)
{
	bool negative = text.size > 0 && text.bytes[0] == '-';
	size_t first = negative ? 1 : 0;
	int64_t value = 0;

	if (text.size == first || (text.bytes[first] == '0' && text.size > 1))
		return false;
	for (size_t i = first; i < text.size; i++) {
		int digit = text.bytes[i] - '0';
		if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, negative ? -digit : digit, &value))
			return false;
	}
	*number = value;
	return value >= lowest && value <= highest;
}

int64_t
payload_number_text(struct payload_reader *reader, const json_t *object, const char *name,
    int64_t lowest, int64_t highest)
{
	const json_t *value = required(reader, object, name);
	int64_t number = 0;

	if (value == NULL)
		return 0;
	if (!json_is_string(value) ||
	    !payload_parse_number(slice_of(json_string_value(value), json_string_length(value)), lowest,
	        highest, &number)) {
		payload_fail(reader, ERROR_MALFORMED, name, "not a string with a number in range");
		return 0;
	}
	return number;
}

/* ------------------------------------------------------------ lists */

void *
payload_new_array(struct payload_reader *reader, size_t count, size_t size)
{
	if (reader->error != ERROR_NONE || count == 0)
		return NULL;
	void *array = arena_array(reader->arena, count, size);
	if (array == NULL)
		payload_fail(reader, ERROR_NO_MEMORY, NULL, "takes too much memory");
	return array;
}

struct payload_int32_list
payload_ids(struct payload_reader *reader, const json_t *array, const char *name)
{
	struct payload_int32_list none = { NULL, 0 };

	if (reader->error != ERROR_NONE)
		return none;
	if (!json_is_array(array)) {
		payload_fail(reader, ERROR_MALFORMED, name, "not an array");
		return none;
	}
	size_t count = json_array_size(array);
	int32_t *values = payload_new_array(reader, count, sizeof(*values));
	if (values == NULL)
		return none;
	for (size_t i = 0; i < count; i++)
		values[i] = (int32_t)checked_number(reader, json_array_get(array, i), name, 0, INT32_MAX);
	return (struct payload_int32_list){ values, count };
}
