#include "klammd/embedded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "world/net_posix.h"
#include "zk/server/server.h"
#include "zk/server/store_lmdb.h"

enum { ADDRESS_SIZE = NET_HOST_SIZE + 16, DIR_SIZE = 4096 };

struct embedded {
	struct world *world;
	struct store *store;
	struct zk_server *server;
	char address[ADDRESS_SIZE];
};

static bool
data_dir(const struct broker_config *config, char dir[DIR_SIZE])
{
	const char *first = config->logs.dirs[0];
	const char *last = strrchr(first, '/');
	int length;

	if (config->zookeeper.embedded_dir != NULL)
		length = snprintf(dir, DIR_SIZE, "%s", config->zookeeper.embedded_dir);
	else if (last == NULL)
		length = snprintf(dir, DIR_SIZE, "zookeeper");
	else
		length = snprintf(dir, DIR_SIZE, "%.*s/zookeeper", (int)(last - first), first);
	return length < DIR_SIZE;
}

/* The key's text was checked; a name is looked up, blocking. */
static bool
find_address(struct world *world, const char *text, struct net_address *address)
{
	struct slice host = slice_of_text("127.0.0.1");
	char name[256];
	size_t count = 0;
	uint16_t port = 0;

	if (*text != '\0' && listener_address_parse(slice_of_text(text), &host, &port) != ERROR_NONE)
		return false;
	if (host.size >= sizeof(name))
		return false;
	if (host.size == 0) {
		*address = (struct net_address){ .port = port };
		return true;
	}
	memcpy(name, host.bytes, host.size);
	name[host.size] = '\0';
	if (net_resolve(world->net, name, address, 1, &count) != ERROR_NONE || count == 0) {
		log_error(world->logger, "klamm.embedded.zookeeper=%s: %s has no address", text, name);
		return false;
	}
	address->port = port;
	return true;
}

static void
say_address(struct embedded *it, const struct net_address *address)
{
	const char *host = address->host[0] != '\0' ? address->host : "127.0.0.1";
	bool v6 = strchr(host, ':') != NULL;

	(void)snprintf(it->address, sizeof(it->address), v6 ? "[%s]:%u" : "%s:%u", host,
	    (unsigned)zk_server_port(it->server));
}

struct embedded *
embedded_open(struct world *world, const struct broker_config *config)
{
	struct embedded *it = memory_new(sizeof(*it));
	struct zk_server_options options = zk_server_options_default();
	char dir[DIR_SIZE];
	enum error error;

	it->world = world;
	if (!data_dir(config, dir) ||
	    !find_address(world, config->zookeeper.embedded, &options.address))
		goto failed;
	error = store_lmdb_open(dir, world->logger, &it->store);
	if (error != ERROR_NONE) {
		log_error(world->logger, "the embedded ZooKeeper cannot keep its data in %s: %s", dir,
		    error == ERROR_BUSY ? "another process has it" : error_text(error));
		goto failed;
	}
	error = zk_server_open(world, world->control, &options, it->store, &it->server);
	if (error != ERROR_NONE) {
		log_error(world->logger, "the embedded ZooKeeper cannot serve %s: %s",
		    config->zookeeper.embedded, error_text(error));
		goto failed;
	}
	say_address(it, &options.address);
	return it;
failed:
	embedded_close(it);
	return NULL;
}

const char *
embedded_address(const struct embedded *it)
{
	return it->address;
}

enum error
embedded_start(struct embedded *it)
{
	log_info(it->world->logger, "the embedded ZooKeeper serves %s", it->address);
	return zk_server_start(it->server);
}

void
embedded_stop(struct embedded *it, void (*stopped)(void *context), void *context)
{
	zk_server_stop(it->server, stopped, context);
}

void
embedded_close(struct embedded *it)
{
	if (it->server != NULL)
		zk_server_close(it->server);
	if (it->store != NULL)
		store_lmdb_close(it->store);
	free(it);
}
