#include "klammd/broker.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "klammd/broker_private.h"
#include "wire/kafka_error.h"
#include "wire/messages.h"
#include "zk/paths.h"

#define OFFSETS_TOPIC "__consumer_offsets"

/* Then producers that wait are told to come again. */
enum { BLOCK_PATIENCE_US = 5 * 1000 * 1000 };

void
broker_fail(struct broker *it, const char *format, ...)
{
	char reason[1024];
	va_list arguments;

	if (it->told_failure || it->stage >= BROKER_STOPPING)
		return;
	it->told_failure = true;
	va_start(arguments, format);
	(void)vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	it->options.handler->failed(it->options.handler, reason);
}

static void
work_done(struct work *work)
{
	struct broker *it = container_of(work, struct broker, work);

	it->working = false;
	it->after_work(work);
}

void
broker_work(struct broker *it, void (*run)(struct work *work), void (*done)(struct work *work))
{
	assert(!it->working);
	it->working = true;
	it->work_error = ERROR_NONE;
	it->guilty = NULL;
	it->work_now_ms = clock_wall_ms(it->world->clock);
	it->after_work = done;
	it->work = (struct work){ .loop = it->world->control, .run = run, .done = work_done };
	workers_submit(it->world->workers, &it->work);
}

/* ----------------------------------------------------- what loops see */

void
broker_publish(struct broker *it)
{
	api_publish(it->api, image_hold(it->image), persistent_map_hold(it->hosted));
}

void
broker_tell_groups(struct broker *it)
{
	const struct image_topic *topic = image_topic_find(it->image, slice_of_text(OFFSETS_TOPIC));

	if (topic != NULL && !it->groups_counted) {
		it->groups_counted = true;
		groups_set_partition_count(it->groups, topic->partition_count);
	}
}

/*
 * Topics of the old image that the new one lacks. Where a deletion was not told
 * but is seen, committed offsets stay until they expire, as in Kafka; what has a
 * replica here is heard of again.
 */
static void
forget_deleted(struct broker *it, const struct image *before, const struct image *after,
    bool whole)
{
	struct persistent_map_walk walk;
	struct counted *at;

	if (before->topics == after->topics)
		return;
	persistent_map_walk_init(&walk, before->topics);
	while ((at = persistent_map_walk_next(&walk)) != NULL) {
		const struct image_topic *topic = container_of(at, struct image_topic, counted);

		if (image_topic_find(after, topic->name) != NULL)
			continue;
		if (whole && persistent_map_find(it->hosted, topic->name) != NULL)
			continue;
		topic_configs_forget(it->topic_configs, topic->name);
		if (!whole)
			groups_topics_deleted(it->groups, &topic->name, 1);
	}
}

/* Who may join an ISR. */
static void
tell_live_brokers(struct broker *it)
{
	size_t count = it->image->broker_count;
	int32_t *ids = memory_array(MAX(count, 1), sizeof(*ids));

	for (size_t i = 0; i < count; i++)
		ids[i] = it->image->brokers[i].id;
	replicas_set_live_brokers(it->replicas, ids, count);
	free(ids);
}

static void
image_came(void *context, struct image *image, bool whole)
{
	struct broker *it = context;
	struct image *before = it->image;

	it->image = image;
	if (it->controller_link != NULL) {
		controller_link_take_image(it->controller_link, image);
		controller_link_take_image(it->creation_link, image);
	}
	if (it->isr_channel.link != NULL)
		controller_link_take_image(it->isr_channel.link, image);
	broker_tell_groups(it);
	broker_publish(it);
	tell_live_brokers(it);
	forget_deleted(it, before, image, whole);
	image_release(before);
	if (broker_is_at(it, BROKER_JOINING) && image_broker_find(image, it->id) != NULL &&
	    !(it->awaits_topics && persistent_map_count(image->topics) == 0))
		broker_serve(it);
}

static void
hosted_changed(struct replicas_listener *listener, struct persistent_map *hosted)
{
	struct broker *it = container_of(listener, struct broker, replicas_listener);

	persistent_map_release(it->hosted);
	it->hosted = hosted;
	broker_publish(it);
}

