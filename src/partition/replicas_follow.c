/*
 * Replicas that follow: fetchers to the brokers that lead them, made when they
 * are needed and closed when nobody is. And the checkpoints that truncations
 * wait for, one write for all that wait for the same log dir.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "partition/fetcher.h"
#include "partition/replicas_private.h"

/* Beside what replica.fetch.response.max.bytes allows: one batch may be larger. */
static size_t
largest_answer(const struct broker_config *config, const struct fetcher_settings *settings)
{
	return (size_t)settings->response_max_bytes + (size_t)settings->partition_max_bytes +
	    (size_t)config->network.request_max_bytes;
}

static int32_t
setting(const struct replicas *it, enum config_key_id id, int64_t least)
{
	int64_t value = broker_value(it->options.config, id)->integer;

	return (int32_t)MIN(MAX(value, least), INT32_MAX);
}

/* Of what a follower asks, by inter.broker.protocol.version (protocol.md 14). */
static const struct follower_versions {
	int32_t level; /* from this one on */
	int16_t fetch, list_offsets;
} versions[] = {
	{ 30900, 17, 9 }, { 30704, 16, 8 }, { 30501, 15, 8 }, { 30500, 14, 8 }, { 30100, 13, 7 },
	{ 30001, 12, 7 }, { 0, 12, 6 },
};

static void
choose_versions(struct fetcher_settings *settings, int32_t level)
{
	const struct follower_versions *at = versions;

	while (level < at->level)
		at++;
	settings->fetch_version = at->fetch;
	settings->list_offsets_version = at->list_offsets;
}

void
replicas_follow_init(struct replicas *it)
{
	struct fetcher_settings *settings = &it->fetching;

	*settings = (struct fetcher_settings){
		.fetchers = setting(it, CONFIG_NUM_REPLICA_FETCHERS, 1),
		.wait_max_ms = setting(it, CONFIG_REPLICA_FETCH_WAIT_MAX_MS, 0),
		.min_bytes = setting(it, CONFIG_REPLICA_FETCH_MIN_BYTES, 0),
		.partition_max_bytes = setting(it, CONFIG_REPLICA_FETCH_MAX_BYTES, 0),
		.response_max_bytes = setting(it, CONFIG_REPLICA_FETCH_RESPONSE_MAX_BYTES, 0),
		.backoff_ms = setting(it, CONFIG_REPLICA_FETCH_BACKOFF_MS, 0),
		.timeout_ms = setting(it, CONFIG_REPLICA_SOCKET_TIMEOUT_MS, 1),
	};
	settings->leader_max_bytes = MIN(settings->response_max_bytes,
	    it->options.config->network.fetch_max_bytes);
	choose_versions(settings, it->options.config->protocol_level);
	settings->largest_answer = largest_answer(it->options.config, settings);
	list_init(&it->fetchers);
	atomic_init(&it->broker_epoch, -1);
	it->home->fetch_backoff_ms = settings->backoff_ms;
	it->home->checkpoint = replicas_write_checkpoint;
	for (int i = 0; i < it->dirs->count; i++)
		list_init(&it->watches[i].cuts);
}

void
replicas_set_broker_epoch(struct replicas *it, int64_t broker_epoch)
{
	atomic_store_explicit(&it->broker_epoch, broker_epoch, memory_order_relaxed);
}

/* ---------------------------------------------------------------- fetchers */

static void
fetcher_closed(void *context)
{
	replicas_end(context);
}

static void
close_fetcher(struct replicas *it, struct replica_fetcher *place)
{
	assert(place->users == 0);
	list_remove(&place->link);
	replicas_begin(it);
	fetcher_close(place->fetcher, fetcher_closed, it);
	free(place->host);
	free(place);
}

void
replicas_close_idle_fetchers(struct replicas *it)
{
	LIST_FOREACH(link, &it->fetchers) {
		struct replica_fetcher *place = container_of(link, struct replica_fetcher, link);

		if (place->users == 0)
			close_fetcher(it, place);
	}
}

