#include "zk/servers.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/memory.h"

enum {
	ADDRESSES_OF_NAME = 8,
	PERIOD_US = 300 * 1000000,
	PERIOD_WHILE_AWAY_US = 10 * 1000000,
};

struct known {
	struct net_address addresses[ADDRESSES_OF_NAME];
	size_t count;
	bool numeric;
	enum error error; /* of the last look-up, told once */
};

/* It may outlive its owner: a look-up takes as long as it takes. */
struct look_up {
	struct work work;
	struct zk_servers *servers; /* NULL: nobody waits */
	struct net *net;
	size_t number;
	char host[ZK_HOST_SIZE];
	uint16_t port;
	struct net_address addresses[ADDRESSES_OF_NAME];
	size_t count;
	enum error error;
};

struct zk_servers {
	struct world *world;
	void (*changed)(void *owner);
	void *owner;
	struct zk_server names[ZK_SERVERS_MAX];
	struct known known[ZK_SERVERS_MAX];
	size_t name_count;
	struct net_address addresses[ZK_ADDRESSES_MAX];
	size_t address_count;
	struct look_up *under_way;
	bool connected;
	struct timer timer;
};

static bool
is_numeric(const char *host)
{
	struct in6_addr address;

	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static bool
is_known(const struct net_address *addresses, size_t count, const struct net_address *address)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(addresses[i].host, address->host) == 0 &&
		    addresses[i].port == address->port)
			return true;
	return false;
}

/* Each address once; true when they are others than before. */
static bool
gather(struct zk_servers *it)
{
	struct net_address addresses[ZK_ADDRESSES_MAX];
	size_t count = 0;
	bool differs;

	for (size_t i = 0; i < it->name_count; i++)
		for (size_t j = 0; j < it->known[i].count && count < ZK_ADDRESSES_MAX; j++)
			if (!is_known(addresses, count, &it->known[i].addresses[j]))
				addresses[count++] = it->known[i].addresses[j];
	differs = count != it->address_count;
	for (size_t i = 0; i < count && !differs; i++)
		differs = !is_known(it->addresses, it->address_count, &addresses[i]);
	memcpy(it->addresses, addresses, count * sizeof(addresses[0]));
	it->address_count = count;
	return differs;
}

static void
run(struct work *work)
{
	struct look_up *it = container_of(work, struct look_up, work);

	it->error = net_resolve(it->net, it->host, it->addresses, ADDRESSES_OF_NAME, &it->count);
}

static void look_up(struct zk_servers *it, size_t from);

static void
learn(struct zk_servers *it, const struct look_up *found)
{
	struct known *known = &it->known[found->number];

	if (found->error == ERROR_NONE) {
		known->count = found->count;
		for (size_t i = 0; i < found->count; i++) {
			known->addresses[i] = found->addresses[i];
			known->addresses[i].port = found->port;
		}
	} else if (known->error != found->error) {
		log_warn(it->world->logger, "zookeeper server %s is not found: %s%s", found->host,
		    error_text(found->error),
		    known->count > 0 ? "; its old addresses are used" : "");
	}
	known->error = found->error;
}

static void
done(struct work *work)
{
	struct look_up *found = container_of(work, struct look_up, work);
	struct zk_servers *it = found->servers;
	size_t next = found->number + 1;

	if (it == NULL) {
		free(found);
		return;
	}
	it->under_way = NULL;
	learn(it, found);
	free(found);
	look_up(it, next);
	if (gather(it))
		it->changed(it->owner);
}

/* The first name from there on that is one; after the last it is time's turn. */
static void
look_up(struct zk_servers *it, size_t from)
{
	struct look_up *look_up;

	while (from < it->name_count && it->known[from].numeric)
		from++;
	if (from == it->name_count) {
		timer_start(it->world->control, &it->timer,
		    clock_monotonic_us(it->world->clock) +
		    (it->connected ? PERIOD_US : PERIOD_WHILE_AWAY_US));
		return;
	}
	look_up = memory_new(sizeof(*look_up));
	look_up->work = (struct work){ .loop = it->world->control, .run = run, .done = done };
	look_up->servers = it;
	look_up->net = it->world->net;
	look_up->number = from;
	memcpy(look_up->host, it->names[from].host, sizeof(look_up->host));
	look_up->port = it->names[from].port;
	it->under_way = look_up;
	workers_submit(it->world->workers, &look_up->work);
}

static void
on_timer(struct timer *timer)
{
	zk_servers_resolve(container_of(timer, struct zk_servers, timer));
}

struct zk_servers *
zk_servers_new(struct world *world, const struct zk_connect_string *names,
    void (*changed)(void *owner), void *owner)
{
	struct zk_servers *it = memory_new(sizeof(*it));

	it->world = world;
	it->changed = changed;
	it->owner = owner;
	it->name_count = names->server_count;
	memcpy(it->names, names->servers, sizeof(it->names));
	timer_init(&it->timer, on_timer);
	for (size_t i = 0; i < it->name_count; i++) {
		struct known *known = &it->known[i];

		known->numeric = is_numeric(it->names[i].host) &&
		    strlen(it->names[i].host) < NET_HOST_SIZE;
		if (!known->numeric)
			continue;
		known->count = 1;
		memcpy(known->addresses[0].host, it->names[i].host, strlen(it->names[i].host));
		known->addresses[0].port = it->names[i].port;
	}
	(void)gather(it);
	return it;
}

void
zk_servers_free(struct zk_servers *it)
{
	if (it->under_way != NULL)
		it->under_way->servers = NULL;
	timer_stop(it->world->control, &it->timer);
	free(it);
}

const struct net_address *
zk_servers_addresses(const struct zk_servers *it, size_t *count)
{
	*count = it->address_count;
	return it->addresses;
}

void
zk_servers_resolve(struct zk_servers *it)
{
	if (it->under_way != NULL)
		return;
	timer_stop(it->world->control, &it->timer);
	for (size_t i = 0; i < it->name_count; i++)
		if (!it->known[i].numeric) {
			look_up(it, i);
			return;
		}
}

void
zk_servers_set_connected(struct zk_servers *it, bool connected)
{
	if (it->connected == connected)
		return;
	it->connected = connected;
	if (!connected)
		zk_servers_resolve(it);
}
