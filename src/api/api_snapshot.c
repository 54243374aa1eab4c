#include "api/api_private.h"

static void
add_sample(struct snapshot *snapshot, const struct api *it, int loop, size_t listener,
    enum metric_series series, uint64_t value)
{
	snapshot_add_sample(snapshot, series, (double)value);
	snapshot_add_label(snapshot, "listener",
	    slice_of_text(it->config->listeners.bound.items[listener].name));
	snapshot_add_label_number(snapshot, "networkProcessor", loop);
}

static void
add_connections(const struct api *it, int loop, size_t listener, struct snapshot *snapshot)
{
	const struct connection_counts *counts = &it->loops[loop].counts[listener];
	/* In this order: what is closed was created before. */
	uint64_t closed = atomic_load_explicit(&counts->closed, memory_order_acquire);
	uint64_t created = atomic_load_explicit(&counts->created, memory_order_acquire);

	add_sample(snapshot, it, loop, listener, METRIC_SERIES_CONNECTIONS, created - closed);
	add_sample(snapshot, it, loop, listener, METRIC_SERIES_CONNECTIONS_CREATED, created);
	add_sample(snapshot, it, loop, listener, METRIC_SERIES_CONNECTIONS_CLOSED, closed);
}

void
api_snapshot(const struct api *it, struct snapshot *snapshot)
{
	int64_t used = it->frame_bytes;

	for (int i = 0; i < it->loop_count; i++)
		for (size_t j = 0; j < it->listener_count; j++)
			add_connections(it, i, j, snapshot);
	snapshot->gauges[METRIC_MEMORY_POOL_USED] = (double)used;
	snapshot->gauges[METRIC_MEMORY_POOL_AVAILABLE] =
	    (double)MAX(it->frame_bytes_max - used, 0);
}
