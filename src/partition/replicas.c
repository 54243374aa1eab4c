#include "partition/replicas.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "partition/replicas_private.h"

static bool
topic_matches(const struct hash_node *node, const void *key)
{
	return slice_equal(container_of(node, const struct local_topic, node)->name,
	    *(const struct slice *)key);
}

struct local_topic *
replicas_find_topic(const struct replicas *it, struct slice name)
{
	struct hash_node *node = hash_table_find(&it->topics, hash_table_hash(&it->topics, name),
	    &name);

	return node == NULL ? NULL : container_of(node, struct local_topic, node);
}

struct replica *
replicas_find(const struct replicas *it, struct slice topic, int32_t index)
{
	const struct local_topic *local = replicas_find_topic(it, topic);

	return local == NULL || index < 0 || index >= local->room ? NULL : local->replicas[index];
}

static struct local_topic *
topic_new(struct replicas *it, struct slice name)
{
	struct local_topic *topic = memory_new(sizeof(*topic));

	topic->name = slice_of(memory_text(name.bytes, name.size), name.size);
	topic->settings = it->options.settings_of(it->options.context, name);
	hash_table_insert(&it->topics, &topic->node, hash_table_hash(&it->topics, name));
	if (topic->settings->config.log.cleanup_compact)
		log_warn(it->world->logger, "topic %.*s has cleanup.policy=compact: there is no "
		    "cleaner yet, so it is never trimmed by time or size", (int)name.size,
		    (const char *)name.bytes);
	return topic;
}

static void
topic_free(struct replicas *it, struct local_topic *topic)
{
	hash_table_remove(&it->topics, &topic->node);
	topic_settings_release(topic->settings);
	free((char *)(uintptr_t)topic->name.bytes);
	free(topic->replicas);
	free(topic);
}

static void
place(struct local_topic *topic, struct replica *replica)
{
	if (replica->index >= topic->room) {
		int32_t room = MAX(replica->index + 1, topic->room * 2);

		topic->replicas = memory_resize(topic->replicas,
		    (size_t)room * sizeof(*topic->replicas));
		memset(topic->replicas + topic->room, 0,
		    (size_t)(room - topic->room) * sizeof(*topic->replicas));
		topic->room = room;
	}
	topic->replicas[replica->index] = replica;
	topic->changed = true;
}

void
replicas_name_topic(struct local_topic *topic, struct uuid id)
{
	if (uuid_is_zero(id) || uuid_equal(topic->id, id))
		return;
	topic->id = id;
	topic->changed = true;
}

struct replica *
replicas_add(struct replicas *it, struct log_partition *stored, struct uuid topic_id)
{
	struct slice name = slice_of_text(stored->topic);
	struct local_topic *topic = replicas_find_topic(it, name);
	struct replica *replica = memory_new(sizeof(*replica));
	struct shrunk_isr_mark mark;

	if (topic == NULL)
		topic = topic_new(it, name);
	replicas_name_topic(topic, topic_id);
	*replica = (struct replica){ .topic = topic, .stored = stored,
		.index = stored->partition, .leader_epoch = -1, .size = log_size(stored->log) };
	/* It may have been opened with settings that have changed since. */
	log_set_config(stored->log, &topic->settings->config.log);
	replica->partition = partition_new(&(struct partition_options){
		.home = it->home,
		.loop = it->world->loops[it->next_loop++ % it->world->loop_count],
		.topic = name,
		.index = stored->partition,
		.topic_id = topic_id,
		.settings = topic->settings,
		.log = stored->log,
		.shrunk_isr = replicas_entry_of(stored, &mark),
	});
	replica->is_doubtful = it->home->protects_last_replica &&
	    mark.end_offset > log_end_offset(stored->log);
	place(topic, replica);
	return replica;
}

void
replicas_drop(struct replicas *it, struct replica *replica)
{
	struct local_topic *topic = replica->topic;

	assert(replica->move == NULL);
	replicas_resign(it, replica);
	replicas_unfollow(replica);
	replicas_doubt_ends(it, replica);
	replicas_damage_ends(it, replica);
	replicas_relief_ends(it, replica);
	topic->replicas[replica->index] = NULL;
	topic->changed = true;
	partition_release(replica->partition);
	free(replica);
}

void
replicas_resign(struct replicas *it, struct replica *replica)
{
	if (!replica->leads)
		return;
	replica->leads = false;
	it->options.listener->resigned(it->options.listener, replica->topic->name, replica->index,
	    replica->leader_epoch);
}

/* -------------------------------------------------------- what loops see */

