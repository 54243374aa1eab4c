/*
 * log/properties.h: the text format of java.util.Properties: comment lines
 * (# and !), key and value divided by '=', ':' or blanks, escapes, lines that
 * a backslash continues. Text outside ASCII is taken as it is. Pure.
 */
#ifndef KLAMM_LOG_PROPERTIES_H
#define KLAMM_LOG_PROPERTIES_H

#include "base/buffer.h"
#include "base/error.h"

struct properties_reader {
	struct slice rest;
	int line;       /* of the entry read last, from 1 */
	int first_line; /* where it begins, from 1: backslashes continue lines */
	struct buffer key;
	struct buffer value;
};

void properties_reader_init(struct properties_reader *reader, struct slice text);
void properties_reader_fini(struct properties_reader *reader);
/*
 * The next pair is in `key` and `value` (unescaped, UTF-8) until the next
 * call. ERROR_END_OF_STREAM, ERROR_MALFORMED (a \u without four hex digits).
 */
NODISCARD enum error properties_reader_next(struct properties_reader *reader);

/* Appends `key=value` and a newline, escaped as Java's store() does. */
void properties_append(struct buffer *text, struct slice key, struct slice value);
/* `#` and the date of `now_ms` as Java prints it in UTC, and a newline. */
void properties_append_date(struct buffer *text, int64_t now_ms);

#endif