static bool
is_of_offsets(struct slice topic)
{
	return slice_equal_text(topic, OFFSETS_TOPIC);
}

static void
elected(struct replicas_listener *listener, struct partition *partition, int32_t leader_epoch)
{
	struct broker *it = container_of(listener, struct broker, replicas_listener);

	api_hurry_followers(it->api);
	if (is_of_offsets(partition_topic(partition)))
		groups_elected(it->groups, partition, leader_epoch);
}

static void
resigned(struct replicas_listener *listener, struct slice topic, int32_t partition,
    int32_t leader_epoch)
{
	struct broker *it = container_of(listener, struct broker, replicas_listener);

	if (is_of_offsets(topic))
		groups_resigned(it->groups, partition, leader_epoch);
}

static void
doubts_changed(struct replicas_listener *listener)
{
	life_doubts_changed(container_of(listener, struct broker, replicas_listener)->life);
}

static void
dir_failed(struct replicas_listener *listener, const char *path, int left)
{
	struct broker *it = container_of(listener, struct broker, replicas_listener);

	log_error(it->world->logger, "log dir %s has failed, %d left", path, left);
	if (left == 0)
		broker_fail(it, "no log dir is left: the last one, %s, has failed", path);
	else
		dir_events_tell(&it->dir_events);
}

/* Replicas that could not be made may be, now: the controller has to ask again. */
static void
has_room(struct replicas_listener *listener)
{
	struct broker *it = container_of(listener, struct broker, replicas_listener);

	if (it->stage < BROKER_LEAVING) /* its replicas are stopped one after the other, as it has asked for */
		dir_events_tell(&it->dir_events);
}

static struct topic_settings *
settings_of(void *context, struct slice topic)
{
	struct broker *it = context;

	return topic_configs_find(it->topic_configs, topic);
}

/* What ZooKeeper says of brokers; before the replicas are made they are told when they are. */
void
broker_config_changed(void *context, const struct broker_config *now)
{
	struct broker *it = context;

	struct replicas_throttles throttles = {
		.leader = broker_value(now, CONFIG_LEADER_REPLICATION_THROTTLED_RATE)->integer,
		.follower = broker_value(now, CONFIG_FOLLOWER_REPLICATION_THROTTLED_RATE)->integer,
		.log_dirs =
		    broker_value(now, CONFIG_REPLICA_ALTER_LOG_DIRS_IO_MAX_BYTES_PER_SECOND)->integer,
	};

	if (it->replicas != NULL)
		replicas_set_throttles(it->replicas, &throttles);
}

void
broker_settings_changed(void *context, struct slice topic, struct topic_settings *settings)
{
	struct broker *it = context;

	if (it->replicas != NULL && it->stage < BROKER_STOPPING)
		replicas_set_settings(it->replicas, topic, settings);
}

/* --------------------------------------------------------- producer ids */

static void
block_came(struct controller_link_request *request, enum error error, const void *response)
{
	struct broker *it = container_of(request, struct broker, block);
	const struct allocate_producer_ids_response *block = response;

	if (error == ERROR_NONE && block->error_code == KAFKA_ERROR_NONE)
		producer_ids_take_block(it->producer_ids, block->producer_id_start,
		    block->producer_id_len);
	else
		producer_ids_take_block(it->producer_ids, 0, 0);
}

static void
fetch_block(void *context)
{
	struct broker *it = context;

	if (it->controller_link == NULL) {
		producer_ids_take_block(it->producer_ids, 0, 0);
		return;
	}
	it->block_body = allocate_producer_ids_request_defaults;
	it->block_body.broker_id = it->id;
	it->block_body.broker_epoch = it->epoch;
	it->block = (struct controller_link_request){
		.key = API_KEY_ALLOCATE_PRODUCER_IDS,
		.body = &it->block_body,
		.deadline_us = clock_monotonic_us(it->world->clock) + BLOCK_PATIENCE_US,
		.done = block_came,
	};
	controller_link_ask(it->controller_link, &it->block);
}

/* ---------------------------------------------------------- the rooms */