static void
hosted_free(struct counted *counted)
{
	struct hosted_topic *hosted = container_of(counted, struct hosted_topic, counted);

	for (int32_t i = 0; i < hosted->partition_count; i++)
		if (hosted->partitions[i] != NULL)
			partition_release(hosted->partitions[i]);
	topic_settings_release(hosted->settings);
	free(hosted->partitions);
	free((char *)(uintptr_t)hosted->name.bytes);
	free(hosted);
}

/* NULL: it has no replica here that works. */
static struct hosted_topic *
hosted_new(const struct local_topic *topic)
{
	struct hosted_topic *hosted;
	int32_t count = 0;

	for (int32_t i = 0; i < topic->room; i++)
		if (topic->replicas[i] != NULL && !topic->replicas[i]->is_offline)
			count = i + 1;
	if (count == 0)
		return NULL;
	hosted = memory_new(sizeof(*hosted));
	counted_init(&hosted->counted, hosted_free);
	hosted->name = slice_of(memory_text(topic->name.bytes, topic->name.size), topic->name.size);
	hosted->id = topic->id;
	hosted->settings = topic_settings_hold(topic->settings);
	hosted->partition_count = count;
	hosted->partitions = memory_array((size_t)count, sizeof(struct partition *));
	for (int32_t i = 0; i < count; i++)
		if (topic->replicas[i] != NULL && !topic->replicas[i]->is_offline)
			hosted->partitions[i] = partition_hold(topic->replicas[i]->partition);
	return hosted;
}

static bool
has_replicas(const struct local_topic *topic)
{
	for (int32_t i = 0; i < topic->room; i++)
		if (topic->replicas[i] != NULL)
			return true;
	return false;
}

void
replicas_publish(struct replicas *it)
{
	bool changed = false;

	HASH_TABLE_FOREACH(link, &it->topics) {
		struct local_topic *topic = container_of(hash_node_of(link), struct local_topic, node);
		struct hosted_topic *hosted;

		if (!topic->changed)
			continue;
		changed = true;
		topic->changed = false;
		hosted = hosted_new(topic);
		if (hosted != NULL)
			it->hosted = persistent_map_take_with(it->hosted, hosted->name, &hosted->counted);
		else
			it->hosted = persistent_map_take_without(it->hosted, topic->name);
		if (!has_replicas(topic))
			topic_free(it, topic);
	}
	if (changed && !it->stopping)
		it->options.listener->hosted(it->options.listener, persistent_map_hold(it->hosted));
}

/* ---------------------------------------------------------------- settings */

struct settings_job {
	struct partition_settings_change change;
	struct replicas *replicas;
};

static void
settings_taken(struct partition_operation *operation)
{
	struct settings_job *job = container_of(operation, struct settings_job, change.operation);
	struct replicas *it = job->replicas;

	topic_settings_release(job->change.settings);
	free(job);
	replicas_end(it);
}

void
replicas_set_settings(struct replicas *it, struct slice name, struct topic_settings *settings)
{
	struct local_topic *topic = replicas_find_topic(it, name);

	if (topic == NULL || it->stopping)
		return;
	topic_settings_release(topic->settings);
	topic->settings = topic_settings_hold(settings);
	topic->changed = true;
	for (int32_t i = 0; i < topic->room; i++) {
		struct settings_job *job;

		if (topic->replicas[i] == NULL)
			continue;
		job = memory_new(sizeof(*job));
		job->replicas = it;
		job->change.settings = topic_settings_hold(settings);
		job->change.operation.loop = it->world->control;
		job->change.operation.answered = settings_taken;
		replicas_begin(it);
		partition_change_settings(topic->replicas[i]->partition, &job->change);
	}
	replicas_publish(it);
}

int64_t
replicas_topic_bytes(const struct replicas *it, struct slice name)
{
	const struct local_topic *topic = replicas_find_topic(it, name);
	int64_t bytes = 0;

	if (topic == NULL)
		return -1;
	for (int32_t i = 0; i < topic->room; i++)
		bytes += topic->replicas[i] != NULL ? topic->replicas[i]->size : 0;
	return bytes;
}

/* -------------------------------------------------------------- begin, end */

static void
home_free(struct counted *counted)
{
	struct partition_home *home = container_of(counted, struct partition_home, counted);

	live_brokers_free(home->live);
	if (home->quotas != NULL) {
		replication_quota_fini(&home->quotas->leader);
		replication_quota_fini(&home->quotas->follower);
		replication_quota_fini(&home->quotas->log_dirs);
	}
	free(home->quotas);
	free(home);
}

static void
isr_changed(void *context, struct partition_isr_change *change)
{
	struct replicas *it = context;

	isr_changes_add(&it->isr_changes, change);
}

