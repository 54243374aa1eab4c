#include "partition/fetcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "partition/fetcher_private.h"
#include "partition/partition_private.h"

enum {
	/* So long a Fetch waits for partitions that still take the last answer. */
	PATIENCE_US = 5000,
	/* And so long the leader may keep one that some are not in. */
	SHORT_WAIT_MS = 20,
	RECONNECT_FIRST_MS = 50,
	/* Who is held back by the throttle is looked at again. */
	THROTTLE_WAIT_MS = 200,
	/* A leader answers a Fetch so long after its time at most; or it is slow, or gone. */
	OVERDUE_US = 2000 * 1000,
};

const struct fetcher_link_port fetcher_broker_link = {
	broker_link_new, broker_link_ask, broker_link_set_address, broker_link_reset,
	broker_link_close };

static int64_t
now_us(const struct fetcher *fetcher)
{
	return clock_monotonic_us(fetcher->world->clock);
}

int32_t
fetcher_number_of(struct slice topic, int32_t partition, int32_t count)
{
	uint32_t hash = 0;

	/* As Java's String.hashCode, of names that are ASCII. */
	for (size_t i = 0; i < topic.size; i++)
		hash = 31 * hash + topic.bytes[i];
	int32_t key = (int32_t)(31 * hash + (uint32_t)partition);
	return key == INT32_MIN ? 0 : abs(key) % MAX(count, 1);
}

/* ---------------------------------------------------------- what each waits for */

static void
partition_free(struct fetcher_partition *it)
{
	list_remove(&it->link);
	fetcher_session_leave(&it->fetcher->session, it);
	it->fetcher->partitions--;
	partition_release(it->partition);
	free(it);
}

static void
enlist(struct fetcher_partition *it, enum fetcher_partition_state state, struct list *list)
{
	list_remove(&it->link);
	it->state = state;
	list_append(list, &it->link);
	if (it->removed)
		partition_free(it);
}

void
fetcher_make_ready(struct fetcher_partition *it)
{
	if (list_is_empty(&it->fetcher->ready))
		it->fetcher->ready_since_us = now_us(it->fetcher);
	enlist(it, FETCHER_READY, &it->fetcher->ready);
}

void
fetcher_wait(struct fetcher_partition *it, int64_t wait_ms)
{
	it->due_us = now_us(it->fetcher) + wait_ms * 1000;
	enlist(it, FETCHER_WAITING, &it->fetcher->waiting);
}

/* ------------------------------------------------------- what the partition says */

static void
obey(struct fetcher_partition *it, const struct follower_ask *ask)
{
	switch (ask->type) {
	case FOLLOWER_ASK_RECORDS:
		fetcher_make_ready(it);
		return;
	case FOLLOWER_ASK_END:
	case FOLLOWER_ASK_START:
		enlist(it, FETCHER_READY_FOR_BOUND, &it->fetcher->bounds);
		return;
	case FOLLOWER_ASK_LATER:
		fetcher_wait(it, ask->wait_ms);
		return;
	case FOLLOWER_ASK_NOTHING:
		enlist(it, FETCHER_ENDED, &it->fetcher->ended);
		return;
	}
}

static void
followed(struct partition_operation *operation)
{
	struct fetcher_partition *it = container_of(operation, struct fetcher_partition,
	    follow.operation);
	struct fetcher *fetcher = it->fetcher;

	fetcher->taking--;
	broker_link_answer_release(it->answer);
	it->answer = NULL;
	if (operation->status == PARTITION_OK && it->told_high_watermark >= 0)
		it->in_sync = it->told_high_watermark <= it->follow.next.offset;
	if (operation->status == PARTITION_OK)
		obey(it, &it->follow.next);
	else if (operation->status == PARTITION_STORAGE)
		fetcher_wait(it, fetcher->options.settings->backoff_ms);
	else
		enlist(it, FETCHER_ENDED, &fetcher->ended);
	fetcher_go_on(fetcher);
}

void
fetcher_give(struct fetcher_partition *it, struct broker_link_answer *answer)
{
	list_remove(&it->link);
	it->state = FETCHER_TAKING;
	it->answer = answer == NULL ? NULL : broker_link_answer_hold(answer);
	it->fetcher->taking++;
	it->follow.answer.leader_epoch = it->leader_epoch;
	it->follow.operation.loop = it->fetcher->loop;
	it->follow.operation.answered = followed;
	partition_follow(it->partition, &it->follow);
}

/* Nothing was asked: it says what it wants. */
static void
begin(struct fetcher_partition *it)
{
	it->told_high_watermark = it->told_log_start = -1;
	it->follow.answer = (struct follower_answer){ .type = FOLLOWER_BEGINS };
	fetcher_give(it, NULL);
}

/* ------------------------------------------------------------------ sending */

static int64_t
first_due_us(const struct fetcher *fetcher)
{
	int64_t first_us = INT64_MAX;

	for (const struct list *link = fetcher->waiting.next; link != &fetcher->waiting;
	     link = link->next)
		first_us = MIN(first_us,
		    container_of(link, const struct fetcher_partition, link)->due_us);
	return first_us;
}

