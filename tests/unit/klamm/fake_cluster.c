#include "tests/unit/klamm/fake_cluster.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "wire/api_keys.h"
#include "wire/frame.h"

struct fake_stream {
	struct transport_stream stream;
	char name[128];
	enum fake_host_manner manner;
	struct buffer from_client;
	struct buffer to_client;
	size_t taken; /* of to_client */
};

static struct fake_cluster *
cluster_of(struct transport *transport)
{
	return container_of(transport, struct fake_cluster, transport);
}

static void
log_line(struct fake_cluster *cluster, const char *text)
{
	buffer_append(&cluster->log, text, strlen(text));
}

/* ----------------------------------------------------------------- answers */

static void
fill_versions(const struct fake_cluster *cluster, struct api_versions_response *response,
    struct api_versions_response_api_version *versions)
{
	*response = api_versions_response_defaults;
	response->api_keys.items = versions;
	response->api_keys.count = (int32_t)api_key_count;
	for (size_t i = 0; i < api_key_count; i++) {
		versions[i].api_key = api_key_table[i].key;
		versions[i].min_version = api_key_table[i].first_version;
		versions[i].max_version = api_key_table[i].last_version;
		if (api_key_table[i].key == cluster->limited_key) {
			versions[i].min_version = cluster->limited_first;
			versions[i].max_version = cluster->limited_last;
		}
	}
}

static const void *
next_answer(struct fake_cluster *cluster, const struct message_type *type)
{
	int last = -1;

	for (int i = 0; i < cluster->answer_count; i++) {
		if (cluster->answers[i].type != type)
			continue;
		last = i;
		if (!cluster->answers[i].used)
			break;
	}
	cr_assert_geq(last, 0, "nobody said what a %s holds", type->name);
	cluster->answers[last].used = true;
	return cluster->answers[last].response;
}

static void
append_response(struct fake_stream *stream, const struct message_type *type, int16_t version,
    int32_t correlation_id, const void *response)
{
	struct buffer_list list;
	struct frame frame;
	const struct buffer_part *part;

	buffer_list_init(&list);
	cr_assert_eq(response_begin(&list, type, version, correlation_id, &frame), ERROR_NONE);
	cr_assert_eq(message_encode(type, version, response, &list), ERROR_NONE);
	cr_assert_eq(frame_finish(&list, &frame), ERROR_NONE);
	while ((part = buffer_list_front(&list)) != NULL) {
		buffer_append(&stream->to_client, part->bytes, part->length);
		buffer_list_consume(&list, part->length);
	}
	buffer_list_fini(&list);
}

static void
answer_versions(struct fake_cluster *cluster, struct fake_stream *stream, int16_t version,
    int32_t correlation_id)
{
	struct api_versions_response_api_version *versions =
	    memory_array(api_key_count, sizeof(*versions));
	struct api_versions_response response;

	fill_versions(cluster, &response, versions);
	if (cluster->is_old && version > 0) {
		response.error_code = KAFKA_ERROR_UNSUPPORTED_VERSION;
		version = 0;
	}
	append_response(stream, &api_versions_response_type, version, correlation_id, &response);
	free(versions);
}

static void
log_request(struct fake_cluster *cluster, const struct fake_stream *stream,
    const struct message_type *type, int16_t version, struct reader *in)
{
	struct arena arena;
	char line[160];
	void *message = memory_new(type->structure->size);

	arena_init(&arena, 1 << 20);
	cr_assert_eq(message_decode(type, version, in, &arena, message), ERROR_NONE);
	cr_assert_eq(reader_remaining(in), 0);
	snprintf(line, sizeof(line), "%s %d %s ", api_key_find(type->key)->name, version,
	    stream->name);
	log_line(cluster, line);
	message_print(type, version, message, &cluster->log);
	log_line(cluster, "\n");
	arena_fini(&arena);
	free(message);
}

