/*
 * What stands in /config/brokers/<default> and /config/brokers/ID
 * (config/dynamic.h says what counts of it). It may say who may do what, so a
 * start fails where it cannot be read or is not served.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cluster/topic_configs_private.h"
#include "config/dynamic.h"
#include "zk/error_text.h"

enum { FAILURE_SIZE = 1024 };

/* ------------------------------------------------------------ both are read */

static const char *
path_with(const struct topic_configs *it, const char *key)
{
	if (key != NULL && config_map_find(&it->broker.own.map, slice_of_text(key)) != NULL)
		return it->broker.own.path;
	return it->broker.of_all.path;
}

static void
print_failure(const struct topic_configs *it, const struct config_problems *problems,
    char failure[FAILURE_SIZE])
{
	const struct config_problem *problem = problems->items;
	struct buffer line;

	while (!config_problem_is_error(problem))
		problem++;
	buffer_init(&line);
	config_problem_print(problem, "server.properties", &line);
	snprintf(failure, FAILURE_SIZE, "%s in ZooKeeper: %.*s", path_with(it, problem->key),
	    (int)line.size, (const char *)line.bytes);
	buffer_fini(&line);
}

static void
copy_map(struct config_map *to, const struct config_map *from)
{
	config_map_fini(to);
	config_map_init(to);
	config_map_add(to, from);
}

/* False, with the failure: no broker may start with it. */
static bool
apply(struct topic_configs *it, char failure[FAILURE_SIZE])
{
	struct config_problems problems;
	struct broker_config *config;

	config_problems_init(&problems);
	config = dynamic_config_new(it->options.config, &it->broker.of_all.map, &it->broker.own.map,
	    &problems);
	if (config == NULL) {
		print_failure(it, &problems, failure);
	} else {
		topic_configs_tell(it, slice_of_text("/config/brokers in ZooKeeper"), &problems);
		broker_config_free(it->broker.config);
		it->broker.config = config;
		copy_map(&it->broker.of_all_applied, &it->broker.of_all.map);
		copy_map(&it->broker.own_applied, &it->broker.own.map);
		topic_configs_renew(it);
		if (it->options.broker_changed != NULL)
			it->options.broker_changed(it->options.context, config);
	}
	config_problems_fini(&problems);
	return config != NULL;
}

static void
both_read(struct topic_configs *it)
{
	const struct broker_znode *bad =
	    it->broker.own.complaint != NULL ? &it->broker.own : &it->broker.of_all;
	bool nothing = it->broker.config == NULL && it->broker.own.map.table.count == 0 &&
	    it->broker.of_all.map.table.count == 0;
	char failure[FAILURE_SIZE];

	if (it->broker.again) {
		broker_znodes_read(it);
		return;
	}
	if (bad->complaint != NULL) {
		snprintf(failure, sizeof(failure), "%s in ZooKeeper cannot be read: %s", bad->path,
		    bad->complaint);
		broker_znodes_known(it, failure);
		return;
	}
	broker_znodes_known(it, nothing || apply(it, failure) ? NULL : failure);
}

/* ------------------------------------------------------------ one is read */

static void read_one(struct broker_znode *znode);

static void
complain(struct broker_znode *znode, const char *why)
{
	free(znode->complaint);
	znode->complaint = memory_text(why, strlen(why));
}

static void
on_read(struct zk_call *call, const struct coord_answer *answer)
{
	struct broker_znode *znode = container_of(call, struct broker_znode, call);
	struct payload_complaint complaint;
	struct config_map read;

	if (answer->error == ZNODE_SESSION_EXPIRED) {
		read_one(znode);
		return;
	}
	config_map_init(&read);
	free(znode->complaint);
	znode->complaint = NULL;
	if (answer->error != ZNODE_OK && answer->error != ZNODE_NO_NODE)
		complain(znode, zk_error_text(answer->error));
	else if (answer->error == ZNODE_OK && !config_map_take(&read, answer->data, &complaint))
		complain(znode, complaint.text);
	if (znode->complaint == NULL)
		config_map_move(&znode->map, &read);
	else
		config_map_fini(&read);
	if (--znode->configs->broker.left == 0)
		both_read(znode->configs);
}

static void
read_one(struct broker_znode *znode)
{
	zk_get(znode->configs->options.session, &znode->call, slice_of_text(znode->path), on_read);
}

void
broker_znodes_read(struct topic_configs *it)
{
	it->broker.again = it->broker.left > 0;
	if (it->broker.again)
		return;
	it->broker.left = 2;
	read_one(&it->broker.of_all);
	read_one(&it->broker.own);
}

/* ------------------------------------------------------------ begin, end */

static char *
path_of(const char *name)
{
	struct paths_entity entity = { .type = PATHS_ENTITY_BROKER, .name = slice_of_text(name) };
	struct buffer path;
	char *text;

	buffer_init(&path);
	paths_entity_config(&path, &entity);
	text = memory_text(path.bytes, path.size);
	buffer_fini(&path);
	return text;
}

void
broker_znodes_set_id(struct topic_configs *it, int32_t broker_id)
{
	snprintf(it->broker.id_text, sizeof(it->broker.id_text), "%d", (int)broker_id);
	free(it->broker.own.path);
	it->broker.own.path = path_of(it->broker.id_text);
}

void
broker_znodes_init(struct topic_configs *it)
{
	it->broker.of_all.configs = it;
	it->broker.of_all.path = path_of(PATHS_DEFAULT_ENTITY);
	it->broker.own.configs = it;
	config_map_init(&it->broker.of_all.map);
	config_map_init(&it->broker.own.map);
	config_map_init(&it->broker.of_all_applied);
	config_map_init(&it->broker.own_applied);
}

static void
znode_fini(struct broker_znode *znode)
{
	config_map_fini(&znode->map);
	free(znode->path);
	free(znode->complaint);
}

void
broker_znodes_fini(struct topic_configs *it)
{
	znode_fini(&it->broker.of_all);
	znode_fini(&it->broker.own);
	config_map_fini(&it->broker.of_all_applied);
	config_map_fini(&it->broker.own_applied);
	broker_config_free(it->broker.config);
}
