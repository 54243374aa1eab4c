/*
 * config/listeners.h: where the broker listens, and what it tells clients:
 * NAME://host:port lists and the map from names to security protocols. Pure;
 * names of hosts are not resolved here.
 */
#ifndef KLAMM_CONFIG_LISTENERS_H
#define KLAMM_CONFIG_LISTENERS_H

#include "base/error.h"
#include "base/slice.h"
#include "config/value.h"

enum security_protocol {
	SECURITY_PROTOCOL_PLAINTEXT,
	SECURITY_PROTOCOL_SSL,
	SECURITY_PROTOCOL_SASL_PLAINTEXT,
	SECURITY_PROTOCOL_SASL_SSL,
	SECURITY_PROTOCOL_COUNT,
};

const char *security_protocol_name(enum security_protocol protocol);
/* Upper case only, as Kafka wants it. ERROR_NOT_FOUND. */
NODISCARD enum error security_protocol_find(struct slice name, enum security_protocol *protocol);

/* listener.security.protocol.map; names are in upper case. */
struct listener_protocol {
	char *name;
	enum security_protocol protocol;
};

struct listener_protocols {
	struct listener_protocol *items;
	size_t count;
};

/* ERROR_INVALID_ARGUMENT: the reason says why; fini is right either way. */
NODISCARD enum error listener_protocols_parse(struct listener_protocols *protocols,
    const char *text, char reason[CONFIG_REASON_SIZE]);
void listener_protocols_fini(struct listener_protocols *protocols);
/* NULL when the name (in any case) is not there. */
const struct listener_protocol *listener_protocols_find(const struct listener_protocols *protocols,
    struct slice name);

struct listener {
	char *name; /* in upper case */
	char *host; /* without brackets; "": every address, or the machine's name when advertised */
	uint16_t port; /* 0: any free one (for tests) */
	enum security_protocol protocol;
};

struct listeners {
	struct listener *items;
	size_t count;
};

/*
 * Names are distinct; and ports too, if `distinct_ports` (not asked of the
 * advertised ones), but for 0, and for an IPv4 and an IPv6 address that share
 * one (KIP-797). Errors as above.
 */
NODISCARD enum error listeners_parse(struct listeners *listeners, const char *text,
    const struct listener_protocols *protocols, bool distinct_ports,
    char reason[CONFIG_REASON_SIZE]);
void listeners_fini(struct listeners *listeners);
/* -1 when the name (in any case) is not there. */
int listeners_find(const struct listeners *listeners, const char *name);
/* Whether the host is 0.0.0.0 or ::, in any spelling. */
bool listener_is_wildcard(const struct listener *listener);

/* host:port with brackets around IPv6; the host may be empty. ERROR_MALFORMED. */
NODISCARD enum error listener_address_parse(struct slice text, struct slice *host, uint16_t *port);

#endif