/* Who is not in the request would have to wait as long as the leader keeps it. */
static int32_t
max_wait_ms(const struct fetcher *fetcher)
{
	int64_t wait_ms = fetcher->options.settings->wait_max_ms;

	if (fetcher->taking > 0 || !list_is_empty(&fetcher->bounds) ||
	    fetcher->list_offsets.is_out)
		wait_ms = MIN(wait_ms, SHORT_WAIT_MS);
	if (!list_is_empty(&fetcher->waiting))
		wait_ms = MIN(wait_ms, MAX(first_due_us(fetcher) - now_us(fetcher), 0) / 1000);
	return (int32_t)wait_ms;
}

/* Those in sync are never held back: they would leave the ISR (KIP-73). */
static bool
is_held_back(const struct fetcher_partition *it)
{
	return !it->in_sync && partition_is_throttled_follower(it->partition);
}

static void
hold_back(struct fetcher *fetcher)
{
	const struct replication_quota *quota = fetcher->options.quota;

	if (quota == NULL || !replication_quota_is_exceeded(quota, now_us(fetcher)))
		return;
	LIST_FOREACH(link, &fetcher->ready) {
		struct fetcher_partition *it = container_of(link, struct fetcher_partition, link);

		if (is_held_back(it))
			fetcher_wait(it, THROTTLE_WAIT_MS);
	}
}

static bool
fetch_is_due(const struct fetcher *fetcher)
{
	return !fetcher->fetch.is_out && !list_is_empty(&fetcher->ready) &&
	    (fetcher->taking == 0 || now_us(fetcher) >= fetcher->ready_since_us + PATIENCE_US);
}

static void
arm(struct fetcher *fetcher)
{
	int64_t at_us = first_due_us(fetcher);

	if (!fetcher->fetch.is_out && !list_is_empty(&fetcher->ready))
		at_us = MIN(at_us, fetcher->ready_since_us + PATIENCE_US);
	if (at_us == INT64_MAX)
		timer_stop(fetcher->loop, &fetcher->timer);
	else
		timer_start(fetcher->loop, &fetcher->timer, at_us);
}

static void
open_link(struct fetcher *fetcher)
{
	const struct fetcher_options *options = &fetcher->options;
	struct broker_link_options link = {
		.world = fetcher->world,
		.loop = fetcher->loop,
		.host = fetcher->host,
		.port = options->port,
		.largest_answer = options->settings->largest_answer,
		.reconnect_backoff_ms = RECONNECT_FIRST_MS,
		.reconnect_backoff_max_ms = MAX(options->settings->backoff_ms, RECONNECT_FIRST_MS),
	};
	char client_id[64];

	(void)snprintf(client_id, sizeof(client_id), "broker-%d-fetcher-%d", options->broker_id,
	    options->number);
	link.client_id = client_id;
	fetcher->link = options->links->open(&link);
}

static void
announce_end(struct fetcher *fetcher)
{
	if (!fetcher->link_closed || fetcher->partitions > 0)
		return;
	fetcher->link_closed = false; /* once */
	loop_post(fetcher->world->control, &fetcher->closed_message);
}

static void
send(struct loop_task *task)
{
	struct fetcher *fetcher = container_of(task, struct fetcher, task);

	if (fetcher->closing) {
		announce_end(fetcher);
		return;
	}
	if (fetcher->link == NULL)
		open_link(fetcher);
	if (!fetcher->list_offsets.is_out && !list_is_empty(&fetcher->bounds))
		fetcher_send_list_offsets(fetcher);
	if (!fetcher->fetch.is_out)
		hold_back(fetcher);
	if (fetch_is_due(fetcher))
		fetcher_send_fetch(fetcher, max_wait_ms(fetcher));
	arm(fetcher);
}

void
fetcher_go_on(struct fetcher *fetcher)
{
	loop_run_at_end(fetcher->loop, &fetcher->task);
}

static void
ring(struct timer *timer)
{
	struct fetcher *fetcher = container_of(timer, struct fetcher, timer);
	int64_t time_us = now_us(fetcher);

	LIST_FOREACH(link, &fetcher->waiting) {
		struct fetcher_partition *it = container_of(link, struct fetcher_partition, link);

		if (it->due_us <= time_us)
			begin(it);
	}
	fetcher_go_on(fetcher);
}

/* ------------------------------------------------------- from the control loop */

struct command {
	struct loop_message message;
	struct fetcher *fetcher;
	struct fetcher_partition *partition;
	char *host;
	uint16_t port;
};

static void
post(struct fetcher *fetcher, void (*run)(struct loop_message *message),
    const struct command *command)
{
	struct command *it = memory_new(sizeof(*it));

	*it = *command;
	it->fetcher = fetcher;
	it->message.run = run;
	loop_post(fetcher->loop, &it->message);
}

