#include "klamm/line_input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK_BYTES = 256 * 1024 };

enum error
line_input_open(struct line_input *input, const char *path, bool whole)
{
	struct stat status;

	*input = (struct line_input){ .fd = STDIN_FILENO, .whole = whole, .size = -1 };
	if (strcmp(path, "-") != 0)
		input->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (input->fd < 0)
		return error_from_errno(errno);
	input->is_terminal = isatty(input->fd);
	if (fstat(input->fd, &status) == 0 && S_ISREG(status.st_mode))
		input->size = status.st_size;
	return ERROR_NONE;
}

void
line_input_close(struct line_input *input)
{
	buffer_fini(&input->buffer);
	if (input->fd > STDIN_FILENO)
		close(input->fd);
	input->fd = -1;
}

/* More bytes behind those that are there; at the end none. */
static enum error
read_more(struct line_input *input)
{
	if (input->start > 0) { /* what was taken goes */
		memmove(input->buffer.bytes, input->buffer.bytes + input->start,
		    input->buffer.size - input->start);
		input->buffer.size -= input->start;
		input->searched -= input->start;
		input->start = 0;
	}
	if (input->buffer.size > LINE_INPUT_BYTES_MAX)
		return ERROR_TOO_LARGE;
	buffer_reserve(&input->buffer, CHUNK_BYTES);
	for (;;) {
		ssize_t got = read(input->fd, input->buffer.bytes + input->buffer.size,
		    CHUNK_BYTES);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_from_errno(errno);
		input->buffer.size += (size_t)got;
		input->at_end = got == 0;
		return ERROR_NONE;
	}
}

static void
take(struct line_input *input, size_t end, size_t next, struct slice *line)
{
	*line = slice_of(input->buffer.bytes + input->start, end - input->start);
	input->bytes_taken += (int64_t)(next - input->start);
	input->start = input->searched = next;
}

enum error
line_input_next(struct line_input *input, struct slice *line)
{
	for (;;) {
		const uint8_t *bytes = input->buffer.bytes;
		size_t size = input->buffer.size;
		const uint8_t *newline = input->whole || size == input->searched ? NULL
			: memchr(bytes + input->searched, '\n', size - input->searched);

		if (newline != NULL) {
			size_t end = (size_t)(newline - bytes);
			take(input, end, end + 1, line);
			return ERROR_NONE;
		}
		input->searched = size;
		if (input->at_end && size == input->start)
			return ERROR_END_OF_STREAM;
		if (input->at_end) { /* a last line without a newline */
			take(input, size, size, line);
			return ERROR_NONE;
		}
		enum error error = read_more(input);
		if (error != ERROR_NONE)
			return error;
	}
}
