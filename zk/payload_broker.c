#include "zk/payload_broker.h"

#include <inttypes.h>
#include <stdio.h>

#include "zk/payload_private.h"

#define DOUBTFUL "klamm_doubtful_partitions"

enum { VERSION_ENDPOINTS = 2, VERSION_LISTENER_MAP = 4, VERSION_FEATURES = 5 };

static const char *const protocols[] = { "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL" };

/* ------------------------------------------------------------ endpoints */

static bool
is_host(struct slice host)
{
	for (size_t i = 0; i < host.size; i++) {
		uint8_t byte = host.bytes[i];
		bool sound = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
		    (byte >= 'A' && byte <= 'Z') || (byte != 0 && strchr("-%._:", byte) != NULL);
		if (!sound)
			return false;
	}
	return true;
}

bool
payload_endpoint_parse(struct slice text, struct payload_endpoint *endpoint)
{
	const uint8_t *mark = memmem(text.bytes, text.size, "://", 3);
	const uint8_t *colon = text.size == 0 ? NULL : memrchr(text.bytes, ':', text.size);
	int64_t port;

	if (mark == NULL || mark == text.bytes || colon == mark)
		return false;
	struct slice host = slice_of(mark + 3, (size_t)(colon - mark) - 3);
	size_t before_port = (size_t)(colon + 1 - text.bytes);
	if (host.size >= 2 && host.bytes[0] == '[' && host.bytes[host.size - 1] == ']')
		host = slice_of(host.bytes + 1, host.size - 2);
	if (!is_host(host) ||
	    !payload_parse_number(slice_of(colon + 1, text.size - before_port), 0, UINT16_MAX, &port))
		return false;
	*endpoint = (struct payload_endpoint){ slice_of(text.bytes, (size_t)(mark - text.bytes)), host,
		(int32_t)port, slice_null() };
	return true;
}

void
payload_endpoint_format(const struct payload_endpoint *endpoint, struct buffer *out)
{
	bool brackets = endpoint->host.size > 0 &&
	    memchr(endpoint->host.bytes, ':', endpoint->host.size) != NULL;
	char port[16];
	int size = snprintf(port, sizeof(port), ":%" PRId32, endpoint->port);

	buffer_append_slice(out, endpoint->listener);
	buffer_append(out, "://[", brackets ? 4 : 3);
	buffer_append_slice(out, endpoint->host);
	buffer_append(out, "]", brackets ? 1 : 0);
	buffer_append(out, port, (size_t)size);
}

/* Without a map, listeners bear the name of their protocol. */
static struct slice
protocol_of(struct payload_reader *reader, const struct payload_broker *broker,
    struct slice listener)
{
	struct slice protocol = broker->version < VERSION_LISTENER_MAP ? listener : slice_null();

	for (size_t i = 0; i < broker->protocol_count; i++) {
		if (slice_equal(broker->protocols[i].listener, listener))
			protocol = broker->protocols[i].protocol;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
		if (slice_equal_text(protocol, protocols[i]))
			return protocol;
	}
	payload_fail(reader, ERROR_MALFORMED, "endpoints", "a listener has no known protocol");
	return slice_null();
}

/* Kafka writes them in upper case, and compares them so; the text is the arena's own. */
static void
to_upper(struct slice text, char *own)
{
	for (size_t i = 0; i < text.size; i++) {
		if (own[i] >= 'a' && own[i] <= 'z')
			own[i] = (char)(own[i] - 'a' + 'A');
	}
}

static struct slice
copy_upper(struct payload_reader *reader, struct slice text)
{
	char *own = reader->error != ERROR_NONE ? NULL :
	    arena_text(reader->arena, text.bytes, text.size);

	if (own == NULL) {
		payload_fail(reader, ERROR_NO_MEMORY, NULL, "takes too much memory");
		return slice_null();
	}
	to_upper(text, own);
	return slice_of(own, text.size);
}