static void
take_request(struct fake_cluster *cluster, struct fake_stream *stream)
{
	struct request_header header;
	struct reader in;
	size_t size;

	if (frame_size(buffer_slice(&stream->from_client), 1 << 20, &size) != ERROR_NONE ||
	    stream->from_client.size < FRAME_SIZE_BYTES + size)
		return;
	cr_assert_eq(stream->from_client.size, FRAME_SIZE_BYTES + size);
	reader_init(&in, slice_of(stream->from_client.bytes + FRAME_SIZE_BYTES, size));
	cr_assert_eq(request_header_decode(&in, &header), ERROR_NONE);
	cr_assert(slice_equal_text(header.client_id, "klamm"));
	log_request(cluster, stream, message_type_find(header.request_api_key, false),
	    header.request_api_version, &in);
	int32_t correlation_id = header.correlation_id;
	if (stream->manner == FAKE_ANSWERS_ANOTHER)
		correlation_id++;
	if (header.request_api_key == API_KEY_API_VERSIONS)
		answer_versions(cluster, stream, header.request_api_version, correlation_id);
	else {
		const struct message_type *type = message_type_find(header.request_api_key, true);
		append_response(stream, type, header.request_api_version, correlation_id,
		    next_answer(cluster, type));
	}
	if (stream->manner == FAKE_ANSWERS_TOO_MUCH)
		buffer_set_int32(&stream->to_client, stream->taken, INT32_MAX);
	if (stream->manner == FAKE_ANSWERS_NONSENSE)
		memset(stream->to_client.bytes + stream->taken + 8, 0xff,
		    stream->to_client.size - stream->taken - 8);
	buffer_clear(&stream->from_client);
}

/* ------------------------------------------------------------ the transport */

static struct fake_stream *
stream_of(struct transport_stream *stream)
{
	return container_of(stream, struct fake_stream, stream);
}

static enum error
fake_connect(struct transport *transport, const char *host, uint16_t port, int64_t deadline_us,
    struct transport_stream **stream)
{
	struct fake_cluster *cluster = cluster_of(transport);
	struct fake_stream *made = memory_new(sizeof(*made));

	(void)deadline_us;
	made->stream.transport = transport;
	snprintf(made->name, sizeof(made->name), "%s:%u", host, port);
	for (int i = 0; i < cluster->host_count; i++) {
		if (strcmp(made->name, cluster->hosts[i].name) == 0)
			made->manner = cluster->hosts[i].manner;
	}
	log_line(cluster, "connect ");
	log_line(cluster, made->name);
	log_line(cluster, "\n");
	if (made->manner == FAKE_REFUSES) {
		free(made);
		return ERROR_CONNECTION_REFUSED;
	}
	cluster->open_streams++;
	*stream = &made->stream;
	return ERROR_NONE;
}

static enum error
fake_send(struct transport_stream *stream, struct slice bytes, int64_t deadline_us)
{
	struct fake_stream *it = stream_of(stream);

	(void)deadline_us;
	if (it->manner == FAKE_HANGS_UP)
		return ERROR_CONNECTION_RESET;
	buffer_append_slice(&it->from_client, bytes);
	if (it->manner != FAKE_SAYS_NOTHING)
		take_request(cluster_of(stream->transport), it);
	return ERROR_NONE;
}

static enum error
fake_receive(struct transport_stream *stream, void *bytes, size_t size, int64_t deadline_us)
{
	struct fake_stream *it = stream_of(stream);

	if (it->to_client.size - it->taken < size) {
		cluster_of(stream->transport)->now_us = deadline_us;
		return ERROR_TIMED_OUT;
	}
	memcpy(bytes, it->to_client.bytes + it->taken, size);
	it->taken += size;
	return ERROR_NONE;
}

static void
fake_close(struct transport_stream *stream)
{
	struct fake_stream *it = stream_of(stream);

	cluster_of(stream->transport)->open_streams--;
	buffer_fini(&it->from_client);
	buffer_fini(&it->to_client);
	free(it);
}

static void
fake_pause(struct transport *transport, int64_t pause_us)
{
	cluster_of(transport)->now_us += pause_us;
	log_line(cluster_of(transport), "pause\n");
}

static int64_t
fake_now(struct clock *clock)
{
	return container_of(clock, struct fake_cluster, clock)->now_us;
}

/* -------------------------------------------------------------- for tests */

