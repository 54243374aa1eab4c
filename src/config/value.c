#include "config/value.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "config/list.h"
#include "config/number.h"

static const char *const type_names[] = {
	[CONFIG_TYPE_BOOLEAN] = "true or false",
	[CONFIG_TYPE_INT] = "a whole number of 32 bits",
	[CONFIG_TYPE_SHORT] = "a whole number of 16 bits",
	[CONFIG_TYPE_LONG] = "a whole number of 64 bits",
	[CONFIG_TYPE_DOUBLE] = "a number",
};

static bool
checks(const struct config_key *key, enum config_check check)
{
	return (key->checks & check) != 0;
}

static enum error
expected_type(const struct config_key *key, char *reason)
{
	snprintf(reason, CONFIG_REASON_SIZE, "it must be %s", type_names[key->type]);
	return ERROR_INVALID_ARGUMENT;
}

/* ------------------------------------------------------------ numbers */

static enum error
check_range(const struct config_key *key, double value, char *reason)
{
	const char *or_minus_one = checks(key, CONFIG_CHECK_OR_MINUS_ONE) ? ", or -1" : "";

	if ((value >= key->minimum && value <= key->maximum) ||
	    (value == -1 && checks(key, CONFIG_CHECK_OR_MINUS_ONE)))
		return ERROR_NONE;
	if (isinf(key->maximum))
		snprintf(reason, CONFIG_REASON_SIZE, "it must be at least %.15g%s", key->minimum,
		    or_minus_one);
	else
		snprintf(reason, CONFIG_REASON_SIZE, "it must be from %.15g to %.15g%s",
		    key->minimum, key->maximum, or_minus_one);
	return ERROR_INVALID_ARGUMENT;
}

static bool
fits_type(enum config_type type, int64_t value)
{
	switch (type) {
	case CONFIG_TYPE_SHORT:
		return value >= INT16_MIN && value <= INT16_MAX;
	case CONFIG_TYPE_INT:
		return value >= INT32_MIN && value <= INT32_MAX;
	default:
		return true;
	}
}

static enum error
parse_integer(const struct config_key *key, struct slice text, struct config_value *value,
    char *reason)
{
	char printed[CONFIG_NUMBER_SIZE];

	if (config_number_integer(text, &value->integer) != ERROR_NONE ||
	    !fits_type(key->type, value->integer))
		return expected_type(key, reason);
	snprintf(printed, sizeof(printed), "%lld", (long long)value->integer);
	value->text = memory_text(printed, strlen(printed));
	return check_range(key, (double)value->integer, reason);
}

static enum error
parse_real(const struct config_key *key, struct slice text, struct config_value *value,
    char *reason)
{
	char printed[CONFIG_NUMBER_SIZE];

	if (config_number_real(text, &value->real) != ERROR_NONE)
		return expected_type(key, reason);
	config_number_print_real(value->real, printed);
	value->text = memory_text(printed, strlen(printed));
	return check_range(key, value->real, reason);
}

static enum error
parse_boolean(const struct config_key *key, struct slice text, struct config_value *value,
    char *reason)
{
	const char *bytes = (const char *)text.bytes;
	bool is_true = text.size == 4 && strncasecmp(bytes, "true", 4) == 0;

	if (!is_true && (text.size != 5 || strncasecmp(bytes, "false", 5) != 0))
		return expected_type(key, reason);
	value->boolean = is_true;
	value->text = is_true ? memory_text("true", 4) : memory_text("false", 5);
	return ERROR_NONE;
}

/* ------------------------------------------------------------ texts */

static bool
is_choice(const struct config_key *key, struct slice word)
{
	const char *choice = key->choices;

	while (*choice != '\0') {
		size_t size = strcspn(choice, "|");
		if (size == word.size && (checks(key, CONFIG_CHECK_ANY_CASE) ?
		    strncasecmp(choice, (const char *)word.bytes, size) == 0 :
		    memcmp(choice, word.bytes, size) == 0))
			return true;
		choice += size + (choice[size] == '|');
	}
	return false;
}

static bool
is_number(struct slice text)
{
	int64_t number;

	return config_number_integer(text, &number) == ERROR_NONE && number >= 0 &&
	    number <= INT32_MAX;
}

/* "*", or partition:broker. */
static bool
is_replica(struct slice element, bool alone)
{
	struct slice partition, broker;

	if (alone && slice_equal_text(element, "*"))
		return true;
	return config_list_pair(element, &partition, &broker) && is_number(partition) &&
	    is_number(broker);
}

