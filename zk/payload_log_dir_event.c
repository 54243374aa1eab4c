#include "zk/payload_log_dir_event.h"

#include "zk/payload_private.h"

enum error
payload_log_dir_event_decode(struct slice bytes, struct arena *arena,
    struct payload_log_dir_event *event, struct payload_complaint *complaint)
{
	struct payload_reader reader;

	payload_reader_open(&reader, bytes, arena, complaint);
	event->broker = payload_int32(&reader, reader.root, "broker", 0, INT32_MAX);
	event->event = payload_int32_or(&reader, reader.root, "event", INT32_MIN, INT32_MAX,
	    PAYLOAD_LOG_DIR_FAILED);
	return payload_reader_close(&reader);
}

void
payload_log_dir_event_encode(const struct payload_log_dir_event *event, struct buffer *out)
{
	struct payload_writer writer = { out, false };

	payload_write_open(&writer, '{');
	payload_write_int_field(&writer, "version", 1);
	payload_write_int_field(&writer, "broker", event->broker);
	payload_write_int_field(&writer, "event", event->event);
	payload_write_close(&writer, '}');
}
