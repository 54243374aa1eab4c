#include "log/partition_name.h"

#include <assert.h>
#include <stdio.h>

static const struct {
	const char *suffix;
	enum partition_directory_type type;
} suffixes[] = {
	{ "-delete", PARTITION_DIRECTORY_DELETE },
	{ "-future", PARTITION_DIRECTORY_FUTURE },
	{ "-stray", PARTITION_DIRECTORY_STRAY },
};

static bool
is_legal(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
}

bool
topic_name_is_legal(struct slice topic)
{
	if (topic.size == 0 || topic.size > LOG_TOPIC_NAME_MAX || slice_equal_text(topic, ".") ||
	    slice_equal_text(topic, ".."))
		return false;
	for (size_t i = 0; i < topic.size; i++) {
		if (!is_legal(topic.bytes[i]))
			return false;
	}
	return true;
}

/* Where `byte` stands last; false when it does not. */
static bool
find_last(struct slice text, char byte, size_t *at)
{
	for (size_t i = text.size; i > 0; i--) {
		if (text.bytes[i - 1] == (uint8_t)byte) {
			*at = i - 1;
			return true;
		}
	}
	return false;
}

static bool
take_suffix(struct slice *name, const char *suffix)
{
	size_t size = strlen(suffix);

	if (name->size < size || memcmp(name->bytes + name->size - size, suffix, size) != 0)
		return false;
	name->size -= size;
	return true;
}

/* TOPIC-N; the topic may have been cut to nothing but one character. */
static enum error
parse_plain(struct slice name, struct partition_name *parsed)
{
	size_t dash;
	int64_t partition = 0;

	if (!find_last(name, '-', &dash) || dash == 0 || dash + 1 == name.size)
		return ERROR_MALFORMED;
	for (size_t i = dash + 1; i < name.size; i++) {
		int digit = name.bytes[i] - '0';
		if (digit < 0 || digit > 9)
			return ERROR_MALFORMED;
		partition = partition * 10 + digit;
		if (partition > INT32_MAX)
			return ERROR_MALFORMED;
	}
	parsed->topic = slice_of(name.bytes, dash);
	parsed->partition = (int32_t)partition;
	return topic_name_is_legal(parsed->topic) ? ERROR_NONE : ERROR_MALFORMED;
}

enum error
partition_name_parse(struct slice name, struct partition_name *parsed)
{
	size_t dot;

	*parsed = (struct partition_name){ .type = PARTITION_DIRECTORY_PLAIN };
	if (name.size == 0 || name.size > PARTITION_NAME_MAX)
		return ERROR_MALFORMED;
	for (size_t i = 0; i < ARRAY_LENGTH(suffixes); i++) {
		if (!take_suffix(&name, suffixes[i].suffix))
			continue;
		/* Kafka takes any id there; so do we, since such a name must not stop a start. */
		if (!find_last(name, '.', &dot) || dot + 1 == name.size)
			return ERROR_MALFORMED;
		parsed->type = suffixes[i].type;
		parsed->id = slice_of(name.bytes + dot + 1, name.size - dot - 1);
		name.size = dot;
		break;
	}
	return parse_plain(name, parsed);
}

static const char *
suffix_of(enum partition_directory_type type)
{
	for (size_t i = 0; i < ARRAY_LENGTH(suffixes); i++) {
		if (suffixes[i].type == type)
			return suffixes[i].suffix;
	}
	return "";
}

size_t
partition_name_format(enum partition_directory_type type, struct slice topic, int32_t partition,
    struct uuid id, char name[PARTITION_NAME_MAX + 1])
{
	char tail[64];
	int length = snprintf(tail, sizeof(tail), "-%d", partition);

	assert(topic_name_is_legal(topic) && partition >= 0);
	if (type != PARTITION_DIRECTORY_PLAIN) {
		tail[length++] = '.';
		for (size_t i = 0; i < sizeof(id.bytes); i++)
			length += snprintf(tail + length, sizeof(tail) - (size_t)length, "%02x",
			    id.bytes[i]);
		length += snprintf(tail + length, sizeof(tail) - (size_t)length, "%s",
		    suffix_of(type));
	}
	size_t room = PARTITION_NAME_MAX - (size_t)length;
	if (topic.size > room && type != PARTITION_DIRECTORY_DELETE &&
	    type != PARTITION_DIRECTORY_STRAY)
		return 0;
	size_t kept = MIN(topic.size, room);
	memcpy(name, topic.bytes, kept);
	memcpy(name + kept, tail, (size_t)length);
	name[kept + (size_t)length] = 0;
	return kept + (size_t)length;
}
