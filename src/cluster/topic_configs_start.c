/*
 * The start: what the brokers' configurations in ZooKeeper say, then those of
 * all topics. A session that expires meanwhile repeats the step at hand.
 */
#include "cluster/topic_configs_private.h"
#include "zk/error_text.h"

static void
finish(struct topic_configs *it, const char *failure)
{
	it->started = true;
	it->started_done(it->started_context, failure);
}

static void
topics_known(void *context)
{
	finish(context, NULL);
}

static void
topics_read(struct zk_call *call, const struct coord_answer *answer)
{
	struct topic_configs *it = container_of(call, struct topic_configs, call);

	if (answer->error == ZNODE_OK || answer->error == ZNODE_NO_NODE) {
		topic_configs_ensure(it, answer->children, answer->child_count, topics_known, it);
	} else if (answer->error == ZNODE_SESSION_EXPIRED) {
		zk_children(it->options.session, &it->call, slice_of_text(paths_text(PATHS_TOPICS)),
		    topics_read);
	} else {
		log_error(it->options.world->logger, "%s cannot be read: %s",
		    paths_text(PATHS_TOPICS), zk_error_text(answer->error));
		finish(it, "the topics in ZooKeeper cannot be read");
	}
}

void
broker_znodes_known(struct topic_configs *it, const char *failure)
{
	if (it->started && failure != NULL)
		log_error(it->options.world->logger, "%s; what was known before stays, and the next "
		    "start fails with it", failure);
	if (it->started)
		return;
	if (failure != NULL) {
		finish(it, failure);
		return;
	}
	zk_children(it->options.session, &it->call, slice_of_text(paths_text(PATHS_TOPICS)),
	    topics_read);
}

void
topic_configs_start(struct topic_configs *it, int32_t broker_id,
    void (*done)(void *context, const char *failure), void *context)
{
	it->started_done = done;
	it->started_context = context;
	it->begun = true;
	broker_znodes_set_id(it, broker_id);
	config_changes_read(it);
	unserved_configs_look(it, PATHS_ENTITY_USER);
	unserved_configs_look(it, PATHS_ENTITY_CLIENT);
	unserved_configs_look(it, PATHS_ENTITY_IP);
	broker_znodes_read(it);
}
