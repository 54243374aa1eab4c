#include "log/log_offsets_before.h"

#include <assert.h>

#include "log/log_private.h"

/* A last segment with records makes the log end one more place. */
static bool
has_end(const struct log *log)
{
	return log->segments[log->count - 1]->size > 0;
}

int32_t
log_offsets_before_max(const struct log *log)
{
	return log->count + has_end(log);
}

static int64_t
offset_at(const struct log *log, int32_t place)
{
	return place == log->count ? log->end_offset :
	    MAX(log->segments[place]->base_offset, log->start_offset);
}

static int64_t
time_at(const struct log *log, int32_t place, int64_t now_ms)
{
	return place == log->count ? now_ms : log->segments[place]->modified_ms;
}

int32_t
log_offsets_before(const struct log *log, int64_t timestamp, int64_t now_ms, int64_t *offsets,
    int32_t max)
{
	int32_t place = log_offsets_before_max(log) - 1, count = 0;

	assert(max >= 0);
	if (timestamp == LOG_BEFORE_EARLIEST)
		place = 0;
	else if (timestamp != LOG_BEFORE_LATEST)
		while (place >= 0 && time_at(log, place, now_ms) > timestamp)
			place--;
	for (; place >= 0 && count < max; place--)
		offsets[count++] = offset_at(log, place);
	return count;
}
