#include "log/boot_id_file.h"

#include <string.h>

#include "log/whole_file.h"

#define FIRST_LINE "0\n"

void
boot_id_parse(struct slice text, struct boot_id *id)
{
	size_t head = strlen(FIRST_LINE), size;

	*id = (struct boot_id){ "" };
	if (text.size <= head + 1 || memcmp(text.bytes, FIRST_LINE, head) != 0 ||
	    text.bytes[text.size - 1] != '\n')
		return;
	size = text.size - head - 1;
	if (size >= sizeof(id->text))
		return;
	memcpy(id->text, text.bytes + head, size);
	id->text[size] = '\0';
	if (strlen(id->text) != size || !boot_id_is_sound(id->text))
		id->text[0] = '\0';
}

void
boot_id_format(const struct boot_id *id, struct buffer *text)
{
	buffer_append(text, FIRST_LINE, strlen(FIRST_LINE));
	buffer_append(text, id->text, strlen(id->text));
	buffer_append(text, "\n", 1);
}

enum error
boot_id_file_read(struct disk *disk, const char *path, struct boot_id *id)
{
	enum { SIZE_LIMIT = 4096 };
	struct buffer text;
	enum error error;

	*id = (struct boot_id){ "" };
	buffer_init(&text);
	error = whole_file_read(disk, path, SIZE_LIMIT, &text);
	if (error == ERROR_NONE)
		boot_id_parse(buffer_slice(&text), id);
	buffer_fini(&text);
	return error == ERROR_NOT_FOUND || error == ERROR_TOO_LARGE || error == ERROR_TRUNCATED ?
	    ERROR_NONE : error;
}

enum error
boot_id_file_write(struct disk *disk, const char *path, const struct boot_id *id)
{
	struct buffer text;
	enum error error;

	if (id->text[0] == '\0') {
		error = disk_unlink(disk, path);
		if (error == ERROR_NONE)
			error = whole_file_sync_directory(disk, path);
		return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
	}
	buffer_init(&text);
	boot_id_format(id, &text);
	error = whole_file_replace(disk, path, buffer_slice(&text));
	buffer_fini(&text);
	return error;
}
