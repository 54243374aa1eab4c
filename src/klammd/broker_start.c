/* The start, step by step, as broker_private.h draws it. */
#include <assert.h>
#include <stdlib.h>
#include <stdio.h>

#include "base/memory.h"
#include "klammd/broker_private.h"
#include "zk/payload_topic.h"
#include "zk/paths.h"

#define KEPT_SESSION_FILE "/.klamm-session"

enum {
	INDEX_CACHE_BYTES = 4 << 20,
	JOIN_PATIENCE_US = 5 * 1000 * 1000,
	TOPIC_ARENA_BYTES = 1 << 20,
};

static const struct broker_config *
config(const struct broker *it)
{
	return it->options.config;
}

/* -------------------------------------------------------------- serving */

/* Kafka's words, which scripts wait for (checklist 12). */
void
broker_serve(struct broker *it)
{
	timer_stop(it->world->control, &it->patience);
	it->stage = BROKER_SERVING;
	api_admit_clients(it->api);
	log_info(it->world->logger, "[KafkaServer id=%d] started", it->id);
	it->options.handler->started(it->options.handler, it->id);
}

static void
patience_is_over(struct timer *timer)
{
	struct broker *it = container_of(timer, struct broker, patience);

	if (!broker_is_at(it, BROKER_JOINING))
		return;
	log_warn(it->world->logger, "no controller has told this broker of %s yet: "
	    "clients may connect nevertheless", it->awaits_topics ? "the topics" : "the cluster");
	broker_serve(it);
}

void
broker_timers_init(struct broker *it)
{
	timer_init(&it->patience, patience_is_over);
}

/* -------------------------------------------------------------- joining */

/*
 * A controller that does not speak to us: clients may come, and see what there is. Where
 * there are topics that is nothing, which a producer takes for the end of its topic; so
 * there is time for the session of a controller that has died to end, and for another one.
 */
static int64_t
join_patience_us(const struct broker *it)
{
	int64_t session_us = (int64_t)config(it)->zookeeper.session_timeout_ms * 1000;

	return JOIN_PATIENCE_US + (it->awaits_topics ? 2 * session_us : 0);
}

/* Other brokers may come: a controller among them, with the first image. */
static void
join(struct broker *it)
{
	struct api_services services = {
		.controller = it->controller,
		.groups = it->groups,
		.topic_configs = it->topic_configs,
		.producer_ids = it->producer_ids,
		.consumer_offsets = it->consumer_offsets,
		.control = &it->control_queue.port,
		.log_dirs = &it->log_dir_requests.port,
		.creator = &it->auto_creation.creator,
		.lost_leaders = &it->lost_leaders,
	};

	it->stage = BROKER_JOINING;
	timer_start(it->world->control, &it->patience,
	    clock_monotonic_us(it->world->clock) + join_patience_us(it));
	api_start(it->api, it->id, it->cluster_id, &services);
}

static void
registered(struct life_handler *handler, int64_t epoch)
{
	struct broker *it = container_of(handler, struct broker, life_handler);

	if (it->told_failure || it->stage >= BROKER_STOPPING)
		return;
#ifdef CANARY_OLD_EPOCH_AFTER_EXPIRY
	if (it->stage != BROKER_REGISTERING)
		epoch = it->epoch;
#endif
	it->epoch = epoch;
	it->registered = true;
	it->isr_channel.broker_epoch = epoch;
	it->control.broker_epoch = epoch;
	replicas_set_broker_epoch(it->replicas, epoch);
	if (it->stage == BROKER_LEAVING)
		controlled_shutdown_set_epoch(&it->leaving, epoch);
	log_info(it->world->logger, "broker %d is registered with epoch %lld", it->id,
	    (long long)epoch);
	if (it->stage == BROKER_REGISTERING)
		join(it);
	controller_elect(it->controller);
}

static void
expired(struct life_handler *handler)
{
	struct broker *it = container_of(handler, struct broker, life_handler);

	it->registered = false;
	/* Also of one that stops, and waits for a disk: without /controller it is none any more. */
	if (it->controller != NULL)
		controller_expired(it->controller);
}

static void
life_failed(struct life_handler *handler, const char *reason)
{
	broker_fail(container_of(handler, struct broker, life_handler), "%s", reason);
}

/* ----------------------------------------------------------- registering */

static size_t
advertised(const struct broker *it, struct life_endpoint *endpoints, size_t room)
{
	const struct listeners *listeners = &config(it)->listeners.advertised;
	size_t count = 0;

	for (size_t i = 0; i < listeners->count && count < room; i++) {
		const struct listener *listener = &listeners->items[i];

		endpoints[count++] = (struct life_endpoint){
			.listener = listener->name,
			.protocol = security_protocol_name(listener->protocol),
			.host = listener->host[0] != '\0' ? listener->host : it->options.host_name,
			/* Any free port is known by now. */
			.port = listener->port != 0 ? listener->port : api_port(it->api, listener->name),
		};
	}
	return count;
}

