#include "log/clean_shutdown_file.h"

#include <inttypes.h>
#include <stdio.h>

#include "log/checkpoint_file.h"
#include "log/whole_file.h"

enum { FILE_SIZE_MAX = 4096, NAME_SIZE_MAX = 64 };

/* One flat JSON object whose members are integers: what Kafka writes, and no more. */
struct json {
	struct slice rest;
	bool failed;
};

static void
skip_blanks(struct json *json)
{
	while (json->rest.size > 0 && memchr(" \t\r\n", json->rest.bytes[0], 4) != NULL)
		json->rest = slice_of(json->rest.bytes + 1, json->rest.size - 1);
}

static bool
accept(struct json *json, char byte)
{
	skip_blanks(json);
	if (json->rest.size == 0 || json->rest.bytes[0] != (uint8_t)byte)
		return false;
	json->rest = slice_of(json->rest.bytes + 1, json->rest.size - 1);
	return true;
}

static void
expect(struct json *json, char byte)
{
	if (!accept(json, byte))
		json->failed = true;
}

static bool
is_of_number(uint8_t byte)
{
	return byte == '-' || (byte >= '0' && byte <= '9');
}

static bool
is_of_name(uint8_t byte)
{
	return byte != '"' && byte != '\\' && byte >= ' ';
}

static struct slice
take_while(struct json *json, bool (*is_of)(uint8_t byte))
{
	size_t size = 0;

	while (size < json->rest.size && is_of(json->rest.bytes[size]))
		size++;
	struct slice taken = slice_of(json->rest.bytes, size);
	json->rest = slice_of(json->rest.bytes + size, json->rest.size - size);
	return taken;
}

static void
take_member(struct json *json, int64_t *version, int64_t *broker_epoch)
{
	int64_t number = 0;

	expect(json, '"');
	struct slice name = take_while(json, is_of_name);
	expect(json, '"');
	expect(json, ':');
	skip_blanks(json);
	if (!checkpoint_number(take_while(json, is_of_number), INT64_MIN, INT64_MAX, &number))
		json->failed = true;
	if (slice_equal_text(name, "version"))
		*version = number;
	else if (slice_equal_text(name, "brokerEpoch"))
		*broker_epoch = number;
}

enum error
clean_shutdown_parse(struct slice text, int64_t *broker_epoch)
{
	struct json json = { .rest = text };
	int64_t version = -1, epoch = BROKER_EPOCH_UNKNOWN;

	expect(&json, '{');
	do
		take_member(&json, &version, &epoch);
	while (!json.failed && accept(&json, ','));
	expect(&json, '}');
	skip_blanks(&json);
	if (json.failed || json.rest.size != 0 || version < 0)
		return ERROR_MALFORMED;
	if (version != 0)
		return ERROR_UNSUPPORTED;
	*broker_epoch = epoch;
	return ERROR_NONE;
}

void
clean_shutdown_format(int64_t broker_epoch, struct buffer *text)
{
	char line[64];
	int length = snprintf(line, sizeof(line), "{\"version\":0,\"brokerEpoch\":%" PRId64 "}",
	    broker_epoch);

	buffer_append(text, line, (size_t)length);
}

enum error
clean_shutdown_file_write(struct disk *disk, const char *path, int64_t broker_epoch)
{
	struct buffer text;

	buffer_init(&text);
	clean_shutdown_format(broker_epoch, &text);
	enum error error = whole_file_replace(disk, path, buffer_slice(&text));
	buffer_fini(&text);
	return error;
}

enum error
clean_shutdown_file_take(struct disk *disk, const char *path, bool *was_clean,
    int64_t *broker_epoch)
{
	struct buffer text;

	*was_clean = false;
	*broker_epoch = BROKER_EPOCH_UNKNOWN;
	buffer_init(&text);
	enum error error = whole_file_read(disk, path, FILE_SIZE_MAX, &text);
	/* A damaged one says as well that the logs were closed; only its epoch is lost. */
	if (error == ERROR_NONE &&
	    clean_shutdown_parse(buffer_slice(&text), broker_epoch) != ERROR_NONE)
		*broker_epoch = BROKER_EPOCH_UNKNOWN;
	buffer_fini(&text);
	if (error == ERROR_NOT_FOUND)
		return ERROR_NONE;
	error = disk_unlink(disk, path);
	if (error == ERROR_NONE)
		error = whole_file_sync_directory(disk, path);
	*was_clean = error == ERROR_NONE;
	return error;
}
