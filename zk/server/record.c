#include "zk/server/record.h"

#include <openssl/sha.h>

#include "zk/server/jute.h"

enum { FORMAT = 1 };

void
record_state_key(struct buffer *key)
{
	buffer_int8(key, RECORD_STATE);
}

void
record_session_key(struct buffer *key, int64_t id)
{
	buffer_int8(key, RECORD_SESSION);
	buffer_int64(key, id);
}

void
record_node_key(struct buffer *key, struct slice path)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	if (path.size < RECORD_KEY_SIZE) {
		buffer_int8(key, RECORD_NODE);
		buffer_append_slice(key, path);
		return;
	}
	SHA256(path.bytes, path.size, hash);
	buffer_int8(key, RECORD_LONG_NODE);
	buffer_append(key, hash, sizeof(hash));
}

void
record_put_state(struct buffer *record, int64_t zxid)
{
	buffer_int32(record, FORMAT);
	buffer_int64(record, zxid);
}

void
record_put_session(struct buffer *record, const struct requests_session *session)
{
	buffer_int64(record, session->id);
	buffer_int32(record, session->timeout_ms);
	buffer_append(record, session->password, sizeof(session->password));
}

void
record_put_node(struct buffer *record, struct slice path, const struct tree_image *image)
{
	jute_bytes(record, path);
	jute_bytes(record, image->data);
	jute_acl(record, &image->acl);
	jute_stat(record, &image->stat);
	buffer_int32(record, image->creations);
}

static enum error
whole(const struct reader *in)
{
	return reader_failed(in) || reader_remaining(in) != 0 ? ERROR_CORRUPT : ERROR_NONE;
}

enum error
record_get_state(struct slice record, int64_t *zxid)
{
	struct reader in;
	int32_t format;

	reader_init(&in, record);
	format = reader_int32(&in);
	*zxid = reader_int64(&in);
	if (!reader_failed(&in) && format > FORMAT)
		return ERROR_UNSUPPORTED;
	return format != FORMAT || *zxid < 0 ? ERROR_CORRUPT : whole(&in);
}

enum error
record_get_session(struct slice record, struct requests_session *session)
{
	struct slice password;
	struct reader in;

	reader_init(&in, record);
	session->id = reader_int64(&in);
	session->timeout_ms = reader_int32(&in);
	password = reader_bytes(&in, sizeof(session->password));
	if (whole(&in) != ERROR_NONE || session->id == 0 || session->timeout_ms <= 0)
		return ERROR_CORRUPT;
	memcpy(session->password, password.bytes, sizeof(session->password));
	return ERROR_NONE;
}

enum error
record_get_node(struct slice record, struct arena *arena, struct slice *path,
    struct tree_image *image)
{
	struct reader in;

	reader_init(&in, record);
	*path = jute_read_bytes(&in);
	image->data = jute_read_bytes(&in);
	image->acl = jute_read_acl(&in, arena);
	image->stat = jute_read_stat(&in);
	image->creations = reader_int32(&in);
	return slice_is_null(*path) ? ERROR_CORRUPT : whole(&in);
}