static void
set_address(struct replica_fetcher *place, const char *host, uint16_t port)
{
	if (strcmp(place->host, host) == 0 && place->port == port)
		return;
	free(place->host);
	place->host = memory_text(host, strlen(host));
	place->port = port;
	fetcher_set_address(place->fetcher, host, port);
}

static struct replica_fetcher *
make_fetcher(struct replicas *it, int32_t leader, int32_t number, const char *host, uint16_t port)
{
	struct replica_fetcher *place = memory_new(sizeof(*place));

	*place = (struct replica_fetcher){ .leader = leader, .number = number, .port = port,
		.host = memory_text(host, strlen(host)) };
	place->fetcher = fetcher_new(&(struct fetcher_options){
		.world = it->world,
		.loop = it->world->loops[it->next_fetcher_loop++ % it->world->loop_count],
		.links = it->options.links != NULL ? it->options.links : &fetcher_broker_link,
		.settings = &it->fetching,
		.quota = &it->home->quotas->follower,
		.broker_epoch = &it->broker_epoch,
		.lost_leaders = it->options.lost_leaders,
		.broker_id = it->options.broker_id,
		.leader = leader,
		.number = number,
		.host = host,
		.port = port,
		.hash_seed = { it->topics.seed[0], it->topics.seed[1] },
	});
	list_append(&it->fetchers, &place->link);
	return place;
}

static struct replica_fetcher *
find_fetcher(const struct replicas *it, int32_t leader, int32_t number)
{
	for (struct list *link = it->fetchers.next; link != &it->fetchers; link = link->next) {
		struct replica_fetcher *place = container_of(link, struct replica_fetcher, link);

		if (place->leader == leader && place->number == number)
			return place;
	}
	return NULL;
}

/* --------------------------------------------------------------- addresses */

typedef struct leader_and_isr_request_leader_and_isr_live_leader live_leader;

static const live_leader *
find_leader(const struct leader_and_isr_request *request, int32_t broker)
{
	for (int32_t i = 0; i < request->live_leaders.count; i++) {
		const live_leader *leader = &request->live_leaders.items[i];

		if (leader->broker_id == broker && leader->port > 0 && leader->port <= UINT16_MAX)
			return leader;
	}
	return NULL;
}

bool
replicas_knows_address(const struct leader_and_isr_request *request, int32_t broker)
{
	return find_leader(request, broker) != NULL;
}

void
replicas_take_addresses(struct replicas *it, const struct leader_and_isr_request *request)
{
	LIST_FOREACH(link, &it->fetchers) {
		struct replica_fetcher *place = container_of(link, struct replica_fetcher, link);
		const live_leader *leader = find_leader(request, place->leader);
		char *host;

		if (leader == NULL)
			continue;
		host = memory_text(leader->host_name.bytes, leader->host_name.size);
		set_address(place, host, (uint16_t)leader->port);
		free(host);
	}
}

/* ------------------------------------------------------- who follows whom */

void
replicas_unfollow(struct replica *replica)
{
	if (replica->fetched == NULL)
		return;
	fetcher_remove(replica->fetcher->fetcher, replica->fetched);
	replica->fetcher->users--;
	replica->fetcher = NULL;
	replica->fetched = NULL;
}

void
replicas_follow(struct replicas *it, struct replica *replica, int32_t leader,
    const struct leader_and_isr_request *request)
{
	const live_leader *address = find_leader(request, leader);
	int32_t number = fetcher_number_of(replica->topic->name, replica->index,
	    it->fetching.fetchers);
	struct replica_fetcher *place = find_fetcher(it, leader, number);

	assert(replica->fetched == NULL);
	if (address == NULL) { /* of which another request will tell (protocol.md 14) */
		log_warn(it->world->logger, "%.*s-%d follows nobody: its leader %d is not among the "
		    "living", (int)replica->topic->name.size,
		    (const char *)replica->topic->name.bytes, replica->index, leader);
		return;
	}
	if (place == NULL) {
		char *host = memory_text(address->host_name.bytes, address->host_name.size);

		place = make_fetcher(it, leader, number, host, (uint16_t)address->port);
		free(host);
	}
	place->users++;
	replica->fetcher = place;
	replica->fetched = fetcher_add(place->fetcher, replica->partition, replica->leader_epoch);
}

