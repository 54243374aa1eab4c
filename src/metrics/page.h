/*
 * metrics/page.h: Prometheus' text format, version 0.0.4: families of samples,
 * each with what it is before them. It goes to the end of a buffer.
 */
#ifndef KLAMM_METRICS_PAGE_H
#define KLAMM_METRICS_PAGE_H

#include <stdbool.h>

#include "base/buffer.h"

#define PAGE_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Before the family's first sample; `help` has no line ends and no backslashes. */
void page_family(struct buffer *page, const char *name, const char *type, const char *help);
/* One label as it stands between the braces; the value may be any bytes. */
void page_label(struct buffer *page, bool follows_another, const char *name, struct slice value);
/* `labels`: as they stand between the braces; empty: none. */
void page_sample(struct buffer *page, const char *name, struct slice labels, double value);
void page_text(struct buffer *page, const char *text);

#endif
