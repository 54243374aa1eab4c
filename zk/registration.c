#include "zk/registration.h"

static bool
has_listener(const struct payload_listener_protocol *map, size_t count, struct slice listener)
{
	for (size_t i = 0; i < count; i++) {
		if (slice_equal(map[i].listener, listener))
			return true;
	}
	return false;
}

enum error
registration_make(const struct registration_source *source, struct arena *arena,
    struct payload_broker *broker)
{
	struct payload_listener_protocol *map =
	    arena_array(arena, source->endpoint_count, sizeof(*map));

	if (map == NULL && source->endpoint_count > 0)
		return ERROR_NO_MEMORY;
	*broker = (struct payload_broker){
		.version = source->version,
		.endpoints = source->endpoints,
		.endpoint_count = source->endpoint_count,
		.protocols = map,
		.rack = source->rack,
		.jmx_port = -1,
		.port = -1,
		.timestamp_ms = source->timestamp_ms,
		.doubtful = source->doubtful,
		.doubtful_count = source->doubtful_count,
	};
	for (size_t i = 0; i < source->endpoint_count; i++) {
		const struct payload_endpoint *endpoint = &source->endpoints[i];
		if (slice_is_null(broker->host) && slice_equal_text(endpoint->protocol, "PLAINTEXT")) {
			broker->host = endpoint->host;
			broker->port = endpoint->port;
		}
		if (!has_listener(map, broker->protocol_count, endpoint->listener))
			map[broker->protocol_count++] =
			    (struct payload_listener_protocol){ endpoint->listener, endpoint->protocol };
	}
	return ERROR_NONE;
}

const struct payload_endpoint *
registration_conflict(const struct payload_broker *own, const struct payload_broker *other)
{
	for (size_t i = 0; i < own->endpoint_count; i++) {
		for (size_t j = 0; j < other->endpoint_count; j++) {
			if (own->endpoints[i].port == other->endpoints[j].port &&
			    slice_equal(own->endpoints[i].host, other->endpoints[j].host))
				return &own->endpoints[i];
		}
	}
	return NULL;
}
