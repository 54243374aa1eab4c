/*
 * klamm/output.h: what a command prints, as items of named fields: one JSON
 * object a line, or `item name=value name=value` for people. Bytes from files
 * never reach a terminal as they are: control characters are escaped.
 *
 * The first failed write is kept; what is printed after it is dropped.
 */
#ifndef KLAMM_KLAMM_OUTPUT_H
#define KLAMM_KLAMM_OUTPUT_H

#include "base/buffer.h"
#include "base/error.h"

struct output {
	/* Writes all of it. ERROR_CONNECTION_CLOSED: the reader has gone. */
	enum error (*write)(void *context, struct slice bytes);
	/* Has the reader gone, as a write would tell? NULL: not to be known before. */
	bool (*reader_is_gone)(void *context);
	void *context;
	bool json;
	bool hex;   /* output_bytes always prints hexadecimal digits */
	bool first; /* nothing stands in the open object or array yet */
	enum error error;
	struct buffer buffer;
};

void output_init(struct output *output, enum error (*write)(void *context, struct slice bytes),
    void *context);
/* Drops what was not flushed. */
void output_fini(struct output *output);
/* The kept error. */
enum error output_flush(struct output *output);
/* For who may not write for long: notes ERROR_CONNECTION_CLOSED when the reader has gone. */
void output_look_for_reader(struct output *output);

/* One item a line; `file` (NULL: none) is a field of JSON only. */
void output_begin(struct output *output, const char *item, const char *file);
void output_end(struct output *output);

void output_int(struct output *output, const char *name, int64_t value);
void output_bool(struct output *output, const char *name, bool value);
/* Text of ours, or a name; shown in quotes. */
void output_text(struct output *output, const char *name, const char *value);
/* A word of ours that needs no quotes: a codec, a type. */
void output_word(struct output *output, const char *name, const char *value);
/*
 * Bytes of a file. JSON: `name` as a string when they are UTF-8, else
 * `nameHex`. Else in quotes, with what cannot be printed as \xNN, or 0x and
 * digits. Null is null.
 */
void output_bytes(struct output *output, const char *name, struct slice bytes);
/* What message_print made: a value of JSON, in both forms. */
void output_json(struct output *output, const char *name, struct slice json);

/* A list of items without names of their own, each between _next and _done. */
void output_list_begin(struct output *output, const char *name);
void output_list_next(struct output *output);
void output_list_done(struct output *output);
void output_list_end(struct output *output);

/* Plain text, not an item: help, a heading. */
void output_plain(struct output *output, const char *text);
/* Bytes as they are: of a record whose value was asked for, or made printable before. */
void output_raw(struct output *output, struct slice bytes);
/* Appends text as a terminal may show it: what output_bytes escapes is escaped, without quotes. */
void output_printable(struct slice text, struct buffer *out);

#endif
