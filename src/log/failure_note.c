#include "log/failure_note.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "log/whole_file.h"

enum { NOTE_SIZE_MAX = 1 << 20 };

#define FIRST_LINE "0\n"
#define ALL_DIRS "*" /* no path of a dir: those have a slash or are words */

void
failure_note_init(struct failure_note *note)
{
	*note = (struct failure_note){ 0 };
}

void
failure_note_fini(struct failure_note *note)
{
	for (int i = 0; i < note->count; i++)
		free(note->paths[i]);
	free(note->paths);
	failure_note_init(note);
}

static int
find(const struct failure_note *note, const char *path)
{
	for (int i = 0; i < note->count; i++) {
		if (strcmp(note->paths[i], path) == 0)
			return i;
	}
	return -1;
}

bool
failure_note_has(const struct failure_note *note, const char *path)
{
	return note->all || find(note, path) >= 0;
}

void
failure_note_add(struct failure_note *note, const char *path)
{
	if (strchr(path, '\n') != NULL || strcmp(path, ALL_DIRS) == 0)
		note->all = true;
	if (failure_note_has(note, path))
		return;
	note->paths = memory_resize(note->paths, (size_t)(note->count + 1) * sizeof(char *));
	note->paths[note->count++] = memory_text(path, strlen(path));
}

void
failure_note_merge(struct failure_note *note, const struct failure_note *other)
{
	note->all |= other->all;
	for (int i = 0; i < other->count; i++)
		failure_note_add(note, other->paths[i]);
}

void
failure_note_remove(struct failure_note *note, const char *path)
{
	int at = find(note, path);

	if (at < 0)
		return;
	free(note->paths[at]);
	note->paths[at] = note->paths[--note->count];
}

void
failure_note_format(const struct failure_note *note, struct buffer *text)
{
	if (!note->all && note->count == 0)
		return;
	buffer_append(text, FIRST_LINE, strlen(FIRST_LINE));
	if (note->all)
		buffer_append(text, ALL_DIRS "\n", strlen(ALL_DIRS "\n"));
	for (int i = 0; i < note->count; i++) {
		buffer_append(text, note->paths[i], strlen(note->paths[i]));
		buffer_append(text, "\n", 1);
	}
}

static void
add_line(struct failure_note *note, struct slice line)
{
	if (line.size == 0 || memchr(line.bytes, '\0', line.size) != NULL) {
		note->all = true;
		return;
	}
	char *path = memory_text((const char *)line.bytes, line.size);
	failure_note_add(note, path);
	free(path);
}

void
failure_note_parse(struct failure_note *note, struct slice text)
{
	size_t at = strlen(FIRST_LINE);

	if (text.size <= at || memcmp(text.bytes, FIRST_LINE, at) != 0 ||
	    text.bytes[text.size - 1] != '\n') {
		note->all = true;
		return;
	}
	while (at < text.size) {
		const uint8_t *begin = text.bytes + at;
		const uint8_t *end = memchr(begin, '\n', text.size - at);

		add_line(note, slice_of(begin, (size_t)(end - begin)));
		at = (size_t)(end - text.bytes) + 1;
	}
}

enum error
failure_note_read(struct failure_note *note, struct disk *disk, const char *path)
{
	struct buffer text;

	buffer_init(&text);
	enum error error = whole_file_read(disk, path, NOTE_SIZE_MAX, &text);
	if (error == ERROR_NONE)
		failure_note_parse(note, buffer_slice(&text));
	else if (error == ERROR_TOO_LARGE || error == ERROR_TRUNCATED)
		note->all = true;
	buffer_fini(&text);
	return note->all || error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

enum error
failure_note_write(struct disk *disk, const char *path, struct slice text)
{
	if (text.size > 0)
		return whole_file_replace(disk, path, text);
	enum error error = disk_unlink(disk, path);
	if (error == ERROR_NOT_FOUND)
		return ERROR_NONE;
	return error == ERROR_NONE ? whole_file_sync_directory(disk, path) : error;
}
