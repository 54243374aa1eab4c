#include <stdlib.h>

#include "base/memory.h"
#include "config/broker_config_private.h"
#include "config/list.h"

/* One problem of one key. */
#define COMPLAIN(kind, id, ...) \
	config_problems_add(problems, CONFIG_PROBLEM_##kind, broker_config_place(config, id), \
	    __VA_ARGS__)

static const char *
text_of(const struct broker_config *config, enum config_key_id id)
{
	return broker_value(config, id)->text;
}

/* ------------------------------------------------------------ reading */

static bool
read_list(const struct broker_config *config, enum config_key_id id,
    const struct listener_protocols *protocols, struct listeners *listeners,
    struct config_problems *problems)
{
	char reason[CONFIG_REASON_SIZE];
	bool distinct_ports = id == CONFIG_LISTENERS;
	size_t errors = problems->errors;

	if (listeners_parse(listeners, text_of(config, id), protocols, distinct_ports, reason) !=
	    ERROR_NONE)
		COMPLAIN(INVALID, id, "%s", reason);
	else if (listeners->count == 0)
		COMPLAIN(INVALID, id, "there must be at least one listener");
	return problems->errors == errors;
}

/* Both lists; false when one of them cannot be read, so that no rule makes sense. */
static bool
read_lists(const struct broker_config *config, const struct listener_protocols *protocols,
    struct broker_listeners *listeners, struct config_problems *problems)
{
	bool bound =
	    read_list(config, CONFIG_LISTENERS, protocols, &listeners->bound, problems);

	if (listeners->advertised_given)
		return read_list(config, CONFIG_ADVERTISED_LISTENERS, protocols,
		    &listeners->advertised, problems) && bound;
	return bound && read_list(config, CONFIG_LISTENERS, protocols, &listeners->advertised,
	    problems);
}

/*
 * Which listener other brokers come to: by its own name, or the one that is
 * called as its protocol. NULL when that cannot be said.
 */
static const char *
inter_broker_name(const struct broker_config *config, const struct listener_protocols *protocols,
    struct config_problems *problems)
{
	const char *name = text_of(config, CONFIG_INTER_BROKER_LISTENER_NAME);

	if (name == NULL)
		return text_of(config, CONFIG_SECURITY_INTER_BROKER_PROTOCOL);
	if (broker_given(config, CONFIG_SECURITY_INTER_BROKER_PROTOCOL) != NULL) {
		COMPLAIN(CONFLICT, CONFIG_INTER_BROKER_LISTENER_NAME,
		    "it cannot be set together with security.inter.broker.protocol");
		return NULL;
	}
	if (listener_protocols_find(protocols, slice_of_text(name)) == NULL) {
		COMPLAIN(CONFLICT, CONFIG_INTER_BROKER_LISTENER_NAME,
		    "listener.security.protocol.map does not name it");
		return NULL;
	}
	return name;
}

/* ------------------------------------------------------------ rules */

static void
check_protocols(const struct broker_config *config, const struct listeners *listeners,
    enum config_key_id id, struct config_problems *problems)
{
	for (size_t i = 0; i < listeners->count; i++) {
		const struct listener *listener = &listeners->items[i];
		if (listener->protocol != SECURITY_PROTOCOL_PLAINTEXT)
			COMPLAIN(BINDING, id,
			    "listener %.60s speaks %s, which klamm does not serve yet",
			    listener->name, security_protocol_name(listener->protocol));
	}
}

static void
check_advertised(const struct broker_config *config, struct config_problems *problems)
{
	const struct broker_listeners *listeners = &config->listeners;
	enum config_key_id id =
	    listeners->advertised_given ? CONFIG_ADVERTISED_LISTENERS : CONFIG_LISTENERS;

	for (size_t i = 0; i < listeners->advertised.count; i++) {
		const struct listener *listener = &listeners->advertised.items[i];
		if (listeners_find(&listeners->bound, listener->name) < 0)
			COMPLAIN(CONFLICT, id, "listeners does not name %.60s", listener->name);
		if (listener_is_wildcard(listener))
			COMPLAIN(INVALID, id,
			    "clients cannot connect to %.60s: %s a routable address", listener->host,
			    listeners->advertised_given ? "advertise" :
			    "set advertised.listeners to");
	}
}

