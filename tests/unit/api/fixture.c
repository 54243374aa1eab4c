#include "fixture.h"

#include <stdarg.h>
#include <stdio.h>

#include "replicas.h"

enum { PARTITIONS_MAX = 64 };

typedef struct update_metadata_request_update_metadata_topic_state topic_state;
typedef struct update_metadata_request_update_metadata_partition_state partition_state;
typedef struct update_metadata_request_update_metadata_broker broker_state;
typedef struct update_metadata_request_update_metadata_endpoint endpoint_state;

struct fixture fixture;
static struct update_metadata_request news;

/* ------------------------------------------------------ what requests see */

/* All parts in one piece; a slice of a file has the bytes that replicas.h says. */
static struct slice
whole(struct buffer_list *list)
{
	size_t size = buffer_list_size(list), at = 0;
	uint8_t *bytes = fixture_array(MAX(size, 1), 1);
	const struct buffer_part *part;

	for (size_t i = 0; (part = buffer_list_part(list, i)) != NULL; i++) {
		for (size_t j = 0; j < part->length; j++)
			bytes[at + j] = part->type == BUFFER_PART_BYTES ? part->bytes[j] :
			    replicas_byte(part->offset + (int64_t)j);
		at += part->length;
	}
	return slice_of(bytes, size);
}

void
request_answer(struct request *request)
{
	const struct message_type *type = request->entry->response;
	struct buffer_list bytes;
	struct reader reader;

	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	fixture.end = FIXTURE_ANSWERED;
	buffer_list_init(&bytes);
	cr_assert_eq(message_encode(type, request->version, request->response, &bytes), ERROR_NONE,
	    "version %d cannot be encoded", request->version);
	reader_init(&reader, whole(&bytes));
	buffer_list_fini(&bytes);
	fixture.answer = arena_new(&fixture.arena, type->structure->size);
	cr_assert_eq(message_decode(type, request->version, &reader, &fixture.arena,
	    fixture.answer), ERROR_NONE);
	if (request->ended != NULL)
		request->ended(request);
	request->ended = NULL;
}

void
request_answer_nothing(struct request *request)
{
	(void)request;
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	fixture.end = FIXTURE_ANSWERED_NOTHING;
}

void
request_close(struct request *request, const char *why)
{
	(void)request;
	cr_assert_not_null(why);
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	fixture.end = FIXTURE_CLOSED;
}

const struct broker_config *
request_config(const struct request *request)
{
	(void)request;
	return fixture.given.config;
}

const struct api_services *
request_services(const struct request *request)
{
	(void)request;
	return &fixture.services;
}

struct world *
request_world(const struct request *request)
{
	(void)request;
	return &fixture.world;
}

struct follower_waits *
request_follower_waits(const struct request *request)
{
	(void)request;
	return &fixture.follower_waits;
}

struct leader_waits *
request_leader_waits(const struct request *request)
{
	(void)request;
	return &fixture.leader_waits;
}

/* Whatever is published is what all requests see. */
void
request_renew_view(struct request *request)
{
	(void)request;
}

struct fetch_session_cache *
request_fetch_sessions(const struct request *request)
{
	(void)request;
	return fixture.fetch_sessions;
}

int32_t
request_broker_id(const struct request *request)
{
	(void)request;
	return 1;
}

struct slice
request_cluster_id(const struct request *request)
{
	(void)request;
	return slice_of_text("a-cluster");
}

void *
request_new(struct request *request, size_t size)
{
	return arena_new(&request->arena, size);
}

void *
request_array(struct request *request, size_t count, size_t size)
{
	return arena_array(&request->arena, count, size);
}

struct slice
request_copy(struct request *request, struct slice text)
{
	return slice_is_null(text) ? text :
	    slice_of(arena_text(&request->arena, text.bytes, text.size), text.size);
}

struct slice
request_format(struct request *request, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return request_copy(request, slice_of_text(text));
}

/* ------------------------------------------------------------- other rooms */

void
controller_ask(struct controller *controller, struct controller_call *call)
{
	cr_assert_eq(controller, fixture.services.controller);
	cr_assert_null(fixture.controller_call);
	fixture.controller_call = call;
}

static void
create_topics(struct topic_creator *creator, struct controller_call *call)
{
	cr_assert_eq(creator, fixture.services.creator);
	cr_assert_null(fixture.controller_call);
	fixture.controller_call = call;
}

static struct topic_creator topic_creator = { create_topics };

