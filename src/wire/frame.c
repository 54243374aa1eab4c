#include "wire/frame.h"

#include <assert.h>

enum error
frame_size(struct slice received, size_t largest, size_t *size)
{
	struct reader reader;
	int32_t announced;

	reader_init(&reader, received);
	announced = reader_int32(&reader);
	if (reader_failed(&reader))
		return reader.error;
	if (announced < 0)
		return ERROR_MALFORMED;
	if ((size_t)announced > largest)
		return ERROR_TOO_LARGE;
	*size = (size_t)announced;
	return ERROR_NONE;
}

static bool
is_flexible(const struct message_type *type, int16_t version)
{
	return type->flexible.first <= type->flexible.last && version >= type->flexible.first;
}

int16_t
request_header_version(const struct message_type *request, int16_t version)
{
	if (request->key == API_KEY_CONTROLLED_SHUTDOWN && version == 0)
		return 0;
	return is_flexible(request, version) ? 2 : 1;
}

int16_t
response_header_version(const struct message_type *response, int16_t version)
{
	if (response->key == API_KEY_API_VERSIONS)
		return 0;
	return is_flexible(response, version) ? 1 : 0;
}

enum error
request_header_decode(struct reader *in, struct request_header *header)
{
	struct reader ahead = *in;
	const struct message_type *request;

	message_set_defaults(&request_header_type, header);
	header->request_api_key = reader_int16(&ahead);
	header->request_api_version = reader_int16(&ahead);
	header->correlation_id = reader_int32(&ahead);
	if (reader_failed(&ahead))
		return ahead.error;
	request = message_type_find(header->request_api_key, false);
	if (request == NULL)
		return ERROR_UNSUPPORTED;
	return message_decode(&request_header_type,
	    request_header_version(request, header->request_api_version), in, NULL, header);
}

enum error
response_header_decode(struct reader *in, const struct message_type *type, int16_t version,
    struct response_header *header)
{
	assert(type->kind == MESSAGE_RESPONSE);
	return message_decode(&response_header_type, response_header_version(type, version), in,
	    NULL, header);
}

static void
begin(struct buffer_list *out, struct frame *frame)
{
	struct buffer *bytes = buffer_list_bytes(out);

	frame->list_size = buffer_list_size(out);
	frame->position = bytes->size;
	buffer_int32(bytes, 0);
}

enum error
request_begin(struct buffer_list *out, const struct request_header *header, struct frame *frame)
{
	const struct message_type *request = message_type_find(header->request_api_key, false);

	assert(request != NULL);
	begin(out, frame);
	return message_encode(&request_header_type,
	    request_header_version(request, header->request_api_version), header, out);
}

enum error
response_begin(struct buffer_list *out, const struct message_type *response, int16_t version,
    int32_t correlation_id, struct frame *frame)
{
	struct response_header header = { .correlation_id = correlation_id };

	assert(response->kind == MESSAGE_RESPONSE);
	begin(out, frame);
	return message_encode(&response_header_type, response_header_version(response, version),
	    &header, out);
}

enum error
frame_finish(struct buffer_list *out, const struct frame *frame)
{
	size_t size = buffer_list_size(out) - frame->list_size - FRAME_SIZE_BYTES;

	if (size > INT32_MAX)
		return ERROR_TOO_LARGE;
	buffer_set_int32(buffer_list_bytes(out), frame->position, (int32_t)size);
	return ERROR_NONE;
}
