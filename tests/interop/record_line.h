/* The lines in which a client of the matrix takes and gives records; records.py says how they look. */
#ifndef RECORD_LINE_H
#define RECORD_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { RECORD_HEADERS_MAX = 16 };

struct record_bytes {
	unsigned char *at; /* NULL: null */
	size_t size;
};

struct record_header {
	const char *name;
	struct record_bytes value;
};

/* Everything points into the line. */
struct record_line {
	int32_t partition;    /* -1: the client chooses */
	int64_t timestamp_ms; /* 0: the client chooses */
	struct record_bytes key, value;
	struct record_header headers[RECORD_HEADERS_MAX];
	size_t header_count;
};

/* Changes the line, which ends with its text. False: it is no such line. */
bool record_line_parse(char *line, struct record_line *record);

/* ` =HEX` or ` -` as a field with the tab before it. */
void record_line_print_bytes(FILE *out, const void *at, size_t size);

/* Without the tab. */
void record_line_print_header(FILE *out, const char *name, const void *at, size_t size);

#endif
