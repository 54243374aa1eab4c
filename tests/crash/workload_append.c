/* The workload's appends: told before, done, acknowledged. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "wire/batch.h"
#include "wire/control_record.h"
#include "workload_private.h"

static void
tell_batch(struct workload *work, int partition, const uint8_t *bytes, size_t size,
    int64_t *next_offset)
{
	struct batch_header header;
	struct event event = {
		.type = EVENT_APPEND,
		.partition = partition,
		.leader_epoch = work->leader_epoch,
		.offset = *next_offset,
		.hash = model_hash(bytes, size),
	};

	workload_must(batch_header_read(slice_of(bytes, size), &header), "own batch");
	event.last_offset = *next_offset + header.last_offset_delta;
	*next_offset = event.last_offset + 1;
	if (write(work->options->events, &event, sizeof(event)) != (ssize_t)sizeof(event))
		abort();
}

static void
acknowledge(struct workload *work, int partition)
{
	struct log *log = workload_log(work, partition);

	if (work->options->flush_before_ack)
		workload_must(log_flush_now(log, LOG_FLUSH_RECORDS, work->now_ms), "flush");
	struct event event = {
		.type = EVENT_APPENDED,
		.partition = partition,
		.last_offset = log_end_offset(log) - 1,
	};
	if (write(work->options->events, &event, sizeof(event)) != (ssize_t)sizeof(event))
		abort();
}

/* Times go on, but not in order. */
static void
number_batch(struct workload *work, struct house_batch *batch)
{
	work->now_ms += 20;
	batch->number = work->number++;
	batch->timestamp = work->now_ms - (int64_t)prng_below(&work->prng, 50);
}

static void
append_all(struct workload *work, int partition, struct log_append *appends, int count)
{
	struct log *log = workload_log(work, partition);
	int64_t next_offset = log_end_offset(log);

	for (int i = 0; i < count; i++)
		tell_batch(work, partition, appends[i].bytes, appends[i].size, &next_offset);
	workload_must(log_append_as_leader(log, appends, count, work->leader_epoch, work->now_ms),
	    "append");
	for (int i = 0; i < count; i++) {
		if (appends[i].status != LOG_APPEND_DONE) {
			fprintf(stderr, "append: %s\n", log_append_status_text(appends[i].status));
			abort();
		}
	}
	acknowledge(work, partition);
}

void
workload_append(struct workload *work, int partition, struct house_batch *batches, int count)
{
	struct log_append appends[WORKLOAD_SETS_MAX];
	struct buffer bytes[WORKLOAD_SETS_MAX];

	for (int i = 0; i < count; i++) {
		number_batch(work, &batches[i]);
		buffer_init(&bytes[i]);
		house_batch_write(&bytes[i], &batches[i]);
		appends[i] = (struct log_append){ .bytes = bytes[i].bytes, .size = bytes[i].size };
	}
	append_all(work, partition, appends, count);
	for (int i = 0; i < count; i++)
		buffer_fini(&bytes[i]);
}

void
workload_append_fetched(struct workload *work, struct house_batch *batches, int count)
{
	struct log *log = workload_log(work, CRASH_FOLLOWER);
	int64_t next_offset = log_end_offset(log);
	struct buffer set;

	buffer_init(&set);
	for (int i = 0; i < count; i++) {
		size_t before = set.size;

		number_batch(work, &batches[i]);
		batches[i].base_offset = next_offset;
		batches[i].leader_epoch = work->leader_epoch;
		house_batch_write(&set, &batches[i]);
		tell_batch(work, CRASH_FOLLOWER, set.bytes + before, set.size - before,
		    &next_offset);
	}
	struct log_append append = { .bytes = set.bytes, .size = set.size };
	workload_must(log_append_as_follower(log, &append, work->now_ms), "append as follower");
	if (append.status != LOG_APPEND_DONE)
		abort();
	buffer_fini(&set);
	acknowledge(work, CRASH_FOLLOWER);
}

void
workload_append_marker(struct workload *work, int64_t producer_id, bool commit)
{
	struct control_record_marker marker = {
		.timestamp = work->now_ms,
		.producer_id = producer_id,
		.type = commit ? CONTROL_RECORD_COMMIT : CONTROL_RECORD_ABORT,
		.coordinator_epoch = 3,
	};
	struct log_append append = { .origin = LOG_FROM_COORDINATOR };
	struct buffer bytes;

	buffer_init(&bytes);
	control_record_write_marker(&bytes, &marker);
	append.bytes = bytes.bytes;
	append.size = bytes.size;
	append_all(work, CRASH_TRANSACTIONS, &append, 1);
	buffer_fini(&bytes);
}

void
workload_append_again(struct workload *work, int partition, const struct house_batch *batch)
{
	struct log_append append = { 0 };
	struct buffer bytes;

	buffer_init(&bytes);
	house_batch_write(&bytes, batch);
	append.bytes = bytes.bytes;
	append.size = bytes.size;
	workload_must(log_append_as_leader(workload_log(work, partition), &append, 1,
	    work->leader_epoch, work->now_ms), "append again");
	if (append.status != LOG_APPEND_DUPLICATE)
		abort();
	buffer_fini(&bytes);
}
