#include "answers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "log/leader_epochs.h"
#include "log/log_lookup.h"
#include "log/log_read.h"
#include "log/producer_state.h"
#include "wire/control_record.h"

static char complaint[256];

static const char *PRINTF_LIKE(1, 2)
complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(complaint, sizeof(complaint), format, arguments);
	va_end(arguments);
	return complaint;
}

/* ---------------------------------------------------------------- reading */

/* The slice begins with the batch, and its bytes are right. */
static const char *
compare_slice(const struct log_read *read, const struct truth *truth,
    const struct truth_batch *batch)
{
	size_t size = batch_size(&batch->header);
	const char *wrong = NULL;

	if (read->slice.segment == NULL)
		return complain("offset %lld: nothing is read", (long long)read->offset);
	if (read->slice_offset != batch->header.base_offset)
		return complain("offset %lld: batch %lld is read, not %lld",
		    (long long)read->offset, (long long)read->slice_offset,
		    (long long)batch->header.base_offset);
	if (read->slice.size < (int64_t)size)
		return complain("offset %lld: less than a batch is read", (long long)read->offset);
	uint8_t *bytes = memory_new(size);
	if (disk_read_all(read->slice.file, bytes, size, read->slice.position) != ERROR_NONE ||
	    memcmp(bytes, truth->bytes.bytes + batch->position, size) != 0)
		wrong = complain("offset %lld: other bytes are read", (long long)read->offset);
	free(bytes);
	return wrong;
}

static const char *
check_reads(struct log *log, const struct truth *truth)
{
	const char *wrong = NULL;

	for (size_t i = 0; i < truth->batch_count && wrong == NULL; i++) {
		const struct truth_batch *batch = &truth->batches[i];

		for (int64_t at = MAX(batch->header.base_offset, log_start_offset(log));
		     at <= batch->last_offset && wrong == NULL; at++) {
			struct log_read read = {
				.offset = at,
				.upper_bound = log_end_offset(log),
				.max_bytes = 1,
				.at_least_one = true,
			};
			enum error error = log_read(log, &read, false);

			wrong = error != ERROR_NONE ?
			    complain("offset %lld: %s", (long long)at, error_text(error)) :
			    compare_slice(&read, truth, batch);
			log_slice_release(&read.slice);
		}
	}
	return wrong;
}

/* ------------------------------------------------------------------- times */

static const struct truth_record *
first_at_or_after(const struct truth *truth, int64_t start_offset, int64_t timestamp)
{
	for (size_t i = 0; i < truth->record_count; i++) {
		const struct truth_record *record = &truth->records[i];

		if (record->offset >= start_offset && record->timestamp >= timestamp)
			return record;
	}
	return NULL;
}

static const char *
check_time(struct log *log, const struct truth *truth, int64_t timestamp)
{
	const struct truth_record *right = first_at_or_after(truth, log_start_offset(log),
	    timestamp);
	struct log_lookup lookup = { .timestamp = timestamp };
	enum error error = log_lookup(log, &lookup, false);

	if (error != ERROR_NONE)
		return complain("time %lld: %s", (long long)timestamp, error_text(error));
	if (lookup.found != (right != NULL))
		return complain("time %lld: %s", (long long)timestamp,
		    lookup.found ? "a record is found" : "no record is found");
	if (right == NULL || (lookup.found_offset == right->offset &&
	    lookup.found_timestamp == right->timestamp &&
	    lookup.leader_epoch == right->leader_epoch))
		return NULL;
	return complain("time %lld: offset %lld of epoch %d is found, not %lld of %d",
	    (long long)timestamp, (long long)lookup.found_offset, lookup.leader_epoch,
	    (long long)right->offset, right->leader_epoch);
}

