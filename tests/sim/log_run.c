#include "tests/sim/log_run.h"

#include <stdlib.h>

#include "base/memory.h"
#include "log/batch_scan.h"
#include "log/offset_checkpoint.h"
#include "wire/batch_records.h"

enum { SETS_MAX = 5 };

static void
remember(struct log_run *run, int64_t offset, int64_t value, bool done)
{
	int64_t *attempts = run->attempts[offset];

	if (done) {
		run->values[offset] = value;
		return;
	}
	memmove(attempts + 1, attempts, (LOG_RUN_ATTEMPTS - 1) * sizeof(attempts[0]));
	attempts[0] = value;
}

static bool
was_given(const struct log_run *run, int64_t offset, int64_t value)
{
	for (int i = 0; i < LOG_RUN_ATTEMPTS && offset >= run->acked_end; i++) {
		if (run->attempts[offset][i] == value)
			return true;
	}
	return run->values[offset] == value;
}

bool
log_run_append(struct log_run *run)
{
	int count = 1 + (int)log_run_below(run, SETS_MAX);
	struct log *log = run->fixture.log;
	struct log_append appends[SETS_MAX];
	size_t ends[SETS_MAX];

	buffer_clear(&run->batches);
	for (int i = 0; i < count; i++) {
		struct log_sample sample = {
			.records = 1 + (int)log_run_below(run, 3),
			.value_size = 10 + (int)log_run_below(run, 300),
			.timestamp = run->fixture.now_ms + run->next_value,
		};
		log_sample_batch(&run->batches, &sample, run->next_value);
		ends[i] = run->batches.size;
		run->next_value += sample.records;
	}
	for (int i = 0; i < count; i++) {
		size_t begin = i > 0 ? ends[i - 1] : 0;
		appends[i] = (struct log_append){
			.bytes = run->batches.bytes + begin,
			.size = ends[i] - begin,
			.base_offset = -1,
		};
	}
	int64_t value = run->next_value;
	enum error error = log_append_as_leader(log, appends, count, 1, run->fixture.now_ms);

	/* Values count up with the records that were made, appended or not. */
	for (int i = count - 1; i >= 0; i--) {
		struct scanned_batch batch;
		if (batch_scan_header(slice_of(appends[i].bytes, appends[i].size), &batch) !=
		    ERROR_NONE)
			abort();
		value -= batch.count;
		for (int j = 0; j < batch.count && appends[i].base_offset >= 0; j++)
			remember(run, appends[i].base_offset + j, value + j,
			    appends[i].status == LOG_APPEND_DONE);
	}
	if (error == ERROR_NONE && run->flush_before_ack)
		error = log_flush_now(log, LOG_FLUSH_RECORDS, run->fixture.now_ms);
	if (error == ERROR_NONE)
		run->acked_end = log_end_offset(log);
	run->synced_end = MAX(run->synced_end, log_flushed_offset(log));
	return error == ERROR_NONE;
}

bool
log_run_checkpoint(struct log_run *run, enum log_flush_kind kind)
{
	static const uint64_t seed[2] = { 1, 1 };
	struct offset_checkpoint checkpoint;
	bool is_point = kind == LOG_FLUSH_ALL;
	int64_t offset = is_point ? log_recovery_point(run->fixture.log) :
	    log_start_offset(run->fixture.log);

	offset_checkpoint_init(&checkpoint, seed);
	offset_checkpoint_set(&checkpoint, slice_of_text("orders"), 0, offset);
	enum error error = offset_checkpoint_write(&checkpoint, run->fixture.port,
	    is_point ? "/data/" RECOVERY_POINT_CHECKPOINT : "/data/" LOG_START_CHECKPOINT);
	offset_checkpoint_fini(&checkpoint);
	return error == ERROR_NONE;
}

static void
check_record(struct log_run *run, const struct record *record, int64_t offset)
{
	char value[32] = { 0 };

	memcpy(value, record->value.bytes, MIN(record->value.size, sizeof(value) - 1));
	sim_check(run->sim, record->offset == offset, "offset %d where %d should be",
	    (int)record->offset, (int)offset);
	int64_t found = strtoll(value, NULL, 10);
	sim_check(run->sim, was_given(run, offset, found), "offset %d has value %d, not %d",
	    (int)offset, (int)found, (int)run->values[offset]);
	run->values[offset] = found; /* what is there now has to stay */
}

static int64_t
check_slice(struct log_run *run, const struct log_slice *slice, int64_t offset)
{
	struct decompression_limit limit = decompression_limit_default();
	uint8_t *bytes = memory_new((size_t)slice->size);
	struct batch_cursor cursor;
	struct batch_view view;

	if (disk_read_all(slice->file, bytes, (size_t)slice->size, slice->position) != ERROR_NONE)
		sim_fail(run->sim, "a slice cannot be read");
	batch_cursor_init(&cursor, slice_of(bytes, (size_t)slice->size));
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		struct batch_records records;
		struct record record;

		sim_check(run->sim, batch_view_check_crc(&view), "a bad checksum is served");
		if (batch_records_open(&records, &view, &limit) != ERROR_NONE)
			sim_fail(run->sim, "a batch cannot be read");
		while (!run->sim->failed &&
		    batch_records_next(&records, &record) == ERROR_NONE) {
			if (record.offset < offset)
				continue;
			check_record(run, &record, offset++);
		}
		batch_records_fini(&records);
	}
	free(bytes);
	return offset;
}

/* Where a reader goes on that has come to the hole. */
static int64_t
check_hole(struct log_run *run, const struct log_run_hole *hole, int64_t offset,
    const struct log_read *read, enum error error)
{
	int64_t from, to;
	bool is_damaged = log_damage(run->fixture.log, &from, &to);

	sim_check(run->sim, error == ERROR_CORRUPT, "damaged offset %d is served", (int)offset);
	sim_check(run->sim, is_damaged && from == hole->from && to == hole->to &&
	    read->damage_end == hole->to, "offsets %d to %d are damaged, and %d to %d is told",
	    (int)hole->from, (int)hole->to, (int)from, (int)to);
	return hole->to;
}

void
log_run_check(struct log_run *run)
{
	struct log_run_hole none = { -1, -1 };

	log_run_check_around(run, &none);
}

void
log_run_check_around(struct log_run *run, const struct log_run_hole *hole)
{
	struct log *log = run->fixture.log;
	int64_t offset = log_start_offset(log);

	while (offset < log_end_offset(log) && !run->sim->failed) {
		struct log_read read = {
			.offset = offset,
			.upper_bound = log_end_offset(log),
			.max_bytes = INT32_MAX,
		};
		enum error error = log_read(log, &read, false);
		if (offset >= hole->from && offset < hole->to) {
			log_slice_release(&read.slice);
			offset = check_hole(run, hole, offset, &read, error);
			continue;
		}
		if (error != ERROR_NONE || read.slice.segment == NULL) {
			sim_fail(run->sim, "offset %d cannot be read: %s", (int)offset,
			    error_text(error));
			return;
		}
		int64_t next = check_slice(run, &read.slice, offset);
		log_slice_release(&read.slice);
		sim_check(run->sim, next > offset, "nothing at offset %d", (int)offset);
		offset = next;
	}
}
