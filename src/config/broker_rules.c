/* The rules between keys that Kafka 3.9 checks at start (validateValues), and klamm's own. */
#include <stdlib.h>

#include "config/broker_config_private.h"
#include "config/list.h"
#include "config/number.h"

/* Of inter.broker.protocol.version: 2.8-IV1, since when topics have ids, and 3.9-IV0. */
enum { OLDEST_LEVEL = 20801, NEWEST_LEVEL = 30900 };

/* One problem of one key, where the condition does not hold. */
#define DEMAND(kind, condition, id, ...) \
	do { \
		if (!(condition)) \
			config_problems_add(problems, CONFIG_PROBLEM_##kind, \
			    broker_config_place(config, id), __VA_ARGS__); \
	} while (0)

static const struct config_value *
value(const struct broker_config *config, enum config_key_id id)
{
	return broker_value(config, id);
}

static void
check_identity(const struct broker_config *config, struct config_problems *problems)
{
	int64_t id = config->identity.id;

	DEMAND(CONFLICT, id == value(config, CONFIG_NODE_ID)->integer, CONFIG_NODE_ID,
	    "it must be the same as broker.id");
	if (config->identity.generate_id)
		DEMAND(CONFLICT, id >= -1 && id <= config->identity.reserved_max_id,
		    CONFIG_BROKER_ID, "it must be from -1 to reserved.broker.max.id");
	else
		DEMAND(CONFLICT, id >= 0, CONFIG_BROKER_ID,
		    "it must be at least 0 where broker.id.generation.enable is false");
	DEMAND(BINDING, config->protocol_level >= OLDEST_LEVEL && config->protocol_level <= NEWEST_LEVEL,
	    CONFIG_INTER_BROKER_PROTOCOL_VERSION,
	    "klamm speaks to other brokers as Kafka 2.8 (its last revision) to 3.9 do");
	const char *names = value(config, CONFIG_CONTROLLER_LISTENER_NAMES)->text;
	DEMAND(INVALID, names == NULL || *names == '\0', CONFIG_CONTROLLER_LISTENER_NAMES,
	    "it must be empty without KRaft");
	const char *selector = value(config, CONFIG_REPLICA_SELECTOR_CLASS)->text;
	DEMAND(HARMLESS, selector == NULL || strcmp(selector, REPLICA_SELECTOR_BY_RACK) == 0 ||
	    strcmp(selector, REPLICA_SELECTOR_LEADER) == 0, CONFIG_REPLICA_SELECTOR_CLASS,
	    "klamm has no such class; consumers read from leaders");
	const char *protocols = value(config, CONFIG_GROUP_COORDINATOR_REBALANCE_PROTOCOLS)->text;
	DEMAND(INVALID, config_list_has(protocols, "classic"),
	    CONFIG_GROUP_COORDINATOR_REBALANCE_PROTOCOLS, "classic must be among them");
	DEMAND(INVALID, !config_list_has(protocols, "consumer"),
	    CONFIG_GROUP_COORDINATOR_REBALANCE_PROTOCOLS, "consumer is only there with KRaft");
}

/* The first key that is set decides; its value is told of. */
static void
check_time(const struct broker_config *config, const enum config_key_id ids[], size_t count,
    int64_t least, bool minus_one, struct config_problems *problems)
{
	for (size_t i = 0; i < count; i++) {
		const struct config_value *time = value(config, ids[i]);
		if (time->text == NULL)
			continue;
		DEMAND(INVALID, time->integer >= least || (minus_one && time->integer < 0), ids[i],
		    minus_one ? "it must be at least %lld, or -1 for no limit" :
		    "it must be at least %lld", (long long)least);
		return;
	}
}

static void
check_logs(const struct broker_config *config, struct config_problems *problems)
{
	static const enum config_key_id roll[] = { CONFIG_LOG_ROLL_MS, CONFIG_LOG_ROLL_HOURS };
	static const enum config_key_id jitter[] = { CONFIG_LOG_ROLL_JITTER_MS,
		CONFIG_LOG_ROLL_JITTER_HOURS };
	static const enum config_key_id retention[] = { CONFIG_LOG_RETENTION_MS,
		CONFIG_LOG_RETENTION_MINUTES, CONFIG_LOG_RETENTION_HOURS };

	check_time(config, roll, ARRAY_LENGTH(roll), 1, false, problems);
	check_time(config, jitter, ARRAY_LENGTH(jitter), 0, false, problems);
	check_time(config, retention, ARRAY_LENGTH(retention), 1, true, problems);
	int64_t threads = value(config, CONFIG_LOG_CLEANER_THREADS)->integer;
	DEMAND(CONFLICT, threads > 0 && value(config, CONFIG_LOG_CLEANER_DEDUPE_BUFFER_SIZE)->integer /
	    threads > 1024 * 1024, CONFIG_LOG_CLEANER_DEDUPE_BUFFER_SIZE,
	    "it must be over 1 MiB for each of log.cleaner.threads, of which there is at least one");
	DEMAND(CONFLICT, value(config, CONFIG_LOG_CLEANER_MIN_COMPACTION_LAG_MS)->integer <=
	    value(config, CONFIG_LOG_CLEANER_MAX_COMPACTION_LAG_MS)->integer,
	    CONFIG_LOG_CLEANER_MIN_COMPACTION_LAG_MS,
	    "it may not be over log.cleaner.max.compaction.lag.ms");
}

