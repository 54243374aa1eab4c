/* What was promised, and whether it was kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/reader.h"
#include "log/log_read.h"
#include "tests/crash/crash_broker.h"
#include "wire/batch_records.h"

void
crash_promise_take(struct crash_promise promises[CRASH_PARTITIONS],
    const struct crash_message *message)
{
	struct crash_promise *promise = &promises[message->partition];

	switch (message->word) {
	case CRASH_ACKED:
		if (message->offset < CRASH_OFFSETS_MAX)
			promise->values[message->offset] = message->value;
		break;
	case CRASH_TRUNCATES:
		for (int64_t i = message->offset; i < CRASH_OFFSETS_MAX; i++)
			promise->values[i] = 0;
		break;
	case CRASH_RAISES:
		promise->start = message->offset;
		break;
	case CRASH_DELETES:
		memset(promise, 0, sizeof(*promise));
		promise->may_be_missing = true;
		break;
	case CRASH_ENDED:
	case CRASH_DIES:
		break;
	}
}

struct checking {
	const struct crash_promise *promise;
	int partition;
	int64_t next;  /* offset that is to be seen next */
	bool failed;
};

static void
complain(struct checking *checking, const char *what, int64_t offset)
{
	fprintf(stderr, "crash_loop: partition %d: %s (%lld)\n", checking->partition, what,
	    (long long)offset);
	checking->failed = true;
}

static void
check_record(struct checking *checking, const struct record *record)
{
	struct reader in;
	int64_t promised = record->offset < CRASH_OFFSETS_MAX ?
	    checking->promise->values[record->offset] : 0;

	reader_init(&in, record->value);
	if (record->offset != checking->next)
		complain(checking, "an offset is not what comes next", record->offset);
	if (promised != 0 && promised != reader_int64(&in))
		complain(checking, "an offset has another value", record->offset);
	checking->next = record->offset + 1;
}

static void
check_bytes(struct checking *checking, struct slice bytes)
{
	struct decompression_limit limit = decompression_limit_default();
	struct batch_cursor cursor;
	struct batch_view view;

	batch_cursor_init(&cursor, bytes);
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		struct batch_records records;
		struct record record;

		if (!batch_view_check_crc(&view))
			complain(checking, "bad checksum", view.base_offset);
		if (batch_records_open(&records, &view, &limit) != ERROR_NONE)
			complain(checking, "bad batch", view.base_offset);
		while (batch_records_next(&records, &record) == ERROR_NONE) {
			if (record.offset >= checking->next)
				check_record(checking, &record);
		}
		batch_records_fini(&records);
	}
}

static void
check_log(struct checking *checking, struct log *log)
{
	checking->next = log_start_offset(log);
	while (checking->next < log_end_offset(log) && !checking->failed) {
		int64_t before = checking->next;
		struct log_read read = {
			.offset = before,
			.upper_bound = log_end_offset(log),
			.max_bytes = INT32_MAX,
		};
		if (log_read(log, &read, false) != ERROR_NONE || read.slice.segment == NULL) {
			complain(checking, "an offset cannot be read", before);
			return;
		}
		uint8_t *bytes = memory_new((size_t)read.slice.size);
		if (disk_read_all(read.slice.file, bytes, (size_t)read.slice.size,
		        read.slice.position) != ERROR_NONE)
			complain(checking, "an offset cannot be read", before);
		check_bytes(checking, slice_of(bytes, (size_t)read.slice.size));
		free(bytes);
		log_slice_release(&read.slice);
		if (checking->next == before)
			complain(checking, "nothing at an offset", before);
	}
}

static bool
check_partition(struct crash_broker *broker, int number, const struct crash_promise *promise)
{
	struct log_partition *partition = log_dirs_find(broker->dirs, slice_of_text("orders"),
	    number);
	struct checking checking = { .promise = promise, .partition = number };
	int64_t end = 0;

	for (int64_t i = promise->start; i < CRASH_OFFSETS_MAX; i++) {
		if (promise->values[i] != 0)
			end = i + 1;
	}
	if (partition == NULL || partition->log == NULL) {
		if (end > 0)
			complain(&checking, "is not there, and had records", end);
		return end == 0;
	}
	struct log *log = partition->log;
	if (log_state(log) != ERROR_NONE)
		complain(&checking, "is not served", (int64_t)log_state(log));
	if (log_end_offset(log) < end)
		complain(&checking, "lacks records before an offset", end);
	if (end > 0 && log_start_offset(log) > promise->start)
		complain(&checking, "starts after an offset", promise->start);
	if (log_high_watermark(log) > log_end_offset(log))
		complain(&checking, "the high watermark is behind the end",
		    log_high_watermark(log));
	if (!checking.failed)
		check_log(&checking, log);
	return !checking.failed;
}

bool
crash_broker_check(struct crash_broker *broker,
    const struct crash_promise promises[CRASH_PARTITIONS])
{
	bool good = true;

	for (int i = 0; i < CRASH_PARTITIONS; i++)
		good &= check_partition(broker, i, &promises[i]);
	return good;
}
