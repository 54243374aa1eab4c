#include "cluster/topic_configs.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cluster/topic_configs_private.h"
#include "zk/error_text.h"
#include "zk/paths.h"
#include "zk/payload_config.h"

/* Somebody who waits for the settings of some topics. */
struct waiting {
	struct list link;
	int left; /* topics that are not known yet */
	void (*done)(void *context);
	void *context;
};

/* One topic that somebody waits for. */
struct wanted {
	struct list link; /* of its entry */
	struct waiting *waiting;
};

static bool
entry_matches(const struct hash_node *node, const void *key)
{
	return slice_equal(container_of(node, const struct config_entry_of, node)->name,
	    *(const struct slice *)key);
}

struct config_entry_of *
topic_configs_entry(struct topic_configs *it, struct slice topic)
{
	struct hash_node *node = hash_table_find(&it->entries, hash_table_hash(&it->entries, topic),
	    &topic);

	return node == NULL ? NULL : container_of(node, struct config_entry_of, node);
}

static struct config_entry_of *
entry_new(struct topic_configs *it, struct slice topic)
{
	struct config_entry_of *entry = memory_new(sizeof(*entry));

	entry->configs = it;
	entry->name = slice_of(memory_text(topic.bytes, topic.size), topic.size);
	list_init(&entry->wanted);
	buffer_init(&entry->path);
	config_map_init(&entry->overrides);
	paths_topic_config(&entry->path, topic);
	hash_table_insert(&it->entries, &entry->node, hash_table_hash(&it->entries, topic));
	return entry;
}

static void
want_no_more(struct config_entry_of *entry)
{
	struct list *link;

	while ((link = list_take_first(&entry->wanted)) != NULL)
		free(container_of(link, struct wanted, link));
}

static void
entry_free(struct config_entry_of *entry)
{
	want_no_more(entry);
	hash_table_remove(&entry->configs->entries, &entry->node);
	topic_settings_release(entry->settings);
	config_map_fini(&entry->overrides);
	buffer_fini(&entry->path);
	free((char *)(uintptr_t)entry->name.bytes);
	free(entry);
}

/* ---------------------------------------------------------------- reading */

bool
config_map_take(struct config_map *map, struct slice bytes, struct payload_complaint *complaint)
{
	struct payload_config config;
	struct arena arena;
	bool well;

	arena_init(&arena, CONFIG_ARENA_BYTES);
	well = payload_config_decode(bytes, &arena, &config, complaint) == ERROR_NONE;
	for (size_t i = 0; well && i < config.count; i++) {
		struct slice value = config.entries[i].value;

		/* A text with a zero byte is no text of a configuration. */
		if (memchr(config.entries[i].name.bytes, 0, config.entries[i].name.size) == NULL &&
		    memchr(value.bytes, 0, value.size) == NULL)
			config_map_set(map, config.entries[i].name, value, 0);
	}
	arena_fini(&arena);
	return well;
}

void
topic_configs_tell(struct topic_configs *it, struct slice where,
    const struct config_problems *problems)
{
	struct buffer line;

	buffer_init(&line);
	for (size_t i = 0; i < problems->count; i++) {
		buffer_clear(&line);
		config_problem_print(&problems->items[i], "server.properties", &line);
		log_warn(it->options.world->logger, "%.*s: %.*s", (int)where.size,
		    (const char *)where.bytes, (int)line.size, (const char *)line.bytes);
	}
	buffer_fini(&line);
}

const struct broker_config *
topic_configs_broker(const struct topic_configs *it)
{
	return it->broker.config != NULL ? it->broker.config : it->options.config;
}

/* What is wrong is told behind `where`, unless that is null. */
static struct topic_settings *
make_settings(struct topic_configs *it, const struct config_map *overrides, struct slice where)
{
	struct config_problems problems;
	struct topic_settings *settings;

	config_problems_init(&problems);
	settings = topic_settings_new(topic_configs_broker(it), overrides, &problems);
	if (!slice_is_null(where))
		topic_configs_tell(it, where, &problems);
	config_problems_fini(&problems);
	return settings;
}

static void
set_settings(struct config_entry_of *entry, bool tell)
{
	struct topic_configs *it = entry->configs;
	bool was_known = entry->settings != NULL;

	topic_settings_release(entry->settings);
	entry->settings = make_settings(it, &entry->overrides,
	    tell ? buffer_slice(&entry->path) : slice_null());
	if (was_known)
		it->options.changed(it->options.context, entry->name, entry->settings);
}

