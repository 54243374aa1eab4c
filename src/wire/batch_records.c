#include "wire/batch_records.h"

#include <assert.h>

static enum error
open_batch(struct batch_records *records, struct slice batch,
    const struct decompression_limit *limit)
{
	struct batch_header header;
	enum error error = batch_header_read(batch, &header);
	struct slice payload;

	assert(error == ERROR_NONE);
	payload = batch_payload(&header, batch);
	/* The cleaner leaves headers with a codec and nothing behind it. */
	if (batch_codec(&header) != COMPRESSION_NONE && payload.size > 0) {
		error = decompress(&records->unpacked, batch_codec(&header),
		    COMPRESSION_DIALECT_PLAIN, payload, limit);
		payload = buffer_slice(&records->unpacked);
	}
	record_iterator_init(&records->records, &header, payload);
	return error;
}

enum error
batch_records_open(struct batch_records *records, const struct batch_view *view,
    const struct decompression_limit *limit)
{
	records->is_message = view->magic != BATCH_MAGIC_V2;
	buffer_init(&records->unpacked);
	message_set_iterator_init(&records->messages, view->bytes, limit);
	return records->is_message ? ERROR_NONE : open_batch(records, view->bytes, limit);
}

void
batch_records_fini(struct batch_records *records)
{
	message_set_iterator_fini(&records->messages);
	buffer_fini(&records->unpacked);
}

enum error
batch_records_next(struct batch_records *records, struct record *record)
{
	if (records->is_message)
		return message_set_iterator_next(&records->messages, record);
	return record_iterator_next(&records->records, record);
}
