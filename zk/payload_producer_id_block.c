#include "zk/payload_producer_id_block.h"

#include "zk/payload_private.h"

enum error
payload_producer_id_block_decode(struct slice bytes, struct arena *arena,
    struct payload_producer_id_block *block, struct payload_complaint *complaint)
{
	struct payload_reader reader;

	payload_reader_open(&reader, bytes, arena, complaint);
	block->broker = payload_int32(&reader, reader.root, "broker", 0, INT32_MAX);
	block->first = payload_number_text(&reader, reader.root, "block_start", 0, INT64_MAX);
	block->last = payload_number_text(&reader, reader.root, "block_end", 0, INT64_MAX);
	if (block->last < block->first)
		payload_fail(&reader, ERROR_MALFORMED, "block_end", "before block_start");
	return payload_reader_close(&reader);
}

void
payload_producer_id_block_encode(const struct payload_producer_id_block *block,
    struct buffer *out)
{
	struct payload_writer writer = { out, false };

	payload_write_open(&writer, '{');
	payload_write_int_field(&writer, "version", 1);
	payload_write_int_field(&writer, "broker", block->broker);
	payload_write_key(&writer, "block_start");
	payload_write_number_text(&writer, block->first);
	payload_write_key(&writer, "block_end");
	payload_write_number_text(&writer, block->last);
	payload_write_close(&writer, '}');
}
