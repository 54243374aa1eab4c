/* The start: what the broker's own configs in ZooKeeper say, then those of all topics. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cluster/topic_configs_private.h"
#include "config/broker_config.h"
#include "zk/error_text.h"
#include "zk/paths.h"

static void read_broker_config(struct topic_configs *it, bool own);

static void
finish(struct topic_configs *it, const char *failure)
{
	it->started = failure == NULL;
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

	if (answer->error != ZNODE_OK) {
		finish(it, "/brokers/topics cannot be read");
		return;
	}
	topic_configs_ensure(it, answer->children, answer->child_count, topics_known, it);
}

/* The file's keys with those over them must be a configuration that may start. */
static bool
check_map(struct topic_configs *it, struct config_map *map)
{
	struct config_problems problems;
	struct broker_config *config;
	struct buffer line;

	CONFIG_MAP_FOREACH(link, &it->options.config->given) {
		const struct config_entry *entry = config_map_entry(link);

		if (config_map_find(map, slice_of_text(entry->name)) == NULL)
			config_map_set(map, slice_of_text(entry->name), slice_of_text(entry->value), 0);
	}
	config_problems_init(&problems);
	config = broker_config_new(map, &problems);
	buffer_init(&line);
	for (size_t i = 0; config == NULL && it->failure == NULL && i < problems.count; i++) {
		if (!config_problem_is_error(&problems.items[i]))
			continue;
		config_problem_print(&problems.items[i],
		    (const char *)it->path.bytes, &line);
		it->failure = memory_text(line.bytes, line.size);
	}
	buffer_fini(&line);
	config_problems_fini(&problems);
	broker_config_free(config);
	return it->failure == NULL;
}

static bool
check_broker_config(struct topic_configs *it, const struct coord_answer *answer)
{
	struct payload_complaint complaint;
	struct config_map map;
	bool well = true;

	if (answer->error == ZNODE_NO_NODE)
		return true;
	config_map_init(&map);
	if (answer->error != ZNODE_OK) {
		it->failure = memory_text(it->path.bytes, it->path.size);
		well = false;
	} else if (!config_map_take(&map, answer->data, &complaint)) {
		/* What it might say is not known: configuration never fails open. */
		it->failure = memory_text(complaint.text, strlen(complaint.text));
		well = false;
	} else if (map.table.count > 0) {
		log_warn(it->options.world->logger, "%s holds configs: klamm checks them, but "
		    "does not serve them yet", (const char *)it->path.bytes);
		well = check_map(it, &map);
	}
	config_map_fini(&map);
	return well;
}

static void
own_read(struct zk_call *call, const struct coord_answer *answer)
{
	struct topic_configs *it = container_of(call, struct topic_configs, call);

	if (!check_broker_config(it, answer)) {
		finish(it, it->failure);
		return;
	}
	zk_children(it->options.session, &it->call, slice_of_text(paths_text(PATHS_TOPICS)),
	    topics_read);
}

static void
default_read(struct zk_call *call, const struct coord_answer *answer)
{
	struct topic_configs *it = container_of(call, struct topic_configs, call);

	if (!check_broker_config(it, answer))
		finish(it, it->failure);
	else
		read_broker_config(it, true);
}

static void
read_broker_config(struct topic_configs *it, bool own)
{
	char number[16];
	struct paths_entity entity = { .type = PATHS_ENTITY_BROKER,
		.name = slice_of_text(PATHS_DEFAULT_ENTITY) };

	if (own) {
		(void)snprintf(number, sizeof(number), "%d", it->broker_id);
		entity.name = slice_of_text(number);
	}
	buffer_clear(&it->path);
	paths_entity_config(&it->path, &entity);
	buffer_append(&it->path, "", 1); /* a text, too */
	zk_get(it->options.session, &it->call, slice_of(it->path.bytes, it->path.size - 1),
	    own ? own_read : default_read);
}

void
topic_configs_start(struct topic_configs *it, int32_t broker_id,
    void (*done)(void *context, const char *failure), void *context)
{
	it->broker_id = broker_id;
	it->started_done = done;
	it->started_context = context;
	config_changes_read(it);
	read_broker_config(it, false);
}