static const char *
check_times(struct log *log, const struct truth *truth)
{
	const char *wrong = NULL;

	for (size_t i = 0; i < truth->record_count && wrong == NULL; i++) {
		wrong = check_time(log, truth, truth->records[i].timestamp);
		if (wrong == NULL && i % 3 == 0)
			wrong = check_time(log, truth, truth->records[i].timestamp + 1);
	}
	return wrong;
}

/* ------------------------------------------------------------------ epochs */

static const char *
check_epochs(struct log *log, const struct truth *truth)
{
	const struct leader_epochs *epochs = log_leader_epochs(log);

	for (size_t i = 0; i < truth->record_count; i++) {
		const struct truth_record *record = &truth->records[i];
		const struct leader_epoch *epoch = leader_epochs_at(epochs, record->offset);

		if (record->offset < log_start_offset(log))
			continue;
		if (epoch == NULL || epoch->epoch != record->leader_epoch)
			return complain("offset %lld: leader epoch %d, not %d",
			    (long long)record->offset, epoch == NULL ? -1 : epoch->epoch,
			    record->leader_epoch);
	}
	for (size_t i = 0; i < epochs->count; i++) {
		if (epochs->entries[i].start_offset > log_end_offset(log))
			return complain("leader epoch %d begins behind the log end",
			    epochs->entries[i].epoch);
	}
	return NULL;
}

/* --------------------------------------------------------------- producers */

enum { PRODUCERS_MAX = 32, ABORTED_MAX = 256 };

/* What the batches say of one producer. */
struct expected_producer {
	int64_t producer_id;
	int16_t epoch;
	int32_t last_sequence; /* -1: a marker came last, or the epoch is new */
	int64_t last_offset;
	int64_t transaction_first_offset;
};

struct expected {
	struct expected_producer producers[PRODUCERS_MAX];
	int count;
	struct aborted_transaction aborted[ABORTED_MAX];
	int aborted_count;
};

static struct expected_producer *
producer_of(struct expected *expected, const struct batch_header *header)
{
	for (int i = 0; i < expected->count; i++) {
		if (expected->producers[i].producer_id == header->producer_id)
			return &expected->producers[i];
	}
	if (expected->count == PRODUCERS_MAX)
		abort();
	struct expected_producer *producer = &expected->producers[expected->count++];
	*producer = (struct expected_producer){
		header->producer_id, header->producer_epoch, -1, -1, -1,
	};
	return producer;
}

static void
expect_batch(struct expected *expected, const struct truth_batch *batch)
{
	struct expected_producer *producer = producer_of(expected, &batch->header);

	producer->epoch = batch->header.producer_epoch;
	if (batch->control < 0) {
		producer->last_sequence = batch_last_sequence(&batch->header);
		producer->last_offset = batch->last_offset;
		if (batch_has(&batch->header, BATCH_TRANSACTIONAL) &&
		    producer->transaction_first_offset < 0)
			producer->transaction_first_offset = batch->header.base_offset;
		return;
	}
	if (batch->control == CONTROL_RECORD_ABORT && producer->transaction_first_offset >= 0 &&
	    expected->aborted_count < ABORTED_MAX)
		expected->aborted[expected->aborted_count++] = (struct aborted_transaction){
			.producer_id = producer->producer_id,
			.first_offset = producer->transaction_first_offset,
			.last_offset = batch->last_offset,
		};
	producer->transaction_first_offset = -1;
}

static const char *
compare_producer(const struct expected_producer *right, const struct producer_entry *entry)
{
	const struct producer_batch *last;

	if (entry == NULL)
		return complain("producer %lld is not known", (long long)right->producer_id);
	if (entry->epoch != right->epoch)
		return complain("producer %lld: epoch %d, not %d", (long long)right->producer_id,
		    entry->epoch, right->epoch);
	if (entry->transaction_first_offset != right->transaction_first_offset)
		return complain("producer %lld: transaction from %lld, not %lld",
		    (long long)right->producer_id, (long long)entry->transaction_first_offset,
		    (long long)right->transaction_first_offset);
	last = producer_entry_last_batch(entry);
	if (last == NULL || last->last_sequence != right->last_sequence ||
	    last->last_offset != right->last_offset)
		return complain("producer %lld: last sequence %d at %lld, not %d at %lld",
		    (long long)right->producer_id, last == NULL ? -1 : last->last_sequence,
		    (long long)(last == NULL ? -1 : last->last_offset), right->last_sequence,
		    (long long)right->last_offset);
	return NULL;
}