static struct topic_settings *
make_defaults(struct topic_configs *it)
{
	struct topic_settings *settings;
	struct config_map nothing;

	config_map_init(&nothing);
	settings = make_settings(it, &nothing, slice_null());
	config_map_fini(&nothing);
	return settings;
}

void
topic_configs_renew(struct topic_configs *it)
{
	topic_settings_release(it->defaults);
	it->defaults = make_defaults(it);
	HASH_TABLE_FOREACH(link, &it->entries) {
		struct config_entry_of *entry =
		    container_of(hash_node_of(link), struct config_entry_of, node);

		if (entry->settings != NULL)
			set_settings(entry, false);
	}
}

/* What cannot be read is never taken for nothing: what was known stays, else the defaults. */
static void
complain(const struct config_entry_of *entry, const char *why)
{
	log_error(entry->configs->options.world->logger, "%.*s cannot be read, and topic %.*s keeps "
	    "%s: %s", (int)entry->path.size, (const char *)entry->path.bytes,
	    (int)entry->name.size, (const char *)entry->name.bytes,
	    entry->settings != NULL ? "its configuration" : "the defaults", why);
}

static void
take_overrides(struct config_entry_of *entry, const struct coord_answer *answer)
{
	struct payload_complaint complaint = { "" };
	struct config_map read;

	config_map_init(&read);
	if (answer->error != ZNODE_OK && answer->error != ZNODE_NO_NODE) {
		complain(entry, zk_error_text(answer->error));
		config_map_fini(&read);
	} else if (answer->error == ZNODE_OK &&
	    !config_map_take(&read, answer->data, &complaint)) {
		complain(entry, complaint.text);
		config_map_fini(&read);
	} else {
		config_map_move(&entry->overrides, &read);
	}
}

static void
tell_waiting(struct config_entry_of *entry)
{
	struct list *link;

	while ((link = list_take_first(&entry->wanted)) != NULL) {
		struct wanted *wanted = container_of(link, struct wanted, link);
		struct waiting *waiting = wanted->waiting;

		free(wanted);
		if (--waiting->left > 0)
			continue;
		list_remove(&waiting->link);
		waiting->done(waiting->context);
		free(waiting);
	}
}

static void
entry_read(struct zk_call *call, const struct coord_answer *answer)
{
	struct config_entry_of *entry = container_of(call, struct config_entry_of, call);

	entry->reading = false;
	if (entry->again || answer->error == ZNODE_SESSION_EXPIRED) {
		topic_configs_read_entry(entry); /* what was read may be old already */
		return;
	}
	if (entry->forgotten) {
		entry_free(entry);
		return;
	}
	take_overrides(entry, answer);
	set_settings(entry, true);
	tell_waiting(entry);
}

void
topic_configs_read_entry(struct config_entry_of *entry)
{
	entry->again = entry->reading;
	if (entry->reading)
		return;
	entry->reading = true;
	zk_get(entry->configs->options.session, &entry->call, buffer_slice(&entry->path),
	    entry_read);
}

/* ------------------------------------------------------------------ asked */

static void
want(struct config_entry_of *entry, struct waiting *waiting)
{
	struct wanted *wanted = memory_new(sizeof(*wanted));

	wanted->waiting = waiting;
	list_append(&entry->wanted, &wanted->link);
	waiting->left++;
}

/* Of a topic that was only looked at nobody tells us when it makes place for a namesake. */
static void
ask_for(struct topic_configs *it, struct slice topic, bool looks, struct waiting *waiting)
{
	struct config_entry_of *entry = topic_configs_entry(it, topic);
	bool was_looked_at;

	if (entry == NULL) {
		entry = entry_new(it, topic);
		entry->is_looked_at = looks;
	}
	was_looked_at = entry->is_looked_at;
	entry->is_looked_at = was_looked_at && looks;
	entry->forgotten = false;
	if (entry->settings != NULL && !was_looked_at)
		return;
	want(entry, waiting);
	if (!entry->reading || was_looked_at)
		topic_configs_read_entry(entry);
}

