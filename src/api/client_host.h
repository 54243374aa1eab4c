/*
 * api/client_host.h: the address of a client as Kafka shows it to groups and
 * in logs: Java's "/127.0.0.1", and IPv6 with all its zeroes, "/0:0:0:0:0:0:0:1".
 */
#ifndef KLAMM_API_CLIENT_HOST_H
#define KLAMM_API_CLIENT_HOST_H

#include "world/net.h"

enum { CLIENT_HOST_SIZE = NET_HOST_SIZE + 1 };

/* `host` is numeric; what is not comes out as it is. */
void client_host_print(const char *host, char printed[CLIENT_HOST_SIZE]);

#endif
