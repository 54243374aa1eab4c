#include "zk/payload_topic.h"

#include <inttypes.h>
#include <stdio.h>

#include "zk/payload_private.h"

enum { VERSION = 3 };

static struct payload_assignments
read_assignments(struct payload_reader *reader, json_t *object, const char *name)
{
	struct payload_assignments none = { NULL, 0 };
	size_t count = json_object_size(object), i = 0;
	struct payload_assignment *entries = payload_new_array(reader, count, sizeof(*entries));
	int64_t partition;

	if (entries == NULL)
		return none;
	for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
		struct slice key = slice_of(json_object_iter_key(at), json_object_iter_key_len(at));
		if (!payload_parse_number(key, 0, INT32_MAX, &partition)) {
			payload_fail(reader, ERROR_MALFORMED, name, "a key is not the number of a partition");
			return none;
		}
		entries[i].partition = (int32_t)partition;
		entries[i++].replicas = payload_ids(reader, json_object_iter_value(at), name);
	}
	return (struct payload_assignments){ entries, count };
}

enum error
payload_topic_decode(struct slice bytes, struct arena *arena, struct payload_topic *topic,
    struct payload_complaint *complaint)
{
	struct payload_reader reader;

	payload_reader_open(&reader, bytes, arena, complaint);
	*topic = (struct payload_topic){ .topic_id = { { 0 } } };
	struct slice id = payload_text_or_null(&reader, reader.root, "topic_id");
	if (!slice_is_null(id) && uuid_parse(id, &topic->topic_id) != ERROR_NONE)
		payload_fail(&reader, ERROR_MALFORMED, "topic_id", "not the id of a topic");
	topic->partitions = read_assignments(&reader,
	    payload_object(&reader, reader.root, "partitions"), "partitions");
	topic->adding_replicas = read_assignments(&reader,
	    payload_object_or_null(&reader, reader.root, "adding_replicas"), "adding_replicas");
	topic->removing_replicas = read_assignments(&reader,
	    payload_object_or_null(&reader, reader.root, "removing_replicas"), "removing_replicas");
	return payload_reader_close(&reader);
}

static void
write_assignments(struct payload_writer *writer, const char *name,
    struct payload_assignments assignments)
{
	payload_write_key(writer, name);
	payload_write_open(writer, '{');
	for (size_t i = 0; i < assignments.count; i++) {
		char digits[16];
		int size = snprintf(digits, sizeof(digits), "%" PRId32, assignments.entries[i].partition);
		payload_write_name(writer, slice_of(digits, (size_t)size));
		payload_write_ids(writer, assignments.entries[i].replicas);
	}
	payload_write_close(writer, '}');
}

void
payload_topic_encode(const struct payload_topic *topic, struct buffer *out)
{
	struct payload_writer writer = { out, false };
	char id[UUID_TEXT_SIZE + 1];

	payload_write_open(&writer, '{');
	write_assignments(&writer, "partitions", topic->partitions);
	if (!uuid_is_zero(topic->topic_id)) {
		uuid_text(topic->topic_id, id);
		payload_write_text_field(&writer, "topic_id", slice_of_text(id));
	}
	write_assignments(&writer, "adding_replicas", topic->adding_replicas);
	write_assignments(&writer, "removing_replicas", topic->removing_replicas);
	payload_write_int_field(&writer, "version", VERSION);
	payload_write_close(&writer, '}');
}

struct payload_int32_list
payload_assignments_find(struct payload_assignments assignments, int32_t partition)
{
	for (size_t i = 0; i < assignments.count; i++) {
		if (assignments.entries[i].partition == partition)
			return assignments.entries[i].replicas;
	}
	return (struct payload_int32_list){ NULL, 0 };
}
