/*
 * tests/unit/metrics/parse_page.h: a reader of Prometheus' text format that is
 * strict: what a page may not do is a failed test.
 */
#ifndef KLAMM_TESTS_PARSE_PAGE_H
#define KLAMM_TESTS_PARSE_PAGE_H

#include "base/buffer.h"

enum { PARSED_NAME = 128, PARSED_LABELS = 512 };

struct parsed_sample {
	char name[PARSED_NAME];
	char labels[PARSED_LABELS]; /* as between the braces */
	double value;
};

struct parsed_family {
	char name[PARSED_NAME];
	char type[16];
	size_t samples;
};

struct parsed_page {
	struct parsed_family *families;
	size_t family_count;
	struct parsed_sample *samples;
	size_t sample_count;
};

void parse_page(const struct buffer *buffer, struct parsed_page *page);
void parsed_page_fini(struct parsed_page *page);
/* NULL: there is none. */
const struct parsed_sample *parsed_sample_find(const struct parsed_page *page, const char *name,
    const char *labels);
const struct parsed_family *parsed_family_find(const struct parsed_page *page, const char *name);
/* It has to be there. */
double parsed_value(const struct parsed_page *page, const char *name, const char *labels);

#endif
