#include "log/move_mark.h"

#include <stdio.h>
#include <string.h>

#include "log/file_cache.h"
#include "log/whole_file.h"

enum { DIGITS_MAX = 19 /* with a newline */, LIMIT = 64 };

int64_t
move_mark_made(int64_t broker_epoch)
{
	const int64_t highest = INT64_C(999999999999999) * 1000 / MOVE_MARK_MOVES;

	return MIN(MAX(broker_epoch, 1), highest) * MOVE_MARK_MOVES;
}

static enum error
path_of(const char *directory, char path[LOG_PATH_SIZE])
{
	int size = snprintf(path, LOG_PATH_SIZE, "%s/%s", directory, MOVE_MARK_FILE);

	return size < 0 || size >= LOG_PATH_SIZE ? ERROR_NAME_TOO_LONG : ERROR_NONE;
}

/* Digits and a newline; anything else is 1. */
static int64_t
parse(struct slice text)
{
	int64_t number = 0;

	if (text.size < 2 || text.size > DIGITS_MAX || text.bytes[text.size - 1] != '\n')
		return 1;
	for (size_t i = 0; i + 1 < text.size; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '9')
			return 1;
		number = number * 10 + (text.bytes[i] - '0');
	}
	return MAX(number, 1);
}

enum error
move_mark_read(struct disk *disk, const char *directory, int64_t *number)
{
	char path[LOG_PATH_SIZE];
	struct buffer text;
	enum error error = path_of(directory, path);

	*number = 0;
	if (error != ERROR_NONE)
		return error;
	buffer_init(&text);
	error = whole_file_read(disk, path, LIMIT, &text);
	if (error == ERROR_NONE || error == ERROR_TOO_LARGE)
		*number = error == ERROR_NONE ? parse(buffer_slice(&text)) : 1;
	buffer_fini(&text);
	return error == ERROR_NOT_FOUND || error == ERROR_TOO_LARGE ? ERROR_NONE : error;
}

enum error
move_mark_write(struct disk *disk, const char *directory, int64_t number)
{
	char path[LOG_PATH_SIZE], text[LIMIT];
	enum error error = path_of(directory, path);

	if (error != ERROR_NONE)
		return error;
	(void)snprintf(text, sizeof(text), "%lld\n", (long long)number);
	return whole_file_replace(disk, path, slice_of_text(text));
}

enum error
move_mark_remove(struct disk *disk, const char *directory)
{
	char path[LOG_PATH_SIZE];
	enum error error = path_of(directory, path);

	if (error == ERROR_NONE)
		error = disk_unlink(disk, path);
	return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}
