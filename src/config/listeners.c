#include "config/listeners.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/macros.h"
#include "base/memory.h"
#include "config/list.h"
#include "config/number.h"

static char *
upper_case(struct slice text)
{
	char *copy = memory_text(text.bytes, text.size);

	for (char *at = copy; *at != '\0'; at++) {
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
	}
	return copy;
}

static bool
is_name(const char *upper, struct slice name)
{
	return strlen(upper) == name.size &&
	    strncasecmp(upper, (const char *)name.bytes, name.size) == 0;
}

/* A slice for "%.*s" that no message is made too long by. */
#define SHOWN(slice) (int)MIN((slice).size, 60), (const char *)(slice).bytes

/* ------------------------------------------------------------ protocols */

static const char *const protocol_names[SECURITY_PROTOCOL_COUNT] = {
	[SECURITY_PROTOCOL_PLAINTEXT] = "PLAINTEXT",
	[SECURITY_PROTOCOL_SSL] = "SSL",
	[SECURITY_PROTOCOL_SASL_PLAINTEXT] = "SASL_PLAINTEXT",
	[SECURITY_PROTOCOL_SASL_SSL] = "SASL_SSL",
};

const char *
security_protocol_name(enum security_protocol protocol)
{
	return protocol_names[protocol];
}

enum error
security_protocol_find(struct slice name, enum security_protocol *protocol)
{
	for (int i = 0; i < SECURITY_PROTOCOL_COUNT; i++) {
		if (slice_equal_text(name, protocol_names[i])) {
			*protocol = (enum security_protocol)i;
			return ERROR_NONE;
		}
	}
	return ERROR_NOT_FOUND;
}

const struct listener_protocol *
listener_protocols_find(const struct listener_protocols *protocols, struct slice name)
{
	for (size_t i = 0; i < protocols->count; i++) {
		if (is_name(protocols->items[i].name, name))
			return &protocols->items[i];
	}
	return NULL;
}

void
listener_protocols_fini(struct listener_protocols *protocols)
{
	for (size_t i = 0; i < protocols->count; i++)
		free(protocols->items[i].name);
	free(protocols->items);
	*protocols = (struct listener_protocols){ 0 };
}

static enum error
add_protocol(struct listener_protocols *protocols, struct slice element, char *reason)
{
	struct slice name, value;
	enum security_protocol protocol;

	if (!config_list_pair(element, &name, &value)) {
		snprintf(reason, CONFIG_REASON_SIZE, "%.*s is not NAME:PROTOCOL", SHOWN(element));
		return ERROR_INVALID_ARGUMENT;
	}
	if (security_protocol_find(value, &protocol) != ERROR_NONE) {
		snprintf(reason, CONFIG_REASON_SIZE, "%.*s is no security protocol", SHOWN(value));
		return ERROR_INVALID_ARGUMENT;
	}
	if (listener_protocols_find(protocols, name) != NULL) {
		snprintf(reason, CONFIG_REASON_SIZE, "%.*s stands there twice", SHOWN(name));
		return ERROR_INVALID_ARGUMENT;
	}
	protocols->items = memory_resize(protocols->items,
	    (protocols->count + 1) * sizeof(protocols->items[0]));
	protocols->items[protocols->count++] =
	    (struct listener_protocol){ .name = upper_case(name), .protocol = protocol };
	return ERROR_NONE;
}

enum error
listener_protocols_parse(struct listener_protocols *protocols, const char *text,
    char reason[CONFIG_REASON_SIZE])
{
	struct config_list list = config_list_of(text);
	struct slice element;
	enum error error = ERROR_NONE;

	*protocols = (struct listener_protocols){ 0 };
	while (error == ERROR_NONE && config_list_next(&list, &element)) {
		if (element.size > 0)
			error = add_protocol(protocols, element, reason);
	}
	return error;
}

/* ------------------------------------------------------------ addresses */

static bool
is_host(struct slice host)
{
	for (size_t i = 0; i < host.size; i++) {
		uint8_t byte = host.bytes[i];
		if (!(byte >= '0' && byte <= '9') && !(byte >= 'a' && byte <= 'z') &&
		    !(byte >= 'A' && byte <= 'Z') && memchr("-%._:", byte, 5) == NULL)
			return false;
	}
	return true;
}

enum error
listener_address_parse(struct slice text, struct slice *host, uint16_t *port)
{
	struct slice number;
	int64_t value;

	if (!config_list_pair(text, host, &number) ||
	    config_number_integer(number, &value) != ERROR_NONE || value < 0 ||
	    value > UINT16_MAX)
		return ERROR_MALFORMED;
	bool opened = host->size > 0 && host->bytes[0] == '[';
	bool closed = host->size > 1 && host->bytes[host->size - 1] == ']';
	if (opened != closed)
		return ERROR_MALFORMED;
	if (opened)
		*host = slice_of(host->bytes + 1, host->size - 2);
	*port = (uint16_t)value;
	return is_host(*host) ? ERROR_NONE : ERROR_MALFORMED;
}

