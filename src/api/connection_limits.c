#include "api/connection_limits.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/list.h"
#include "config/number.h"

enum { ADDRESS_SIZE = 16 };

/* An IPv4 address is what IPv6 makes of it, as Java does it the other way round. */
struct address {
	uint8_t bytes[ADDRESS_SIZE];
};

struct address_count {
	struct hash_node node;
	struct address address;
	int32_t count;
};

struct override {
	char *host;
	struct address address;
	bool resolved;
	int32_t max;
};

struct connection_limits {
	struct actor actor;
	int32_t max, max_per_address;
	size_t brokers_listener; /* SIZE_MAX: it is the only one, or not bound here */
	struct override *overrides;
	size_t override_count;
	int32_t total;
	int32_t *of_listener;
	struct hash_table addresses;
	struct list waiting; /* who came first is first */
};

/* ------------------------------------------------------------- addresses */

static bool
address_parse(const char *host, struct address *address)
{
	char text[NET_HOST_SIZE];
	size_t size = strcspn(host, "%"); /* a scope does not tell machines apart */

	memset(address, 0, sizeof(*address));
	if (size >= sizeof(text))
		return false;
	memcpy(text, host, size);
	text[size] = '\0';
	if (inet_pton(AF_INET6, text, address->bytes) == 1)
		return true;
	memset(address->bytes + 10, 0xff, 2);
	return inet_pton(AF_INET, text, address->bytes + 12) == 1;
}

static bool
matches(const struct hash_node *node, const void *key)
{
	return memcmp(container_of(node, struct address_count, node)->address.bytes, key,
	    ADDRESS_SIZE) == 0;
}

static struct address_count *
count_of(struct connection_limits *it, const struct address *address)
{
	uint64_t hash = hash_table_hash(&it->addresses, slice_of(address->bytes, ADDRESS_SIZE));
	struct hash_node *found = hash_table_find(&it->addresses, hash, address->bytes);
	struct address_count *count;

	if (found != NULL)
		return container_of(found, struct address_count, node);
	count = memory_new(sizeof(*count));
	count->address = *address;
	hash_table_insert(&it->addresses, &count->node, hash);
	return count;
}

static void
drop_if_unused(struct connection_limits *it, struct address_count *count)
{
	if (count->count > 0)
		return;
	hash_table_remove(&it->addresses, &count->node);
	free(count);
}

static int32_t
max_of(const struct connection_limits *it, const struct address *address)
{
	for (size_t i = 0; i < it->override_count; i++)
		if (it->overrides[i].resolved &&
		    memcmp(it->overrides[i].address.bytes, address->bytes, ADDRESS_SIZE) == 0)
			return it->overrides[i].max;
	return it->max_per_address;
}

/* ------------------------------------------------------------- on the loop */

static void
tell_waits(struct loop_message *message)
{
	struct connection_ticket *ticket = container_of(message, struct connection_ticket, waits);

	if (!ticket->has_left)
		ticket->judged(ticket, CONNECTION_WAITS);
}

static void
tell_admitted(struct loop_message *message)
{
	struct connection_ticket *ticket =
	    container_of(message, struct connection_ticket, verdict);

	if (!ticket->has_left)
		ticket->judged(ticket, CONNECTION_ADMITTED);
}

static void
tell_refused(struct loop_message *message)
{
	struct connection_ticket *ticket =
	    container_of(message, struct connection_ticket, verdict);

	if (!ticket->has_left)
		ticket->judged(ticket, CONNECTION_REFUSED);
}

static void
tell_gone(struct loop_message *message)
{
	struct connection_ticket *ticket = container_of(message, struct connection_ticket, gone);

	ticket->left(ticket);
}

void
connection_limits_enter(struct connection_limits *it, struct connection_ticket *ticket)
{
	ticket->limits = it;
	ticket->enter.ticket = ticket->leave.ticket = ticket;
	ticket->waits.run = tell_waits;
	ticket->gone.run = tell_gone;
	ticket->state = TICKET_NEW;
	list_init(&ticket->waiting);
	actor_post(&it->actor, &ticket->enter.event);
}

void
connection_limits_leave(struct connection_ticket *ticket)
{
	ticket->has_left = true;
	actor_post(&ticket->limits->actor, &ticket->leave.event);
}

/* ------------------------------------------------------------- in the actor */

static bool
has_place(const struct connection_limits *it, size_t listener)
{
	if (listener == it->brokers_listener)
		return it->of_listener[listener] < it->max;
	return it->total < it->max;
}