static void
listen_now(struct work *work)
{
	struct broker *it = container_of(work, struct broker, work);

	it->work_error = api_listen(it->api, &it->listen_complaint);
}

/* With the address, where the complaint is about one of our listeners. */
static void
fail_to_listen(struct broker *it)
{
	const struct listeners *bound = &config(it)->listeners.bound;
	int i = listeners_find(bound, it->listen_complaint);

	if (i < 0)
		broker_fail(it, "cannot listen on %s: %s", it->listen_complaint,
		    error_text(it->work_error));
	else
		broker_fail(it, "cannot listen on %s://%s:%d: %s", bound->items[i].name,
		    bound->items[i].host, bound->items[i].port, error_text(it->work_error));
}

static void
listening(struct work *work)
{
	struct broker *it = container_of(work, struct broker, work);
	const struct listeners *listeners = &config(it)->listeners.advertised;
	struct life_endpoint *endpoints;

	if (!broker_is_at(it, BROKER_LOADING))
		return;
	if (it->work_error != ERROR_NONE) {
		fail_to_listen(it);
		return;
	}
	it->stage = BROKER_REGISTERING;
	broker_make_controller(it);
	endpoints = memory_array(MAX(listeners->count, 1), sizeof(*endpoints));
	life_register(it->life, endpoints, advertised(it, endpoints, listeners->count));
	free(endpoints);
}

/* --------------------------------------------------------------- loading */

/* What they cannot tell is told by the first image. */
static void
topics_read_done(struct broker *it)
{
	if (--it->topics_reads == 0 && broker_is_at(it, BROKER_LOADING))
		broker_work(it, listen_now, listening);
}

static void
offsets_topic_read(struct zk_call *call, const struct coord_answer *answer)
{
	struct broker *it = container_of(call, struct broker, offsets_topic);
	struct payload_complaint complaint;
	struct payload_topic topic;
	struct arena arena;

	if (answer->error == ZNODE_OK && broker_is_at(it, BROKER_LOADING)) {
		arena_init(&arena, TOPIC_ARENA_BYTES);
		if (payload_topic_decode(answer->data, &arena, &topic, &complaint) == ERROR_NONE &&
		    topic.partitions.count > 0) {
			it->groups_counted = true;
			groups_set_partition_count(it->groups, (int32_t)topic.partitions.count);
		}
		arena_fini(&arena);
	}
	topics_read_done(it);
}

static void
topics_counted(struct zk_call *call, const struct coord_answer *answer)
{
	struct broker *it = container_of(call, struct broker, topics);

	it->awaits_topics = answer->error == ZNODE_OK && answer->stat.child_count > 0;
	topics_read_done(it);
}

static void
loaded(void *context, enum error error, const char *complaint)
{
	struct broker *it = context;

	if (!broker_is_at(it, BROKER_LOADING))
		return;
	if (error != ERROR_NONE) {
		broker_fail(it, "no log dir can be used: %s", complaint != NULL ? complaint :
		    error_text(error));
		return;
	}
	it->topics_reads = 2;
	zk_exists(it->session, &it->topics, slice_of_text(paths_text(PATHS_TOPICS)),
	    topics_counted);
	paths_topic(&it->offsets_path, slice_of_text("__consumer_offsets"));
	zk_get(it->session, &it->offsets_topic, buffer_slice(&it->offsets_path),
	    offsets_topic_read);
}

static void
configured(void *context, const char *failure)
{
	struct broker *it = context;

	if (!broker_is_at(it, BROKER_CONFIGURING))
		return;
	if (failure != NULL) {
		broker_fail(it, "%s", failure);
		return;
	}
	it->stage = BROKER_LOADING;
	broker_make_replicas(it);
	replicas_load(it->replicas, loaded, it);
}

/* ----------------------------------------------------------- configuring */

static void
begin_configuring(struct broker *it)
{
	struct topic_configs_options options = {
		.session = it->session,
		.world = it->world,
		.config = config(it),
		.changed = broker_settings_changed,
		.broker_changed = broker_config_changed,
		.context = it,
	};

	it->stage = BROKER_CONFIGURING;
	it->topic_configs = topic_configs_new(&options);
	topic_configs_start(it->topic_configs, it->id, configured, it);
}

/* ----------------------------------------------------------- identifying */

static const char *
complaint_of(const struct broker *it)
{
	if (it->guilty == NULL)
		return "no log dir can be used";
	return it->guilty->complaint;
}

static void
claim_dirs(struct work *work)
{
	struct broker *it = container_of(work, struct broker, work);

	it->work_error = log_dirs_claim(it->dirs, it->id, it->cluster_id, it->work_now_ms,
	    &it->guilty);
}

