/*
 * Quotas and credentials of users, clients and addresses are not served yet:
 * one warning of each kind where some are set.
 */
#include "cluster/topic_configs_private.h"

static enum paths_kind
place_of(enum paths_entity_type type)
{
	switch (type) {
	case PATHS_ENTITY_CLIENT:
		return PATHS_CONFIG_CLIENTS;
	case PATHS_ENTITY_USER:
		return PATHS_CONFIG_USERS;
	case PATHS_ENTITY_IP:
		return PATHS_CONFIG_IPS;
	case PATHS_ENTITY_TOPIC:
	case PATHS_ENTITY_BROKER:
	case PATHS_ENTITY_TYPES:
		break;
	}
	return PATHS_CONFIG;
}

/* Kafka takes away the node of a user, client or address that has nothing set. */
static void
looked(struct zk_call *call, const struct coord_answer *answer)
{
	struct unserved_configs *unserved = container_of(call, struct unserved_configs, call);
	struct topic_configs *it = unserved->configs;

	unserved->looking = false;
	if (answer->error == ZNODE_SESSION_EXPIRED) {
		unserved_configs_look(it, unserved->type);
		return;
	}
	if (answer->error != ZNODE_OK || answer->stat.child_count == 0 || unserved->told)
		return;
	unserved->told = true;
	log_warn(it->options.world->logger, "%s in ZooKeeper holds quotas or credentials of %d, and "
	    "klamm does not serve them yet", paths_text(place_of(unserved->type)),
	    (int)answer->stat.child_count);
}

void
unserved_configs_look(struct topic_configs *it, enum paths_entity_type type)
{
	struct unserved_configs *unserved = &it->unserved[type];

	if (unserved->told || unserved->looking)
		return;
	unserved->looking = true;
	zk_exists(it->options.session, &unserved->call, slice_of_text(paths_text(place_of(type))),
	    looked);
}

void
unserved_configs_init(struct topic_configs *it)
{
	for (int type = 0; type < PATHS_ENTITY_TYPES; type++) {
		it->unserved[type].configs = it;
		it->unserved[type].type = (enum paths_entity_type)type;
	}
}