void
replicas_set_live_brokers(struct replicas *it, const int32_t *ids, size_t count)
{
	if (live_brokers_set(it->home->live, ids, count))
		replicas_check_isrs(it);
}

static void
init_quota(struct replication_quota *quota, const struct broker_config *config,
    enum config_key_id windows, enum config_key_id window_s)
{
	replication_quota_init(quota, (int32_t)broker_value(config, windows)->integer,
	    (int32_t)broker_value(config, window_s)->integer);
}

static struct replication_quotas *
make_quotas(const struct broker_config *config)
{
	struct replication_quotas *quotas = memory_new(sizeof(*quotas));

	init_quota(&quotas->leader, config, CONFIG_REPLICATION_QUOTA_WINDOW_NUM,
	    CONFIG_REPLICATION_QUOTA_WINDOW_SIZE_SECONDS);
	init_quota(&quotas->follower, config, CONFIG_REPLICATION_QUOTA_WINDOW_NUM,
	    CONFIG_REPLICATION_QUOTA_WINDOW_SIZE_SECONDS);
	init_quota(&quotas->log_dirs, config, CONFIG_ALTER_LOG_DIRS_REPLICATION_QUOTA_WINDOW_NUM,
	    CONFIG_ALTER_LOG_DIRS_REPLICATION_QUOTA_WINDOW_SIZE_SECONDS);
	return quotas;
}

void
replicas_set_throttles(struct replicas *it, const struct replicas_throttles *throttles)
{
	replication_quota_set_bound(&it->home->quotas->leader, throttles->leader);
	replication_quota_set_bound(&it->home->quotas->follower, throttles->follower);
	replication_quota_set_bound(&it->home->quotas->log_dirs, throttles->log_dirs);
}

struct replicas *
replicas_new(const struct replicas_options *options)
{
	struct replicas *it = memory_new(sizeof(*it));
	uint64_t seed[2];

	it->options = *options;
	it->world = options->world;
	it->dirs = options->dirs;
	it->clean = true;
	it->watches = memory_array((size_t)it->dirs->count, sizeof(it->watches[0]));
	for (int i = 0; i < it->dirs->count; i++)
		it->watches[i].told = it->dirs->dirs[i].state != ERROR_NONE;
	entropy_fill(it->world->entropy, seed, sizeof(seed));
	hash_table_init(&it->topics, seed, topic_matches);
	replicas_unmade_init(it, seed);
	replicas_preferred_init(it, seed);
	replicas_moves_init(it);
	list_init(&it->walk);
	list_init(&it->doomed);
	it->home = memory_new(sizeof(*it->home));
	counted_init(&it->home->counted, home_free);
	it->home->world = options->world;
	it->home->broker_id = options->broker_id;
	it->home->protects_last_replica = options->config->logs.protects_last_replica;
	it->home->flush_before_ack = options->config->logs.flush_before_ack;
	it->home->max_lag_us = MIN(broker_value(options->config,
	    CONFIG_REPLICA_LAG_TIME_MAX_MS)->integer, INT64_C(1) << 40) * 1000;
	it->home->live = live_brokers_new();
	it->home->quotas = make_quotas(options->config);
	isr_changes_init(&it->isr_changes, it->world, options->isr_port, options->broker_id);
	if (options->isr_port != NULL)
		it->home->isr_changed = isr_changed;
	it->home->failed = replicas_partition_failed;
	it->home->context = it;
	replicas_follow_init(it);
	replicas_doubts_init(it);
	replicas_periodic_stop(it); /* its timer is made */
	return it;
}

void
replicas_free(struct replicas *it)
{
	assert(it->out == 0 && list_is_empty(&it->fetchers));
	it->home->failed = NULL; /* partitions may outlive us for a moment */
	it->home->isr_changed = NULL;
	it->home->note_shrunk_isr = NULL;
	isr_changes_close(&it->isr_changes);
	HASH_TABLE_FOREACH(link, &it->topics) {
		struct local_topic *topic = container_of(hash_node_of(link), struct local_topic, node);

		for (int32_t i = 0; i < topic->room; i++)
			if (topic->replicas[i] != NULL) {
				partition_release(topic->replicas[i]->partition);
				free(topic->replicas[i]);
			}
		topic_free(it, topic);
	}
	hash_table_fini(&it->topics);
	replicas_unmade_fini(it);
	replicas_preferred_fini(it);
	persistent_map_release(it->hosted);
	free(it->watches);
	log_dirs_free(it->dirs);
	partition_home_release(it->home);
	free(it);
}