static enum error
check_text(const struct config_key *key, const char *text, char *reason)
{
	const char *missing = NULL;

	if (key->choices != NULL && !is_choice(key, slice_of_text(text))) {
		snprintf(reason, CONFIG_REASON_SIZE, "it must be one of %s", key->choices);
		return ERROR_INVALID_ARGUMENT;
	}
	if (checks(key, CONFIG_CHECK_NOT_EMPTY) && *text == '\0')
		missing = "it may not be empty";
	if (checks(key, CONFIG_CHECK_VERSION) && config_number_version(text) == 0)
		missing = "Kafka 3.9 knows no such version";
	if (missing == NULL)
		return ERROR_NONE;
	snprintf(reason, CONFIG_REASON_SIZE, "%s", missing);
	return ERROR_INVALID_ARGUMENT;
}

static enum error
check_element(const struct config_key *key, struct slice element, bool alone, char *reason)
{
	if (key->choices != NULL && !is_choice(key, element)) {
		snprintf(reason, CONFIG_REASON_SIZE, "its elements must be among %s", key->choices);
		return ERROR_INVALID_ARGUMENT;
	}
	if (checks(key, CONFIG_CHECK_REPLICAS) && !is_replica(element, alone)) {
		snprintf(reason, CONFIG_REASON_SIZE,
		    "it must be * or a list of partition:broker");
		return ERROR_INVALID_ARGUMENT;
	}
	return ERROR_NONE;
}

static enum error
parse_list(const struct config_key *key, const char *text, struct config_value *value,
    char *reason)
{
	bool alone = strchr(text, ',') == NULL;
	struct config_list list = config_list_of(text);
	struct slice element;
	struct buffer joined;
	enum error error = ERROR_NONE;
	size_t count = 0;

	buffer_init(&joined);
	while (config_list_next(&list, &element)) {
		if (count++ > 0)
			buffer_append(&joined, ",", 1);
		buffer_append_slice(&joined, element);
		if (error == ERROR_NONE)
			error = check_element(key, element, alone, reason);
	}
	struct slice whole = buffer_slice(&joined);
	value->text = memory_text(whole.bytes, whole.size);
	buffer_fini(&joined);
	if (error == ERROR_NONE && count == 0 && checks(key, CONFIG_CHECK_NOT_EMPTY)) {
		snprintf(reason, CONFIG_REASON_SIZE, "it may not be empty");
		error = ERROR_INVALID_ARGUMENT;
	}
	return error;
}

static enum error
parse_text(const struct config_key *key, struct slice text, struct config_value *value,
    char *reason)
{
	value->text = memory_text(text.bytes, text.size);
	return key->type == CONFIG_TYPE_PASSWORD ? ERROR_NONE :
	    check_text(key, value->text, reason);
}

/* ------------------------------------------------------------ all types */

static enum error
parse(const struct config_key *key, const char *text, struct config_value *value, char *reason)
{
	struct slice trimmed = config_trim(slice_of_text(text));

	switch (key->type) {
	case CONFIG_TYPE_BOOLEAN:
		return parse_boolean(key, trimmed, value, reason);
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_SHORT:
	case CONFIG_TYPE_LONG:
		return parse_integer(key, trimmed, value, reason);
	case CONFIG_TYPE_DOUBLE:
		return parse_real(key, trimmed, value, reason);
	case CONFIG_TYPE_LIST:
		return parse_list(key, text, value, reason);
	case CONFIG_TYPE_STRING:
	case CONFIG_TYPE_CLASS:
	case CONFIG_TYPE_PASSWORD:
		break;
	}
	return parse_text(key, trimmed, value, reason);
}

enum error
config_value_parse(const struct config_key *key, const char *text, struct config_value *value,
    char reason[CONFIG_REASON_SIZE])
{
	*value = (struct config_value){ 0 };
	if (text == NULL)
		return ERROR_NONE;
	enum error error = parse(key, text, value, reason);
	if (error != ERROR_NONE)
		config_value_fini(value);
	return error;
}

void
config_value_default(const struct config_key *key, struct config_value *value)
{
	char reason[CONFIG_REASON_SIZE];

	/* Some keys may not be empty once they are set, and are empty by default. */
	if (key->default_text != NULL && *key->default_text == '\0')
		*value = (struct config_value){ .text = memory_text("", 0) };
	else if (config_value_parse(key, key->default_text, value, reason) != ERROR_NONE)
		assert(!"the table holds a bad default");
}

void
config_value_fini(struct config_value *value)
{
	free(value->text);
	*value = (struct config_value){ 0 };
}
