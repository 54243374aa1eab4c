#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "klamm/log_dump_private.h"
#include "log/offset_index.h"
#include "log/time_index.h"
#include "log/transaction_index.h"

enum { BLOCK_ENTRIES = 1024, SCAN_WINDOW_BYTES = 64 * 1024 };

/* Goes through an index and, with --check, through the log beside it. */
struct index_dump {
	struct log_dump *dump;
	int64_t base_offset;
	int64_t position; /* of the entry at hand */
	bool first;       /* no entry came before */
	union {
		struct offset_entry offset;
		struct time_entry time;
		struct aborted_transaction transaction;
	} last;
	struct disk_file *log; /* NULL: nothing to compare with */
	struct batch_scan scan;
	struct scanned_batch batch; /* the last one that was read */
	bool has_batch;
	uint8_t *window;
};

/* Moves on to the first batch for which `is_reached`; false: there is none. */
static bool
advance(struct index_dump *index, bool (*is_reached)(const struct scanned_batch *, int64_t),
    int64_t target)
{
	while (!index->has_batch || !is_reached(&index->batch, target)) {
		if (batch_scan_next(&index->scan, &index->batch) != ERROR_NONE)
			return false; /* the end, or damage that dumping the log tells of */
		index->has_batch = true;
	}
	return true;
}

static bool
begins_at(const struct scanned_batch *batch, int64_t position)
{
	return batch->position >= position;
}

static bool
ends_at(const struct scanned_batch *batch, int64_t offset)
{
	return batch->last_offset >= offset;
}

static void
check_offset_entry(struct index_dump *index, struct offset_entry entry)
{
	if (!advance(index, begins_at, entry.position) || index->batch.position != entry.position)
		log_dump_damage(index->dump, index->position,
		    "no batch begins at position %" PRId64 " of the log", entry.position);
	else if (index->batch.base_offset > entry.offset || !advance(index, ends_at, entry.offset) ||
	    index->batch.last_offset != entry.offset)
		log_dump_damage(index->dump, index->position,
		    "no batch from position %" PRId64 " on ends with offset %" PRId64,
		    entry.position, entry.offset);
}

static void
dump_offset_entry(struct index_dump *index, const uint8_t *bytes)
{
	struct offset_entry entry = offset_entry_decode(bytes, index->base_offset);
	bool ascends = index->first || (entry.offset > index->last.offset.offset &&
	    entry.position > index->last.offset.position);

	log_dump_begin(index->dump, "index");
	output_int(index->dump->output, "offset", entry.offset);
	output_int(index->dump->output, "position", entry.position);
	output_end(index->dump->output);
	if (entry.offset < index->base_offset || entry.position < 0 || !ascends)
		log_dump_damage(index->dump, index->position, "the entry does not ascend");
	else if (index->log != NULL)
		check_offset_entry(index, entry);
	index->last.offset = entry;
}

static void
check_time_entry(struct index_dump *index, struct time_entry entry)
{
	if (!advance(index, ends_at, entry.offset))
		log_dump_damage(index->dump, index->position, "offset %" PRId64 " is not in the log",
		    entry.offset);
	else if (index->batch.magic != BATCH_MAGIC_V0 &&
	    index->batch.max_timestamp != entry.timestamp_ms)
		log_dump_damage(index->dump, index->position,
		    "the batch of offset %" PRId64 " has %" PRId64 " as its largest timestamp",
		    entry.offset, index->batch.max_timestamp);
}

static void
dump_time_entry(struct index_dump *index, const uint8_t *bytes)
{
	struct time_entry entry = time_entry_decode(bytes, index->base_offset);
	bool ascends = index->first || (entry.timestamp_ms > index->last.time.timestamp_ms &&
	    entry.offset >= index->last.time.offset);

	log_dump_begin(index->dump, "timeindex");
	output_int(index->dump->output, "timestamp", entry.timestamp_ms);
	output_int(index->dump->output, "offset", entry.offset);
	output_end(index->dump->output);
	if (entry.offset < index->base_offset || !ascends)
		log_dump_damage(index->dump, index->position, "the entry does not ascend");
	else if (index->log != NULL)
		check_time_entry(index, entry);
	index->last.time = entry;
}

