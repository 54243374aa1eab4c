#include "log/checkpoint_file.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* The next line without its end, as Java's readLine: \n, \r or both. */
static bool
take_line(struct checkpoint_reader *reader, struct slice *line)
{
	size_t length = 0;
	struct slice rest = reader->rest;

	if (rest.size == 0)
		return false;
	while (length < rest.size && rest.bytes[length] != '\n' && rest.bytes[length] != '\r')
		length++;
	*line = slice_of(rest.bytes, length);
	size_t end = length;
	if (end < rest.size && rest.bytes[end++] == '\r' && end < rest.size && rest.bytes[end] == '\n')
		end++;
	reader->rest = slice_of(rest.bytes + end, rest.size - end);
	reader->line++;
	return true;
}

static bool
is_blank(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* The number of words, counted up to one more than there is room for. */
static int
split(struct slice line, struct slice *words, int room)
{
	int count = 0;
	size_t at = 0;

	while (at < line.size) {
		size_t start = at;
		while (at < line.size && !is_blank(line.bytes[at]))
			at++;
		if (count == room)
			return count + 1;
		words[count++] = slice_of(line.bytes + start, at - start);
		while (at < line.size && is_blank(line.bytes[at]))
			at++;
	}
	return count;
}

enum error
checkpoint_reader_reject(struct checkpoint_reader *reader, const char *reason)
{
	reader->complaint = (struct text_complaint){ reader->line, reason };
	return ERROR_MALFORMED;
}

static enum error
read_head_number(struct checkpoint_reader *reader, int64_t *number, const char *reason)
{
	struct slice line;

	if (!take_line(reader, &line) || !checkpoint_number(line, 0, INT32_MAX, number))
		return checkpoint_reader_reject(reader, reason);
	return ERROR_NONE;
}

enum error
checkpoint_reader_init(struct checkpoint_reader *reader, struct slice text)
{
	int64_t version;

	*reader = (struct checkpoint_reader){ .rest = text };
	enum error error = read_head_number(reader, &version, "the first line is not a version");
	if (error != ERROR_NONE)
		return error;
	if (version != CHECKPOINT_VERSION) {
		error = checkpoint_reader_reject(reader, "unknown version");
		return ERROR_UNSUPPORTED;
	}
	return read_head_number(reader, &reader->left, "the second line is not a count");
}

enum error
checkpoint_reader_next(struct checkpoint_reader *reader, struct slice *words, int count)
{
	struct slice line;

	assert(count > 0 && count <= CHECKPOINT_WORDS_MAX);
	if (!take_line(reader, &line)) {
		if (reader->left > 0)
			return checkpoint_reader_reject(reader, "fewer entries than the count says");
		return ERROR_END_OF_STREAM;
	}
	if (reader->left == 0)
		return checkpoint_reader_reject(reader, "more entries than the count says");
	reader->left--;
	/* A line that begins with a blank begins with an empty word. */
	if (split(line, words, count) != count || words[0].size == 0)
		return checkpoint_reader_reject(reader, "another number of words than an entry has");
	return ERROR_NONE;
}

bool
checkpoint_number(struct slice word, int64_t low, int64_t high, int64_t *number)
{
	bool negative = word.size > 0 && word.bytes[0] == '-';
	size_t at = negative ? 1 : 0;
	int64_t value = 0;

	if (at == word.size)
		return false;
	for (; at < word.size; at++) {
		int digit = word.bytes[at] - '0';
		if (digit < 0 || digit > 9)
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, negative ? -digit : digit, &value))
			return false;
	}
	if (value < low || value > high)
		return false;
	*number = value;
	return true;
}

void
checkpoint_append_number(struct buffer *text, int64_t number)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRId64, number);

	buffer_append(text, digits, (size_t)length);
}

void
checkpoint_begin(struct buffer *text, size_t count)
{
	checkpoint_append_number(text, CHECKPOINT_VERSION);
	buffer_append(text, "\n", 1);
	checkpoint_append_number(text, (int64_t)count);
	buffer_append(text, "\n", 1);
}
