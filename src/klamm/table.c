#include "klamm/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "wire/utf8.h"

enum cell_type { CELL_NULL, CELL_TEXT, CELL_INT, CELL_BOOL, CELL_INTS };

struct table_cell {
	enum cell_type type;
	int64_t value;        /* of an int or bool */
	struct buffer bytes;  /* of a text; of ints with commas between */
	struct buffer people; /* what people see */
	size_t width;         /* of that, in characters */
};

void
table_init(struct table *table, const char *item, const struct table_column *columns,
    size_t column_count)
{
	*table = (struct table){ .item = item, .columns = columns, .column_count = column_count };
}

void
table_fini(struct table *table)
{
	for (size_t i = 0; i < table->cell_count; i++) {
		buffer_fini(&table->cells[i].bytes);
		buffer_fini(&table->cells[i].people);
	}
	free(table->cells);
	table->cells = NULL;
	table->cell_count = 0;
}

/* --------------------------------------------------------------- cells */

static size_t
characters(struct slice text)
{
	size_t count = 0;

	while (text.size > 0) {
		size_t size = MAX(wire_utf8_character_size(text), 1);
		text = slice_of(text.bytes + size, text.size - size);
		count++;
	}
	return count;
}

static void
add(struct table *table, enum cell_type type, int64_t value, struct slice bytes,
    struct slice people)
{
	if ((table->cell_count & (table->cell_count - 1)) == 0) /* full: 0, 1, 2, 4, ... */
		table->cells = memory_resize(table->cells,
		    MAX(2 * table->cell_count, 1) * sizeof(*table->cells));
	struct table_cell *cell = &table->cells[table->cell_count++];
	*cell = (struct table_cell){ .type = type, .value = value };
	buffer_append_slice(&cell->bytes, bytes);
	output_printable(people, &cell->people);
	cell->width = characters(buffer_slice(&cell->people));
}

void
table_null(struct table *table)
{
	add(table, CELL_NULL, 0, slice_of("", 0), slice_of_text("-"));
}

void
table_text(struct table *table, struct slice text)
{
	if (slice_is_null(text))
		table_null(table);
	else
		add(table, CELL_TEXT, 0, text, text.size > 0 ? text : slice_of_text("\"\""));
}

void
table_int(struct table *table, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	add(table, CELL_INT, value, slice_of("", 0), slice_of_text(text));
}

void
table_bytes_text(int64_t bytes, char *text)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)bytes / 1000;
	size_t unit = 0;

	if (bytes < 1000) {
		snprintf(text, TABLE_BYTES_TEXT_SIZE, "%" PRId64 " B", bytes);
		return;
	}
	while (value >= 999.5 && unit + 1 < ARRAY_LENGTH(units)) {
		value /= 1000;
		unit++;
	}
	snprintf(text, TABLE_BYTES_TEXT_SIZE, value < 9.95 ? "%.1f %s" : "%.0f %s", value,
	    units[unit]);
}

void
table_bytes(struct table *table, int64_t bytes)
{
	char text[TABLE_BYTES_TEXT_SIZE];

	if (bytes < 0) {
		table_null(table);
		return;
	}
	table_bytes_text(bytes, text);
	add(table, CELL_INT, bytes, slice_of("", 0), slice_of_text(text));
}

void
table_bool(struct table *table, bool value)
{
	add(table, CELL_BOOL, value, slice_of("", 0), slice_of_text(value ? "yes" : "no"));
}

void
table_ints(struct table *table, const int32_t *values, int32_t count)
{
	struct buffer text;

	buffer_init(&text);
	for (int32_t i = 0; i < count; i++) {
		char number[16];
		int size = snprintf(number, sizeof(number), "%s%" PRId32, i > 0 ? "," : "",
		    values[i]);
		buffer_append(&text, number, (size_t)size);
	}
	struct slice all = buffer_slice(&text);
	add(table, CELL_INTS, 0, all, all.size > 0 ? all : slice_of_text("-"));
	buffer_fini(&text);
}

/* ---------------------------------------------------------------- JSON */

