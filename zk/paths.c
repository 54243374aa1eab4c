#include "zk/paths.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { SEQUENCE_DIGITS = 10 };

#define PATTERN(kind, pattern) pattern,
static const char *const patterns[PATHS_KINDS] = { PATHS_TABLE(PATTERN) };
#undef PATTERN

const enum paths_kind paths_startup[PATHS_STARTUP_COUNT] = {
	PATHS_CONSUMERS,
	PATHS_BROKER_IDS,
	PATHS_TOPICS,
	PATHS_CONFIG_CHANGES,
	PATHS_DELETE_TOPICS,
	PATHS_BROKER_SEQUENCE,
	PATHS_ISR_CHANGES,
	PATHS_PRODUCER_ID_BLOCK,
	PATHS_LOG_DIR_EVENTS,
	PATHS_CONFIG_TOPICS,
	PATHS_CONFIG_CLIENTS,
	PATHS_CONFIG_USERS,
	PATHS_CONFIG_BROKERS,
	PATHS_CONFIG_IPS,
};

/* ------------------------------------------------------------ format */

static void
append_number(struct buffer *out, const char *format, int32_t number)
{
	char digits[16];
	int size = snprintf(digits, sizeof(digits), format, number);

	buffer_append(out, digits, (size_t)size);
}

static void
append_variable(struct buffer *out, char variable, const struct paths_place *place)
{
	switch (variable) {
	case 'n':
		buffer_append_slice(out, place->name);
		return;
	case 'm':
		buffer_append_slice(out, place->second_name);
		return;
	case 'i':
		append_number(out, "%" PRId32, place->id);
		return;
	case 's':
		if (place->sequence >= 0)
			append_number(out, "%010" PRId32, place->sequence);
		return;
	default:
		assert(!"a variable of the table");
	}
}

void
paths_format(struct buffer *out, const struct paths_place *place)
{
	assert(place->kind >= 0 && place->kind < PATHS_KINDS);
	for (const char *at = patterns[place->kind]; *at != '\0'; at++) {
		if (*at == '%')
			append_variable(out, *++at, place);
		else
			buffer_append(out, at, 1);
	}
}

/* ------------------------------------------------------------ parse */

static bool
all_digits(struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '9')
			return false;
	}
	return text.size > 0;
}

static bool
read_number(struct slice text, int32_t *number)
{
	int64_t value = 0;

	if (!all_digits(text) || text.size > SEQUENCE_DIGITS)
		return false;
	for (size_t i = 0; i < text.size; i++)
		value = value * 10 + (text.bytes[i] - '0');
	*number = (int32_t)value;
	return value <= INT32_MAX;
}

static bool
take_variable(char variable, struct slice text, struct paths_place *place)
{
	switch (variable) {
	case 'n':
		place->name = text;
		return text.size > 0;
	case 'm':
		place->second_name = text;
		return text.size > 0;
	case 'i':
		return (text.size == 1 || (text.size > 0 && text.bytes[0] != '0')) &&
		    read_number(text, &place->id);
	default:
		return text.size == SEQUENCE_DIGITS && read_number(text, &place->sequence);
	}
}

static bool
matches(const char *pattern, struct slice path, struct paths_place *place)
{
	size_t at = 0;

	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '%') {
			if (at == path.size || path.bytes[at] != (uint8_t)*pattern)
				return false;
			at++;
			continue;
		}
		pattern++;
		size_t end = at;
		while (end < path.size && path.bytes[end] != '/')
			end++;
		if (!take_variable(*pattern, slice_of(path.bytes + at, end - at), place))
			return false;
		at = end;
	}
	return at == path.size;
}

enum error
paths_parse(struct slice path, struct paths_place *place)
{
	for (int kind = 0; kind < PATHS_KINDS; kind++) {
		struct paths_place found = { .kind = (enum paths_kind)kind, .id = -1, .sequence = -1 };
		if (matches(patterns[kind], path, &found)) {
			*place = found;
			return ERROR_NONE;
		}
	}
	return ERROR_NOT_FOUND;
}

enum error
paths_parse_child(enum paths_kind child, struct slice name, struct paths_place *place)
{
	const char *pattern = strrchr(patterns[child], '/') + 1;
	struct paths_place found = { .kind = child, .id = -1, .sequence = -1 };

	if (!matches(pattern, name, &found))
		return ERROR_NOT_FOUND;
	*place = found;
	return ERROR_NONE;
}

/* ------------------------------------------------------------ one by one */

const char *
paths_text(enum paths_kind kind)
{
	assert(strchr(patterns[kind], '%') == NULL);
	return patterns[kind];
}

