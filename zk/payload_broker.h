/*
 * zk/payload_broker.h: /brokers/ids/N, a broker's registration. Version 1 had host
 * and port only, 2 has endpoints, 3 a rack, 4 listener names of one's own, 5
 * supported features. zk/registration.h builds one. A klammd adds a key of its own,
 * klamm_doubtful_partitions, where it has any; Kafka skips it.
 */
#ifndef KLAMM_ZK_PAYLOAD_BROKER_H
#define KLAMM_ZK_PAYLOAD_BROKER_H

#include "zk/payload.h"

/* "LISTENER://host:port", taken apart. */
struct payload_endpoint {
	struct slice listener; /* upper case */
	struct slice host;     /* without the brackets of an IPv6 address; may be empty */
	int32_t port;
	struct slice protocol; /* PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL: as the map says */
};

/* An entry of the map that no endpoint uses is kept too. */
struct payload_listener_protocol {
	struct slice listener;
	struct slice protocol;
};

struct payload_supported_feature {
	struct slice name;
	int16_t min_version;
	int16_t max_version;
};

#define PAYLOAD_BROKER_ANY_TOPIC "*"

/*
 * Of a topic, the partitions whose log on that broker may lack acknowledged records (F17).
 * PAYLOAD_BROKER_ANY_TOPIC, with none: all that the broker has (F18).
 */
struct payload_doubtful_topic {
	struct slice topic;
	struct payload_int32_list partitions;
};

struct payload_broker {
	int32_t version; /* 1 to 5; a newer one is read as far as it is known */
	const struct payload_endpoint *endpoints;
	size_t endpoint_count;
	const struct payload_listener_protocol *protocols;
	size_t protocol_count;
	const struct payload_supported_feature *features;
	size_t feature_count;
	struct slice rack;    /* null: unset */
	int32_t jmx_port;     /* -1: none */
	struct slice host;    /* of the first PLAINTEXT endpoint; null: none */
	int32_t port;         /* -1: none */
	int64_t timestamp_ms;
	const struct payload_doubtful_topic *doubtful;
	size_t doubtful_count;
};

NODISCARD enum error payload_broker_decode(struct slice bytes, struct arena *arena,
    struct payload_broker *broker, struct payload_complaint *complaint);
void payload_broker_encode(const struct payload_broker *broker, struct buffer *out);

/* Whether the broker has said that its log may lack records. */
bool payload_broker_doubts(const struct payload_broker *broker, struct slice topic,
    int32_t partition);

/* False when the text is no endpoint; `protocol` is left null. Slices point into the text. */
bool payload_endpoint_parse(struct slice text, struct payload_endpoint *endpoint);
/* An IPv6 address gets its brackets. */
void payload_endpoint_format(const struct payload_endpoint *endpoint, struct buffer *out);

#endif
