#include "zk/payload_partitions.h"

#include "zk/payload_private.h"

enum error
payload_partitions_decode(struct slice bytes, struct arena *arena,
    struct payload_partitions *partitions, struct payload_complaint *complaint)
{
	struct payload_reader reader;

	payload_reader_open(&reader, bytes, arena, complaint);
	const json_t *array = payload_array(&reader, reader.root, "partitions");
	size_t count = json_array_size(array);
	struct payload_topic_partition *entries = payload_new_array(&reader, count, sizeof(*entries));
	*partitions = (struct payload_partitions){ entries, entries == NULL ? 0 : count };
	for (size_t i = 0; i < partitions->count; i++) {
		const json_t *entry = payload_member_object(&reader, array, i, "partitions");
		entries[i].topic = payload_text(&reader, entry, "topic");
		entries[i].partition = payload_int32(&reader, entry, "partition", 0, INT32_MAX);
	}
	return payload_reader_close(&reader);
}

void
payload_partitions_encode(const struct payload_partitions *partitions, struct buffer *out)
{
	struct payload_writer writer = { out, false };

	payload_write_open(&writer, '{');
	payload_write_int_field(&writer, "version", 1);
	payload_write_key(&writer, "partitions");
	payload_write_open(&writer, '[');
	for (size_t i = 0; i < partitions->count; i++) {
		payload_write_open(&writer, '{');
		payload_write_text_field(&writer, "topic", partitions->entries[i].topic);
		payload_write_int_field(&writer, "partition", partitions->entries[i].partition);
		payload_write_close(&writer, '}');
	}
	payload_write_close(&writer, ']');
	payload_write_close(&writer, '}');
}