void
paths_broker(struct buffer *out, int32_t broker)
{
	paths_format(out, &(struct paths_place){ .kind = PATHS_BROKER, .id = broker });
}

static void
of_topic(struct buffer *out, enum paths_kind kind, struct slice topic, int32_t partition)
{
	paths_format(out, &(struct paths_place){ .kind = kind, .name = topic, .id = partition });
}

void
paths_topic(struct buffer *out, struct slice topic)
{
	of_topic(out, PATHS_TOPIC, topic, -1);
}

void
paths_topic_partitions(struct buffer *out, struct slice topic)
{
	of_topic(out, PATHS_TOPIC_PARTITIONS, topic, -1);
}

void
paths_partition(struct buffer *out, struct slice topic, int32_t partition)
{
	of_topic(out, PATHS_PARTITION, topic, partition);
}

void
paths_partition_state(struct buffer *out, struct slice topic, int32_t partition)
{
	of_topic(out, PATHS_PARTITION_STATE, topic, partition);
}

void
paths_delete_topic(struct buffer *out, struct slice topic)
{
	of_topic(out, PATHS_DELETE_TOPIC, topic, -1);
}

void
paths_topic_config(struct buffer *out, struct slice topic)
{
	of_topic(out, PATHS_CONFIG_TOPIC, topic, -1);
}

/* ------------------------------------------------------------ entities */

static const char *const entity_types[PATHS_ENTITY_TYPES] = {
	[PATHS_ENTITY_TOPIC] = "topics",
	[PATHS_ENTITY_CLIENT] = "clients",
	[PATHS_ENTITY_USER] = "users",
	[PATHS_ENTITY_BROKER] = "brokers",
	[PATHS_ENTITY_IP] = "ips",
};

const char *
paths_entity_type_text(enum paths_entity_type type)
{
	assert(type >= 0 && type < PATHS_ENTITY_TYPES);
	return entity_types[type];
}

void
paths_entity_format(struct buffer *out, const struct paths_entity *entity)
{
	buffer_append_slice(out, slice_of_text(paths_entity_type_text(entity->type)));
	buffer_append(out, "/", 1);
	buffer_append_slice(out, entity->name);
	if (slice_is_null(entity->client))
		return;
	assert(entity->type == PATHS_ENTITY_USER);
	buffer_append_slice(out, slice_of_text("/clients/"));
	buffer_append_slice(out, entity->client);
}

enum error
paths_entity_parse(struct slice text, struct paths_entity *entity)
{
	struct paths_place place;
	char pattern[16];

	if (matches("users/%n/clients/%m", text, &place)) {
		*entity = (struct paths_entity){ PATHS_ENTITY_USER, place.name, place.second_name };
		return ERROR_NONE;
	}
	for (int type = 0; type < PATHS_ENTITY_TYPES; type++) {
		(void)snprintf(pattern, sizeof(pattern), "%s/%%n", entity_types[type]);
		if (matches(pattern, text, &place)) {
			*entity = (struct paths_entity){ (enum paths_entity_type)type, place.name,
				slice_null() };
			return ERROR_NONE;
		}
	}
	return ERROR_MALFORMED;
}

void
paths_entity_config(struct buffer *out, const struct paths_entity *entity)
{
	buffer_append_slice(out, slice_of_text("/config/"));
	paths_entity_format(out, entity);
}

/* What Java's URL encoder leaves alone, but for "*", which Kafka encodes too. */
static bool
stands_as_it_is(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' || byte == '_';
}

void
paths_sanitize(struct buffer *out, struct slice name)
{
	static const char digits[] = "0123456789ABCDEF";

	if (slice_is_null(name)) {
		buffer_append_slice(out, slice_of_text(PATHS_DEFAULT_ENTITY));
		return;
	}
	for (size_t i = 0; i < name.size; i++) {
		uint8_t byte = name.bytes[i];
		if (stands_as_it_is(byte))
			buffer_append(out, &byte, 1);
		else
			buffer_append(out, (char[]){ '%', digits[byte >> 4], digits[byte & 15] }, 3);
	}
}

static int
hex_value(uint8_t digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

enum error
paths_desanitize(struct buffer *out, struct slice text)
{
	size_t start = out->size;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.bytes[i];
		if (byte == '+') {
			byte = ' ';
		} else if (byte == '%') {
			int high = i + 2 < text.size ? hex_value(text.bytes[i + 1]) : -1;
			int low = i + 2 < text.size ? hex_value(text.bytes[i + 2]) : -1;
			if (high < 0 || low < 0) {
				out->size = start;
				return ERROR_MALFORMED;
			}
			byte = (uint8_t)(high << 4 | low);
			i += 2;
		}
		buffer_append(out, &byte, 1);
	}
	return ERROR_NONE;
}