static void
read_endpoints(struct payload_reader *reader, struct payload_broker *broker)
{
	const json_t *array = payload_array(reader, reader->root, "endpoints");
	size_t count = json_array_size(array);
	struct payload_endpoint *endpoints = payload_new_array(reader, count, sizeof(*endpoints));

	if (endpoints == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		struct slice text = payload_copy_text(reader, json_array_get(array, i), "endpoints");
		if (slice_is_null(text))
			return;
		if (!payload_endpoint_parse(text, &endpoints[i])) {
			payload_fail(reader, ERROR_MALFORMED, "endpoints", "not LISTENER://host:port");
			return;
		}
		endpoints[i].listener = copy_upper(reader, endpoints[i].listener);
		endpoints[i].protocol = protocol_of(reader, broker, endpoints[i].listener);
	}
	broker->endpoints = endpoints;
	broker->endpoint_count = count;
}

static void
make_first_endpoint(struct payload_reader *reader, struct payload_broker *broker)
{
	struct payload_endpoint *endpoint = payload_new_array(reader, 1, sizeof(*endpoint));

	if (slice_is_null(broker->host) || broker->port < 0)
		payload_fail(reader, ERROR_MALFORMED, "version", "1, but no host and port");
	if (endpoint == NULL)
		return;
	struct slice plaintext = slice_of_text(protocols[0]);
	*endpoint = (struct payload_endpoint){ plaintext, broker->host, broker->port, plaintext };
	broker->endpoints = endpoint;
	broker->endpoint_count = 1;
}

/* ------------------------------------------------------------ decode */

static void
read_protocols(struct payload_reader *reader, struct payload_broker *broker)
{
	json_t *object = payload_object(reader, reader->root, "listener_security_protocol_map");
	size_t count = json_object_size(object), i = 0;
	struct payload_listener_protocol *map = payload_new_array(reader, count, sizeof(*map));

	if (map == NULL)
		return;
	for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
		map[i].listener = copy_upper(reader,
		    slice_of(json_object_iter_key(at), json_object_iter_key_len(at)));
		map[i++].protocol = payload_copy_text(reader, json_object_iter_value(at),
		    "listener_security_protocol_map");
	}
	broker->protocols = map;
	broker->protocol_count = count;
}

static void
read_features(struct payload_reader *reader, struct payload_broker *broker)
{
	json_t *object = payload_object_or_null(reader, reader->root, "features");
	size_t count = json_object_size(object), i = 0;
	struct payload_supported_feature *features =
	    payload_new_array(reader, count, sizeof(*features));

	if (features == NULL)
		return;
	for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
		const json_t *range = json_object_iter_value(at);
		if (!json_is_object(range))
			payload_fail(reader, ERROR_MALFORMED, "features", "holds something that is not an object");
		features[i].name = payload_copy_key(reader, json_object_iter_key(at),
		    json_object_iter_key_len(at));
		features[i].min_version = (int16_t)payload_int32(reader, range, "min_version", 0, INT16_MAX);
		features[i].max_version = (int16_t)payload_int32(reader, range, "max_version",
		    features[i].min_version, INT16_MAX);
		i++;
	}
	broker->features = features;
	broker->feature_count = count;
}

static void
read_doubtful(struct payload_reader *reader, struct payload_broker *broker)
{
	json_t *object = payload_object_or_null(reader, reader->root, DOUBTFUL);
	size_t count = json_object_size(object), i = 0;
	struct payload_doubtful_topic *topics = payload_new_array(reader, count, sizeof(*topics));

	if (topics == NULL)
		return;
	for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
		topics[i].topic = payload_copy_key(reader, json_object_iter_key(at),
		    json_object_iter_key_len(at));
		topics[i++].partitions = payload_ids(reader, json_object_iter_value(at), DOUBTFUL);
	}
	broker->doubtful = topics;
	broker->doubtful_count = count;
}

bool
payload_broker_doubts(const struct payload_broker *broker, struct slice topic, int32_t partition)
{
	for (size_t i = 0; i < broker->doubtful_count; i++) {
		const struct payload_int32_list *list = &broker->doubtful[i].partitions;

		if (slice_equal(broker->doubtful[i].topic, slice_of_text(PAYLOAD_BROKER_ANY_TOPIC)))
			return true;
		if (!slice_equal(broker->doubtful[i].topic, topic))
			continue;
		for (size_t j = 0; j < list->count; j++)
			if (list->values[j] == partition)
				return true;
	}
	return false;
}

/* A string of digits; nothing depends on it, so that its absence is nothing. */
static int64_t
read_timestamp(struct payload_reader *reader)
{
	return payload_value(reader, reader->root, "timestamp") == NULL ? -1 :
	    payload_number_text(reader, reader->root, "timestamp", INT64_MIN, INT64_MAX);
}

