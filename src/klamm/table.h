/*
 * klamm/table.h: rows of like things, aligned for people or one JSON object a
 * row. Cells are filled in from left to right, row after row.
 */
#ifndef KLAMM_KLAMM_TABLE_H
#define KLAMM_KLAMM_TABLE_H

#include "klamm/output.h"

struct table_column {
	const char *title; /* for people; NULL: stands in JSON only */
	const char *name;  /* the field of JSON */
};

struct table_cell;

struct table {
	const char *item; /* the type that JSON objects have */
	const struct table_column *columns;
	size_t column_count;
	struct table_cell *cells;
	size_t cell_count;
};

/* `item` and `columns` are borrowed. */
void table_init(struct table *table, const char *item, const struct table_column *columns,
    size_t column_count);
void table_fini(struct table *table);

/* The next cell. The bytes are copied; null is "-" for people. */
void table_text(struct table *table, struct slice text);
void table_int(struct table *table, int64_t value);
void table_bool(struct table *table, bool value);
/* A number in JSON; "1.5 GB" for people. Below 0 it is not known: null. */
void table_bytes(struct table *table, int64_t bytes);
void table_ints(struct table *table, const int32_t *values, int32_t count);
void table_null(struct table *table);

/* "0 B", "999 B", "1.5 MB": three digits at most, by thousands. */
enum { TABLE_BYTES_TEXT_SIZE = 24 };
void table_bytes_text(int64_t bytes, char *text);

/* Whole rows only. People get the titles even when there is no row. */
void table_print(const struct table *table, struct output *output);
/* The same, but for people each row is a block of lines `title  value`. */
void table_print_upright(const struct table *table, struct output *output);

#endif
