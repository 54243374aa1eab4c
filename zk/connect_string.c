#include "zk/connect_string.h"

#include <stdlib.h>

#include "base/memory.h"

static enum error
refuse(struct zk_connect_string *it, const char *reason)
{
	it->reason = reason;
	return ERROR_INVALID_ARGUMENT;
}

static bool
parse_port(const char *at, const char *end, uint16_t *port)
{
	uint32_t value = 0;

	if (at == end || end - at > 5)
		return false;
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return false;
		value = value * 10 + (uint32_t)(*at - '0');
	}
	*port = (uint16_t)value;
	return value >= 1 && value <= UINT16_MAX;
}

/* The end of the host, before its colon and port; NULL: a bracket that does not close. */
static const char *
host_end(const char *at, const char *end)
{
	const char *colon = NULL;

	if (*at == '[') {
		const char *bracket = memchr(at, ']', (size_t)(end - at));

		return bracket;
	}
	for (const char *i = at; i < end; i++)
		if (*i == ':')
			colon = i;
	return colon != NULL ? colon : end;
}

static enum error
parse_server(struct zk_connect_string *it, const char *at, const char *end)
{
	struct zk_server *server = &it->servers[it->server_count];
	const char *host, *stop;

	while (at < end && *at == ' ')
		at++;
	while (end > at && end[-1] == ' ')
		end--;
	if (at == end)
		return refuse(it, "a server is empty");
	if (it->server_count == ZK_SERVERS_MAX)
		return refuse(it, "more than 16 servers");
	stop = host_end(at, end);
	if (stop == NULL)
		return refuse(it, "a bracket is not closed");
	host = *at == '[' ? at + 1 : at;
	if (host == stop || stop - host >= ZK_HOST_SIZE)
		return refuse(it, "a host is empty or longer than 255 characters");
	memcpy(server->host, host, (size_t)(stop - host));
	if (*at == '[')
		stop++;
	else if (memchr(host, ':', (size_t)(stop - host)) != NULL)
		return refuse(it, "an IPv6 address is not in brackets");
	server->port = ZK_DEFAULT_PORT;
	if (stop < end && (*stop != ':' || !parse_port(stop + 1, end, &server->port)))
		return refuse(it, "a port is not a number from 1 to 65535");
	it->server_count++;
	return ERROR_NONE;
}

static bool
part_is_sound(const char *part, size_t size)
{
	if (size == 0 || (size == 1 && part[0] == '.') ||
	    (size == 2 && part[0] == '.' && part[1] == '.'))
		return false;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)part[i] < 0x20 || part[i] == 0x7f)
			return false;
	return true;
}

static enum error
parse_chroot(struct zk_connect_string *it, const char *text)
{
	size_t size = strlen(text);

	while (size > 0 && text[size - 1] == '/')
		size--; /* "/" and "" are the same root, and Kafka takes "/a/" as "/a" */
	for (size_t i = 0; i < size;) {
		size_t length = 0;

		while (i + 1 + length < size && text[i + 1 + length] != '/')
			length++;
		if (!part_is_sound(text + i + 1, length))
			return refuse(it, "the chroot is not a path of ZooKeeper");
		i += 1 + length;
	}
	it->chroot = memory_text(text, size);
	return ERROR_NONE;
}

enum error
zk_connect_string_parse(struct zk_connect_string *it, const char *text)
{
	size_t size = strcspn(text, "/");
	const char *end = text + size;
	enum error error = ERROR_NONE;

	memset(it, 0, sizeof(*it));
	for (const char *at = text; error == ERROR_NONE;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));

		error = parse_server(it, at, comma != NULL ? comma : end);
		if (comma == NULL)
			break;
		at = comma + 1;
	}
	if (error != ERROR_NONE)
		return error;
	return parse_chroot(it, end);
}

void
zk_connect_string_fini(struct zk_connect_string *it)
{
	free(it->chroot);
	it->chroot = NULL;
}
