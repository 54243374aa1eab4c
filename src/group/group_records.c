#include "group/group_records.h"

#include <assert.h>

#include "base/reader.h"

enum {
	OFFSET_KEY_VERSION = 1,
	OFFSET_VALUE_VERSION = 3,
	OFFSET_VALUE_VERSION_WITH_EXPIRY = 1,
	GROUP_KEY_VERSION = 2,
	GROUP_VALUE_VERSION = 3,
};

static enum error
write_data(struct buffer *out, const struct message_type *type, int16_t version,
    const void *message)
{
	struct buffer_list list;

	buffer_list_init(&list);
	enum error error = data_encode(type, version, message, &list);
	for (size_t i = 0; error == ERROR_NONE; i++) {
		const struct buffer_part *part = buffer_list_part(&list, i);

		if (part == NULL)
			break;
		buffer_append(out, part->bytes, part->length);
	}
	buffer_list_fini(&list);
	return error;
}

void
group_records_write_offset_key(struct buffer *out, struct slice group, struct slice topic,
    int32_t partition)
{
	struct offset_commit_key key = { .group = group, .topic = topic, .partition = partition };

	enum error error = write_data(out, &offset_commit_key_type, OFFSET_KEY_VERSION, &key);
	assert(error == ERROR_NONE);
}

void
group_records_write_offset(struct buffer *out, const struct committed_offset *offset)
{
	struct offset_commit_value value = offset_commit_value_defaults;
	int16_t version = offset->expire_ms == OFFSET_NO_EXPIRY ? OFFSET_VALUE_VERSION :
	    OFFSET_VALUE_VERSION_WITH_EXPIRY;

	value.offset = offset->offset;
	value.leader_epoch = offset->leader_epoch;
	value.metadata = offset->metadata;
	value.commit_timestamp = offset->commit_ms;
	value.expire_timestamp = offset->expire_ms;
	enum error error = write_data(out, &offset_commit_value_type, version, &value);
	assert(error == ERROR_NONE);
}

void
group_records_write_group_key(struct buffer *out, struct slice group)
{
	struct group_metadata_key key = { .group = group };

	enum error error = write_data(out, &group_metadata_key_type, GROUP_KEY_VERSION, &key);
	assert(error == ERROR_NONE);
}

enum error
group_records_write_group(struct buffer *out, const struct group_metadata_value *value)
{
	return write_data(out, &group_metadata_value_type, GROUP_VALUE_VERSION, value);
}

/* A message without arrays needs no arena. */
static enum error
read_flat(struct slice bytes, const struct message_type *type, void *message)
{
	struct reader reader;
	struct arena none;
	int16_t version;

	arena_init(&none, 0);
	reader_init(&reader, bytes);
	enum error error = data_decode(type, &reader, &none, message, &version);
	arena_fini(&none);
	return error;
}

static enum error
read_offset_key(struct slice bytes, struct group_record_key *key)
{
	struct offset_commit_key message;

	enum error error = read_flat(bytes, &offset_commit_key_type, &message);
	if (error != ERROR_NONE)
		return error;
	key->type = GROUP_RECORD_OFFSET;
	key->group = message.group;
	key->topic = message.topic;
	key->partition = message.partition;
	return ERROR_NONE;
}

enum error
group_records_read_key(struct slice bytes, struct group_record_key *key)
{
	struct group_metadata_key message;
	struct reader reader;

	if (slice_is_null(bytes))
		return ERROR_MALFORMED;
	reader_init(&reader, bytes);
	*key = (struct group_record_key){ .type = GROUP_RECORD_UNKNOWN };
	key->version = reader_int16(&reader);
	if (reader_failed(&reader))
		return reader.error;
	if (key->version >= 0 && key->version <= OFFSET_KEY_VERSION)
		return read_offset_key(bytes, key);
	if (key->version != GROUP_KEY_VERSION)
		return ERROR_NONE;
	enum error error = read_flat(bytes, &group_metadata_key_type, &message);
	key->type = GROUP_RECORD_GROUP;
	key->group = message.group;
	return error;
}

enum error
group_records_read_offset(struct slice bytes, struct committed_offset *offset)
{
	struct offset_commit_value value;

	enum error error = read_flat(bytes, &offset_commit_value_type, &value);
	if (error != ERROR_NONE)
		return error;
	*offset = (struct committed_offset){
		.offset = value.offset,
		.leader_epoch = value.leader_epoch,
		.metadata = value.metadata,
		.commit_ms = value.commit_timestamp,
		.expire_ms = value.expire_timestamp,
	};
	return ERROR_NONE;
}

enum error
group_records_read_group(struct slice bytes, struct arena *arena,
    struct group_metadata_value *value)
{
	struct reader reader;
	int16_t version;

	reader_init(&reader, bytes);
	enum error error = data_decode(&group_metadata_value_type, &reader, arena, value, &version);
	if (error != ERROR_NONE || version > 0)
		return error;
	for (int32_t i = 0; i < value->members.count; i++)
		value->members.items[i].rebalance_timeout = value->members.items[i].session_timeout;
	return ERROR_NONE;
}
