/*
 * klamm/line_input.h: the records of a file or of standard input: its lines,
 * or all of it as one.
 */
#ifndef KLAMM_KLAMM_LINE_INPUT_H
#define KLAMM_KLAMM_LINE_INPUT_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"

enum { LINE_INPUT_BYTES_MAX = 256 * 1024 * 1024 }; /* of one line */

struct line_input {
	int fd;
	bool whole;
	bool is_terminal;
	bool at_end;
	int64_t size;          /* of a file; -1: not known */
	int64_t bytes_taken;   /* by line_input_next */
	size_t start;          /* of what was not taken yet */
	size_t searched;       /* in which there is no end of a line */
	struct buffer buffer;
};

/* "-" is standard input. `whole`: all of it is one record. */
NODISCARD enum error line_input_open(struct line_input *input, const char *path, bool whole);
void line_input_close(struct line_input *input);
/*
 * The next one, without its newline, until the next call. ERROR_END_OF_STREAM
 * after the last; ERROR_TOO_LARGE: it is longer than a record can be.
 */
NODISCARD enum error line_input_next(struct line_input *input, struct slice *line);

#endif