void
fake_cluster_init(struct fake_cluster *cluster)
{
	static const struct transport_ops ops = {
		.connect = fake_connect,
		.send = fake_send,
		.receive = fake_receive,
		.close = fake_close,
		.pause = fake_pause,
	};

	*cluster = (struct fake_cluster){ .limited_key = -1, .now_us = 1000 };
	cluster->clock.monotonic_us = fake_now;
	cluster->transport = (struct transport){ &ops, &cluster->clock };
	buffer_init(&cluster->log);
}

void
fake_cluster_fini(struct fake_cluster *cluster)
{
	cr_expect_eq(cluster->open_streams, 0);
	buffer_fini(&cluster->log);
}

void
fake_cluster_answer(struct fake_cluster *cluster, const struct message_type *type,
    const void *response)
{
	cr_assert_lt(cluster->answer_count, FAKE_ANSWERS_MAX);
	cluster->answers[cluster->answer_count].type = type;
	cluster->answers[cluster->answer_count].used = false;
	cluster->answers[cluster->answer_count++].response = response;
}

void
fake_cluster_host(struct fake_cluster *cluster, const char *name, enum fake_host_manner manner)
{
	cr_assert_lt(cluster->host_count, FAKE_HOSTS_MAX);
	cluster->hosts[cluster->host_count].name = name;
	cluster->hosts[cluster->host_count++].manner = manner;
}

void
fake_cluster_answer_metadata(struct fake_cluster *cluster)
{
	static struct metadata_response_metadata_response_broker broker = {
		.node_id = 0, .host = { (const uint8_t *)"a", 1 }, .port = 1,
	};
	static struct metadata_response metadata;

	metadata = metadata_response_defaults;
	metadata.brokers.items = &broker;
	metadata.brokers.count = 1;
	metadata.controller_id = 0;
	fake_cluster_answer(cluster, &metadata_response_type, &metadata);
}

static enum error
keep(void *context, struct slice bytes)
{
	buffer_append_slice(context, bytes);
	return ERROR_NONE;
}

static void
take(struct output *output, struct buffer *buffer, char *text, size_t size)
{
	cr_assert_eq(output_flush(output), ERROR_NONE);
	output_fini(output);
	cr_assert_lt(buffer->size, size);
	if (buffer->size > 0)
		memcpy(text, buffer->bytes, buffer->size);
	text[buffer->size] = '\0';
	buffer_fini(buffer);
}

enum command_status
fake_cluster_run(struct fake_cluster *cluster,
    enum command_status (*run)(struct tool *tool, struct arguments *arguments),
    const struct argument_option *options, const char *words)
{
	const struct command commands[] = {
		{ "it", "", "the command at hand", NULL, options, run }, { .name = NULL },
	};
	struct buffer printed = { 0 }, complained = { 0 };
	struct output output, errors;
	struct tool tool = { .transport = &cluster->transport, .bootstrap = "a:1",
		.output = &output, .errors = &errors };
	char copy[512], *argv[32];
	int argc = 0;

	snprintf(copy, sizeof(copy), "it%s%s", words[0] != '\0' ? " " : "", words);
	for (char *left = copy; *left != '\0';) {
		argv[argc++] = left;
		left += strcspn(left, " ");
		if (*left != '\0')
			*left++ = '\0';
	}
	output_init(&output, keep, &printed);
	output_init(&errors, keep, &complained);
	enum command_status status = commands_run(commands, &tool, argv, argc);
	take(&output, &printed, cluster->output, sizeof(cluster->output));
	take(&errors, &complained, cluster->errors, sizeof(cluster->errors));
	return status;
}

int
fake_cluster_count(const struct fake_cluster *cluster, const char *text)
{
	struct slice log = buffer_slice(&cluster->log);
	const uint8_t *found;
	int count = 0;

	while ((found = memmem(log.bytes, log.size, text, strlen(text))) != NULL) {
		count++;
		log.size -= (size_t)(found - log.bytes) + 1;
		log.bytes = found + 1;
	}
	return count;
}

bool
fake_cluster_saw(const struct fake_cluster *cluster, const char *text)
{
	return fake_cluster_count(cluster, text) > 0;
}
