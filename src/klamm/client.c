#include "klamm/client.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wire/api_keys.h"
#include "wire/kafka_error.h"

enum { PAUSE_US = 100 * 1000, BROKERS_MAX = 4096 };

static const struct request_kind metadata_kind = { &metadata_request_type, 1, 12 };
static const struct request_kind find_coordinator_kind = { &find_coordinator_request_type, 0, 3 };

void
client_init(struct client *client, struct transport *transport, const struct bootstrap *bootstrap,
    int64_t timeout_ms)
{
	*client = (struct client){
		.transport = transport,
		.bootstrap = *bootstrap,
		.timeout_ms = timeout_ms,
		.deadline_us = transport_now_us(transport) + timeout_ms * 1000,
		.controller_id = -1,
	};
}

void
client_fini(struct client *client)
{
	for (size_t i = 0; i < client->broker_count; i++)
		connection_close(&client->brokers[i].connection);
	free(client->brokers);
	client->brokers = NULL;
	client->broker_count = 0;
}

void
client_begin_again(struct client *client)
{
	client->deadline_us = transport_now_us(client->transport) + client->timeout_ms * 1000;
}

PRINTF_LIKE(2, 3)
static void
complain(struct client *client, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(client->complaint, sizeof(client->complaint), format, list);
	va_end(list);
}

/* ------------------------------------------------------------- which broker */

static struct client_broker *
find(struct client *client, int32_t node_id)
{
	for (size_t i = 0; i < client->broker_count; i++) {
		if (client->brokers[i].node_id == node_id)
			return &client->brokers[i];
	}
	return NULL;
}

/* Meets a broker, or hears of its new address. */
static enum error
meet(struct client *client, int32_t node_id, struct slice host, int32_t port)
{
	struct client_broker *broker = find(client, node_id);

	if (host.size == 0 || host.size >= BOOTSTRAP_HOST_SIZE || port < 1 || port > UINT16_MAX ||
	    (broker == NULL && client->broker_count == BROKERS_MAX)) {
		complain(client, "the cluster names a broker %" PRId32 " at no usable address",
		    node_id);
		return ERROR_MALFORMED;
	}
	if (broker == NULL) {
		client->brokers = memory_resize(client->brokers,
		    (client->broker_count + 1) * sizeof(*client->brokers));
		broker = &client->brokers[client->broker_count++];
		*broker = (struct client_broker){ .node_id = node_id };
	} else if (broker->port == port && slice_equal_text(host, broker->host))
		return ERROR_NONE;
	connection_close(&broker->connection);
	memcpy(broker->host, host.bytes, host.size);
	broker->host[host.size] = '\0';
	broker->port = (uint16_t)port;
	return ERROR_NONE;
}

/* Why a broker could not be asked, and what to do about it. */
static void
complain_of(struct client *client, const char *host, uint16_t port, const char *request,
    enum error error)
{
	const char *open = strchr(host, ':') != NULL ? "[" : "", *close = open[0] ? "]" : "";

	if (error == ERROR_TIMED_OUT)
		complain(client, "%s%s%s:%u: no answer to %s within %.3g s (--timeout)", open, host,
		    close, port, request, (double)client->timeout_ms / 1000);
	else if (error == ERROR_CONNECTION_REFUSED || error == ERROR_NOT_FOUND ||
	    error == ERROR_UNREACHABLE)
		complain(client, "%s%s%s:%u: %s: is a broker there? --bootstrap or KLAMM_BOOTSTRAP "
		    "say where", open, host, close, port,
		    error == ERROR_NOT_FOUND ? "no such host" : error_text(error));
	else if (error == ERROR_CONNECTION_CLOSED || error == ERROR_CONNECTION_RESET)
		complain(client, "%s%s%s:%u: it closed the connection at %s: is it a listener for "
		    "plain text?", open, host, close, port, request);
	else if (error == ERROR_MALFORMED || error == ERROR_TRUNCATED || error == ERROR_TOO_LARGE)
		complain(client, "%s%s%s:%u: the answer to %s cannot be read (%s): does it speak "
		    "Kafka's protocol?", open, host, close, port, request,
		    error_text(error));
	else
		complain(client, "%s%s%s:%u: %s: %s", open, host, close, port, request,
		    error_text(error));
}

static enum error
open_connection(struct client *client, const char *host, uint16_t port, int64_t deadline_us,
    struct connection *connection)
{
	enum error error = connection_open(connection, client->transport, host, port, deadline_us);

	if (error != ERROR_NONE)
		complain_of(client, host, port, "ApiVersions", error);
	return error;
}

/* The first of the list that answers. One that hangs gets its share of the time and no more. */
static enum error
open_bootstrap(struct client *client)
{
	enum error error = ERROR_NOT_FOUND;

	for (int i = 0; i < client->bootstrap.count; i++) {
		const struct bootstrap_address *address = &client->bootstrap.addresses[i];
		int64_t now_us = transport_now_us(client->transport);
		int64_t share_us = (client->deadline_us - now_us) / (client->bootstrap.count - i);
		struct connection connection;

		error = open_connection(client, address->host, address->port, now_us + share_us,
		    &connection);
		if (error != ERROR_NONE)
			continue;
		error = meet(client, CLIENT_ANY_BROKER, slice_of_text(address->host),
		    address->port);
		assert(error == ERROR_NONE); /* such was asked for when the list was parsed */
		find(client, CLIENT_ANY_BROKER)->connection = connection;
		return ERROR_NONE;
	}
	return error;
}

