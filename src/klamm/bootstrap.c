#include "klamm/bootstrap.h"

#include <string.h>

/* Digits of 1 to 65535 and nothing else. */
static enum error
parse_port(const char *text, size_t size, uint16_t *port)
{
	uint32_t value = 0;

	if (size == 0 || size > 5)
		return ERROR_INVALID_ARGUMENT;
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return ERROR_INVALID_ARGUMENT;
		value = value * 10 + (uint32_t)(text[i] - '0');
	}
	*port = (uint16_t)value;
	return value >= 1 && value <= UINT16_MAX ? ERROR_NONE : ERROR_INVALID_ARGUMENT;
}

static enum error
parse_address(const char *text, size_t size, struct bootstrap_address *address)
{
	const char *host = text, *end = text + size, *host_end, *rest;

	if (size > 0 && text[0] == '[') {
		host = text + 1;
		host_end = memchr(host, ']', size - 1);
		if (host_end == NULL)
			return ERROR_INVALID_ARGUMENT;
		rest = host_end + 1;
	} else {
		host_end = memchr(text, ':', size);
		if (host_end == NULL)
			host_end = end;
		rest = host_end;
	}
	size_t host_size = (size_t)(host_end - host);
	if (host_size == 0 || host_size >= sizeof(address->host))
		return ERROR_INVALID_ARGUMENT;
	memcpy(address->host, host, host_size);
	address->host[host_size] = '\0';
	address->port = BOOTSTRAP_PORT;
	if (rest == end)
		return ERROR_NONE;
	return *rest == ':' ? parse_port(rest + 1, (size_t)(end - rest) - 1, &address->port)
			    : ERROR_INVALID_ARGUMENT;
}

enum error
bootstrap_parse(struct bootstrap *bootstrap, const char *text)
{
	bootstrap->count = 0;
	for (;;) {
		size_t size = strcspn(text, ",");

		if (bootstrap->count == BOOTSTRAP_MAX)
			return ERROR_INVALID_ARGUMENT;
		enum error error = parse_address(text, size,
		    &bootstrap->addresses[bootstrap->count++]);
		if (error != ERROR_NONE)
			return error;
		if (text[size] == '\0')
			return ERROR_NONE;
		text += size + 1;
	}
}