static void
print_field(const struct table_cell *cell, const char *name, struct output *output)
{
	struct buffer list;

	switch (cell->type) {
	case CELL_NULL:
		output_bytes(output, name, slice_null());
		break;
	case CELL_TEXT:
		output_bytes(output, name, buffer_slice(&cell->bytes));
		break;
	case CELL_INT:
		output_int(output, name, cell->value);
		break;
	case CELL_BOOL:
		output_bool(output, name, cell->value != 0);
		break;
	case CELL_INTS:
		buffer_init(&list);
		buffer_append(&list, "[", 1);
		buffer_append_slice(&list, buffer_slice(&cell->bytes));
		buffer_append(&list, "]", 1);
		output_json(output, name, buffer_slice(&list));
		buffer_fini(&list);
		break;
	}
}

static void
print_objects(const struct table *table, struct output *output)
{
	for (size_t i = 0; i < table->cell_count; i += table->column_count) {
		output_begin(output, table->item, NULL);
		for (size_t column = 0; column < table->column_count; column++)
			print_field(&table->cells[i + column], table->columns[column].name, output);
		output_end(output);
	}
}

/* -------------------------------------------------------------- people */

static size_t
width_of(const struct table *table, size_t column)
{
	size_t width = strlen(table->columns[column].title);

	for (size_t i = column; i < table->cell_count; i += table->column_count)
		width = MAX(width, table->cells[i].width);
	return width;
}

static bool
is_number(const struct table *table, size_t column)
{
	for (size_t i = column; i < table->cell_count; i += table->column_count) {
		if (table->cells[i].type == CELL_INT)
			return true;
	}
	return false;
}

static void
print_spaces(struct output *output, size_t count)
{
	while (count-- > 0)
		output_plain(output, " ");
}

/* Numbers stand to the right. A line has no spaces at its end. */
static void
print_padded(struct output *output, struct slice text, size_t text_width, size_t width,
    bool right, bool last)
{
	if (right)
		print_spaces(output, width - text_width);
	output_raw(output, text);
	if (!last && !right)
		print_spaces(output, width - text_width);
	if (!last)
		output_plain(output, "  ");
}

static size_t
last_column(const struct table *table)
{
	size_t last = table->column_count - 1;

	while (table->columns[last].title == NULL)
		last--;
	return last;
}

/* `row` is the number of the row's first cell; SIZE_MAX: the titles. */
static void
print_row(const struct table *table, size_t row, const size_t *widths, struct output *output)
{
	size_t last = last_column(table);

	for (size_t column = 0; column <= last; column++) {
		const char *title = table->columns[column].title;
		struct slice text = slice_of_text(title);
		size_t width = text.size;

		if (title == NULL)
			continue;
		if (row != SIZE_MAX) {
			text = buffer_slice(&table->cells[row + column].people);
			width = table->cells[row + column].width;
		}
		print_padded(output, text, width, widths[column], is_number(table, column),
		    column == last);
	}
	output_plain(output, "\n");
}

void
table_print(const struct table *table, struct output *output)
{
	assert(table->cell_count % table->column_count == 0);
	if (output->json) {
		print_objects(table, output);
		return;
	}
	size_t *widths = memory_array(table->column_count, sizeof(*widths));
	for (size_t column = 0; column < table->column_count; column++) {
		if (table->columns[column].title != NULL)
			widths[column] = width_of(table, column);
	}
	print_row(table, SIZE_MAX, widths, output);
	for (size_t row = 0; row < table->cell_count; row += table->column_count)
		print_row(table, row, widths, output);
	free(widths);
}

void
table_print_upright(const struct table *table, struct output *output)
{
	size_t width = 0;

	assert(table->cell_count % table->column_count == 0);
	if (output->json) {
		print_objects(table, output);
		return;
	}
	for (size_t i = 0; i < table->column_count; i++) {
		if (table->columns[i].title != NULL)
			width = MAX(width, strlen(table->columns[i].title));
	}
	for (size_t i = 0; i < table->cell_count; i++) {
		const char *title = table->columns[i % table->column_count].title;

		if (title == NULL)
			continue;
		print_padded(output, slice_of_text(title), strlen(title), width, false, false);
		output_raw(output, buffer_slice(&table->cells[i].people));
		output_plain(output, "\n");
	}
}
