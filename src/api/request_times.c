#include "api/request_times.h"

#include "api/request_kinds.h"
#include "wire/message_errors.h"

static int64_t
now_us(const struct api_request *it)
{
	return clock_monotonic_us(it->loop->api->world->clock);
}

static void
add(struct api_request *it, enum metric_request_histogram which, int64_t value)
{
	histogram_add(&it->counts->histograms[which], value);
}

void
request_times_begin(struct api_request *it, int64_t arrived_us)
{
	if (it->loop->loop->metrics == NULL)
		return;
	it->counts = metrics_request_of(it->loop->loop->metrics, request_kind(&it->request));
	if (it->counts == NULL)
		return;
	it->times.arrived_us = arrived_us;
	it->times.begun_us = now_us(it);
	metrics_request_version(it->counts, it->request.version);
	add(it, METRIC_REQUEST_BYTES, (int64_t)it->frame_size);
	add(it, METRIC_QUEUE_TIME, it->times.begun_us - arrived_us);
}

void
request_times_handled(struct api_request *it)
{
	if (it->counts != NULL && !it->has_ended)
		it->times.handed_on_us = now_us(it);
}

static void
count_error(void *context, int16_t code)
{
	metrics_request_errors(context, code, 1);
}

void
request_times_answered(struct api_request *it)
{
	if (it->counts != NULL)
		message_errors(it->request.entry->response, it->request.version,
		    it->request.response, count_error, it->counts);
}

void
request_times_ended(struct api_request *it)
{
	struct request_times *times = &it->times;

	if (it->counts == NULL)
		return;
	times->ended_us = now_us(it);
	if (times->handed_on_us == 0)
		times->handed_on_us = times->ended_us;
	add(it, METRIC_LOCAL_TIME, times->handed_on_us - times->begun_us);
	add(it, METRIC_REMOTE_TIME, times->ended_us - times->handed_on_us);
}

void
request_times_sent(struct api_request *it, int64_t sending_us, int64_t sent_us)
{
	if (it->counts == NULL)
		return;
	/* An answer without bytes is sent when it has ended. */
	sending_us = MAX(sending_us, it->times.ended_us);
	sent_us = MAX(sent_us, sending_us);
	add(it, METRIC_RESPONSE_QUEUE_TIME, sending_us - it->times.ended_us);
	add(it, METRIC_RESPONSE_SEND_TIME, sent_us - sending_us);
	add(it, METRIC_TOTAL_TIME, sent_us - it->times.arrived_us);
}