static enum error
open_broker(struct client *client, int32_t node_id, struct client_broker **broker)
{
	enum error error = ERROR_NONE;

	*broker = find(client, node_id);
	if (*broker != NULL && (*broker)->connection.stream != NULL)
		return ERROR_NONE;
	if (node_id == CLIENT_ANY_BROKER) {
		error = open_bootstrap(client);
		*broker = find(client, node_id);
		return error;
	}
	if (*broker == NULL) {
		complain(client, "the cluster names no address of its broker %" PRId32, node_id);
		return ERROR_NOT_FOUND;
	}
	return open_connection(client, (*broker)->host, (*broker)->port, client->deadline_us,
	    &(*broker)->connection);
}

enum error
client_call(struct client *client, int32_t node_id, const struct request_kind *kind,
    const void *request, struct answer *answer, void *response)
{
	struct client_broker *broker;
	const char *name = api_key_find(kind->type->key)->name;
	enum error error = open_broker(client, node_id, &broker);

	client->may_be_sent = error == ERROR_NONE;
	if (error != ERROR_NONE)
		return error;
	error = connection_call(&broker->connection, kind, request, client->deadline_us, answer,
	    response);
	if (error == ERROR_UNSUPPORTED)
		complain(client, "%s:%u: this broker serves no version of %s that klamm needs",
		    broker->host, broker->port, name);
	else if (error != ERROR_NONE)
		complain_of(client, broker->host, broker->port, name, error);
	return error;
}

/* --------------------------------------------------------- who leads what */

enum error
client_learn(struct client *client)
{
	struct metadata_request request = metadata_request_defaults;
	struct metadata_response response;
	struct answer answer;

	request.allow_auto_topic_creation = true; /* no topic is asked for; older versions have no other */
	answer_init(&answer);
	enum error error = client_call(client, CLIENT_ANY_BROKER, &metadata_kind, &request, &answer,
	    &response);
	if (error == ERROR_NONE)
		client->controller_id = response.controller_id;
	for (int32_t i = 0; error == ERROR_NONE && i < response.brokers.count; i++) {
		const struct metadata_response_metadata_response_broker *broker =
		    &response.brokers.items[i];

		if (broker->node_id >= 0)
			error = meet(client, broker->node_id, broker->host, broker->port);
	}
	answer_fini(&answer);
	return error;
}

enum error
client_controller(struct client *client, int32_t *node_id)
{
	while (client->controller_id < 0) {
		enum error error = client_learn(client);
		if (error != ERROR_NONE)
			return error;
		if (client->controller_id < 0 && !client_again(client, KAFKA_ERROR_NOT_CONTROLLER)) {
			complain(client, "the cluster has no controller");
			return ERROR_TIMED_OUT;
		}
	}
	*node_id = client->controller_id;
	return ERROR_NONE;
}

enum error
client_call_controller(struct client *client, const struct request_kind *kind, const void *request,
    struct answer *answer, void *response)
{
	int32_t node_id;
	enum error error;
	bool was_found;

	do {
		error = client_controller(client, &node_id);
		was_found = error == ERROR_NONE;
		if (was_found)
			error = client_call(client, node_id, kind, request, answer, response);
	} while (was_found && error != ERROR_NONE && !client->may_be_sent &&
	    client_again(client, KAFKA_ERROR_NOT_CONTROLLER));
	return error;
}

enum error
client_coordinator(struct client *client, const char *group, int32_t *node_id)
{
	struct find_coordinator_request request = find_coordinator_request_defaults;
	struct find_coordinator_response response;
	struct answer answer;
	enum error error;

	request.key = slice_of_text(group);
	answer_init(&answer);
	do {
		error = client_call(client, CLIENT_ANY_BROKER, &find_coordinator_kind, &request,
		    &answer, &response);
	} while (error == ERROR_NONE && client_again(client, response.error_code));
	if (error == ERROR_NONE && response.error_code != KAFKA_ERROR_NONE) {
		client_refused(client, "the group's coordinator", response.error_code,
		    response.error_message);
		error = ERROR_OFFLINE;
	}
	if (error == ERROR_NONE)
		error = meet(client, response.node_id, response.host, response.port);
	if (error == ERROR_NONE)
		*node_id = response.node_id;
	answer_fini(&answer);
	return error;
}

bool
client_again(struct client *client, int16_t code)
{
	switch (code) {
	case KAFKA_ERROR_NOT_CONTROLLER:
		client->controller_id = -1;
		break;
	case KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS:
	case KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE:
	case KAFKA_ERROR_NOT_COORDINATOR:
	case KAFKA_ERROR_LEADER_NOT_AVAILABLE:
	case KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER:
		break;
	default:
		return false;
	}
	if (transport_now_us(client->transport) + PAUSE_US >= client->deadline_us)
		return false;
	transport_pause(client->transport, PAUSE_US);
	return true;
}

int32_t
client_request_timeout_ms(struct client *client)
{
	int64_t left_ms = (client->deadline_us - transport_now_us(client->transport)) / 1000;

	/* Less than we wait ourselves, so that the broker's word comes before our own. */
	return (int32_t)MIN(MAX(left_ms * 3 / 4, 1), INT32_MAX);
}

void
client_refused(struct client *client, const char *what, int16_t code, struct slice message)
{
	if (!slice_is_null(message) && message.size > 0)
		complain(client, "%s: %s: %.*s", what, kafka_error_name(code),
		    (int)MIN(message.size, 256), (const char *)message.bytes);
	else
		complain(client, "%s: %s: %s", what, kafka_error_name(code), kafka_error_text(code));
}
