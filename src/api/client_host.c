#include "api/client_host.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Eight groups in hexadecimal, without leading zeroes, none left out. */
static void
print_ipv6(const uint8_t address[16], const char *scope, char printed[CLIENT_HOST_SIZE])
{
	int size = 0;

	for (int i = 0; i < 16; i += 2) {
		unsigned group = (unsigned)address[i] << 8 | address[i + 1];

		size += snprintf(printed + size, (size_t)(CLIENT_HOST_SIZE - size), "%c%x",
		    i == 0 ? '/' : ':', group);
	}
	(void)snprintf(printed + size, (size_t)(CLIENT_HOST_SIZE - size), "%s", scope);
}

void
client_host_print(const char *host, char printed[CLIENT_HOST_SIZE])
{
	const char *scope = host + strcspn(host, "%");
	char address[NET_HOST_SIZE];
	struct in6_addr bytes;

	(void)snprintf(address, sizeof(address), "%.*s", (int)(scope - host), host);
	if (inet_pton(AF_INET6, address, &bytes) == 1)
		print_ipv6(bytes.s6_addr, scope, printed);
	else
		(void)snprintf(printed, CLIENT_HOST_SIZE, "/%s", host);
}