/* 4, 6 or 0 for what is no address; a scope (%eth0) does not matter. */
static int
address_family(const char *host, uint8_t bytes[16])
{
	char plain[64];
	size_t size = strcspn(host, "%");

	if (size >= sizeof(plain))
		return 0;
	memcpy(plain, host, size);
	plain[size] = '\0';
	if (inet_pton(AF_INET, plain, bytes) == 1)
		return 4;
	return inet_pton(AF_INET6, plain, bytes) == 1 ? 6 : 0;
}

bool
listener_is_wildcard(const struct listener *listener)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint8_t bytes[16] = { 0 };
	uint8_t zeros[16] = { 0 };
	int family = address_family(listener->host, bytes);

	if (family == 6 && memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return memcmp(bytes + 12, zeros, 4) == 0;
	return family != 0 && memcmp(bytes, zeros, family == 4 ? 4 : 16) == 0;
}

/* ------------------------------------------------------------ listeners */

void
listeners_fini(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++) {
		free(listeners->items[i].name);
		free(listeners->items[i].host);
	}
	free(listeners->items);
	*listeners = (struct listeners){ 0 };
}

int
listeners_find(const struct listeners *listeners, const char *name)
{
	for (size_t i = 0; i < listeners->count; i++) {
		if (is_name(listeners->items[i].name, slice_of_text(name)))
			return (int)i;
	}
	return -1;
}

/* Where "://" begins; the end of the text when it is not there. */
static size_t
find_scheme_end(struct slice text)
{
	for (size_t i = 0; i + 3 <= text.size; i++) {
		if (memcmp(text.bytes + i, "://", 3) == 0)
			return i;
	}
	return text.size;
}

static enum error
add_listener(struct listeners *listeners, struct slice element,
    const struct listener_protocols *protocols, char *reason)
{
	size_t name_size = find_scheme_end(element);
	struct slice name = slice_of(element.bytes, name_size);
	struct slice host;
	uint16_t port;

	if (name_size == 0 || name_size == element.size ||
	    listener_address_parse(
		slice_of(element.bytes + name_size + 3, element.size - name_size - 3), &host,
		&port) != ERROR_NONE) {
		snprintf(reason, CONFIG_REASON_SIZE, "%.*s is not NAME://host:port", SHOWN(element));
		return ERROR_INVALID_ARGUMENT;
	}
	const struct listener_protocol *protocol = listener_protocols_find(protocols, name);
	if (protocol == NULL) {
		snprintf(reason, CONFIG_REASON_SIZE,
		    "listener.security.protocol.map does not name %.*s", SHOWN(name));
		return ERROR_INVALID_ARGUMENT;
	}
	listeners->items =
	    memory_resize(listeners->items, (listeners->count + 1) * sizeof(listeners->items[0]));
	listeners->items[listeners->count++] = (struct listener){
		.name = upper_case(name),
		.host = memory_text(host.bytes, host.size),
		.port = port,
		.protocol = protocol->protocol,
	};
	return ERROR_NONE;
}

/* Two listeners may share a port where one has an IPv4 address and the other an IPv6 one. */
static bool
may_share_port(const struct listener *a, const struct listener *b)
{
	uint8_t bytes[16];

	return a->port != b->port || a->port == 0 ||
	    address_family(a->host, bytes) + address_family(b->host, bytes) == 10;
}

static enum error
check_pair(const struct listener *a, const struct listener *b, bool distinct_ports, char *reason)
{
	if (strcmp(a->name, b->name) == 0) {
		snprintf(reason, CONFIG_REASON_SIZE, "two listeners are called %.60s", a->name);
		return ERROR_INVALID_ARGUMENT;
	}
	if (distinct_ports && !may_share_port(a, b)) {
		snprintf(reason, CONFIG_REASON_SIZE,
		    "%.60s and %.60s both want port %d, which only an IPv4 and an IPv6 address may "
		    "share", a->name, b->name, a->port);
		return ERROR_INVALID_ARGUMENT;
	}
	return ERROR_NONE;
}

enum error
listeners_parse(struct listeners *listeners, const char *text,
    const struct listener_protocols *protocols, bool distinct_ports,
    char reason[CONFIG_REASON_SIZE])
{
	struct config_list list = config_list_of(text);
	struct slice element;
	enum error error = ERROR_NONE;

	*listeners = (struct listeners){ 0 };
	while (error == ERROR_NONE && config_list_next(&list, &element)) {
		if (element.size == 0)
			continue; /* ",," and a comma at the end say nothing, as in Kafka */
		error = add_listener(listeners, element, protocols, reason);
		for (size_t i = 0; error == ERROR_NONE && i + 1 < listeners->count; i++)
			error = check_pair(&listeners->items[i],
			    &listeners->items[listeners->count - 1], distinct_ports, reason);
	}
	return error;
}
