#include "klamm/connection.h"

#include <assert.h>

#include "config.h"
#include "wire/frame.h"
#include "wire/kafka_error.h"

void
answer_init(struct answer *answer)
{
	buffer_init(&answer->frame);
	arena_init(&answer->arena, CONNECTION_ARENA_BYTES_MAX);
	answer->version = -1;
}

void
answer_fini(struct answer *answer)
{
	buffer_fini(&answer->frame);
	arena_fini(&answer->arena);
}

static void
answer_clear(struct answer *answer)
{
	answer_fini(answer);
	answer_init(answer);
}

void
connection_close(struct connection *connection)
{
	if (connection->stream != NULL)
		transport_close(connection->stream);
	connection->stream = NULL;
}

static enum error
encode(const struct request_header *header, const struct message_type *type, const void *request,
    struct buffer_list *out)
{
	struct frame frame;
	enum error error = request_begin(out, header, &frame);

	if (error == ERROR_NONE)
		error = message_encode(type, header->request_api_version, request, out);
	if (error == ERROR_NONE)
		error = frame_finish(out, &frame);
	return error;
}

static enum error
send_all(struct connection *connection, struct buffer_list *list, int64_t deadline_us)
{
	enum error error = ERROR_NONE;
	const struct buffer_part *part;

	while (error == ERROR_NONE && (part = buffer_list_front(list)) != NULL) {
		size_t size = part->length;

		assert(part->type == BUFFER_PART_BYTES);
		error = transport_send(connection->stream, slice_of(part->bytes, size),
		    deadline_us);
		buffer_list_consume(list, size);
	}
	return error;
}

/* Into the answer's frame, without the size. */
static enum error
receive(struct connection *connection, int64_t deadline_us, struct answer *answer)
{
	uint8_t size_bytes[FRAME_SIZE_BYTES];
	size_t size;
	enum error error = transport_receive(connection->stream, size_bytes, sizeof(size_bytes),
	    deadline_us);

	if (error == ERROR_NONE)
		error = frame_size(slice_of(size_bytes, sizeof(size_bytes)),
		    CONNECTION_FRAME_BYTES_MAX, &size);
	if (error != ERROR_NONE)
		return error;
	return transport_receive(connection->stream, buffer_extend(&answer->frame, size), size,
	    deadline_us);
}

static enum error
decode(struct connection *connection, const struct message_type *type, struct answer *answer,
    void *response)
{
	struct response_header header;
	struct reader in;

	reader_init(&in, buffer_slice(&answer->frame));
	enum error error = response_header_decode(&in, type, answer->version, &header);
	if (error != ERROR_NONE)
		return error;
	if (header.correlation_id != connection->correlation_id)
		return ERROR_MALFORMED;
	return message_decode(type, answer->version, &in, &answer->arena, response);
}

static enum error
exchange(struct connection *connection, const struct message_type *type, int16_t version,
    const void *request, int64_t deadline_us, struct answer *answer)
{
	struct request_header header = {
		.request_api_key = type->key,
		.request_api_version = version,
		.correlation_id = ++connection->correlation_id,
		.client_id = slice_of_text("klamm"),
	};
	struct buffer_list out;

	answer_clear(answer);
	answer->version = version;
	buffer_list_init(&out);
	enum error error = encode(&header, type, request, &out);
	if (error == ERROR_NONE)
		error = send_all(connection, &out, deadline_us);
	buffer_list_fini(&out);
	return error == ERROR_NONE ? receive(connection, deadline_us, answer) : error;
}

/* -------------------------------------------------------------- ApiVersions */

static void
note_versions(struct connection *connection, const struct api_versions_response *response)
{
	for (int key = 0; key < CONNECTION_KEYS; key++) {
		connection->served[key].first = 0;
		connection->served[key].last = -1;
	}
	for (int32_t i = 0; i < response->api_keys.count; i++) {
		const struct api_versions_response_api_version *api = &response->api_keys.items[i];

		if (api->api_key >= 0 && api->api_key < CONNECTION_KEYS) {
			connection->served[api->api_key].first = api->min_version;
			connection->served[api->api_key].last = api->max_version;
		}
	}
}

/* KIP-511: a broker that does not know the version answers as version 0 does. */
static bool
is_refused(const struct answer *answer)
{
	struct reader in;

	reader_init(&in, buffer_slice(&answer->frame));
	(void)reader_int32(&in);
	return reader_int16(&in) == KAFKA_ERROR_UNSUPPORTED_VERSION && !reader_failed(&in);
}

static enum error
ask_versions(struct connection *connection, int64_t deadline_us, struct answer *answer)
{
	struct api_versions_request request = api_versions_request_defaults;
	struct api_versions_response response;

	request.client_software_name = slice_of_text("klamm");
	request.client_software_version = slice_of_text(PACKAGE_VERSION);
	enum error error = exchange(connection, &api_versions_request_type, 3, &request,
	    deadline_us, answer);
	if (error == ERROR_NONE && is_refused(answer)) {
		request = api_versions_request_defaults;
		error = exchange(connection, &api_versions_request_type, 0, &request, deadline_us,
		    answer);
	}
	if (error == ERROR_NONE)
		error = decode(connection, &api_versions_response_type, answer, &response);
	if (error != ERROR_NONE)
		return error;
	if (response.error_code != KAFKA_ERROR_NONE)
		return ERROR_UNSUPPORTED;
	note_versions(connection, &response);
	return ERROR_NONE;
}

enum error
connection_open(struct connection *connection, struct transport *transport, const char *host,
    uint16_t port, int64_t deadline_us)
{
	struct answer answer;

	*connection = (struct connection){ .stream = NULL };
	enum error error = transport_connect(transport, host, port, deadline_us,
	    &connection->stream);
	if (error != ERROR_NONE) {
		connection->stream = NULL;
		return error;
	}
	answer_init(&answer);
	error = ask_versions(connection, deadline_us, &answer);
	answer_fini(&answer);
	if (error != ERROR_NONE)
		connection_close(connection);
	return error;
}

enum error
connection_call(struct connection *connection, const struct request_kind *kind, const void *request,
    int64_t deadline_us, struct answer *answer, void *response)
{
	const struct message_type *type = kind->type;
	int16_t first, version;

	assert(type->key >= 0 && type->key < CONNECTION_KEYS);
	first = MAX(connection->served[type->key].first, kind->first_version);
	version = MIN(connection->served[type->key].last, kind->last_version);
	if (version < first)
		return ERROR_UNSUPPORTED;
	enum error error = exchange(connection, type, version, request, deadline_us, answer);
	if (error == ERROR_NONE)
		error = decode(connection, message_type_find(type->key, true), answer, response);
	if (error != ERROR_NONE)
		connection_close(connection);
	return error == ERROR_UNSUPPORTED ? ERROR_MALFORMED : error;
}
