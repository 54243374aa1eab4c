#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api_private.h"
#include "api/file_slice.h"
#include "api/request_times.h"
#include "base/memory.h"
#include "wire/frame.h"

/* ----------------------------------------------------------------- its end */

static void
end(struct request *request)
{
	struct api_request *it = api_request_of(request);
	struct request_connection *connection = request->connection;
	struct api_loop *loop = it->loop;

	assert(!it->has_ended && loop_current() == request->loop);
	it->has_ended = true;
	request_times_ended(it);
	if (connection == NULL) {
		api_request_free(it);
		api_loop_check(loop);
		return;
	}
	if (it->overdrawn && it->close_why == NULL)
		it->close_why = REQUEST_WITHOUT_ROOM;
	connection->unsent_bytes += buffer_list_size(&it->answer);
	connection->in_progress--;
	connection->produces -= request->key == API_KEY_PRODUCE;
	client_connection_send_soon(connection);
}

void
request_answer(struct request *request)
{
	struct api_request *it = api_request_of(request);
	const struct message_type *type = request->entry->response;
	struct frame frame;

	request_times_answered(it);
	if (request->connection != NULL && !it->overdrawn &&
	    (response_begin(&it->answer, type, request->version, request->correlation_id, &frame) !=
	     ERROR_NONE ||
	     message_encode(type, request->version, request->response, &it->answer) != ERROR_NONE ||
	     frame_finish(&it->answer, &frame) != ERROR_NONE)) {
		log_error(request_world(request)->logger, "an answer of %s version %d cannot be "
		    "encoded", request->entry->name, request->version);
		it->close_why = "its answer cannot be encoded";
	}
	end(request);
}

void
request_answer_nothing(struct request *request)
{
	end(request);
}

void
request_close(struct request *request, const char *why)
{
	api_request_of(request)->close_why = why;
	end(request);
}

void
api_request_free(struct api_request *it)
{
	struct request *request = &it->request;
	struct list *link;

	if (request->ended != NULL)
		request->ended(request);
	buffer_list_fini(&it->answer);
	file_slice_free_all(&it->slices);
	arena_fini(&request->arena);
	while ((link = list_take_first(&it->extra)) != NULL)
		free(link);
	counted_release(&request->view->counted);
	if (it->frame != NULL) {
		request->api->frame_bytes -= (int64_t)it->frame_size;
		free(it->frame);
	}
	it->loop->requests--;
	free(it);
}

void
request_drop_frame(struct request *request)
{
	struct api_request *it = api_request_of(request);

	if (it->frame == NULL)
		return;
	if (!slice_is_null(request->client_id))
		request->client_id = request_copy(request, request->client_id);
	request->api->frame_bytes -= (int64_t)it->frame_size;
	free(it->frame);
	it->frame = NULL;
}

/* ---------------------------------------------------------------- its begin */

/* NULL: well; else why the connection is closed. */
static const char *
decode(struct api_request *it)
{
	struct request *request = &it->request;
	struct request_header header;
	struct reader reader;

	reader_init(&reader, slice_of(it->frame + FRAME_SIZE_BYTES, it->frame_size));
	if (request_header_decode(&reader, &header) != ERROR_NONE)
		return "the header of a request cannot be read";
	request->key = header.request_api_key;
	request->version = header.request_api_version;
	request->correlation_id = header.correlation_id;
	request->client_id = header.client_id;
	request->entry = api_table_find(request->key);
	if (request->entry == NULL)
		return "this api key is not served";
	if (request->version < request->entry->first_version ||
	    request->version > request->entry->last_version) {
		if (request->key != API_KEY_API_VERSIONS)
			return "this version of the api key is not served";
		request->version = 0; /* its handler sees that there is no body (KIP-511) */
		return NULL;
	}
	request->body = arena_new(&request->arena, request->entry->request->structure->size);
	if (request->body == NULL ||
	    message_decode(request->entry->request, request->version, &reader, &request->arena,
	    request->body) != ERROR_NONE)
		return "a request cannot be read";
	return NULL;
}