struct collected {
	struct aborted_transaction found[ABORTED_MAX];
	int count;
};

static void
collect(void *context, const struct aborted_transaction *transaction)
{
	struct collected *collected = context;

	if (collected->count < ABORTED_MAX)
		collected->found[collected->count++] = *transaction;
}

static const char *
check_aborted(struct log *log, const struct expected *expected)
{
	struct collected collected = { .count = 0 };
	enum error error = log_collect_aborted(log, log_start_offset(log), log_end_offset(log),
	    false, collect, &collected);

	if (error != ERROR_NONE)
		return complain("aborted transactions: %s", error_text(error));
	if (collected.count != expected->aborted_count)
		return complain("%d aborted transactions, not %d", collected.count,
		    expected->aborted_count);
	for (int i = 0; i < collected.count; i++) {
		const struct aborted_transaction *is = &collected.found[i];
		const struct aborted_transaction *right = &expected->aborted[i];

		if (is->producer_id != right->producer_id ||
		    is->first_offset != right->first_offset ||
		    is->last_offset != right->last_offset)
			return complain("aborted transaction %d is not as its marker says", i);
	}
	return NULL;
}

static const char *
check_producers(struct log *log, const struct truth *truth)
{
	struct expected expected = { .count = 0 };
	const struct producer_state *state = log_producer_state(log);
	int64_t undecided = -1;
	const char *wrong = NULL;

	for (size_t i = 0; i < truth->batch_count; i++) {
		if (batch_has_producer_id(&truth->batches[i].header))
			expect_batch(&expected, &truth->batches[i]);
	}
	for (int i = 0; i < expected.count && wrong == NULL; i++) {
		int64_t first = expected.producers[i].transaction_first_offset;

		wrong = compare_producer(&expected.producers[i],
		    producer_state_find(state, expected.producers[i].producer_id));
		if (first >= 0 && (undecided < 0 || first < undecided))
			undecided = first;
	}
	if (wrong == NULL && producer_state_count(state) != (size_t)expected.count)
		wrong = complain("%zu producers, not %d", producer_state_count(state),
		    expected.count);
	if (wrong == NULL && producer_state_first_undecided_offset(state) != undecided)
		wrong = complain("first undecided offset is %lld, not %lld",
		    (long long)producer_state_first_undecided_offset(state),
		    (long long)undecided);
	return wrong != NULL ? wrong : check_aborted(log, &expected);
}

const char *
answers_check(struct log *log, const struct truth *truth)
{
	const char *wrong = NULL;

	if (log_state(log) != ERROR_NONE)
		return complain("the log is %s", error_text(log_state(log)));
	if (log_end_offset(log) != truth->end_offset)
		return complain("log end is %lld, not %lld", (long long)log_end_offset(log),
		    (long long)truth->end_offset);
	if (log_high_watermark(log) > log_end_offset(log) ||
	    log_high_watermark(log) < log_start_offset(log))
		return complain("high watermark %lld is outside of the log",
		    (long long)log_high_watermark(log));
	if (log_recovery_point(log) > log_end_offset(log))
		return complain("recovery point %lld is behind the log end",
		    (long long)log_recovery_point(log));
	wrong = check_reads(log, truth);
	if (wrong == NULL)
		wrong = check_times(log, truth);
	if (wrong == NULL)
		wrong = check_epochs(log, truth);
	return wrong != NULL ? wrong : check_producers(log, truth);
}