static void
check_replicas(const struct broker_config *config, struct config_problems *problems)
{
	int64_t wait_ms = value(config, CONFIG_REPLICA_FETCH_WAIT_MAX_MS)->integer;

	DEMAND(CONFLICT, wait_ms <= value(config, CONFIG_REPLICA_SOCKET_TIMEOUT_MS)->integer,
	    CONFIG_REPLICA_FETCH_WAIT_MAX_MS, "it may not be over replica.socket.timeout.ms");
	DEMAND(CONFLICT, wait_ms <= value(config, CONFIG_REPLICA_LAG_TIME_MAX_MS)->integer,
	    CONFIG_REPLICA_FETCH_WAIT_MAX_MS, "it may not be over replica.lag.time.max.ms");
}

/* Whether each element is host:count. */
static bool
are_overrides(const char *text)
{
	struct config_list list = config_list_of(text);
	struct slice element, host, count;
	int64_t number;

	while (config_list_next(&list, &element)) {
		if (!config_list_pair(element, &host, &count) || host.size == 0 ||
		    config_number_integer(count, &number) != ERROR_NONE || number < 0 ||
		    number > INT32_MAX)
			return false;
		for (size_t i = 0; i < host.size; i++) {
			uint8_t byte = host.bytes[i];
			uint8_t lower = byte | 0x20;
			if (!(byte >= '0' && byte <= '9') && !(lower >= 'a' && lower <= 'z') &&
			    memchr("-%._:", byte, 5) == NULL)
				return false;
		}
	}
	return true;
}

static void
check_network(const struct broker_config *config, struct config_problems *problems)
{
	const struct broker_network *network = &config->network;

	DEMAND(CONFLICT, network->queued_max_request_bytes <= 0 ||
	    network->queued_max_request_bytes >= network->request_max_bytes,
	    CONFIG_QUEUED_MAX_REQUEST_BYTES, "it may not be below socket.request.max.bytes");
	DEMAND(CONFLICT, network->max_connections_per_ip > 0 ||
	    *network->max_connections_per_ip_overrides != '\0', CONFIG_MAX_CONNECTIONS_PER_IP,
	    "it may be 0 only with max.connections.per.ip.overrides");
	DEMAND(INVALID, are_overrides(network->max_connections_per_ip_overrides),
	    CONFIG_MAX_CONNECTIONS_PER_IP_OVERRIDES, "it must be a list of address:count");
	DEMAND(CONFLICT, network->idle_ms < 0 ||
	    value(config, CONFIG_CONNECTION_FAILED_AUTHENTICATION_DELAY_MS)->integer <
	    network->idle_ms, CONFIG_CONNECTION_FAILED_AUTHENTICATION_DELAY_MS,
	    "it must be below connections.max.idle.ms");
}

static void
check_zookeeper(const struct broker_config *config, struct config_problems *problems)
{
	const struct broker_zookeeper *zookeeper = &config->zookeeper;
	const char *colon = zookeeper->digest == NULL ? NULL : strchr(zookeeper->digest, ':');
	struct slice host;
	uint16_t port;

	DEMAND(INVALID, zookeeper->connect != NULL || zookeeper->embedded != NULL,
	    CONFIG_ZOOKEEPER_CONNECT, "it must be set, or klamm.embedded.zookeeper");
	DEMAND(INVALID, zookeeper->connect == NULL || *zookeeper->connect != '\0',
	    CONFIG_ZOOKEEPER_CONNECT, "it may not be empty");
	DEMAND(INVALID, zookeeper->session_timeout_ms > 0, CONFIG_ZOOKEEPER_SESSION_TIMEOUT_MS,
	    "it must be at least 1");
	DEMAND(INVALID, zookeeper->connection_timeout_ms > 0 || zookeeper->session_timeout_ms <= 0,
	    CONFIG_ZOOKEEPER_CONNECTION_TIMEOUT_MS, "it must be at least 1");
	DEMAND(CONFLICT, !zookeeper->set_acl || zookeeper->digest != NULL, CONFIG_ZOOKEEPER_SET_ACL,
	    "it needs klamm.zookeeper.digest; ZooKeeper's TLS and SASL are not served");
	DEMAND(INVALID, zookeeper->digest == NULL || (colon != NULL && colon != zookeeper->digest),
	    CONFIG_KLAMM_ZOOKEEPER_DIGEST, "it must be user:password");
	DEMAND(INVALID, zookeeper->embedded == NULL || *zookeeper->embedded == '\0' ||
	    listener_address_parse(slice_of_text(zookeeper->embedded), &host, &port) == ERROR_NONE,
	    CONFIG_KLAMM_EMBEDDED_ZOOKEEPER, "it must be host:port");
}

static void
check_http(const struct broker_config *config, struct config_problems *problems)
{
	const char *listener = config->http.listener;
	struct slice host;
	uint16_t port;

	DEMAND(INVALID, listener == NULL ||
	    listener_address_parse(slice_of_text(listener), &host, &port) == ERROR_NONE,
	    CONFIG_KLAMM_HTTP_LISTENER, "it must be host:port");
}

void
broker_config_check_rules(const struct broker_config *config, struct config_problems *problems)
{
	check_identity(config, problems);
	check_logs(config, problems);
	check_replicas(config, problems);
	check_network(config, problems);
	check_zookeeper(config, problems);
	check_http(config, problems);
}
