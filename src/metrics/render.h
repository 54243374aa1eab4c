/*
 * metrics/render.h: the page of /metrics, from cells and a snapshot. What a
 * reader has to remember of quantiles (histogram.h) stands in its view.
 */
#ifndef KLAMM_METRICS_RENDER_H
#define KLAMM_METRICS_RENDER_H

#include "metrics/snapshot.h"

/* The reader's, one thread's at a time. */
struct metrics_view;

/* What the numbers of requests and errors are called, by who knows the protocol. */
struct metrics_names {
	/* NULL: there is no such kind. */
	const char *(*request)(int kind);
	/* NULL: there is no such code. */
	const char *(*error)(int code);
	/*
	 * The kind whose figures hold those of this one, too: Kafka counts a Fetch as
	 * Fetch and as FetchConsumer or FetchFollower. -1: none.
	 */
	int (*sum_of)(int kind);
};

struct metrics_view *metrics_view_new(const struct metrics_names *names);
void metrics_view_free(struct metrics_view *view);

/* Appends the page. `now_ms` is monotonic. */
void metrics_render(struct metrics_view *view, const struct metrics *metrics,
    const struct snapshot *snapshot, int64_t now_ms, struct buffer *page);

#endif
