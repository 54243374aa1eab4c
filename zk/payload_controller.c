#include "zk/payload_controller.h"

#include "zk/payload_private.h"

enum error
payload_controller_decode(struct slice bytes, struct arena *arena,
    struct payload_controller *controller, struct payload_complaint *complaint)
{
	struct payload_reader reader;

	payload_reader_open(&reader, bytes, arena, complaint);
	controller->broker = payload_int32(&reader, reader.root, "brokerid", 0, INT32_MAX);
	/* Nobody but people reads it; old tools wrote it as a number. */
	if (json_is_integer(payload_value(&reader, reader.root, "timestamp")))
		controller->timestamp_ms =
		    payload_int64(&reader, reader.root, "timestamp", INT64_MIN, INT64_MAX);
	else if (payload_value(&reader, reader.root, "timestamp") != NULL)
		controller->timestamp_ms =
		    payload_number_text(&reader, reader.root, "timestamp", INT64_MIN, INT64_MAX);
	else
		controller->timestamp_ms = -1;
	controller->kraft_controller_epoch =
	    payload_int32_or(&reader, reader.root, "kraftControllerEpoch", -1, INT32_MAX, -1);
	return payload_reader_close(&reader);
}

void
payload_controller_encode(const struct payload_controller *controller, struct buffer *out)
{
	struct payload_writer writer = { out, false };

	payload_write_open(&writer, '{');
	payload_write_int_field(&writer, "version", 2);
	payload_write_int_field(&writer, "brokerid", controller->broker);
	payload_write_key(&writer, "timestamp");
	payload_write_number_text(&writer, controller->timestamp_ms);
	payload_write_int_field(&writer, "kraftControllerEpoch", controller->kraft_controller_epoch);
	payload_write_close(&writer, '}');
}
