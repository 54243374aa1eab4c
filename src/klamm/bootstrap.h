/* klamm/bootstrap.h: HOST:PORT,...: the brokers that a client begins with. */
#ifndef KLAMM_KLAMM_BOOTSTRAP_H
#define KLAMM_KLAMM_BOOTSTRAP_H

#include <stdint.h>

#include "base/error.h"

#define BOOTSTRAP_DEFAULT "localhost:9092"

enum { BOOTSTRAP_MAX = 16, BOOTSTRAP_HOST_SIZE = 256, BOOTSTRAP_PORT = 9092 };

struct bootstrap_address {
	char host[BOOTSTRAP_HOST_SIZE]; /* a name or a numeric address, without brackets */
	uint16_t port;
};

struct bootstrap {
	struct bootstrap_address addresses[BOOTSTRAP_MAX];
	int count;
};

/*
 * host, host:port, [IPv6] or [IPv6]:port, separated by commas. Without a port
 * it is 9092. ERROR_INVALID_ARGUMENT: no list of such, or too long a one.
 */
NODISCARD enum error bootstrap_parse(struct bootstrap *bootstrap, const char *text);

#endif
