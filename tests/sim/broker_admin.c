#include <stdlib.h>

#include "tests/sim/broker_town.h"
#include "wire/kafka_error.h"

const char *const town_passing[TOWN_PASSING] = { "come", "go" };

enum { PATIENCE_MS = 12000, TIMEOUT_MS = 5000, CONFIGS = 6, RATES = 2, RESOURCE_BROKER = 4 };

/* Makes the topics that last; then others come and go, replication is throttled and let go, and replicas move between log dirs. */
struct town_admin {
	struct broker_town *town;
	struct town_links links;
	struct client_link *link; /* to the controller, as far as it is known */
	struct sim_process *process;
	struct loop *loop;
	struct timer pace;
	bool is_busy;
	int made; /* of the lasting topics */
	int name; /* that is looked after */
	struct uuid id;   /* of the topic that is being deleted */
	bool throttles;   /* rates are set, or may be */
	bool has_throttled;
	bool lifts;       /* the request that is out takes them away */
	struct client_request request;
};

static struct prng *
prng(const struct town_admin *it)
{
	return sim_stream(it->town->sim, SIM_WORKLOAD);
}

static void
begin(struct town_admin *it, int16_t key, int16_t version,
    void (*came)(struct client_request *request, const void *response))
{
	it->is_busy = true;
	it->request = (struct client_request){ .key = key, .version = version,
		.patience_ms = PATIENCE_MS, .answered = came };
}

/* ------------------------------------------------------------------ topics */

static bool
heals(struct town_admin *it, int16_t code)
{
	if (code == KAFKA_ERROR_NOT_CONTROLLER)
		town_links_are_stale(&it->links);
	return code == KAFKA_ERROR_REQUEST_TIMED_OUT || code == KAFKA_ERROR_NOT_CONTROLLER ||
	    code == KAFKA_ERROR_INVALID_REPLICATION_FACTOR;
}

static void
created(struct client_request *request, const void *message)
{
	struct town_admin *it = container_of(request, struct town_admin, request);
	const struct create_topics_response *response = message;
	const struct create_topics_response_creatable_topic_result *result;

	it->is_busy = false;
	if (response == NULL)
		return;
	result = response->topics.items;
	if (response->topics.count != 1 ||
	    !slice_equal_text(result->name, it->town->ledger.topics[it->made].name)) {
		sim_fail(it->town->sim, "an admin gets the answer to another CreateTopics");
		return;
	}
	if (heals(it, result->error_code))
		return;
	sim_check(it->town->sim, result->error_code == KAFKA_ERROR_NONE ||
	    result->error_code == KAFKA_ERROR_TOPIC_ALREADY_EXISTS, "%s cannot be made: %s",
	    it->town->ledger.topics[it->made].name, kafka_error_name(result->error_code));
	it->made++;
}

static void
create(struct town_admin *it)
{
	const struct ledger_topic *topic = &it->town->ledger.topics[it->made];
	struct create_topics_request body = create_topics_request_defaults;
	struct create_topics_request_creatable_topic wanted =
	    create_topics_request_creatable_topic_defaults;
	struct create_topics_request_creatable_topic_config configs[CONFIGS];
	char min_isr[16];
	int count = 0;

	for (int i = 0; i < CONFIGS; i++)
		configs[i] = create_topics_request_creatable_topic_config_defaults;
	if (topic->is_kept) {
		configs[count].name = slice_of_text("retention.ms");
		configs[count++].value = slice_of_text("-1");
	} else {
		configs[count].name = slice_of_text("retention.bytes");
		configs[count++].value = slice_of_text("30000");
		configs[count].name = slice_of_text("retention.ms");
		configs[count++].value = slice_of_text("20000");
	}
	if (topic->is_unclean) {
		configs[count].name = slice_of_text("unclean.leader.election.enable");
		configs[count++].value = slice_of_text("true");
	}
	if (topic->min_isr > 0) {
		snprintf(min_isr, sizeof(min_isr), "%d", topic->min_isr);
		configs[count].name = slice_of_text("min.insync.replicas");
		configs[count++].value = slice_of_text(min_isr);
	}
	for (int i = 0; it->town->is_cluster && i < RATES; i++) {
		configs[count].name = slice_of_text(i == 0 ? "leader.replication.throttled.replicas" :
		    "follower.replication.throttled.replicas");
		configs[count++].value = slice_of_text("*");
	}
	wanted.name = slice_of_text(topic->name);
	wanted.num_partitions = topic->partitions;
	wanted.replication_factor = (int16_t)MAX(topic->replicas, 1);
	wanted.configs.items = configs;
	wanted.configs.count = count;
	body.topics.items = &wanted;
	body.topics.count = 1;
	body.timeout_ms = TIMEOUT_MS;
	begin(it, API_KEY_CREATE_TOPICS, (int16_t)prng_between(prng(it), 2, 7), created);
	client_link_ask(it->link, &it->request, &body, true);
}

