#include <stdlib.h>

#include "base/memory.h"
#include "base/reader.h"
#include "klamm/log_dump_private.h"
#include "wire/compression.h"

enum {
	WINDOW_BYTES = 256 * 1024,
	/* A batch larger than this is not taken into memory. */
	BATCH_BYTES_MAX = 128 * 1024 * 1024,
	/* What a search behind damage may read of supposed batches. */
	SEARCH_BYTES_MAX = 1024 * 1024 * 1024,
};

struct segment_dump {
	struct log_dump *dump;
	struct disk_file *file;
	struct batch_scan scan;
	struct buffer spill;
	int64_t size;
	int64_t base_offset;
	int64_t next_offset; /* the lowest that the next batch may have */
	int64_t search_left; /* bytes */
};

static uint32_t
crc_of(const struct scanned_batch *batch, struct slice bytes)
{
	struct reader reader;

	reader_init(&reader, bytes);
	reader_skip(&reader, batch->magic == BATCH_MAGIC_V2 ? BATCH_AT_CRC : BATCH_OVERHEAD_BYTES);
	return reader_uint32(&reader);
}

static void
print_codec(struct output *output, int codec)
{
	if (codec < COMPRESSION_CODEC_COUNT)
		output_word(output, "codec", compression_codec_name((enum compression_codec)codec));
	else
		output_int(output, "codec", codec);
}

static void
print_v2(struct output *output, const struct scanned_batch *batch)
{
	output_int(output, "count", batch->count);
	output_int(output, "partitionLeaderEpoch", batch->partition_leader_epoch);
	output_int(output, "producerId", batch->producer_id);
	output_int(output, "producerEpoch", batch->producer_epoch);
	output_int(output, "baseSequence", batch->base_sequence);
	output_bool(output, "isTransactional", scanned_batch_has(batch, BATCH_TRANSACTIONAL));
	output_bool(output, "isControl", scanned_batch_has(batch, BATCH_CONTROL));
	output_bool(output, "hasDeleteHorizon", scanned_batch_has(batch, BATCH_DELETE_HORIZON));
	output_int(output, "baseTimestamp", batch->base_timestamp);
}

static void
print_batch(struct log_dump *dump, const struct scanned_batch *batch, const struct slice *bytes,
    bool crc_is_right)
{
	struct output *output = dump->output;

	log_dump_begin(dump, "batch");
	output_int(output, "position", batch->position);
	output_int(output, "size", batch->size);
	output_int(output, "magic", batch->magic);
	output_int(output, "baseOffset", batch->base_offset);
	output_int(output, "lastOffset", batch->last_offset);
	if (batch->magic == BATCH_MAGIC_V2)
		print_v2(output, batch);
	if (batch->magic != BATCH_MAGIC_V0) {
		output_int(output, "maxTimestamp", batch->max_timestamp);
		output_word(output, "timestampType",
		    (batch->attributes & BATCH_LOG_APPEND_TIME) != 0 ? "LogAppendTime" : "CreateTime");
	}
	output_int(output, "attributes", batch->attributes);
	print_codec(output, batch->attributes & BATCH_CODEC_MASK);
	if (bytes != NULL) {
		output_int(output, "crc", crc_of(batch, *bytes));
		output_bool(output, "crcIsRight", crc_is_right);
	}
	output_end(output);
}

static bool
crc_is_right(struct slice bytes)
{
	struct batch_cursor cursor;
	struct batch_view view;

	batch_cursor_init(&cursor, bytes);
	return batch_cursor_next(&cursor, &view) == ERROR_NONE && batch_view_check_crc(&view);
}

static void
check_offsets(struct segment_dump *segment, const struct scanned_batch *batch)
{
	if (batch->base_offset < segment->base_offset)
		log_dump_damage(segment->dump, batch->position,
		    "offset %lld is below the segment's base offset", (long long)batch->base_offset);
	else if (batch->base_offset < segment->next_offset)
		log_dump_damage(segment->dump, batch->position,
		    "offset %lld does not ascend: the batch before ends at %lld",
		    (long long)batch->base_offset, (long long)segment->next_offset - 1);
	segment->next_offset = MAX(segment->next_offset, batch->last_offset + 1);
}