void
replicas_unfollow_all(struct replicas *it)
{
	HASH_TABLE_FOREACH(link, &it->topics) {
		struct local_topic *topic = container_of(hash_node_of(link), struct local_topic, node);

		for (int32_t i = 0; i < topic->room; i++)
			if (topic->replicas[i] != NULL)
				replicas_unfollow(topic->replicas[i]);
	}
	replicas_close_idle_fetchers(it);
}

/* ------------------------------------------- checkpoints before truncations */

struct cut_work {
	struct replicas *replicas;
	struct log_dir *dir;
	/* Of recovery points, and of whatever else has fallen. */
	struct log_checkpoint_job jobs[LOG_DIR_CHECKPOINT_COUNT];
	int count;
	struct list cuts; /* struct partition_checkpoint that it is written for */
	struct work work;
};

static void begin_checkpoint(struct replicas *it, struct log_dir *dir);

static void
run_checkpoint(struct work *work)
{
	struct cut_work *cut = container_of(work, struct cut_work, work);

	for (int i = 0; i < cut->count; i++)
		log_checkpoint_run(&cut->jobs[i]);
}

static void
checkpoint_done(struct work *work)
{
	struct cut_work *cut = container_of(work, struct cut_work, work);
	struct replicas *it = cut->replicas;
	struct log_dir *dir = cut->dir;
	struct dir_watch *watch = replicas_watch_of(it, dir);
	enum error error = ERROR_NONE;
	struct list *link;

	for (int i = 0; i < cut->count; i++) {
		enum error one = log_checkpoint_done(it->dirs, &cut->jobs[i]);

		error = error != ERROR_NONE ? error : one;
	}
	log_pulse_beat(&dir->pulse);
	if (error != ERROR_NONE)
		log_error(it->world->logger, "a checkpoint of %s cannot be written: %s", dir->path,
		    error_text(error));
	while ((link = list_take_first(&cut->cuts)) != NULL) {
		struct partition_checkpoint *checkpoint = container_of(link,
		    struct partition_checkpoint, link);

		checkpoint->written(checkpoint, error);
	}
	free(cut);
	watch->writes_for_cuts = false;
	if (!list_is_empty(&watch->cuts))
		begin_checkpoint(it, dir);
	replicas_fail_offline_dirs(it);
	replicas_end(it);
}

/* In the dir's queue, so that no older one overtakes it. */
static void
begin_checkpoint(struct replicas *it, struct log_dir *dir)
{
	struct dir_watch *watch = replicas_watch_of(it, dir);
	struct cut_work *cut = memory_new(sizeof(*cut));
	struct list *link;

	watch->writes_for_cuts = true;
	cut->replicas = it;
	list_init(&cut->cuts);
	while ((link = list_take_first(&watch->cuts)) != NULL)
		list_append(&cut->cuts, link);
	cut->dir = dir;
	for (enum log_dir_checkpoint kind = 0; kind < LOG_DIR_CHECKPOINT_COUNT; kind++)
		if (kind == LOG_DIR_RECOVERY_POINT || log_dir_offsets_fell(it->dirs, dir, kind))
			log_checkpoint_prepare(it->dirs, dir, kind, &cut->jobs[cut->count++]);
	cut->work = (struct work){ .loop = it->world->control, .run = run_checkpoint,
		.done = checkpoint_done, .queue = dir };
	replicas_begin(it);
	workers_submit(it->world->workers, &cut->work);
}

void
replicas_write_checkpoint(void *context, struct partition *partition,
    struct partition_checkpoint *checkpoint)
{
	struct replicas *it = context;
	struct replica *replica = replicas_find(it, partition_topic(partition),
	    partition_index(partition));
	struct dir_watch *watch;

	if (replica == NULL || replica->partition != partition || replica->is_offline) {
		checkpoint->written(checkpoint, ERROR_OFFLINE);
		return;
	}
	watch = replicas_watch_of(it, replica->stored->dir);
	list_append(&watch->cuts, &checkpoint->link);
	if (!watch->writes_for_cuts)
		begin_checkpoint(it, replica->stored->dir);
}