void
groups_ask(struct groups *groups, struct group_call *call)
{
	cr_assert_eq(groups, fixture.services.groups);
	cr_assert_null(fixture.group_call);
	fixture.group_call = call;
}

int32_t
groups_partition_of(const struct groups *groups, struct slice group)
{
	(void)group;
	cr_assert_eq(groups, fixture.services.groups);
	return fixture.group_partition;
}

void
fixture_controller_answers(void)
{
	struct controller_call *call = fixture.controller_call;

	cr_assert_not_null(call);
	fixture.controller_call = NULL;
	call->done(call);
	fixture_run();
}

void
fixture_groups_answer(void)
{
	struct group_call *call = fixture.group_call;

	cr_assert_not_null(call);
	fixture.group_call = NULL;
	call->done(call);
	fixture_run();
}

/* ---------------------------------------------------------------- the image */

static void
copy_ids(int32_t **items, int32_t *count, const int32_t *ids)
{
	*count = 0;
	while (ids != NULL && ids[*count] != -1)
		(*count)++;
	*items = fixture_array((size_t)*count, sizeof(**items));
	if (*count > 0)
		memcpy(*items, ids, (size_t)*count * sizeof(*ids));
}

void
fixture_add_broker(int32_t id, const char *listener, const char *host, int32_t port,
    const char *rack)
{
	endpoint_state *endpoint = fixture_array(1, sizeof(*endpoint));

	*endpoint = update_metadata_request_update_metadata_endpoint_defaults;
	endpoint->listener = slice_of_text(listener);
	endpoint->host = slice_of_text(host);
	endpoint->port = port;
	broker_state *broker = news.live_brokers.items;
	while (broker < &news.live_brokers.items[news.live_brokers.count] && broker->id != id)
		broker++;
	if (broker == &news.live_brokers.items[news.live_brokers.count])
		news.live_brokers.count++;
	*broker = update_metadata_request_update_metadata_broker_defaults;
	broker->id = id;
	broker->rack = slice_of_text(rack);
	broker->endpoints.items = endpoint;
	broker->endpoints.count = 1;
}

struct uuid
fixture_topic_id(const char *topic)
{
	struct uuid id = { { 1 } };

	memcpy(id.bytes + 1, topic, MIN(strlen(topic), sizeof(id) - 1));
	return id;
}

static topic_state *
topic_of(const char *name)
{
	for (int32_t i = 0; i < news.topic_states.count; i++)
		if (slice_equal_text(news.topic_states.items[i].topic_name, name))
			return &news.topic_states.items[i];
	topic_state *topic = &news.topic_states.items[news.topic_states.count++];
	*topic = update_metadata_request_update_metadata_topic_state_defaults;
	topic->topic_name = slice_of_text(name);
	topic->topic_id = fixture_topic_id(name);
	topic->partition_states.items =
	    fixture_array(PARTITIONS_MAX, sizeof(*topic->partition_states.items));
	return topic;
}

void
fixture_add_partition(const char *name, int32_t index, int32_t leader, const int32_t *replicas,
    const int32_t *isr, const int32_t *offline)
{
	topic_state *topic = topic_of(name);
	partition_state *state = &topic->partition_states.items[topic->partition_states.count++];

	*state = update_metadata_request_update_metadata_partition_state_defaults;
	state->partition_index = index;
	state->leader = leader;
	state->leader_epoch = 7;
	copy_ids(&state->replicas.items, &state->replicas.count, replicas);
	copy_ids(&state->isr.items, &state->isr.count, isr);
	copy_ids(&state->offline_replicas.items, &state->offline_replicas.count, offline);
}

void
fixture_publish(int32_t controller)
{
	news.controller_id = controller;
	struct image *image = image_updated(fixture.view.image, &news);
	image_release(fixture.view.image);
	fixture.view.image = image;
	news.topic_states.count = 0;
}

/* -------------------------------------------------------------- the request */

