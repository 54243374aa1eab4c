/* From a name to an open connection: look-up, addresses in turn, versions. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cluster/broker_link_private.h"

enum { API_VERSIONS_VERSION = 3 };

/* --------------------------------------------------------------- versions */

static void
negotiated(struct broker_link_request *request, enum error error, const void *response,
    struct broker_link_answer *answer)
{
	struct broker_link *it = container_of(request, struct broker_link, negotiation);
	const struct api_versions_response *versions = response;

	if (error != ERROR_NONE)
		return;
	if (versions->error_code != 0) {
		broker_link_drop(it, ERROR_UNSUPPORTED);
		return;
	}
	it->versions_answer = broker_link_answer_hold(answer);
	it->versions = versions;
	broker_link_opened(it);
}

static void
begin_negotiating(struct broker_link *it)
{
	enum error error;

	it->state = BROKER_LINK_NEGOTIATING;
	broker_link_arm(it);
	net_want(it->net, true, false);
	it->negotiation_body = api_versions_request_defaults;
	it->negotiation_body.client_software_name = slice_of_text("klamm");
	it->negotiation_body.client_software_version = slice_of_text(PACKAGE_VERSION);
	it->negotiation = (struct broker_link_request){
		.key = API_KEY_API_VERSIONS,
		.version = API_VERSIONS_VERSION,
		.body = &it->negotiation_body,
		.timeout_ms = it->connect_timeout_us / 1000,
		.answered = negotiated,
	};
	list_init(&it->negotiation.link);
	error = broker_link_send(it, &it->negotiation);
	if (error != ERROR_NONE)
		broker_link_drop(it, error);
	else
		broker_link_flush(it);
}

int16_t
broker_link_version(const struct broker_link *it, int16_t key, int16_t first, int16_t last)
{
	if (it->versions == NULL)
		return -1;
	for (int32_t i = 0; i < it->versions->api_keys.count; i++) {
		const struct api_versions_response_api_version *known =
		    &it->versions->api_keys.items[i];
		int16_t newest = MIN(last, known->max_version);

		if (known->api_key == key)
			return newest < MAX(first, known->min_version) ? -1 : newest;
	}
	return -1;
}

/* -------------------------------------------------------------- addresses */

/* `error`: what is said when there is no address left. */
static void
try_next(struct broker_link *it, enum error error)
{
	while (it->address_at < it->address_count) {
		struct net_address *address = &it->addresses[it->address_at++];

		address->port = it->port;
		it->state = BROKER_LINK_CONNECTING;
		error = net_connect(it->world->net, it->loop, address, &it->handler, &it->net);
		if (error == ERROR_NONE) {
			broker_link_arm(it);
			return;
		}
		it->net = NULL;
	}
	broker_link_drop(it, error);
}

static void
connected(struct net_handler *handler, enum error error)
{
	struct broker_link *it = container_of(handler, struct broker_link, handler);

	if (error != ERROR_NONE) {
		net_close(it->net);
		it->net = NULL;
		try_next(it, error);
	} else if (it->negotiate) {
		begin_negotiating(it);
	} else {
		broker_link_opened(it);
	}
}

void
broker_link_connect_timed_out(struct broker_link *it)
{
	if (it->state != BROKER_LINK_CONNECTING) {
		broker_link_drop(it, ERROR_TIMED_OUT);
		return;
	}
	net_close(it->net);
	it->net = NULL;
	try_next(it, ERROR_TIMED_OUT);
}

/* ----------------------------------------------------------------- names */

static void find_addresses(struct broker_link *it);

static void
resolve_now(struct work *work)
{
	struct broker_link_lookup *lookup = container_of(work, struct broker_link_lookup, work);

	lookup->error = net_resolve(lookup->net, lookup->host, lookup->addresses,
	    BROKER_LINK_ADDRESSES, &lookup->count);
}

static void
take_addresses(struct broker_link *it, const struct broker_link_lookup *lookup)
{
	if (strcmp(lookup->host, it->host) != 0) {
		find_addresses(it);
	} else if (lookup->error != ERROR_NONE) {
		broker_link_drop(it, lookup->error);
	} else {
		memcpy(it->addresses, lookup->addresses, sizeof(it->addresses));
		it->address_count = lookup->count;
		try_next(it, ERROR_NOT_FOUND);
	}
}

static void
resolved(struct work *work)
{
	struct broker_link_lookup *lookup = container_of(work, struct broker_link_lookup, work);
	struct broker_link *it = lookup->link;

	if (it != NULL) {
		it->lookup = NULL;
		if (it->state == BROKER_LINK_RESOLVING)
			take_addresses(it, lookup);
	}
	free(lookup->host);
	free(lookup);
}

/* A name server that says nothing takes one worker, for all links: others sync and read. */
static void
look_up(struct broker_link *it)
{
	struct broker_link_lookup *lookup = memory_new(sizeof(*lookup));

	lookup->link = it;
	lookup->net = it->world->net;
	lookup->host = memory_text(it->host, strlen(it->host));
	lookup->work = (struct work){ .loop = it->loop, .run = resolve_now, .done = resolved,
		.queue = lookup->net };
	it->lookup = lookup;
	workers_submit(it->world->workers, &lookup->work);
}

/* No worker is needed for these: they answer even when all of them are busy. */
static bool
is_an_address(const char *host)
{
	return strlen(host) < NET_HOST_SIZE &&
	    (strchr(host, ':') != NULL || host[strspn(host, "0123456789.")] == '\0');
}

static void
find_addresses(struct broker_link *it)
{
	it->address_at = it->address_count = 0;
	if (!is_an_address(it->host)) {
		look_up(it);
		return;
	}
	it->addresses[0] = (struct net_address){ 0 };
	memcpy(it->addresses[0].host, it->host, strlen(it->host));
	it->address_count = 1;
	try_next(it, ERROR_NOT_FOUND);
}

void
broker_link_connect(struct broker_link *it)
{
	assert(it->state == BROKER_LINK_IDLE);
	it->handler.connected = connected;
	it->next_attempt_us = clock_monotonic_us(it->world->clock) + it->backoff_us;
	it->state = BROKER_LINK_RESOLVING;
	broker_link_arm(it);
	/* One at a time: one that hangs, of an attempt that was given up, is waited for. */
	if (it->lookup == NULL)
		find_addresses(it);
}
