/* The three operations of clients: prepared, given, answered. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/unit/partition/yard.h"
#include "wire/batch_run.h"

static void
begin(struct yard *yard, struct yard_tally *tally)
{
	*tally = (struct yard_tally){ .yard = yard };
}

static void
enter(struct yard_tally *tally, struct partition_operation *operation, int from)
{
	operation->loop = &tally->yard->process.loops[tally->loop]->loop;
	yard_enter(tally->yard, from);
}

/* It is the maker's again: no event of it may be on its way. */
static void
count_answer(struct yard_tally *tally, struct partition_operation *operation)
{
	operation->event.type = operation->cancel.type = PARTITION_EVENT_COUNT;
	cr_assert_eq(loop_current(), operation->loop, "answered on another loop");
	tally->answers++;
	tally->order = ++tally->yard->answers;
}

void
yard_cancel(struct yard_tally *tally, struct partition_operation *operation)
{
	yard_enter(tally->yard, tally->loop);
	partition_cancel(tally->yard->partition, operation);
	yard_leave(tally->yard);
}

/* ---------------------------------------------------------------- appends */

static void
append_answered(struct partition_operation *operation)
{
	struct partition_append *append = container_of(operation, struct partition_append,
	    operation);

	count_answer(&container_of(append, struct yard_append, append)->tally, operation);
}

static void
appended(struct partition_append *append)
{
	struct yard_append *told = container_of(append, struct yard_append, append);

	cr_assert_eq(loop_current(), append->operation.loop, "told on another loop");
	cr_assert_eq(told->tally.answers, 0, "told after its answer");
	told->told++;
}

void
yard_prepare_append(struct yard *yard, struct yard_append *append,
    const struct log_sample *sample, int16_t acks)
{
	begin(yard, &append->tally);
	append->told = 0;
	buffer_init(&append->bytes);
	log_sample_batch(&append->bytes, sample, 0);
	append->append = (struct partition_append){
		.operation.answered = append_answered,
		.bytes = append->bytes.bytes,
		.size = append->bytes.size,
		.origin = LOG_FROM_CLIENT,
		.required_acks = acks,
		.required_leader_epoch = -1,
		.now_ms = clock_wall_ms(yard->process.world.clock),
		.appended = appended,
	};
}

void
yard_give_append(struct yard_append *append, int from)
{
	struct yard *yard = append->tally.yard;

	enter(&append->tally, &append->append.operation, from);
	partition_append(yard->partition, &append->append);
	yard_leave(yard);
}

void
yard_append(struct yard *yard, struct yard_append *append, int records, int16_t acks)
{
	yard_prepare_append(yard, append, &(struct log_sample){ .records = records }, acks);
	yard_give_append(append, append->tally.loop);
	yard_run(yard);
}

void
yard_forget_append(struct yard_append *append)
{
	cr_assert_eq(append->tally.answers, 1, "answered %d times", append->tally.answers);
	buffer_fini(&append->bytes);
}

static int64_t
produce(struct yard_append *append)
{
	const struct partition_append *result = &append->append;

	yard_give_append(append, 0);
	yard_run(append->tally.yard);
	yard_forget_append(append);
	return result->operation.status == PARTITION_OK ? result->base_offset :
	    -1 - (int64_t)result->operation.status;
}

int64_t
yard_produce(struct yard *yard, const struct log_sample *sample)
{
	struct yard_append append;

	yard_prepare_append(yard, &append, sample, 1);
	return produce(&append);
}

void
yard_fill(struct yard *yard, int batches, int value_size)
{
	for (int i = 0; i < batches; i++) {
		struct log_sample sample = { .records = 1, .value_size = value_size,
			.timestamp = YARD_RECORD_TIME + log_end_offset(yard->log) };

		cr_assert_geq(yard_produce(yard, &sample), 0);
	}
}

void
yard_transact(struct yard *yard, int64_t producer_id, int32_t sequence)
{
	struct log_sample sample = { .records = 1, .producer_id = producer_id,
		.base_sequence = sequence, .transactional = true };

	cr_assert_geq(yard_produce(yard, &sample), 0);
}

void
yard_end_transaction(struct yard *yard, int64_t producer_id, enum control_record_type type)
{
	struct yard_append append;

	yard_prepare_append(yard, &append, &(struct log_sample){ .records = 1 }, 1);
	buffer_fini(&append.bytes);
	buffer_init(&append.bytes);
	log_sample_marker(&append.bytes, producer_id, type);
	append.append.bytes = append.bytes.bytes;
	append.append.size = append.bytes.size;
	append.append.origin = LOG_FROM_COORDINATOR;
	cr_assert_geq(produce(&append), 0);
}

