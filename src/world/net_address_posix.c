#include "world/net_address_posix.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum error
net_address_to_system(const struct net_address *address, struct socket_address *system)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;
	char port[8];

	if (address->host[0] == '\0')
		return ERROR_INVALID_ARGUMENT;
	snprintf(port, sizeof(port), "%u", address->port);
	if (getaddrinfo(address->host, port, &hints, &found) != 0)
		return ERROR_INVALID_ARGUMENT;
	assert(found->ai_addrlen <= sizeof(system->storage));
	memcpy(&system->storage, found->ai_addr, found->ai_addrlen);
	system->size = found->ai_addrlen;
	freeaddrinfo(found);
	return ERROR_NONE;
}

static void
unmap(struct socket_address *system)
{
	struct sockaddr_in6 six;
	struct sockaddr_in four = { .sin_family = AF_INET };

	if (system->storage.ss_family != AF_INET6)
		return;
	memcpy(&six, &system->storage, sizeof(six));
	if (!IN6_IS_ADDR_V4MAPPED(&six.sin6_addr))
		return;
	four.sin_port = six.sin6_port;
	memcpy(&four.sin_addr, &six.sin6_addr.s6_addr[12], sizeof(four.sin_addr));
	memcpy(&system->storage, &four, sizeof(four));
	system->size = sizeof(four);
}

void
net_address_from_system(const struct socket_address *system, struct net_address *address)
{
	struct socket_address plain = *system;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	int family;

	unmap(&plain);
	family = plain.storage.ss_family;
	*address = (struct net_address){ 0 };
	if (family != AF_INET && family != AF_INET6)
		return;
	if (getnameinfo((const struct sockaddr *)&plain.storage, plain.size, address->host,
	    sizeof(address->host), NULL, 0, NI_NUMERICHOST) != 0)
		address->host[0] = '\0';
	if (family == AF_INET) {
		memcpy(&four, &plain.storage, sizeof(four));
		address->port = ntohs(four.sin_port);
	} else {
		memcpy(&six, &plain.storage, sizeof(six));
		address->port = ntohs(six.sin6_port);
	}
}

static enum error
error_of_resolver(int result)
{
	switch (result) {
	case 0:
		return ERROR_NONE;
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		return ERROR_NOT_FOUND;
	case EAI_AGAIN:
		return ERROR_TIMED_OUT;
	case EAI_MEMORY:
		return ERROR_NO_MEMORY;
	case EAI_SYSTEM:
		return error_from_errno(errno);
	default:
		return ERROR_UNEXPECTED;
	}
}

enum error
net_address_resolve(const char *name, struct net_address *addresses, size_t capacity,
    size_t *count)
{
	struct addrinfo hints = { .ai_flags = AI_ADDRCONFIG, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	enum error error = error_of_resolver(getaddrinfo(name, NULL, &hints, &found));

	if (error != ERROR_NONE)
		return error;
	for (const struct addrinfo *at = found; at != NULL && *count < capacity; at = at->ai_next) {
		struct socket_address system = { .size = at->ai_addrlen };

		assert(at->ai_addrlen <= sizeof(system.storage));
		memcpy(&system.storage, at->ai_addr, at->ai_addrlen);
		net_address_from_system(&system, &addresses[(*count)++]);
	}
	freeaddrinfo(found);
	return *count > 0 ? ERROR_NONE : ERROR_NOT_FOUND;
}