void
api_request_begin(struct request_connection *connection, uint8_t *take_frame, size_t size)
{
	struct api_request *it = memory_new(sizeof(*it));
	struct request *request = &it->request;
	struct api_loop *loop = connection->loop;
	const char *wrong;

	it->loop = loop;
	it->frame = take_frame;
	it->frame_size = size;
	list_init(&it->link);
	list_init(&it->slices);
	list_init(&it->extra);
	buffer_list_init(&it->answer);
	arena_init(&request->arena, API_ARENA_BYTES);
	request->api = loop->api;
	request->loop = loop->loop;
	request->listener = connection->acceptor->listener->name;
	memcpy(request->client_host, connection->host, sizeof(connection->host));
	request->view = loop->view;
	counted_hold(&request->view->counted);
	loop->requests++;
	wrong = decode(it);
	if (wrong != NULL) {
		api_request_free(it);
		client_connection_close(connection, wrong);
		return;
	}
	request->connection = connection;
	list_append(&connection->requests, &it->link);
	connection->in_progress++;
	connection->produces += request->key == API_KEY_PRODUCE;
	request->response = request_new(request, request->entry->response->structure->size);
	message_set_defaults(request->entry->response, request->response);
	request_times_begin(it, connection->arrived_us);
	request->entry->handle(request);
	/* It is there: what was ended just now is sent, and freed, at the end of the turn. */
	request_times_handled(it);
}

void
request_renew_view(struct request *request)
{
	struct api_view *view = api_request_of(request)->loop->view;

	counted_hold(&view->counted);
	counted_release(&request->view->counted);
	request->view = view;
}

/* --------------------------------------------------------------- what it has */

const struct broker_config *
request_config(const struct request *request)
{
	return request->api->config;
}

const struct api_services *
request_services(const struct request *request)
{
	return &request->api->services;
}

struct world *
request_world(const struct request *request)
{
	return request->api->world;
}

struct follower_waits *
request_follower_waits(const struct request *request)
{
	return &container_of(request, const struct api_request, request)->loop->follower_waits;
}

struct leader_waits *
request_leader_waits(const struct request *request)
{
	return &container_of(request, const struct api_request, request)->loop->leader_waits;
}

struct fetch_session_cache *
request_fetch_sessions(const struct request *request)
{
	return container_of(request, const struct api_request, request)->loop->fetch_sessions;
}

int32_t
request_broker_id(const struct request *request)
{
	return request->api->broker_id;
}

struct slice
request_cluster_id(const struct request *request)
{
	return slice_of_text(request->api->cluster_id);
}

void *
request_new(struct request *request, size_t size)
{
	struct api_request *it = api_request_of(request);
	void *memory = arena_new(&request->arena, size);
	struct list *extra;

	if (memory != NULL)
		return memory;
	it->overdrawn = true;
	extra = memory_new(sizeof(*extra) + MAX(size, 1));
	list_init(extra);
	list_append(&it->extra, extra);
	return extra + 1;
}

void *
request_array(struct request *request, size_t count, size_t size)
{
	assert(size == 0 || count <= SIZE_MAX / 2 / MAX(size, 1));
	return request_new(request, count * size);
}

struct slice
request_copy(struct request *request, struct slice text)
{
	uint8_t *copy;

	if (slice_is_null(text))
		return text;
	copy = request_new(request, MAX(text.size, 1));
	memcpy(copy, text.bytes, text.size);
	return slice_of(copy, text.size);
}

struct slice
request_format(struct request *request, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return request_copy(request, slice_of_text(text));
}

const struct hosted_topic *
request_hosted_topic(const struct request *request, struct slice topic)
{
	struct counted *found = persistent_map_find(request->view->hosted, topic);

	return found == NULL ? NULL : container_of(found, struct hosted_topic, counted);
}

struct partition *
request_partition(const struct request *request, struct slice topic, int32_t partition)
{
	const struct hosted_topic *hosted = request_hosted_topic(request, topic);

	if (hosted == NULL || partition < 0 || partition >= hosted->partition_count)
		return NULL;
	return hosted->partitions[partition];
}
