#include "zk/payload_cluster_id.h"

#include "zk/payload_private.h"

enum error
payload_cluster_id_decode(struct slice bytes, struct arena *arena,
    struct payload_cluster_id *cluster, struct payload_complaint *complaint)
{
	struct payload_reader reader;

	payload_reader_open(&reader, bytes, arena, complaint);
	cluster->id = payload_text(&reader, reader.root, "id");
	if (cluster->id.size == 0)
		payload_fail(&reader, ERROR_MALFORMED, "id", "empty");
	return payload_reader_close(&reader);
}

void
payload_cluster_id_encode(const struct payload_cluster_id *cluster, struct buffer *out)
{
	struct payload_writer writer = { out, false };

	payload_write_open(&writer, '{');
	payload_write_text_field(&writer, "version", slice_of_text("1"));
	payload_write_text_field(&writer, "id", cluster->id);
	payload_write_close(&writer, '}');
}
