#include "zk/server/jute.h"

enum { ACL_ENTRY_SIZE = 12 };

struct slice
jute_read_bytes(struct reader *reader)
{
	int32_t size = reader_int32(reader);

	if (size == -1)
		return slice_null();
	if (size < 0) {
		reader_fail(reader, ERROR_MALFORMED);
		return slice_null();
	}
	return reader_bytes(reader, (size_t)size);
}

bool
jute_read_bool(struct reader *reader)
{
	return reader_int8(reader) == 1;
}

size_t
jute_read_count(struct reader *reader, size_t least_size)
{
	int32_t count = reader_int32(reader);

	if (count == -1 || reader_failed(reader))
		return 0;
	if (count < 0 || (size_t)count > reader_remaining(reader) / least_size) {
		reader_fail(reader, ERROR_MALFORMED);
		return 0;
	}
	return (size_t)count;
}

struct znode_acl
jute_read_acl(struct reader *reader, struct arena *arena)
{
	size_t count = jute_read_count(reader, ACL_ENTRY_SIZE);
	struct znode_acl_entry *entries = arena_array(arena, count, sizeof(*entries));

	if (entries == NULL) {
		reader_fail(reader, ERROR_NO_MEMORY);
		return (struct znode_acl){ NULL, 0 };
	}
	for (size_t i = 0; i < count; i++) {
		entries[i].permissions = reader_int32(reader);
		entries[i].id.scheme = jute_read_bytes(reader);
		entries[i].id.id = jute_read_bytes(reader);
	}
	return (struct znode_acl){ entries, count };
}

struct znode_stat
jute_read_stat(struct reader *reader)
{
	struct znode_stat stat;

	stat.czxid = reader_int64(reader);
	stat.mzxid = reader_int64(reader);
	stat.ctime_ms = reader_int64(reader);
	stat.mtime_ms = reader_int64(reader);
	stat.version = reader_int32(reader);
	stat.cversion = reader_int32(reader);
	stat.aversion = reader_int32(reader);
	stat.ephemeral_owner = reader_int64(reader);
	stat.data_length = reader_int32(reader);
	stat.child_count = reader_int32(reader);
	stat.pzxid = reader_int64(reader);
	return stat;
}

void
jute_bytes(struct buffer *buffer, struct slice bytes)
{
	if (slice_is_null(bytes)) {
		buffer_int32(buffer, -1);
		return;
	}
	buffer_int32(buffer, (int32_t)bytes.size);
	buffer_append_slice(buffer, bytes);
}

void
jute_bool(struct buffer *buffer, bool value)
{
	buffer_int8(buffer, value ? 1 : 0);
}

void
jute_acl(struct buffer *buffer, const struct znode_acl *acl)
{
	buffer_int32(buffer, (int32_t)acl->count);
	for (size_t i = 0; i < acl->count; i++) {
		buffer_int32(buffer, acl->entries[i].permissions);
		jute_bytes(buffer, acl->entries[i].id.scheme);
		jute_bytes(buffer, acl->entries[i].id.id);
	}
}

void
jute_stat(struct buffer *buffer, const struct znode_stat *stat)
{
	buffer_int64(buffer, stat->czxid);
	buffer_int64(buffer, stat->mzxid);
	buffer_int64(buffer, stat->ctime_ms);
	buffer_int64(buffer, stat->mtime_ms);
	buffer_int32(buffer, stat->version);
	buffer_int32(buffer, stat->cversion);
	buffer_int32(buffer, stat->aversion);
	buffer_int64(buffer, stat->ephemeral_owner);
	buffer_int32(buffer, stat->data_length);
	buffer_int32(buffer, stat->child_count);
	buffer_int64(buffer, stat->pzxid);
}
