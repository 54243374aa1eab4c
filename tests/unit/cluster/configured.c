#include "tests/unit/cluster/configured.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "zk/paths.h"

static struct configured *
of_side(struct shore_side *side)
{
	return container_of(side, struct configured, shore.sides[0]);
}

static void
fini(struct shore_side *side)
{
	topic_configs_free(of_side(side)->configs);
}

static void
changed(void *context, struct slice topic, struct topic_settings *settings)
{
	struct configured *it = context;
	size_t used = strlen(it->changes);

	cr_assert_not_null(settings);
	it->changed++;
	snprintf(it->changes + used, sizeof(it->changes) - used, "%.*s ", (int)topic.size,
	    (const char *)topic.bytes);
}

static void
make_paths(struct shore *shore)
{
	static const char *const parents[] = { "/brokers", "/admin", "/config" };

	for (size_t i = 0; i < ARRAY_LENGTH(parents); i++)
		shore_create(shore, parents[i], NULL, 0);
	for (int i = 0; i < PATHS_STARTUP_COUNT; i++)
		shore_create(shore, paths_text(paths_startup[i]), NULL, 0);
}

void
configured_init(struct configured *it, const char *file)
{
	struct topic_configs_options options = { .changed = changed, .context = it };

	memset(it, 0, sizeof(*it));
	given_init(&it->given);
	given_set(&it->given, file);
	cr_assert_not_null(it->given.config);
	shore_init(&it->shore, 1);
	make_paths(&it->shore);
	shore_start(&it->shore, 0);
	options.session = it->shore.sides[0].session;
	options.world = &it->shore.sides[0].process.world;
	options.config = it->given.config;
	shore_enter(&it->shore, 0);
	it->configs = topic_configs_new(&options);
	shore_leave(&it->shore, 0);
	it->shore.sides[0].fini = fini;
}

void
configured_fini(struct configured *it)
{
	shore_fini(&it->shore);
	given_fini(&it->given);
}

static void
start_done(void *context, const char *failure)
{
	struct configured *it = context;

	it->done++;
	snprintf(it->failure, sizeof(it->failure), "%s", failure == NULL ? "" : failure);
}

void
configured_begin(struct configured *it)
{
	shore_enter(&it->shore, 0);
	topic_configs_start(it->configs, 1, start_done, it);
	shore_leave(&it->shore, 0);
}

void
configured_start(struct configured *it)
{
	configured_begin(it);
	shore_run(&it->shore, SHORE_SECOND_US);
	cr_assert_eq(it->done, 1, "%s", it->shore.sides[0].log);
	cr_assert_str_eq(it->failure, "");
}

static void
ensured(void *context)
{
	((struct configured *)context)->ensured++;
}

void
configured_ensure(struct configured *it, const char *topic)
{
	struct slice name = slice_of_text(topic);

	shore_enter(&it->shore, 0);
	topic_configs_ensure(it->configs, &name, 1, ensured, it);
	shore_leave(&it->shore, 0);
}

void
configured_look(struct configured *it, const char *topic)
{
	struct slice name = slice_of_text(topic);

	shore_enter(&it->shore, 0);
	topic_configs_look(it->configs, &name, 1, ensured, it);
	shore_leave(&it->shore, 0);
}

void
configured_stop(struct configured *it)
{
	shore_enter(&it->shore, 0);
	topic_configs_stop(it->configs);
	shore_leave(&it->shore, 0);
}

void
configured_forget(struct configured *it, const char *topic)
{
	shore_enter(&it->shore, 0);
	topic_configs_forget(it->configs, slice_of_text(topic));
	shore_leave(&it->shore, 0);
}

static const char *
joined(const char *folder, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

void
configured_topic(struct configured *it, const char *topic, const char *config)
{
	if (config != NULL)
		shore_create(&it->shore, joined("/config/topics", topic), config, 0);
	shore_create(&it->shore, joined("/brokers/topics", topic), "{}", 0);
}

void
configured_notify(struct configured *it, const char *payload)
{
	shore_create(&it->shore, "/config/changes/config_change_", payload, ZNODE_SEQUENTIAL);
}

void
configured_change(struct configured *it, const char *entity, const char *config)
{
	const char *path = joined("/config", entity);
	char payload[256];

	if (shore_set(&it->shore, path, config) == ZNODE_NO_NODE)
		shore_create(&it->shore, path, config, 0);
	snprintf(payload, sizeof(payload), "{\"version\":2,\"entity_path\":\"%s\"}", entity);
	configured_notify(it, payload);
}

int64_t
configured_retention_ms(struct configured *it, const char *topic)
{
	struct topic_settings *settings = topic_configs_find(it->configs, slice_of_text(topic));
	int64_t retention_ms = settings->config.log.retention_ms;

	topic_settings_release(settings);
	return retention_ms;
}