static void
dump_batch(struct segment_dump *segment, const struct scanned_batch *batch)
{
	struct slice bytes;

	if (batch->size > BATCH_BYTES_MAX) {
		print_batch(segment->dump, batch, NULL, false);
		log_dump_damage(segment->dump, batch->position,
		    "larger than %d bytes: neither its checksum nor its records were looked at",
		    BATCH_BYTES_MAX);
		return;
	}
	enum error error = batch_scan_bytes(&segment->scan, batch, &segment->spill, &bytes);
	if (error != ERROR_NONE) {
		print_batch(segment->dump, batch, NULL, false);
		log_dump_damage(segment->dump, batch->position, "not readable: %s", error_text(error));
		return;
	}
	bool is_right = crc_is_right(bytes);
	print_batch(segment->dump, batch, &bytes, is_right);
	check_offsets(segment, batch);
	if (!is_right)
		log_dump_damage(segment->dump, batch->position, "the checksum does not match");
	if (segment->dump->records)
		log_dump_batch_records(segment->dump, batch, bytes);
}

/*
 * Is there a whole batch with a right checksum at this position, that may
 * stand in this segment? Relative offsets of a segment fit in 31 bits.
 */
static bool
is_batch(struct segment_dump *segment, struct slice ahead, int64_t position)
{
	struct scanned_batch batch;
	struct slice bytes;

	if (batch_scan_header(ahead, &batch) != ERROR_NONE ||
	    batch.size > segment->size - position || batch.size > BATCH_BYTES_MAX ||
	    batch.base_offset < segment->next_offset ||
	    batch.last_offset - segment->base_offset > INT32_MAX)
		return false;
	segment->search_left -= batch.size;
	if (segment->search_left < 0)
		return false;
	buffer_clear(&segment->spill);
	uint8_t *into = buffer_extend(&segment->spill, (size_t)batch.size);
	if (disk_read_all(segment->file, into, (size_t)batch.size, position) != ERROR_NONE)
		return false;
	bytes = slice_of(into, (size_t)batch.size);
	return crc_is_right(bytes);
}

/* A cheap look before is_batch(): a tail of zeros may be a gigabyte long. */
static bool
may_begin(struct slice ahead)
{
	const uint8_t *size = ahead.bytes + BATCH_AT_LENGTH;

	return ahead.size > BATCH_AT_MAGIC && (size[0] | size[1] | size[2] | size[3]) != 0 &&
	    ahead.bytes[BATCH_AT_MAGIC] <= BATCH_MAGIC_V2;
}

/* Where the next good batch begins at or behind `from`; the file's size when there is none. */
static int64_t
find_batch(struct segment_dump *segment, int64_t from)
{
	uint8_t *window = memory_new(WINDOW_BYTES);
	int64_t found = segment->size;
	size_t got = 0;

	for (int64_t at = from; found == segment->size && at < segment->size;) {
		enum error error = disk_read(segment->file, window, WINDOW_BYTES, at, &got);
		/* The last bytes are looked at again at the beginning of the next window. */
		size_t ready = got > BATCH_HEADER_BYTES ? got - BATCH_HEADER_BYTES : got;

		if (error != ERROR_NONE || ready == 0 || segment->search_left < 0)
			break;
		for (size_t i = 0; i < ready; i++) {
			struct slice ahead = slice_of(window + i, got - i);

			if (may_begin(ahead) && is_batch(segment, ahead, at + (int64_t)i)) {
				found = at + (int64_t)i;
				break;
			}
		}
		at += (int64_t)ready;
	}
	free(window);
	return found;
}

/* Tells of what is wrong where the scan stands, and moves it behind. */
static void
skip_damage(struct segment_dump *segment, enum error error)
{
	int64_t position = segment->scan.position;

	if (error != ERROR_CORRUPT && error != ERROR_TRUNCATED) {
		log_dump_damage(segment->dump, position, "not readable: %s", error_text(error));
		segment->scan.position = segment->size;
		return;
	}
	int64_t next = find_batch(segment, position + 1);
	log_dump_damage(segment->dump, position, "%s; %lld bytes are left out",
	    error == ERROR_CORRUPT ? "no header of a batch" : "the batch is cut off",
	    (long long)(next - position));
	segment->scan.position = next;
}

void
log_dump_segment(struct log_dump *dump, struct disk_file *file, int64_t size, int64_t base_offset)
{
	struct segment_dump segment = { .dump = dump, .file = file, .size = size,
		.base_offset = base_offset, .next_offset = base_offset, .search_left = SEARCH_BYTES_MAX };
	uint8_t *window = memory_new(WINDOW_BYTES);
	struct scanned_batch batch;
	enum error error = ERROR_NONE;

	buffer_init(&segment.spill);
	batch_scan_init(&segment.scan, file, 0, size, false, window, WINDOW_BYTES);
	while (error != ERROR_END_OF_STREAM && dump->output->error == ERROR_NONE) {
		error = batch_scan_next(&segment.scan, &batch);
		if (error == ERROR_NONE)
			dump_batch(&segment, &batch);
		else if (error != ERROR_END_OF_STREAM)
			skip_damage(&segment, error);
	}
	buffer_fini(&segment.spill);
	free(window);
}
