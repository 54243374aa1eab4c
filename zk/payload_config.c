#include "zk/payload_config.h"

#include "zk/payload_private.h"

static void
read_entries(struct payload_reader *reader, json_t *object, struct payload_config *config)
{
	size_t count = json_object_size(object), i = 0;
	struct payload_config_entry *entries = payload_new_array(reader, count, sizeof(*entries));

	if (entries == NULL)
		return;
	for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
		entries[i].name = payload_copy_key(reader, json_object_iter_key(at),
		    json_object_iter_key_len(at));
		entries[i++].value = payload_copy_text(reader, json_object_iter_value(at),
		    json_object_iter_key(at));
	}
	*config = (struct payload_config){ entries, count };
}

enum error
payload_config_decode(struct slice bytes, struct arena *arena, struct payload_config *config,
    struct payload_complaint *complaint)
{
	struct payload_reader reader;

	*config = (struct payload_config){ NULL, 0 };
	complaint->text[0] = '\0';
	if (slice_is_null(bytes))
		return ERROR_NONE;
	payload_reader_open(&reader, bytes, arena, complaint);
	if (payload_int32(&reader, reader.root, "version", 0, INT32_MAX) != 1)
		payload_fail(&reader, ERROR_UNSUPPORTED, "version", "not 1");
	read_entries(&reader, payload_object(&reader, reader.root, "config"), config);
	return payload_reader_close(&reader);
}

void
payload_config_encode(const struct payload_config *config, struct buffer *out)
{
	struct payload_writer writer = { out, false };

	payload_write_open(&writer, '{');
	payload_write_int_field(&writer, "version", 1);
	payload_write_key(&writer, "config");
	payload_write_open(&writer, '{');
	for (size_t i = 0; i < config->count; i++) {
		payload_write_name(&writer, config->entries[i].name);
		payload_write_text(&writer, config->entries[i].value);
	}
	payload_write_close(&writer, '}');
	payload_write_close(&writer, '}');
}

struct slice
payload_config_find(const struct payload_config *config, struct slice name)
{
	for (size_t i = 0; i < config->count; i++) {
		if (slice_equal(config->entries[i].name, name))
			return config->entries[i].value;
	}
	return slice_null();
}
