#include "zk/payload_delegation_token.h"

#include "zk/payload_private.h"

static void
read_renewers(struct payload_reader *reader, struct payload_delegation_token *token)
{
	const json_t *array = payload_array(reader, reader->root, "renewers");
	size_t count = json_array_size(array);
	struct slice *renewers = payload_new_array(reader, count, sizeof(*renewers));

	if (renewers == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		renewers[i] = payload_copy_text(reader, json_array_get(array, i), "renewers");
	token->renewers = renewers;
	token->renewer_count = count;
}

enum error
payload_delegation_token_decode(struct slice bytes, struct arena *arena,
    struct payload_delegation_token *token, struct payload_complaint *complaint)
{
	struct payload_reader reader;

	payload_reader_open(&reader, bytes, arena, complaint);
	*token = (struct payload_delegation_token){ .renewers = NULL };
	const json_t *root = reader.root;
	if (payload_int32(&reader, root, "version", 0, INT32_MAX) < 1)
		payload_fail(&reader, ERROR_UNSUPPORTED, "version", "below 1");
	token->issue_timestamp_ms = payload_int64(&reader, root, "issueTimestamp", 0, INT64_MAX);
	token->expiry_timestamp_ms = payload_int64(&reader, root, "expiryTimestamp", 0, INT64_MAX);
	token->max_timestamp_ms = payload_int64(&reader, root, "maxTimestamp", 0, INT64_MAX);
	token->token_id = payload_text(&reader, root, "tokenId");
	token->owner = payload_text(&reader, root, "owner");
	token->requester = payload_text_or_null(&reader, root, "tokenRequester");
	if (slice_is_null(token->requester))
		token->requester = token->owner;
	read_renewers(&reader, token);
	return payload_reader_close(&reader);
}

void
payload_delegation_token_encode(const struct payload_delegation_token *token, struct buffer *out)
{
	struct payload_writer writer = { out, false };

	payload_write_open(&writer, '{');
	payload_write_int_field(&writer, "issueTimestamp", token->issue_timestamp_ms);
	payload_write_key(&writer, "renewers");
	payload_write_open(&writer, '[');
	for (size_t i = 0; i < token->renewer_count; i++)
		payload_write_text(&writer, token->renewers[i]);
	payload_write_close(&writer, ']');
	payload_write_text_field(&writer, "tokenRequester", token->requester);
	payload_write_text_field(&writer, "tokenId", token->token_id);
	payload_write_text_field(&writer, "owner", token->owner);
	payload_write_int_field(&writer, "expiryTimestamp", token->expiry_timestamp_ms);
	payload_write_int_field(&writer, "maxTimestamp", token->max_timestamp_ms);
	payload_write_int_field(&writer, "version", 3);
	payload_write_close(&writer, '}');
}
