/*
 * zk/connect_string.h: zookeeper.connect, `host:port,host:port/chroot`. A port
 * that is left out is 2181; IPv6 addresses stand in brackets.
 */
#ifndef KLAMM_ZK_CONNECT_STRING_H
#define KLAMM_ZK_CONNECT_STRING_H

#include "base/error.h"
#include "base/slice.h"

enum { ZK_SERVERS_MAX = 16, ZK_HOST_SIZE = 256, ZK_DEFAULT_PORT = 2181 };

struct zk_server {
	char host[ZK_HOST_SIZE]; /* a name, or a numeric address without brackets */
	uint16_t port;
};

struct zk_connect_string {
	struct zk_server servers[ZK_SERVERS_MAX];
	size_t server_count;
	char *chroot;       /* "" or "/a/b"; freed with zk_connect_string_fini */
	const char *reason; /* of ERROR_INVALID_ARGUMENT, for the one who wrote it */
};

NODISCARD enum error zk_connect_string_parse(struct zk_connect_string *it, const char *text);
void zk_connect_string_fini(struct zk_connect_string *it);

#endif