/* ------------------------------------------------------- topics that come and go */

static void
came(struct client_request *request, const void *message)
{
	struct town_admin *it = container_of(request, struct town_admin, request);
	const struct create_topics_response *response = message;

	it->is_busy = false;
	if (response == NULL)
		return;
	if (response->topics.count != 1 ||
	    !slice_equal_text(response->topics.items[0].name, town_passing[it->name]))
		sim_fail(it->town->sim, "an admin gets the answer to another CreateTopics");
	else if (!heals(it, response->topics.items[0].error_code))
		sim_check(it->town->sim, response->topics.items[0].error_code == KAFKA_ERROR_NONE ||
		    response->topics.items[0].error_code == KAFKA_ERROR_TOPIC_ALREADY_EXISTS,
		    "%s cannot be made: %s", town_passing[it->name],
		    kafka_error_name(response->topics.items[0].error_code));
}

static void
let_come(struct town_admin *it)
{
	struct create_topics_request body = create_topics_request_defaults;
	struct create_topics_request_creatable_topic wanted =
	    create_topics_request_creatable_topic_defaults;

	wanted.name = slice_of_text(town_passing[it->name]);
	wanted.num_partitions = 1;
	wanted.replication_factor = (int16_t)MIN(broker_town_replicas(it->town), 2);
	body.topics.items = &wanted;
	body.topics.count = 1;
	body.timeout_ms = TIMEOUT_MS;
	begin(it, API_KEY_CREATE_TOPICS, (int16_t)prng_between(prng(it), 2, 7), came);
	client_link_ask(it->link, &it->request, &body, true);
}

static void
went(struct client_request *request, const void *message)
{
	struct town_admin *it = container_of(request, struct town_admin, request);
	const struct delete_topics_response *response = message;
	const struct delete_topics_response_deletable_topic_result *result;
	struct ledger_topic *topic = ledger_find(&it->town->ledger, it->id);

	it->is_busy = false;
	if (response == NULL)
		return;
	result = response->responses.items;
	if (response->responses.count != 1) {
		sim_fail(it->town->sim, "an admin gets the answer to another DeleteTopics");
		return;
	}
	if (heals(it, result->error_code) || result->error_code == KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION ||
	    result->error_code == KAFKA_ERROR_UNKNOWN_TOPIC_ID)
		return;
	sim_check(it->town->sim, result->error_code == KAFKA_ERROR_NONE, "%s cannot be deleted: %s",
	    town_passing[it->name], kafka_error_name(result->error_code));
	if (topic != NULL && !topic->is_gone) {
		topic->is_gone = true;
		/* Brokers of a cluster hear of it later. */
		topic->gone_us = it->town->is_cluster ? INT64_MAX : sim_now_us(it->town->sim);
	}
}

static void
let_go(struct town_admin *it)
{
	struct delete_topics_request body = delete_topics_request_defaults;
	struct delete_topics_request_delete_topic_state state =
	    delete_topics_request_delete_topic_state_defaults;
	struct slice name = slice_of_text(town_passing[it->name]);
	int16_t version = prng_chance(prng(it), 2, 3) ? 6 : (int16_t)prng_between(prng(it), 1, 5);
	struct ledger_topic *topic = ledger_find(&it->town->ledger, it->id);

	for (int i = 0; i < TOWN_PRODUCERS; i++) {
		if (town_producer_sends_to(it->town->producers[i], town_passing[it->name]))
			broker_town_mark(it->town, "a topic is deleted while records are on their way");
	}
	if (topic != NULL)
		topic->is_going = true;
	state.topic_id = it->id;
	body.topics.items = &state;
	body.topics.count = version == 6 ? 1 : 0;
	body.topic_names.items = &name;
	body.topic_names.count = version == 6 ? 0 : 1;
	body.timeout_ms = TIMEOUT_MS;
	begin(it, API_KEY_DELETE_TOPICS, version, went);
	client_link_ask(it->link, &it->request, &body, true);
}

static void
looked(struct client_request *request, const void *message)
{
	struct town_admin *it = container_of(request, struct town_admin, request);
	const struct metadata_response *response = message;
	const struct metadata_response_metadata_response_topic *topic;

	it->is_busy = false;
	if (response == NULL)
		return;
	it->link = town_links_controller(&it->links);
	if (it->link == NULL)
		return;
	topic = response->topics.items;
	if (response->topics.count != 1 || !slice_equal_text(topic->name, town_passing[it->name])) {
		sim_fail(it->town->sim, "an admin gets the answer to another Metadata");
		return;
	}
	it->id = topic->topic_id;
	if (topic->error_code == KAFKA_ERROR_NONE)
		(void)ledger_met(&it->town->ledger, topic->name, it->id, topic->partitions.count);
	if (topic->error_code == KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION)
		let_come(it);
	else if (topic->error_code == KAFKA_ERROR_NONE && prng_chance(prng(it), 1, 2))
		let_go(it);
}

