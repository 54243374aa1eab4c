#include "log/partition_metadata.h"

#include "log/whole_file.h"

enum { SIZE_MAX_OF_FILE = 4096 };

/* The value of the next line `NAME: VALUE`. */
static bool
take_field(struct slice *text, const char *name, struct slice *value)
{
	size_t name_size = strlen(name);
	const uint8_t *newline = memchr(text->bytes, '\n', text->size);
	size_t length = newline == NULL ? text->size : (size_t)(newline - text->bytes);
	struct slice line = slice_of(text->bytes, length);

	if (line.size > 0 && line.bytes[line.size - 1] == '\r')
		line.size--;
	if (line.size < name_size + 2 || memcmp(line.bytes, name, name_size) != 0 ||
	    memcmp(line.bytes + name_size, ": ", 2) != 0)
		return false;
	*value = slice_of(line.bytes + name_size + 2, line.size - name_size - 2);
	size_t used = newline == NULL ? length : length + 1;
	*text = slice_of(text->bytes + used, text->size - used);
	return true;
}

static enum error
reject(struct text_complaint *complaint, int line, const char *reason)
{
	*complaint = (struct text_complaint){ line, reason };
	return ERROR_MALFORMED;
}

enum error
partition_metadata_parse(struct slice text, struct uuid *topic_id,
    struct text_complaint *complaint)
{
	struct slice value;
	int64_t version;
	struct uuid id;

	*complaint = (struct text_complaint){ 0, NULL };
	if (!take_field(&text, "version", &value) ||
	    !checkpoint_number(value, 0, INT32_MAX, &version))
		return reject(complaint, 1, "the first line is not a version");
	if (version != 0) {
		*complaint = (struct text_complaint){ 1, "unknown version" };
		return ERROR_UNSUPPORTED;
	}
	if (!take_field(&text, "topic_id", &value))
		return reject(complaint, 2, "the second line is not a topic id");
	if (uuid_parse(value, &id) != ERROR_NONE || uuid_is_zero(id))
		return reject(complaint, 2, "not the id of a topic");
	if (text.size != 0)
		return reject(complaint, 3, "something follows the topic id");
	*topic_id = id;
	return ERROR_NONE;
}

void
partition_metadata_format(struct uuid topic_id, struct buffer *text)
{
	static const char head[] = "version: 0\ntopic_id: ";
	char id[UUID_TEXT_SIZE + 1];

	uuid_text(topic_id, id);
	buffer_append(text, head, sizeof(head) - 1);
	buffer_append(text, id, UUID_TEXT_SIZE);
}

enum error
partition_metadata_read(struct disk *disk, const char *path, struct uuid *topic_id,
    struct text_complaint *complaint)
{
	struct buffer text;

	*complaint = (struct text_complaint){ 0, NULL };
	buffer_init(&text);
	enum error error = whole_file_read(disk, path, SIZE_MAX_OF_FILE, &text);
	if (error == ERROR_NONE)
		error = partition_metadata_parse(buffer_slice(&text), topic_id, complaint);
	buffer_fini(&text);
	return error;
}

static enum error
write_by(enum error (*write)(struct disk *disk, const char *path, struct slice contents),
    struct disk *disk, const char *path, struct uuid topic_id)
{
	struct buffer text;

	buffer_init(&text);
	partition_metadata_format(topic_id, &text);
	enum error error = write(disk, path, buffer_slice(&text));
	buffer_fini(&text);
	return error;
}

enum error
partition_metadata_write(struct disk *disk, const char *path, struct uuid topic_id)
{
	return write_by(whole_file_replace, disk, path, topic_id);
}

enum error
partition_metadata_make(struct disk *disk, const char *path, struct uuid topic_id)
{
	return write_by(whole_file_make, disk, path, topic_id);
}