enum error
payload_broker_decode(struct slice bytes, struct arena *arena, struct payload_broker *broker,
    struct payload_complaint *complaint)
{
	struct payload_reader reader;

	payload_reader_open(&reader, bytes, arena, complaint);
	*broker = (struct payload_broker){ .jmx_port = -1 };
	broker->version = payload_int32(&reader, reader.root, "version", 1, INT32_MAX);
	broker->host = payload_text_or_null(&reader, reader.root, "host");
	broker->port = payload_int32_or(&reader, reader.root, "port", -1, UINT16_MAX, -1);
	broker->jmx_port = payload_int32_or(&reader, reader.root, "jmx_port", -1, UINT16_MAX, -1);
	broker->timestamp_ms = read_timestamp(&reader);
	broker->rack = payload_text_or_null(&reader, reader.root, "rack");
	if (broker->version >= VERSION_LISTENER_MAP)
		read_protocols(&reader, broker);
	if (broker->version >= VERSION_ENDPOINTS)
		read_endpoints(&reader, broker);
	else
		make_first_endpoint(&reader, broker);
	if (broker->version >= VERSION_FEATURES)
		read_features(&reader, broker);
	read_doubtful(&reader, broker);
	return payload_reader_close(&reader);
}

/* ------------------------------------------------------------ encode */

static void
write_features(struct payload_writer *writer, const struct payload_broker *broker)
{
	payload_write_key(writer, "features");
	payload_write_open(writer, '{');
	for (size_t i = 0; i < broker->feature_count; i++) {
		payload_write_name(writer, broker->features[i].name);
		payload_write_open(writer, '{');
		payload_write_int_field(writer, "min_version", broker->features[i].min_version);
		payload_write_int_field(writer, "max_version", broker->features[i].max_version);
		payload_write_close(writer, '}');
	}
	payload_write_close(writer, '}');
}

static void
write_listeners(struct payload_writer *writer, const struct payload_broker *broker)
{
	struct buffer text;

	if (broker->version >= VERSION_LISTENER_MAP) {
		payload_write_key(writer, "listener_security_protocol_map");
		payload_write_open(writer, '{');
		for (size_t i = 0; i < broker->protocol_count; i++) {
			payload_write_name(writer, broker->protocols[i].listener);
			payload_write_text(writer, broker->protocols[i].protocol);
		}
		payload_write_close(writer, '}');
	}
	if (broker->version < VERSION_ENDPOINTS)
		return;
	buffer_init(&text);
	payload_write_key(writer, "endpoints");
	payload_write_open(writer, '[');
	for (size_t i = 0; i < broker->endpoint_count; i++) {
		buffer_clear(&text);
		payload_endpoint_format(&broker->endpoints[i], &text);
		payload_write_text(writer, buffer_slice(&text));
	}
	payload_write_close(writer, ']');
	buffer_fini(&text);
}

static void
write_doubtful(struct payload_writer *writer, const struct payload_broker *broker)
{
	payload_write_key(writer, DOUBTFUL);
	payload_write_open(writer, '{');
	for (size_t i = 0; i < broker->doubtful_count; i++) {
		payload_write_name(writer, broker->doubtful[i].topic);
		payload_write_ids(writer, broker->doubtful[i].partitions);
	}
	payload_write_close(writer, '}');
}

void
payload_broker_encode(const struct payload_broker *broker, struct buffer *out)
{
	struct payload_writer writer = { out, false };

	payload_write_open(&writer, '{');
	if (broker->version >= VERSION_FEATURES)
		write_features(&writer, broker);
	write_listeners(&writer, broker);
	if (!slice_is_null(broker->rack))
		payload_write_text_field(&writer, "rack", broker->rack);
	payload_write_int_field(&writer, "jmx_port", broker->jmx_port);
	payload_write_int_field(&writer, "port", broker->port);
	payload_write_text_field(&writer, "host", broker->host);
	payload_write_int_field(&writer, "version", broker->version);
	payload_write_key(&writer, "timestamp");
	payload_write_number_text(&writer, broker->timestamp_ms);
	if (broker->doubtful_count > 0)
		write_doubtful(&writer, broker);
	payload_write_close(&writer, '}');
}