static void
look_after_one(struct town_admin *it)
{
	struct metadata_request body = metadata_request_defaults;
	struct metadata_request_metadata_request_topic topic =
	    metadata_request_metadata_request_topic_defaults;

	it->name = (int)prng_below(prng(it), TOWN_PASSING);
	topic.name = slice_of_text(town_passing[it->name]);
	body.topics.items = &topic;
	body.topics.count = 1;
	begin(it, API_KEY_METADATA, (int16_t)prng_between(prng(it), 10, 12), looked);
	client_link_ask(it->link, &it->request, &body, true);
}

/* ---------------------------------------------------------------- throttles */

static void
throttled(struct client_request *request, const void *message)
{
	struct town_admin *it = container_of(request, struct town_admin, request);
	const struct incremental_alter_configs_response *response = message;
	int16_t code;

	it->is_busy = false;
	if (response == NULL)
		return;
	if (response->responses.count != 1) {
		sim_fail(it->town->sim, "an admin gets the answer to another IncrementalAlterConfigs");
		return;
	}
	code = response->responses.items[0].error_code;
	/* Without a controller nothing is written; a broker that stops answers with -1. */
	sim_check(it->town->sim, code == KAFKA_ERROR_NONE || code == KAFKA_ERROR_STALE_CONTROLLER_EPOCH ||
	    code == KAFKA_ERROR_UNKNOWN_SERVER_ERROR, "rates cannot be set: %s", kafka_error_name(code));
	if (code != KAFKA_ERROR_NONE)
		return;
	broker_town_mark(it->town, it->lifts ? "a throttle is lifted" : "replication is throttled");
	if (it->throttles && it->lifts)
		it->town->throttled_us = sim_now_us(it->town->sim);
	it->throttles = it->throttles && !it->lifts;
}

/* Of all brokers, by any of them; or not any more. */
static void
throttle(struct town_admin *it, bool lifts)
{
	static const char *const names[RATES] = { "leader.replication.throttled.rate",
		"follower.replication.throttled.rate" };
	struct incremental_alter_configs_request body = incremental_alter_configs_request_defaults;
	struct incremental_alter_configs_request_alter_configs_resource resource =
	    incremental_alter_configs_request_alter_configs_resource_defaults;
	struct incremental_alter_configs_request_alterable_config configs[RATES];
	struct client_link *link = town_links_any(&it->links);
	char rates[RATES][16];

	if (link == NULL)
		return;
	it->lifts = lifts;
	it->throttles = it->throttles || !lifts;
	if (it->throttles)
		it->town->throttled_us = INT64_MAX / 2;
	it->has_throttled = it->has_throttled || !lifts;
	for (int i = 0; i < RATES; i++) {
		snprintf(rates[i], sizeof(rates[i]), "%d", 1 << prng_between(prng(it), 0, 14));
		configs[i] = (struct incremental_alter_configs_request_alterable_config){
			.name = slice_of_text(names[i]), .config_operation = lifts,
			.value = lifts ? slice_null() : slice_of_text(rates[i]) };
	}
	resource.resource_type = RESOURCE_BROKER;
	resource.configs.items = configs;
	resource.configs.count = RATES;
	body.resources.items = &resource;
	body.resources.count = 1;
	begin(it, API_KEY_INCREMENTAL_ALTER_CONFIGS, (int16_t)prng_between(prng(it), 0, 1), throttled);
	client_link_ask(link, &it->request, &body, true);
}

/*
 * While there are faults, rates come and go. What was given up may still be
 * written when ZooKeeper is back: later they are taken away again and again.
 */
static bool
changes_rates(struct town_admin *it)
{
	if (!it->town->is_cluster)
		return false;
	if (it->town->phase != TOWN_WORKING)
		return it->has_throttled && (it->throttles || prng_chance(prng(it), 1, 2));
	return prng_chance(prng(it), 1, 4);
}

/* ------------------------------------------------------------- log dirs */

static void
moved(struct client_request *request, const void *message)
{
	struct town_admin *it = container_of(request, struct town_admin, request);
	const struct alter_replica_log_dirs_response *response = message;
	int16_t code;

	it->is_busy = false;
	if (response == NULL)
		return;
	if (response->results.count != 1 || response->results.items[0].partitions.count != 1) {
		sim_fail(it->town->sim, "an admin gets the answer to another AlterReplicaLogDirs");
		return;
	}
	code = response->results.items[0].partitions.items[0].error_code;
	/* Of a dir that is not there or offline; of a replica that is elsewhere; of a broker that stops. */
	sim_check(it->town->sim, code == KAFKA_ERROR_NONE || code == KAFKA_ERROR_LOG_DIR_NOT_FOUND ||
	    code == KAFKA_ERROR_KAFKA_STORAGE_ERROR || code == KAFKA_ERROR_REPLICA_NOT_AVAILABLE ||
	    code == KAFKA_ERROR_UNKNOWN_SERVER_ERROR, "a replica cannot be moved: %s",
	    kafka_error_name(code));
}

