#include "metrics/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void
page_text(struct buffer *page, const char *text)
{
	buffer_append(page, text, strlen(text));
}

void
page_family(struct buffer *page, const char *name, const char *type, const char *help)
{
	page_text(page, "# HELP ");
	page_text(page, name);
	page_text(page, " ");
	page_text(page, help);
	page_text(page, "\n# TYPE ");
	page_text(page, name);
	page_text(page, " ");
	page_text(page, type);
	page_text(page, "\n");
}

void
page_label(struct buffer *page, bool follows_another, const char *name, struct slice value)
{
	if (follows_another)
		page_text(page, ",");
	page_text(page, name);
	page_text(page, "=\"");
	for (size_t i = 0; i < value.size; i++) {
		uint8_t byte = value.bytes[i];

		if (byte == '\n') {
			page_text(page, "\\n");
			continue;
		}
		if (byte == '"' || byte == '\\')
			page_text(page, "\\");
		buffer_append(page, &byte, 1);
	}
	page_text(page, "\"");
}

void
page_sample(struct buffer *page, const char *name, struct slice labels, double value)
{
	char number[40];

	page_text(page, name);
	if (labels.size > 0) {
		page_text(page, "{");
		buffer_append_slice(page, labels);
		page_text(page, "}");
	}
	/* Whole numbers in full: offsets are large, and rounding them is wrong. */
	if (fabs(value) < 9.0e15 && value == (double)(int64_t)value)
		(void)snprintf(number, sizeof(number), " %lld\n", (long long)value);
	else
		(void)snprintf(number, sizeof(number), " %.10g\n", value);
	page_text(page, number);
}