static void
check_control_plane(const struct broker_config *config,
    const struct listener_protocols *protocols, struct config_problems *problems)
{
	const char *name = config->listeners.control_plane;

	if (name == NULL)
		return;
	if (listener_protocols_find(protocols, slice_of_text(name)) == NULL)
		COMPLAIN(CONFLICT, CONFIG_CONTROL_PLANE_LISTENER_NAME,
		    "listener.security.protocol.map does not name it");
	else if (listeners_find(&config->listeners.advertised, name) < 0)
		COMPLAIN(CONFLICT, CONFIG_CONTROL_PLANE_LISTENER_NAME,
		    "it is not among the advertised listeners");
	int inter_broker = config->listeners.inter_broker == NULL ? -1 :
	    listeners_find(&config->listeners.advertised, config->listeners.inter_broker);
	if (inter_broker >= 0 &&
	    listeners_find(&config->listeners.advertised, name) == inter_broker)
		COMPLAIN(CONFLICT, CONFIG_CONTROL_PLANE_LISTENER_NAME,
		    "it must differ from the listener between brokers");
}

/* Others know it by that name, and compare letters. */
static const char *
name_as_advertised(const struct broker_listeners *listeners, const char *name)
{
	int i = name == NULL ? -1 : listeners_find(&listeners->advertised, name);

	return i < 0 ? name : listeners->advertised.items[i].name;
}

static void
check_inter_broker(const struct broker_config *config, struct config_problems *problems)
{
	const char *protocol = text_of(config, CONFIG_SECURITY_INTER_BROKER_PROTOCOL);
	bool by_name = text_of(config, CONFIG_INTER_BROKER_LISTENER_NAME) != NULL;

	if (strcmp(protocol, "PLAINTEXT") != 0)
		COMPLAIN(BINDING, CONFIG_SECURITY_INTER_BROKER_PROTOCOL,
		    "klamm does not serve it yet");
	if (config->listeners.inter_broker != NULL &&
	    listeners_find(&config->listeners.advertised, config->listeners.inter_broker) < 0)
		COMPLAIN(CONFLICT, by_name ? CONFIG_INTER_BROKER_LISTENER_NAME :
		    CONFIG_SECURITY_INTER_BROKER_PROTOCOL,
		    "no advertised listener is called so, where other brokers would come to");
}

static void
check_early_start(const struct broker_config *config, struct config_problems *problems)
{
	struct config_list list =
	    config_list_of(text_of(config, CONFIG_EARLY_START_LISTENERS));
	struct slice element;

	while (config_list_next(&list, &element)) {
		char *name = memory_text(element.bytes, element.size);
		if (element.size > 0 && listeners_find(&config->listeners.bound, name) < 0)
			COMPLAIN(CONFLICT, CONFIG_EARLY_START_LISTENERS,
			    "listeners does not name %.60s", name);
		free(name);
	}
}

void
broker_config_read_listeners(struct broker_config *config, struct config_problems *problems)
{
	struct broker_listeners *listeners = &config->listeners;
	struct listener_protocols protocols;
	char reason[CONFIG_REASON_SIZE];

	if (listener_protocols_parse(&protocols,
	    text_of(config, CONFIG_LISTENER_SECURITY_PROTOCOL_MAP), reason) != ERROR_NONE) {
		/* What hangs on the map would only be noise. */
		COMPLAIN(INVALID, CONFIG_LISTENER_SECURITY_PROTOCOL_MAP, "%s", reason);
		listener_protocols_fini(&protocols);
		return;
	}
	listeners->advertised_given = text_of(config, CONFIG_ADVERTISED_LISTENERS) != NULL;
	listeners->inter_broker = inter_broker_name(config, &protocols, problems);
	listeners->control_plane = text_of(config, CONFIG_CONTROL_PLANE_LISTENER_NAME);
	if (read_lists(config, &protocols, listeners, problems)) {
		check_protocols(config, &listeners->bound, CONFIG_LISTENERS, problems);
		check_advertised(config, problems);
		check_inter_broker(config, problems);
		check_control_plane(config, &protocols, problems);
		listeners->control_plane = name_as_advertised(listeners, listeners->control_plane);
		listeners->inter_broker = name_as_advertised(listeners, listeners->inter_broker);
		check_early_start(config, problems);
	}
	listener_protocols_fini(&protocols);
}
