#include "zk/payload_feature.h"

#include "zk/payload_private.h"

static void
read_entries(struct payload_reader *reader, json_t *object, struct payload_feature *feature)
{
	size_t count = json_object_size(object), i = 0;
	struct payload_feature_entry *entries = payload_new_array(reader, count, sizeof(*entries));

	if (entries == NULL)
		return;
	for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
		const json_t *range = json_object_iter_value(at);
		if (!json_is_object(range))
			payload_fail(reader, ERROR_MALFORMED, "features", "holds something that is not an object");
		entries[i].name = payload_copy_key(reader, json_object_iter_key(at),
		    json_object_iter_key_len(at));
		if (feature->version == 1)
			entries[i].min_version_level =
			    (int16_t)payload_int32(reader, range, "min_version_level", 1, INT16_MAX);
		entries[i].max_version_level =
		    (int16_t)payload_int32(reader, range, "max_version_level", 1, INT16_MAX);
		if (entries[i].max_version_level < entries[i].min_version_level)
			payload_fail(reader, ERROR_MALFORMED, "max_version_level", "below min_version_level");
		i++;
	}
	feature->entries = entries;
	feature->count = count;
}

enum error
payload_feature_decode(struct slice bytes, struct arena *arena, struct payload_feature *feature,
    struct payload_complaint *complaint)
{
	struct payload_reader reader;

	payload_reader_open(&reader, bytes, arena, complaint);
	*feature = (struct payload_feature){ .entries = NULL };
	feature->version = payload_int32(&reader, reader.root, "version", INT32_MIN, INT32_MAX);
	if (feature->version != 1 && feature->version != 2)
		payload_fail(&reader, ERROR_UNSUPPORTED, "version", "neither 1 nor 2");
	feature->status = (enum payload_feature_status)payload_int32(&reader, reader.root, "status",
	    PAYLOAD_FEATURE_DISABLED, PAYLOAD_FEATURE_ENABLED);
	read_entries(&reader, payload_object_or_null(&reader, reader.root, "features"), feature);
	return payload_reader_close(&reader);
}

void
payload_feature_encode(const struct payload_feature *feature, struct buffer *out)
{
	struct payload_writer writer = { out, false };

	payload_write_open(&writer, '{');
	payload_write_key(&writer, "features");
	payload_write_open(&writer, '{');
	for (size_t i = 0; i < feature->count; i++) {
		const struct payload_feature_entry *entry = &feature->entries[i];
		payload_write_name(&writer, entry->name);
		payload_write_open(&writer, '{');
		if (feature->version == 1)
			payload_write_int_field(&writer, "min_version_level", entry->min_version_level);
		payload_write_int_field(&writer, "max_version_level", entry->max_version_level);
		payload_write_close(&writer, '}');
	}
	payload_write_close(&writer, '}');
	payload_write_int_field(&writer, "version", feature->version);
	payload_write_int_field(&writer, "status", feature->status);
	payload_write_close(&writer, '}');
}