static void
check_aborted(struct index_dump *index, const struct aborted_transaction *aborted)
{
	if (!advance(index, ends_at, aborted->last_offset) ||
	    index->batch.last_offset != aborted->last_offset ||
	    !scanned_batch_has(&index->batch, BATCH_CONTROL) ||
	    index->batch.producer_id != aborted->producer_id)
		log_dump_damage(index->dump, index->position,
		    "no marker of producer %" PRId64 " is at offset %" PRId64 " of the log",
		    aborted->producer_id, aborted->last_offset);
}

static void
dump_aborted(struct index_dump *index, const uint8_t *bytes)
{
	struct output *output = index->dump->output;
	struct aborted_transaction aborted;
	enum error error = aborted_transaction_decode(bytes, &aborted);

	if (error != ERROR_NONE) {
		log_dump_damage(index->dump, index->position, "the entry's version is unknown");
		return;
	}
	log_dump_begin(index->dump, "txnindex");
	output_int(output, "producerId", aborted.producer_id);
	output_int(output, "firstOffset", aborted.first_offset);
	output_int(output, "lastOffset", aborted.last_offset);
	output_int(output, "lastStableOffset", aborted.last_stable_offset);
	output_end(output);
	if (aborted.first_offset < 0 || aborted.last_offset < aborted.first_offset ||
	    aborted.last_offset < index->base_offset || aborted.last_stable_offset < 0)
		log_dump_damage(index->dump, index->position, "the offsets are impossible");
	else if (!index->first && aborted.last_offset <= index->last.transaction.last_offset)
		log_dump_damage(index->dump, index->position, "the entry does not ascend");
	else if (index->log != NULL)
		check_aborted(index, &aborted);
	index->last.transaction = aborted;
}

static const struct {
	uint32_t entry_size;
	void (*dump)(struct index_dump *index, const uint8_t *bytes);
} types[LOG_FILE_TYPE_COUNT] = {
	[LOG_FILE_INDEX] = { OFFSET_INDEX_ENTRY_SIZE, dump_offset_entry },
	[LOG_FILE_TIMEINDEX] = { TIME_INDEX_ENTRY_SIZE, dump_time_entry },
	[LOG_FILE_TXNINDEX] = { TRANSACTION_INDEX_ENTRY_SIZE, dump_aborted },
};

static void
open_log(struct index_dump *index)
{
	int64_t size;
	enum error error = log_dump_open_log(index->dump, &index->log, &size);

	if (error != ERROR_NONE) {
		index->log = NULL;
		log_dump_damage(index->dump, -1, "the log beside it: %s", error_text(error));
		return;
	}
	index->window = memory_new(SCAN_WINDOW_BYTES);
	batch_scan_init(&index->scan, index->log, 0, size, false, index->window, SCAN_WINDOW_BYTES);
}

static void
dump_entries(struct index_dump *index, struct disk_file *file, int64_t size,
    enum log_file_type type)
{
	uint32_t entry_size = types[type].entry_size;
	size_t block_size = (size_t)BLOCK_ENTRIES * entry_size, got = 0;
	uint8_t *block = memory_new(block_size);
	enum error error = ERROR_NONE;

	while (index->position + entry_size <= size && index->dump->output->error == ERROR_NONE) {
		error = disk_read(file, block, block_size, index->position, &got);
		if (error != ERROR_NONE || got < entry_size)
			break;
		for (size_t at = 0; at + entry_size <= got; at += entry_size) {
			types[type].dump(index, block + at);
			index->first = false;
			index->position += entry_size;
		}
	}
	if (error != ERROR_NONE)
		log_dump_damage(index->dump, index->position, "not readable: %s", error_text(error));
	else if (size % entry_size != 0)
		log_dump_damage(index->dump, index->position, "%" PRId64 " bytes are no whole entry",
		    size % entry_size);
	free(block);
}

void
log_dump_index(struct log_dump *dump, struct disk_file *file, int64_t size,
    const struct log_file_name *name)
{
	struct index_dump index = { .dump = dump, .base_offset = name->offset, .first = true };

	if (dump->check)
		open_log(&index);
	dump_entries(&index, file, size, name->type);
	if (index.log != NULL)
		log_dump_close(dump, index.log);
	free(index.window);
}