static void
judge(struct connection_limits *it, struct connection_ticket *ticket)
{
	struct address address;
	struct address_count *count;

	if (!address_parse(ticket->host, &address))
		memset(&address, 0, sizeof(address));
	count = count_of(it, &address);
	if (count->count >= max_of(it, &address)) {
		ticket->state = TICKET_REFUSED;
		ticket->verdict.run = tell_refused;
		drop_if_unused(it, count);
	} else {
		ticket->state = TICKET_ADMITTED;
		ticket->verdict.run = tell_admitted;
		ticket->address = count;
		count->count++;
		it->total++;
		it->of_listener[ticket->listener]++;
	}
	loop_post(ticket->loop, &ticket->verdict);
}

static void
enter(struct connection_limits *it, struct connection_ticket *ticket)
{
	if (has_place(it, ticket->listener)) {
		judge(it, ticket);
		return;
	}
	ticket->state = TICKET_WAITING;
	list_append(&it->waiting, &ticket->waiting);
	loop_post(ticket->loop, &ticket->waits);
}

static void
leave(struct connection_limits *it, struct connection_ticket *ticket)
{
	list_remove(&ticket->waiting);
	if (ticket->state == TICKET_ADMITTED) {
		ticket->address->count--;
		drop_if_unused(it, ticket->address);
		it->total--;
		it->of_listener[ticket->listener]--;
	}
	loop_post(ticket->loop, &ticket->gone);
	LIST_FOREACH(link, &it->waiting) {
		struct connection_ticket *next = container_of(link, struct connection_ticket, waiting);

		if (!has_place(it, next->listener))
			continue;
		list_remove(&next->waiting);
		judge(it, next);
	}
}

static enum actor_result
step(struct actor *actor, struct actor_event *event)
{
	struct connection_limits *it = container_of(actor, struct connection_limits, actor);
	struct connection_ticket *ticket =
	    container_of(event, struct connection_ticket_event, event)->ticket;

	if (event == &ticket->enter.event)
		enter(it, ticket);
	else
		leave(it, ticket);
	return ACTOR_DONE;
}

/* -------------------------------------------------------------- the whole */

static void
read_overrides(struct connection_limits *it, const char *text)
{
	struct config_list list = config_list_of(text), again = list;
	struct slice element, host, number;
	int64_t max;
	size_t count = 0;

	while (config_list_next(&list, &element))
		count++;
	it->overrides = memory_array(MAX(count, 1), sizeof(*it->overrides));
	while (config_list_next(&again, &element)) {
		struct override *override = &it->overrides[it->override_count];

		/* Both were checked with the configuration. */
		if (!config_list_pair(element, &host, &number) ||
		    config_number_integer(number, &max) != ERROR_NONE)
			continue;
		override->host = memory_text(host.bytes, host.size);
		override->max = (int32_t)max;
		override->resolved = address_parse(override->host, &override->address);
		it->override_count++;
	}
}

static size_t
brokers_listener(const struct broker_config *config)
{
	int found = listeners_find(&config->listeners.bound, config->listeners.inter_broker);

	return found < 0 || config->listeners.bound.count < 2 ? SIZE_MAX : (size_t)found;
}

struct connection_limits *
connection_limits_new(struct world *world, const struct broker_config *config)
{
	struct connection_limits *it = memory_new(sizeof(*it));
	const struct broker_network *network = &config->network;
	uint64_t seed[2];

	entropy_fill(world->entropy, seed, sizeof(seed));
	actor_init(&it->actor, world->loops[0], false, step);
	it->max = network->max_connections;
	it->max_per_address = network->max_connections_per_ip;
	it->brokers_listener = brokers_listener(config);
	it->of_listener = memory_array(MAX(config->listeners.bound.count, 1),
	    sizeof(*it->of_listener));
	hash_table_init(&it->addresses, seed, matches);
	list_init(&it->waiting);
	read_overrides(it, network->max_connections_per_ip_overrides);
	return it;
}

enum error
connection_limits_resolve(struct connection_limits *it, struct net *net, const char **complaint)
{
	for (size_t i = 0; i < it->override_count; i++) {
		struct override *override = &it->overrides[i];
		struct net_address address;
		size_t count;
		enum error error;

		if (override->resolved)
			continue;
		*complaint = override->host;
		error = net_resolve(net, override->host, &address, 1, &count);
		if (error != ERROR_NONE)
			return error;
		override->resolved = address_parse(address.host, &override->address);
	}
	return ERROR_NONE;
}

void
connection_limits_free(struct connection_limits *it)
{
	assert(it->total == 0 && list_is_empty(&it->waiting));
	for (size_t i = 0; i < it->override_count; i++)
		free(it->overrides[i].host);
	free(it->overrides);
	free(it->of_listener);
	hash_table_fini(&it->addresses);
	actor_fini(&it->actor);
	free(it);
}