/* ---------------------------------------------------------------- fetches */

static void
fetch_answered(struct partition_operation *operation)
{
	struct partition_fetch *fetch = container_of(operation, struct partition_fetch, operation);

	count_answer(&container_of(fetch, struct yard_fetch, fetch)->tally, operation);
}

void
yard_prepare_fetch(struct yard *yard, struct yard_fetch *fetch, int64_t offset)
{
	begin(yard, &fetch->tally);
	fetch->fetch = (struct partition_fetch){
		.operation.answered = fetch_answered,
		.offset = offset,
		.max_bytes = INT32_MAX,
		.at_least_one = true,
		.current_leader_epoch = -1,
		.last_fetched_epoch = -1,
	};
}

void
yard_give_fetch(struct yard_fetch *fetch, int from)
{
	struct yard *yard = fetch->tally.yard;

	enter(&fetch->tally, &fetch->fetch.operation, from);
	partition_fetch(yard->partition, &fetch->fetch);
	yard_leave(yard);
}

void
yard_wait_for(struct yard *yard, struct yard_fetch *fetch, int64_t offset)
{
	yard_prepare_fetch(yard, fetch, offset);
	fetch->fetch.wait = true;
	yard_give_fetch(fetch, 0);
	yard_run(yard);
}

void
yard_fetch(struct yard *yard, struct yard_fetch *fetch, int64_t offset)
{
	yard_prepare_fetch(yard, fetch, offset);
	yard_give_fetch(fetch, 0);
	yard_run(yard);
}

void
yard_prepare_follow(struct yard *yard, struct yard_fetch *fetch, int32_t replica, int64_t offset)
{
	yard_prepare_fetch(yard, fetch, offset);
	fetch->fetch.is_follower = true;
	fetch->fetch.replica_id = replica;
	fetch->fetch.replica_epoch = 500;
	fetch->fetch.known_high_watermark = -1;
	fetch->fetch.isolation = PARTITION_READ_LOG_END;
	fetch->fetch.current_leader_epoch = yard->partition->leader.epoch;
}

int
yard_count(const struct yard_fetch *fetch, int64_t base_offset)
{
	const struct log_slice *slice = &fetch->fetch.slice;
	struct batch_run run = { 0 };

	if (slice->segment == NULL)
		return 0;
	uint8_t *bytes = memory_new((size_t)slice->size);

	cr_assert_eq(disk_read_all(slice->file, bytes, (size_t)slice->size, slice->position),
	    ERROR_NONE);
	cr_assert_eq(batch_run_check(slice_of(bytes, (size_t)slice->size), &run), ERROR_NONE);
	cr_assert_eq(run.first_offset, base_offset);
	free(bytes);
	return (int)(run.last_offset + 1 - run.first_offset);
}

void
yard_forget_fetch(struct yard_fetch *fetch)
{
	cr_assert_eq(fetch->tally.answers, 1, "answered %d times", fetch->tally.answers);
	log_slice_release(&fetch->fetch.slice);
	free(fetch->fetch.aborted);
	fetch->fetch.aborted = NULL;
}

/* --------------------------------------------------------------- look-ups */

static void
list_answered(struct partition_operation *operation)
{
	struct partition_list_offsets *list = container_of(operation,
	    struct partition_list_offsets, operation);

	count_answer(&container_of(list, struct yard_list, list)->tally, operation);
}

void
yard_prepare_list(struct yard *yard, struct yard_list *list, int64_t timestamp)
{
	begin(yard, &list->tally);
	list->list = (struct partition_list_offsets){
		.operation.answered = list_answered,
		.timestamp = timestamp,
		.current_leader_epoch = -1,
	};
}

void
yard_give_list(struct yard_list *list, int from)
{
	struct yard *yard = list->tally.yard;

	enter(&list->tally, &list->list.operation, from);
	partition_list_offsets(yard->partition, &list->list);
	yard_leave(yard);
}

void
yard_list(struct yard *yard, struct yard_list *list, int64_t timestamp)
{
	yard_prepare_list(yard, list, timestamp);
	yard_give_list(list, 0);
	yard_run(yard);
	cr_assert_eq(list->tally.answers, 1);
}