void
fixture_handle(void (*handler)(struct request *request), int16_t key, int16_t version,
    const void *body)
{
	struct buffer_list bytes;
	struct reader reader;

	fixture.entry = (struct api_entry){
		.key = key,
		.request = message_type_find(key, false),
		.response = message_type_find(key, true),
		.handle = handler,
	};
	if (fixture.request.arena.cap > 0)
		arena_fini(&fixture.request.arena);
	fixture.request = (struct request){
		.entry = &fixture.entry,
		.key = key,
		.version = version,
		.client_id = slice_of_text(fixture.client_id),
		.client_host = "/127.0.0.1",
		.listener = slice_of_text("PLAINTEXT"),
		.view = &fixture.view,
		.loop = &fixture.data.loop,
	};
	arena_init(&fixture.request.arena, fixture.arena_cap);
	fixture.end = FIXTURE_NO_END;
	fixture.answer = NULL;
	buffer_list_init(&bytes);
	cr_assert_eq(message_encode(fixture.entry.request, version, body, &bytes), ERROR_NONE,
	    "version %d of the test's request cannot be encoded", version);
	struct slice frame = request_copy(&fixture.request, whole(&bytes));
	buffer_list_fini(&bytes);
	reader_init(&reader, frame);
	fixture.request.body =
	    request_new(&fixture.request, fixture.entry.request->structure->size);
	cr_assert_eq(message_decode(fixture.entry.request, version, &reader,
	    &fixture.request.arena, fixture.request.body), ERROR_NONE);
	fixture.request.response =
	    request_new(&fixture.request, fixture.entry.response->structure->size);
	message_set_defaults(fixture.entry.response, fixture.request.response);
	loop_enter(&fixture.data.loop);
	handler(&fixture.request);
	loop_leave(&fixture.data.loop);
	fixture_run();
}

void
fixture_pass_ms(int64_t ms)
{
	fixture.data.now_us += ms * 1000;
	fixture.control.now_us += ms * 1000;
	fixture.data.wakes++;
	fixture_run();
}

void
fixture_run(void)
{
	while (fake_loop_run(&fixture.data) + fake_loop_run(&fixture.control) > 0)
		continue;
}

void *
fixture_array(size_t count, size_t size)
{
	return arena_array(&fixture.arena, count, size);
}

struct slice
fixture_text(const char *text)
{
	return text == NULL ? slice_null() :
	                      slice_of(arena_text(&fixture.arena, text, strlen(text)), strlen(text));
}

static int64_t
wall_ms(struct clock *clock)
{
	(void)clock;
	return shelf.wall_ms;
}

static void
sink(struct logger *logger, enum logger_level level, const char *line)
{
	(void)logger;
	(void)level;
	(void)line;
}

void
fixture_configure(const char *properties)
{
	given_set(&fixture.given, properties);
	cr_assert_not_null(fixture.given.config, "%s", given_print(&fixture.given));
}

void
fixture_init(void)
{
	memset(&fixture, 0, sizeof(fixture));
	arena_init(&fixture.arena, SIZE_MAX);
	fixture.client_id = "a-client";
	fixture.arena_cap = SIZE_MAX;
	given_init(&fixture.given);
	fixture_configure("");
	fixture.fetch_sessions = fetch_session_cache_new(2, 0, 1, 9);
	follower_waits_init(&fixture.follower_waits);
	leader_waits_init(&fixture.leader_waits);
	lost_leaders_init(&fixture.lost_leaders);
	replicas_init();
	fake_loop_init(&fixture.data, LOOP_DATA);
	fake_loop_init(&fixture.control, LOOP_CONTROL);
	fixture.control.clock.wall_ms = wall_ms;
	fixture.loops[0] = &fixture.data.loop;
	fixture.logger = (struct logger){ LOGGER_DEBUG, sink };
	fixture.world = (struct world){ .clock = &fixture.control.clock,
		.logger = &fixture.logger, .control = &fixture.control.loop,
		.workers = &replicas_workers,
		.loops = fixture.loops, .loop_count = 1 };
	/* Nobody looks inside: these are only told apart. */
	fixture.services = (struct api_services){
		.controller = fixture_array(1, 1),
		.groups = fixture_array(1, 1),
		.topic_configs = fixture_array(1, 1),
		.creator = &topic_creator,
		.lost_leaders = &fixture.lost_leaders,
	};
	news = update_metadata_request_defaults;
	news.live_brokers.items = fixture_array(8, sizeof(*news.live_brokers.items));
	news.topic_states.items = fixture_array(8, sizeof(*news.topic_states.items));
	fixture.view.image = image_new();
	fixture_add_broker(1, "PLAINTEXT", "one.example", 9092, NULL);
	fixture_publish(1);
}

void
fixture_fini(void)
{
	if (fixture.request.arena.cap > 0)
		arena_fini(&fixture.request.arena);
	replicas_fini();
	fetch_session_cache_free(fixture.fetch_sessions);
	image_release(fixture.view.image);
	loop_fini(&fixture.data.loop);
	loop_fini(&fixture.control.loop);
	given_fini(&fixture.given);
	arena_fini(&fixture.arena);
}