static void
ask_for_all(struct topic_configs *it, const struct slice *topics, size_t count, bool looks,
    void (*done)(void *context), void *context)
{
	struct waiting *waiting;

	if (it->is_stopped) {
		done(context);
		return;
	}
	waiting = memory_new(sizeof(*waiting));
	*waiting = (struct waiting){ .left = 1, .done = done, .context = context };
	list_append(&it->waiting, &waiting->link);
	for (size_t i = 0; i < count; i++)
		ask_for(it, topics[i], looks, waiting);
	if (--waiting->left > 0)
		return;
	list_remove(&waiting->link);
	free(waiting);
	done(context);
}

void
topic_configs_ensure(struct topic_configs *it, const struct slice *topics, size_t count,
    void (*done)(void *context), void *context)
{
	ask_for_all(it, topics, count, false, done, context);
}

void
topic_configs_look(struct topic_configs *it, const struct slice *topics, size_t count,
    void (*done)(void *context), void *context)
{
	ask_for_all(it, topics, count, true, done, context);
}

void
topic_configs_stop(struct topic_configs *it)
{
	struct list *link;

	it->is_stopped = true;
	HASH_TABLE_FOREACH(at, &it->entries) {
		want_no_more(container_of(hash_node_of(at), struct config_entry_of, node));
	}
	while ((link = list_take_first(&it->waiting)) != NULL) {
		struct waiting *waiting = container_of(link, struct waiting, link);

		waiting->done(waiting->context);
		free(waiting);
	}
	config_writes_stop(it);
}

struct topic_settings *
topic_configs_find(struct topic_configs *it, struct slice topic)
{
	const struct config_entry_of *entry = topic_configs_entry(it, topic);

	return topic_settings_hold(entry != NULL && entry->settings != NULL ? entry->settings :
	    it->defaults);
}

void
topic_configs_forget(struct topic_configs *it, struct slice topic)
{
	struct config_entry_of *entry = topic_configs_entry(it, topic);

	if (entry == NULL)
		return;
	if (!entry->reading) {
		entry_free(entry);
		return;
	}
	/* A namesake that comes meanwhile is read anew. */
	topic_settings_release(entry->settings);
	entry->settings = NULL;
	entry->forgotten = list_is_empty(&entry->wanted);
	entry->again = !entry->forgotten;
}

const struct config_map *
topic_configs_overrides(struct topic_configs *it, struct slice topic)
{
	const struct config_entry_of *entry = topic_configs_entry(it, topic);

	return entry != NULL && entry->settings != NULL ? &entry->overrides : NULL;
}

void
topic_configs_layers(const struct topic_configs *it, struct config_layers *layers)
{
	*layers = (struct config_layers){
		.file = it->options.config,
		.now = topic_configs_broker(it),
		.of_all = &it->broker.of_all_applied,
		.own = &it->broker.own_applied,
	};
}

/* ------------------------------------------------------------ begin, end */

static void
established(struct zk_listener *listener)
{
	struct topic_configs *it = container_of(listener, struct topic_configs, listener);

	if (!it->begun)
		return;
	config_changes_read(it);
	if (!it->started)
		return; /* its steps repeat themselves */
	broker_znodes_read(it);
	HASH_TABLE_FOREACH(link, &it->entries) {
		topic_configs_read_entry(container_of(hash_node_of(link), struct config_entry_of, node));
	}
}

struct topic_configs *
topic_configs_new(const struct topic_configs_options *options)
{
	struct topic_configs *it = memory_new(sizeof(*it));
	uint64_t seed[2];

	it->options = *options;
	entropy_fill(options->world->entropy, seed, sizeof(seed));
	hash_table_init(&it->entries, seed, entry_matches);
	list_init(&it->waiting);
	list_init(&it->writes);
	it->defaults = make_defaults(it);
	broker_znodes_init(it);
	unserved_configs_init(it);
	config_changes_init(it);
	it->listener.established = established;
	zk_session_listen(options->session, &it->listener);
	return it;
}

void
topic_configs_free(struct topic_configs *it)
{
	struct list *link;

	zk_session_unlisten(it->options.session, &it->listener);
	config_changes_fini(it);
	config_writes_fini(it);
	HASH_TABLE_FOREACH(at, &it->entries) {
		entry_free(container_of(hash_node_of(at), struct config_entry_of, node));
	}
	hash_table_fini(&it->entries);
	while ((link = list_take_first(&it->waiting)) != NULL)
		free(container_of(link, struct waiting, link));
	topic_settings_release(it->defaults);
	broker_znodes_fini(it);
	free(it);
}