/* One of any broker, to any dir. */
static void
move(struct town_admin *it)
{
	struct alter_replica_log_dirs_request body = alter_replica_log_dirs_request_defaults;
	struct alter_replica_log_dirs_request_alter_replica_log_dir dir =
	    alter_replica_log_dirs_request_alter_replica_log_dir_defaults;
	struct alter_replica_log_dirs_request_alter_replica_log_dir_topic topic =
	    alter_replica_log_dirs_request_alter_replica_log_dir_topic_defaults;
	struct client_link *link = town_links_any(&it->links);
	int which = (int)prng_below(prng(it), TOWN_LASTING + TOWN_PASSING + 1);
	int32_t partition;

	if (link == NULL)
		return;
	dir.path = slice_of_text(prng_chance(prng(it), 1, 2) ? "/one" : "/two");
	topic.name = slice_of_text(which < TOWN_LASTING ? it->town->ledger.topics[which].name :
	    which < TOWN_LASTING + TOWN_PASSING ? town_passing[which - TOWN_LASTING] :
	    "__consumer_offsets");
	partition = (int32_t)prng_below(prng(it), LEDGER_PARTITIONS);
	topic.partitions.items = &partition;
	topic.partitions.count = 1;
	dir.topics.items = &topic;
	dir.topics.count = 1;
	body.dirs.items = &dir;
	body.dirs.count = 1;
	begin(it, API_KEY_ALTER_REPLICA_LOG_DIRS, (int16_t)prng_between(prng(it), 0, 2), moved);
	client_link_ask(link, &it->request, &body, true);
}

static void
described(struct client_request *request, const void *message)
{
	struct town_admin *it = container_of(request, struct town_admin, request);
	const struct describe_log_dirs_response *response = message;

	it->is_busy = false;
	for (int32_t i = 0; response != NULL && i < response->results.count; i++)
		for (int32_t j = 0; j < response->results.items[i].topics.count; j++) {
			const struct describe_log_dirs_response_describe_log_dirs_topic *topic =
			    &response->results.items[i].topics.items[j];

			for (int32_t k = 0; k < topic->partitions.count; k++)
				if (topic->partitions.items[k].is_future_key)
					broker_town_mark(it->town, "a move is seen under way");
		}
}

static void
describe(struct town_admin *it)
{
	struct describe_log_dirs_request body = describe_log_dirs_request_defaults;
	struct client_link *link = town_links_any(&it->links);

	if (link == NULL)
		return;
	body.topics.count = -1;
	begin(it, API_KEY_DESCRIBE_LOG_DIRS, (int16_t)prng_between(prng(it), 0, 4), described);
	client_link_ask(link, &it->request, &body, true);
}

static void
look_after_dirs(struct town_admin *it)
{
	if (prng_chance(prng(it), 3, 4))
		move(it);
	else
		describe(it);
}

/* ---------------------------------------------------------------- its life */

static void
keep_pace(struct timer *timer)
{
	struct town_admin *it = container_of(timer, struct town_admin, pace);

	town_links_refresh(&it->links);
	it->link = town_links_controller(&it->links);
	if (it->link == NULL)
		town_links_are_stale(&it->links);
	if (it->link != NULL && !it->is_busy) {
		if (it->made < TOWN_LASTING)
			create(it);
		else if (changes_rates(it))
			throttle(it, it->town->phase != TOWN_WORKING || it->throttles);
		else if (it->town->phase < TOWN_FINISHING && prng_chance(prng(it), 1, 3))
			look_after_dirs(it);
		else if (it->town->phase < TOWN_FINISHING)
			look_after_one(it);
	}
	timer_start(it->loop, timer, clock_monotonic_us(it->process->world.clock) +
	    sim_delay(it->town->sim, SIM_WORKLOAD, 50000, it->made < TOWN_LASTING ? 600000 : 3000000));
}

struct town_admin *
town_admin_new(struct broker_town *town)
{
	struct town_admin *it = sim_memory_new(sizeof(*it));

	it->town = town;
	return it;
}

void
town_admin_start(struct town_admin *it, struct sim_process *process, struct loop *loop)
{
	it->process = process;
	it->loop = loop;
	timer_init(&it->pace, keep_pace);
	town_links_open(&it->links, it->town, process, loop, "admin", NULL, it);
	keep_pace(&it->pace);
}

void
town_admin_free(struct town_admin *it)
{
	free(it);
}
