/*
 * Fetch (protocol.md 8). A round reads the partitions in the order of the
 * request, since what one gives leaves less for the next. When a round gives
 * too little, those without data are parked with their partitions until one
 * has some, or the time is over; then there is another round.
 */
#include <stdlib.h>

#include "api/fetch_private.h"

enum { LOOK_AGAIN_US = 20 * 1000 }; /* data came, but less than min_bytes */

static void next_piece(struct fetch *it);

static void
begin_round(struct fetch *it)
{
	it->next = 0;
	it->bytes = 0;
	it->has_news = false;
	next_piece(it);
}

static bool
is_late(const struct fetch *it)
{
	return clock_monotonic_us(request_world(it->request)->clock) >= it->deadline_us;
}

static void
release(struct fetch_piece *piece)
{
	log_slice_release(&piece->fetch.slice);
	piece->fetch.slice = (struct log_slice){ 0 };
	free(piece->fetch.aborted);
	piece->fetch.aborted = NULL;
	piece->fetch.aborted_count = 0;
}

static void
ended(struct request *request)
{
	struct fetch *it = container_of(request->response, struct fetch_response_of, response)->fetch;

	for (int i = 0; i < it->count; i++)
		release(&it->pieces[i]);
}

/* The answer is encoded, out of the session too, when request_answer returns; the fetch may be gone. */
static void
finish(struct fetch *it)
{
	struct fetch_session *session = it->session;

	timer_stop(it->request->loop, &it->timer);
	follower_waits_remove(&it->wait);
	it->is_over = true;
	fetch_fill_response(it);
	request_answer(it->request);
	if (session != NULL)
		fetch_session_cache_give_back(session);
}

/* ------------------------------------------------------------------ waiting */

/* All that was parked is back: what it brought is used, or a new round begins. */
static void
all_back(struct fetch *it)
{
	int with_data = 0;

	follower_waits_remove(&it->wait);
	for (int i = 0; i < it->count; i++)
		with_data += it->pieces[i].fetch.slice.size > 0;
	if (with_data == 1 && it->bytes >= fetch_min_bytes(it)) {
		finish(it);
		return;
	}
	/* In a round operations are out: the time is looked at when it is over. */
	timer_stop(it->request->loop, &it->timer);
	begin_round(it);
}

static void
unpark(struct fetch *it)
{
	if (it->unparking)
		return;
	it->unparking = true;
	it->out++;
	for (int i = 0; i < it->count; i++)
		if (it->pieces[i].is_out)
			partition_cancel(it->pieces[i].partition, &it->pieces[i].fetch.operation);
	if (--it->out == 0)
		all_back(it);
}

static void
came_back(struct partition_operation *operation)
{
	struct fetch_piece *piece = container_of(operation, struct fetch_piece, fetch.operation);
	struct fetch *it = piece->of;

	piece->is_out = false;
	it->out--;
	if (operation->status != PARTITION_OK && operation->status != PARTITION_TIMED_OUT)
		piece->code = partition_status_code(operation->status);
	it->bytes += piece->fetch.slice.size;
	if (!it->unparking)
		unpark(it);
	else if (it->out == 0)
		all_back(it);
}

static void
time_passed(struct timer *timer)
{
	struct fetch *it = container_of(timer, struct fetch, timer);

	if (it->out > 0)
		unpark(it);
	else
		begin_round(it);
}

/* A follower hears of it at once that there is more to ask for. */
static void
hurry(struct follower_wait *wait)
{
	struct fetch *it = container_of(wait, struct fetch, wait);

	it->deadline_us = clock_monotonic_us(request_world(it->request)->clock);
	unpark(it);
}

static void
park(struct fetch *it)
{
	if (fetch_is_of_follower(it)) {
		struct follower_waits *waits = request_follower_waits(it->request);

		/* This broker may lead more since the round began. */
		it->deadline_us = follower_waits_deadline(waits,
		    clock_monotonic_us(request_world(it->request)->clock), it->deadline_us);
		follower_waits_add(waits, &it->wait);
	}
	timer_start(it->request->loop, &it->timer, it->deadline_us);
	it->unparking = false;
	it->out = 1;
	for (int i = 0; i < it->count; i++) {
		struct fetch_piece *piece = &it->pieces[i];

		if (piece->code != KAFKA_ERROR_NONE || piece->partition == NULL)
			continue;
		fetch_piece_prepare(piece, true);
		piece->fetch.operation.answered = came_back;
		piece->is_out = true;
		it->out++;
		partition_fetch(piece->partition, &piece->fetch);
		if (it->unparking)
			break; /* it came back at once */
	}
	if (--it->out == 0)
		all_back(it);
}

/* ------------------------------------------------------------------- a round */

static void
round_is_over(struct fetch *it)
{
	bool waits = !it->has_error && !it->has_news && it->bytes < fetch_min_bytes(it) &&
	    it->readable > 0;

	if (!waits || is_late(it)) {
		finish(it);
	} else if (it->bytes > 0) {
		timer_start(it->request->loop, &it->timer, MIN(it->deadline_us,
		    clock_monotonic_us(request_world(it->request)->clock) + LOOK_AGAIN_US));
	} else {
		park(it);
	}
}

static void
take_result(struct fetch_piece *piece, const struct partition_operation *operation)
{
	struct fetch *it = piece->of;

	piece->code = partition_status_code(operation->status);
	if (piece->code != KAFKA_ERROR_NONE || piece->fetch.diverging_epoch >= 0 ||
	    piece->fetch.preferred_replica >= 0)
		it->has_error = true;
	if (fetch_is_of_follower(it) && piece->code == KAFKA_ERROR_NONE) {
		piece->known_high_watermark = piece->fetch.known_high_watermark;
		it->has_news = it->has_news ||
		    piece->fetch.high_watermark > piece->known_high_watermark;
	}
	it->bytes += piece->fetch.slice.size;
	it->next++;
}

static void
was_read(struct partition_operation *operation)
{
	struct fetch_piece *piece = container_of(operation, struct fetch_piece, fetch.operation);
	struct fetch *it = piece->of;

	take_result(piece, operation);
	if (!it->inside)
		next_piece(it);
}

/* Goes on as long as partitions answer at once. */
static void
next_piece(struct fetch *it)
{
	int before = -1;

	it->inside = true;
	while (it->next < it->count && it->next != before) {
		struct fetch_piece *piece = &it->pieces[it->next];

		before = it->next;
		release(piece);
		if (piece->partition == NULL) {
			it->next++;
			continue;
		}
		fetch_piece_prepare(piece, false);
		piece->fetch.operation.answered = was_read;
		partition_fetch(piece->partition, &piece->fetch);
	}
	it->inside = false;
	if (it->next == it->count)
		round_is_over(it);
}

void
fetch_begin(struct fetch *it)
{
	int64_t now_us = clock_monotonic_us(request_world(it->request)->clock);

	timer_init(&it->timer, time_passed);
	list_init(&it->wait.link);
	it->wait.hurry = hurry;
	it->request->ended = ended;
	it->deadline_us = now_us + MAX(it->body->max_wait_ms, 0) * INT64_C(1000);
	if (fetch_is_of_follower(it))
		it->deadline_us = follower_waits_deadline(request_follower_waits(it->request),
		    now_us, it->deadline_us);
	begin_round(it);
}