void
broker_make_replicas(struct broker *it)
{
	struct replicas_options options = {
		.world = it->world,
		.config = it->options.config,
		.broker_id = it->id,
		.dirs = it->dirs,
		.settings_of = settings_of,
		.context = it,
		.listener = &it->replicas_listener,
		.isr_port = &it->isr_channel.port,
		.lost_leaders = &it->lost_leaders,
	};
	struct config_layers layers;

	it->replicas_listener = (struct replicas_listener){
		hosted_changed, elected, resigned, doubts_changed, dir_failed, has_room };
	isr_channel_init(&it->isr_channel);
	dir_events_init(&it->dir_events, it->session, it->world, it->id);
	it->replicas = replicas_new(&options);
	it->dirs = NULL;
	topic_configs_layers(it->topic_configs, &layers);
	broker_config_changed(it, layers.now);
	control_requests_init(&it->control, it->world, it->topic_configs, it->replicas);
	it->control.updated = image_came;
	it->control.context = it;
	control_queue_init(&it->control_queue, it->world->control, &it->control);
	log_dir_requests_init(&it->log_dir_requests, it->world->control, it->replicas);
	it->control_made = true;
}

static struct controller_link *
link_new(struct broker *it)
{
	struct controller_link *link = controller_link_new(&(struct controller_link_options){
		.world = it->world,
		.config = it->options.config,
		.broker_id = it->id,
		.controller = it->controller,
	});

	controller_link_take_image(link, it->image);
	return link;
}

void
broker_make_controller(struct broker *it)
{
	struct controller_options options = {
		.session = it->session,
		.world = it->world,
		.config = it->options.config,
		.broker_id = it->id,
		.channels = &it->channels.channels,
	};

	broker_channels_init(&it->channels, &(struct broker_channels_options){
		.world = it->world,
		.config = it->options.config,
		.broker_id = it->id,
		.control = &it->control_queue.port,
	});
	it->controller = controller_new(&options);
	it->controller_link = link_new(it);
	it->isr_channel.link = link_new(it);
	it->creation_link = link_new(it);
	auto_creation_init(&it->auto_creation, it->world, it->options.config, it->controller,
	    it->creation_link);
}

struct broker *
broker_new(const struct broker_options *options)
{
	struct broker *it = memory_new(sizeof(*it));
	struct groups_options groups = { options->world, options->config };
	struct api_options api = {
		.world = options->world,
		.config = options->config,
		.broker_id = -1,
	};

	it->options = *options;
	it->world = options->world;
	it->id = -1;
	it->epoch = -1;
	it->clean = true;
	it->image = image_new();
	buffer_init(&it->offsets_path);
	lost_leaders_init(&it->lost_leaders);
	it->groups = groups_new(&groups);
	it->api = api_new(&api);
	it->producer_ids = producer_ids_new(it->world->control, fetch_block, it);
	broker_timers_init(it);
	return it;
}

void
broker_free(struct broker *it)
{
	assert(it->stage == BROKER_NEW || it->stage == BROKER_STOPPED);
	api_free(it->api);
	producer_ids_free(it->producer_ids);
	if (it->controller != NULL) {
		auto_creation_fini(&it->auto_creation);
		controller_free(it->controller);
		broker_channels_fini(&it->channels);
	}
	if (it->control_made)
		control_requests_fini(&it->control);
	groups_free(it->groups);
	persistent_map_release(it->hosted);
	if (it->replicas != NULL) {
		replicas_free(it->replicas);
		dir_events_fini(&it->dir_events);
	}
	if (it->topic_configs != NULL)
		topic_configs_free(it->topic_configs);
	if (it->life != NULL)
		life_free(it->life);
	if (it->session != NULL)
		zk_session_free(it->session);
	if (it->consumer_offsets != NULL)
		consumer_offsets_free(it->consumer_offsets);
	if (it->dirs != NULL)
		log_dirs_free(it->dirs);
	image_release(it->image);
	buffer_fini(&it->offsets_path);
	free(it->cluster_id);
	free(it->kept_path);
	free(it);
}

uint16_t
broker_port(const struct broker *it, const char *listener)
{
	return api_port(it->api, listener);
}
