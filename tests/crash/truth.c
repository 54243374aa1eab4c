#include "truth.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/memory.h"
#include "model.h"
#include "wire/batch_records.h"
#include "wire/control_record.h"

struct listing {
	char names[256][32];
	int count;
};

static void
add_name(void *context, const char *name)
{
	struct listing *listing = context;
	size_t length = strlen(name);

	if (length != 24 || strcmp(name + 20, ".log") != 0 || listing->count == 256)
		return;
	memcpy(listing->names[listing->count++], name, length + 1);
}

static bool PRINTF_LIKE(2, 3)
complain(struct truth *truth, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(truth->complaint, sizeof(truth->complaint), format, arguments);
	va_end(arguments);
	return false;
}

static void
add_record(struct truth *truth, const struct record *record, const struct truth_batch *batch)
{
	if ((truth->record_count & (truth->record_count - 1)) == 0)
		truth->records = memory_resize(truth->records,
		    MAX(2 * truth->record_count, (size_t)1) * sizeof(truth->records[0]));
	truth->records[truth->record_count++] = (struct truth_record){
		record->offset, record->timestamp, batch->header.partition_leader_epoch,
	};
}

static enum error
read_records(struct truth *truth, const struct batch_view *view, struct truth_batch *batch)
{
	struct decompression_limit limit = decompression_limit_default();
	struct batch_records records;
	struct record record;
	struct control_record control;
	enum error error = batch_records_open(&records, view, &limit);

	batch->control = -1;
	while (error == ERROR_NONE &&
	    (error = batch_records_next(&records, &record)) == ERROR_NONE) {
		add_record(truth, &record, batch);
		if (!batch_has(&batch->header, BATCH_CONTROL))
			continue;
		error = control_record_read(&record, &control);
		batch->control = control.type;
	}
	batch_records_fini(&records);
	return error == ERROR_END_OF_STREAM ? ERROR_NONE : error;
}

static bool
add_batch(struct truth *truth, const struct batch_view *view, size_t position)
{
	struct truth_batch batch = { .position = position, .last_offset = view->last_offset };

	if (!batch_view_check_crc(view))
		return complain(truth, "wrong checksum at offset %lld",
		    (long long)view->base_offset);
	if (batch_header_read(view->bytes, &batch.header) != ERROR_NONE)
		return complain(truth, "no v2 batch at offset %lld", (long long)view->base_offset);
	if (view->base_offset != truth->end_offset)
		return complain(truth, "offset %lld follows %lld", (long long)view->base_offset,
		    (long long)truth->end_offset);
	batch.hash = model_hash(view->bytes.bytes, view->bytes.size);
	if (read_records(truth, view, &batch) != ERROR_NONE)
		return complain(truth, "bad records at offset %lld", (long long)view->base_offset);
	if ((truth->batch_count & (truth->batch_count - 1)) == 0)
		truth->batches = memory_resize(truth->batches,
		    MAX(2 * truth->batch_count, (size_t)1) * sizeof(truth->batches[0]));
	truth->batches[truth->batch_count++] = batch;
	truth->end_offset = batch.last_offset + 1;
	return true;
}

static bool
only_zeros(const struct truth *truth, size_t from)
{
	while (from < truth->bytes.size && truth->bytes.bytes[from] == 0)
		from++;
	return from == truth->bytes.size;
}

static bool
add_segment(struct truth *truth, size_t from, bool is_last)
{
	struct batch_cursor cursor;
	struct batch_view view;
	enum error error;

	batch_cursor_init(&cursor, slice_of(truth->bytes.bytes + from, truth->bytes.size - from));
	while ((error = batch_cursor_next(&cursor, &view)) == ERROR_NONE) {
		if (!add_batch(truth, &view, from + view.position))
			return false;
	}
	if (error != ERROR_END_OF_STREAM &&
	    !(truth->preallocated && is_last && only_zeros(truth, from + cursor.position)))
		return complain(truth, "%s after offset %lld", error_text(error),
		    (long long)truth->end_offset);
	return true;
}

static enum error
read_file(struct truth *truth, struct disk *disk, const char *path)
{
	struct disk_file *file;
	int64_t size;
	enum error error = disk_open(disk, path, DISK_READ, &file);

	if (error != ERROR_NONE)
		return error;
	error = disk_size(file, &size);
	if (error == ERROR_NONE && size > 0)
		error = disk_read_all(file, buffer_extend(&truth->bytes, (size_t)size),
		    (size_t)size, 0);
	enum error closed = disk_close(file);
	return error != ERROR_NONE ? error : closed;
}

bool
truth_read(struct truth *truth, struct disk *disk, const char *path, bool preallocated)
{
	struct listing listing = { .count = 0 };
	char file[512];

	*truth = (struct truth){ .preallocated = preallocated };
	if (disk_list(disk, path, add_name, &listing) != ERROR_NONE)
		return complain(truth, "%s cannot be listed", path);
	for (int i = 0; i < listing.count; i++) {
		int64_t base = strtoll(listing.names[i], NULL, 10);
		size_t from = truth->bytes.size;

		snprintf(file, sizeof(file), "%s/%s", path, listing.names[i]);
		if (i == 0)
			truth->end_offset = base;
		if (base != truth->end_offset)
			return complain(truth, "segment %s follows offset %lld", listing.names[i],
			    (long long)truth->end_offset);
		if (read_file(truth, disk, file) != ERROR_NONE)
			return complain(truth, "%s cannot be read", file);
		if (!add_segment(truth, from, i + 1 == listing.count))
			return false;
	}
	return true;
}

void
truth_fini(struct truth *truth)
{
	buffer_fini(&truth->bytes);
	free(truth->batches);
	free(truth->records);
	*truth = (struct truth){ 0 };
}