struct fetcher *
fetcher_new(const struct fetcher_options *options)
{
	struct fetcher *fetcher = memory_new(sizeof(*fetcher));

	fetcher->options = *options;
	fetcher->world = options->world;
	fetcher->loop = options->loop;
	fetcher->host = memory_text(options->host, strlen(options->host));
	fetcher->options.host = NULL;
	list_init(&fetcher->ready);
	list_init(&fetcher->bounds);
	list_init(&fetcher->waiting);
	list_init(&fetcher->ended);
	list_init(&fetcher->task.link);
	fetcher->task.run = send;
	timer_init(&fetcher->timer, ring);
	fetcher_rate_init(&fetcher->rate, clock_monotonic_us(fetcher->world->clock));
	fetcher_exchanges_init(fetcher);
	return fetcher;
}

struct fetcher_figures
fetcher_figures(const struct fetcher *fetcher, int64_t now_us)
{
	return (struct fetcher_figures){
		.requests = fetcher_rate_count(&fetcher->rate),
		.bytes = atomic_load_explicit(&fetcher->bytes, memory_order_relaxed),
		.rate = fetcher_rate_per_second(&fetcher->rate, now_us),
	};
}

static bool
is_overdue(const struct fetcher *fetcher)
{
	return fetcher->fetch.is_out && fetcher->link != NULL && now_us(fetcher) >=
	    fetcher->fetch.asked_us + fetcher->options.settings->wait_max_ms * 1000 + OVERDUE_US;
}

/*
 * What was asked on the connection may wait for a machine that has lost its power without a word: who
 * leads now is its next life, and would be waited for until replica.socket.timeout.ms.
 */
static void
run_add(struct loop_message *message)
{
	struct command *command = container_of(message, struct command, message);
	struct fetcher *fetcher = command->fetcher;

	fetcher->partitions++;
	begin(command->partition);
	if (is_overdue(fetcher))
		fetcher->options.links->reset(fetcher->link);
	free(command);
}

struct fetcher_partition *
fetcher_add(struct fetcher *fetcher, struct partition *partition, int32_t leader_epoch)
{
	struct fetcher_partition *it = memory_new(sizeof(*it));

	it->fetcher = fetcher;
	it->partition = partition_hold(partition);
	it->leader_epoch = leader_epoch;
	list_init(&it->link);
	list_init(&it->membership.link);
	post(fetcher, run_add, &(struct command){ .partition = it });
	return it;
}

static void
run_remove(struct loop_message *message)
{
	struct command *command = container_of(message, struct command, message);
	struct fetcher *fetcher = command->fetcher;
	struct fetcher_partition *it = command->partition;

	it->removed = true;
	/* What a request that is out points to stays until it is answered. */
	if (it->state != FETCHER_TAKING && it->state != FETCHER_ASKED)
		partition_free(it);
	fetcher_go_on(fetcher);
	free(command);
}

void
fetcher_remove(struct fetcher *fetcher, struct fetcher_partition *handle)
{
	post(fetcher, run_remove, &(struct command){ .partition = handle });
}

static void
run_set_address(struct loop_message *message)
{
	struct command *command = container_of(message, struct command, message);
	struct fetcher *fetcher = command->fetcher;

	free(fetcher->host);
	fetcher->host = command->host;
	fetcher->options.port = command->port;
	if (fetcher->link != NULL)
		fetcher->options.links->set_address(fetcher->link, fetcher->host, command->port);
	free(command);
}

void
fetcher_set_address(struct fetcher *fetcher, const char *host, uint16_t port)
{
	post(fetcher, run_set_address,
	    &(struct command){ .host = memory_text(host, strlen(host)), .port = port });
}

/* ------------------------------------------------------------------ the end */

static void
link_closed(void *context)
{
	struct fetcher *fetcher = context;

	fetcher->link_closed = true;
	fetcher_go_on(fetcher);
}

static void
run_close(struct loop_message *message)
{
	struct command *command = container_of(message, struct command, message);
	struct fetcher *fetcher = command->fetcher;
	struct broker_link *link = fetcher->link;

	fetcher->closing = true;
	fetcher->link = NULL;
	timer_stop(fetcher->loop, &fetcher->timer);
	if (link != NULL)
		fetcher->options.links->close(link, link_closed, fetcher);
	else
		link_closed(fetcher);
	free(command);
}

static void
is_closed(struct loop_message *message)
{
	struct fetcher *fetcher = container_of(message, struct fetcher, closed_message);
	void (*closed)(void *context) = fetcher->closed;
	void *context = fetcher->context;

	fetcher_exchanges_fini(fetcher);
	free(fetcher->host);
	free(fetcher);
	closed(context);
}

void
fetcher_close(struct fetcher *fetcher, void (*closed)(void *context), void *context)
{
	fetcher->closed = closed;
	fetcher->context = context;
	fetcher->closed_message.run = is_closed;
	post(fetcher, run_close, &(struct command){ 0 });
}