static void
dirs_claimed(struct work *work)
{
	struct broker *it = container_of(work, struct broker, work);

	if (!broker_is_at(it, BROKER_CLAIMING_DIRS))
		return;
	if (it->work_error != ERROR_NONE) {
		broker_fail(it, "%s (%s)", complaint_of(it), error_text(it->work_error));
		return;
	}
	begin_configuring(it);
}

static void
identified(struct life_handler *handler, const char *cluster_id, int32_t broker_id)
{
	struct broker *it = container_of(handler, struct broker, life_handler);

	if (!broker_is_at(it, BROKER_IDENTIFYING))
		return;
	it->id = broker_id;
	it->cluster_id = memory_text(cluster_id, strlen(cluster_id));
	it->stage = BROKER_CLAIMING_DIRS;
	log_info(it->world->logger, "cluster %s, broker %d", cluster_id, broker_id);
	broker_work(it, claim_dirs, dirs_claimed);
}

static size_t
list_doubts(void *context, struct arena *arena, const struct payload_doubtful_topic **topics)
{
	struct broker *it = context;

	return replicas_list_doubts(it->replicas, arena, topics);
}

static void
begin_identifying(struct broker *it)
{
	const struct broker_zookeeper *zookeeper = &config(it)->zookeeper;
	struct zk_session_options session = {
		.connect_string = it->options.zookeeper_connect != NULL ?
		    it->options.zookeeper_connect : zookeeper->connect,
		.session_timeout_ms = zookeeper->session_timeout_ms,
		.max_in_flight = zookeeper->max_in_flight > 0 ? zookeeper->max_in_flight :
		    ZK_MAX_IN_FLIGHT,
		.set_acl = zookeeper->set_acl,
		.digest = slice_of_text(zookeeper->digest),
		.guardian = it->options.guardian,
		.kept_path = it->kept_path,
	};
	struct life_options life = {
		.world = it->world,
		.config = config(it),
		.handler = &it->life_handler,
		.known_broker_id = log_dirs_broker_id(it->dirs),
		.known_cluster_id = log_dirs_cluster_id(it->dirs),
		.list_doubts = list_doubts,
		.context = it,
	};
	const char *reason = "";

	it->stage = BROKER_IDENTIFYING;
	it->life_handler = (struct life_handler){ identified, registered, expired, life_failed };
	if (zk_session_new(it->world, &session, &it->session, &reason) != ERROR_NONE) {
		broker_fail(it, "zookeeper.connect=%s: %s", session.connect_string, reason);
		return;
	}
	it->consumer_offsets = consumer_offsets_new(it->world, it->session);
	life.session = it->session;
	it->life = life_new(&life);
	life_identify(it->life);
	/* Behind the lock of the log dirs: the kept session may be a living broker's. */
	zk_session_start(it->session);
}

/* ---------------------------------------------------------- opening dirs */

static void
open_dirs(struct work *work)
{
	struct broker *it = container_of(work, struct broker, work);

	it->work_error = log_dirs_open(it->dirs, &it->guilty);
}

static void
dirs_opened(struct work *work)
{
	struct broker *it = container_of(work, struct broker, work);

	if (!broker_is_at(it, BROKER_OPENING_DIRS))
		return;
	if (it->work_error != ERROR_NONE) {
		broker_fail(it, "%s (%s)", complaint_of(it), error_text(it->work_error));
		return;
	}
	for (int i = 0; i < it->dirs->count; i++)
		if (it->dirs->dirs[i].state != ERROR_NONE)
			log_error(it->world->logger, "log dir %s is left out: %s",
			    it->dirs->dirs[i].path, it->dirs->dirs[i].complaint);
	begin_identifying(it);
}

static void
log_config_of(void *context, struct slice topic, struct log_config *log_config)
{
	struct broker *it = context;
	struct topic_settings *settings = topic_configs_find(it->topic_configs, topic);

	*log_config = settings->config.log;
	topic_settings_release(settings);
}

static void
keep_session_in(struct broker *it, const char *dir)
{
	size_t size = strlen(dir) + sizeof(KEPT_SESSION_FILE);

	it->kept_path = memory_new(size);
	(void)snprintf(it->kept_path, size, "%s%s", dir, KEPT_SESSION_FILE);
}

void
broker_start(struct broker *it)
{
	const struct broker_logs *logs = &config(it)->logs;
	struct log_dirs_options options = {
		.disk = it->world->disk,
		.entropy = it->world->entropy,
		.paths = (const char *const *)logs->dirs,
		.count = (int)logs->dir_count,
		.open_files = it->options.open_files,
		.many = it->options.many_new_logs,
		.index_cache_bytes = INDEX_CACHE_BYTES,
		.boot_id = it->world->boot_id,
		.config_of = log_config_of,
		.context = it,
	};

	assert(it->stage == BROKER_NEW && loop_current() == it->world->control);
	it->stage = BROKER_OPENING_DIRS;
	keep_session_in(it, logs->dirs[0]);
	it->dirs = log_dirs_new(&options);
	broker_work(it, open_dirs, dirs_opened);
}
