#include "log/leader_epoch_file.h"

#include "log/whole_file.h"

static enum error
parse_entry(struct leader_epochs *epochs, struct checkpoint_reader *reader)
{
	const struct leader_epoch *latest = leader_epochs_latest(epochs);
	struct slice words[2];
	int64_t epoch, start_offset;
	enum error error = checkpoint_reader_next(reader, words, 2);

	if (error != ERROR_NONE)
		return error;
	if (!checkpoint_number(words[0], 0, INT32_MAX, &epoch))
		return checkpoint_reader_reject(reader, "not a leader epoch");
	if (!checkpoint_number(words[1], 0, INT64_MAX, &start_offset))
		return checkpoint_reader_reject(reader, "not an offset");
	if (latest != NULL && (latest->epoch >= epoch || latest->start_offset >= start_offset))
		return checkpoint_reader_reject(reader, "epochs and offsets do not ascend");
	return leader_epochs_assign(epochs, (int32_t)epoch, start_offset) ? ERROR_NONE :
	    ERROR_MALFORMED;
}

enum error
leader_epochs_parse(struct leader_epochs *epochs, struct slice text,
    struct text_complaint *complaint)
{
	struct checkpoint_reader reader;
	enum error error = checkpoint_reader_init(&reader, text);

	leader_epochs_clear(epochs);
	while (error == ERROR_NONE)
		error = parse_entry(epochs, &reader);
	*complaint = reader.complaint;
	if (error == ERROR_END_OF_STREAM)
		return ERROR_NONE;
	leader_epochs_clear(epochs);
	return error;
}

void
leader_epochs_format(const struct leader_epochs *epochs, struct buffer *text)
{
	checkpoint_begin(text, epochs->count);
	for (size_t i = 0; i < epochs->count; i++) {
		checkpoint_append_number(text, epochs->entries[i].epoch);
		buffer_append(text, " ", 1);
		checkpoint_append_number(text, epochs->entries[i].start_offset);
		buffer_append(text, "\n", 1);
	}
}

enum error
leader_epoch_file_read(struct leader_epochs *epochs, struct disk *disk, const char *path,
    struct text_complaint *complaint)
{
	struct buffer text;

	*complaint = (struct text_complaint){ 0, NULL };
	leader_epochs_clear(epochs);
	buffer_init(&text);
	enum error error = whole_file_read(disk, path, CHECKPOINT_SIZE_MAX, &text);
	if (error == ERROR_NONE)
		error = leader_epochs_parse(epochs, buffer_slice(&text), complaint);
	buffer_fini(&text);
	return error;
}

enum error
leader_epoch_file_write(const struct leader_epochs *epochs, struct disk *disk, const char *path)
{
	struct buffer text;

	buffer_init(&text);
	leader_epochs_format(epochs, &text);
	enum error error = whole_file_replace(disk, path, buffer_slice(&text));
	buffer_fini(&text);
	return error;
}
