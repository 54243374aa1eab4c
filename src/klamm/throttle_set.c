/* The configs of a throttle, set and taken away (IncrementalAlterConfigs). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "klamm/throttle.h"
#include "wire/kafka_error.h"

enum { RESOURCE_TOPIC = 2, RESOURCE_BROKER = 4, SOURCE_TOPIC = 1, SOURCE_BROKER = 2 };
enum { SIDES = 2, WHAT_SIZE = 300, ID_SIZE = 16 };

typedef struct incremental_alter_configs_request_alterable_config alterable_config;

static const char *const rate_names[SIDES] = {
	[THROTTLE_LEADERS] = "leader.replication.throttled.rate",
	[THROTTLE_FOLLOWERS] = "follower.replication.throttled.rate",
};
static const char *const list_names[SIDES] = {
	[THROTTLE_LEADERS] = "leader.replication.throttled.replicas",
	[THROTTLE_FOLLOWERS] = "follower.replication.throttled.replicas",
};

struct throttle {
	struct tool *tool;
	struct client *client;
	const struct move_plan *plan;
	const struct cluster_view *view;
	int64_t rate; /* 0: it is taken away */
	bool failed;
	bool found;   /* there was something to be taken away */
};

/* Whose configs: a topic's, which any broker takes, or a broker's, which it takes itself. */
struct resource {
	int8_t type;
	struct slice name;
	int32_t node;
};

static void
complain(struct throttle *it, const struct resource *resource)
{
	tool_complain(it->tool, "throttle of %s %.*s: %s",
	    resource->type == RESOURCE_TOPIC ? "topic" : "broker", (int)resource->name.size,
	    (const char *)resource->name.bytes, it->client->complaint);
	it->failed = true;
}

/* What was set on that resource itself; null where nothing was. */
static struct slice
value_of(const struct describe_configs_response *response, const char *name, int8_t source)
{
	for (int32_t i = 0; i < response->results.items[0].configs.count; i++) {
		const struct describe_configs_response_describe_configs_resource_result *config =
		    &response->results.items[0].configs.items[i];

		if (slice_equal_text(config->name, name) && config->config_source == source)
			return slice_is_null(config->value) ? slice_of_text("") : config->value;
	}
	return slice_null();
}

/* `values` borrow from the answer. */
static bool
describe(struct throttle *it, const struct resource *resource, const char *const *names,
    struct answer *answer, struct slice *values)
{
	static const struct request_kind kind = { &describe_configs_request_type, 1, 4 };
	struct describe_configs_request_describe_configs_resource asked =
	    describe_configs_request_describe_configs_resource_defaults;
	struct describe_configs_request request = describe_configs_request_defaults;
	struct slice keys[SIDES] = { slice_of_text(names[0]), slice_of_text(names[1]) };
	struct describe_configs_response response;

	asked.resource_type = resource->type;
	asked.resource_name = resource->name;
	asked.configuration_keys.items = keys;
	asked.configuration_keys.count = SIDES;
	request.resources.items = &asked;
	request.resources.count = 1;
	if (client_call(it->client, resource->node, &kind, &request, answer, &response) !=
	    ERROR_NONE)
		return false;
	if (response.results.count != 1 || response.results.items[0].error_code != KAFKA_ERROR_NONE) {
		client_refused(it->client, "its configs", response.results.count != 1
			? (int16_t)KAFKA_ERROR_UNKNOWN_SERVER_ERROR
			: response.results.items[0].error_code, slice_null());
		return false;
	}
	for (int side = 0; side < SIDES; side++)
		values[side] = value_of(&response, names[side],
		    resource->type == RESOURCE_TOPIC ? SOURCE_TOPIC : SOURCE_BROKER);
	return true;
}

static bool
alter(struct throttle *it, const struct resource *resource, alterable_config *configs, int32_t count)
{
	static const struct request_kind kind = { &incremental_alter_configs_request_type, 0, 1 };
	struct incremental_alter_configs_request_alter_configs_resource altered =
	    incremental_alter_configs_request_alter_configs_resource_defaults;
	struct incremental_alter_configs_request request =
	    incremental_alter_configs_request_defaults;
	struct incremental_alter_configs_response response;
	struct answer answer;

	altered.resource_type = resource->type;
	altered.resource_name = resource->name;
	altered.configs.items = configs;
	altered.configs.count = count;
	request.resources.items = &altered;
	request.resources.count = 1;
	answer_init(&answer);
	enum error error = client_call(it->client, resource->node, &kind, &request, &answer,
	    &response);
	if (error == ERROR_NONE && (response.responses.count != 1 ||
	    response.responses.items[0].error_code != KAFKA_ERROR_NONE)) {
		client_refused(it->client, "its configs", response.responses.count != 1
			? (int16_t)KAFKA_ERROR_UNKNOWN_SERVER_ERROR
			: response.responses.items[0].error_code,
		    response.responses.count != 1 ? slice_null()
						  : response.responses.items[0].error_message);
		error = ERROR_OFFLINE;
	}
	answer_fini(&answer);
	return error == ERROR_NONE;
}

/* An empty value takes the config away. */
static alterable_config
change(const char *name, struct slice value)
{
	enum { SET = 0, DELETE = 1 };

	return (alterable_config){
		.name = slice_of_text(name),
		.config_operation = value.size > 0 ? SET : DELETE,
		.value = value.size > 0 ? value : slice_null(),
	};
}

/* ---------------------------------------------------------------- topics */

/* The new list of one side; null when it stays as it is. */
static bool
is_changed(struct throttle *it, const char *topic, enum throttle_side side, struct slice old,
    struct buffer *list)
{
	struct buffer added;

	buffer_init(&added);
	if (it->rate > 0)
		throttle_replicas(it->plan, topic, side, &added);
	throttle_list(old, it->plan, topic, buffer_slice(&added), list);
	buffer_fini(&added);
	if (slice_is_null(old))
		return list->size > 0;
	return list->size == 0 || !slice_equal(buffer_slice(list), old);
}

static void
change_topic(struct throttle *it, const char *topic)
{
	struct resource resource = { RESOURCE_TOPIC, slice_of_text(topic), CLIENT_ANY_BROKER };
	struct buffer lists[SIDES] = { 0 };
	alterable_config configs[SIDES];
	struct slice old[SIDES];
	struct answer answer;
	int32_t count = 0;

	answer_init(&answer);
	if (!describe(it, &resource, list_names, &answer, old)) {
		complain(it, &resource);
		answer_fini(&answer);
		return;
	}
	for (int side = 0; side < SIDES; side++) {
		if (is_changed(it, topic, (enum throttle_side)side, old[side], &lists[side]))
			configs[count++] = change(list_names[side], buffer_slice(&lists[side]));
	}
	it->found = it->found || count > 0;
	if (count > 0 && !alter(it, &resource, configs, count))
		complain(it, &resource);
	for (int side = 0; side < SIDES; side++)
		buffer_fini(&lists[side]);
	answer_fini(&answer);
}

static void
change_topics(struct throttle *it)
{
	for (size_t i = 0; i < it->plan->count; i++) {
		const char *topic = it->plan->moves[i].topic;
		bool is_first = i == 0 || strcmp(it->plan->moves[i - 1].topic, topic) != 0;

		/* A topic that was deleted has taken its configs with it. */
		if (is_first && cluster_view_topic(it->view, slice_of_text(topic)) != NULL)
			change_topic(it, topic);
	}
}

/* --------------------------------------------------------------- brokers */

static bool
is_concerned(const struct throttle *it, int32_t broker)
{
	for (size_t i = 0; i < it->plan->count; i++) {
		const struct move *move = &it->plan->moves[i];

		if (move_copies(move) > 0 && (view_ids_have(move_from(move), broker) ||
		    view_ids_have(move_to(move), broker)))
			return true;
	}
	return false;
}

static void
change_broker(struct throttle *it, int32_t broker)
{
	struct slice rate = slice_of_text(""), old[SIDES];
	char id[ID_SIZE], number[24];
	alterable_config configs[SIDES];
	struct answer answer;
	int32_t count = 0;

	snprintf(id, sizeof(id), "%" PRId32, broker);
	if (it->rate > 0) {
		snprintf(number, sizeof(number), "%" PRId64, it->rate);
		rate = slice_of_text(number);
	}
	struct resource resource = { RESOURCE_BROKER, slice_of_text(id), broker };
	answer_init(&answer);
	bool good = describe(it, &resource, rate_names, &answer, old);
	for (int side = 0; good && side < SIDES; side++) {
		if (it->rate > 0 || !slice_is_null(old[side]))
			configs[count++] = change(rate_names[side], rate);
	}
	it->found = it->found || count > 0;
	if (!good || (count > 0 && !alter(it, &resource, configs, count)))
		complain(it, &resource);
	answer_fini(&answer);
}

static void
change_brokers(struct throttle *it)
{
	for (size_t i = 0; i < it->view->broker_count; i++) {
		const struct view_broker *broker = &it->view->brokers[i];

		if (broker->is_there && (it->rate == 0 || is_concerned(it, broker->id)))
			change_broker(it, broker->id);
	}
}

bool
throttle_set(struct tool *tool, struct client *client, const struct move_plan *plan,
    const struct cluster_view *view, int64_t rate)
{
	struct throttle it = { .tool = tool, .client = client, .plan = plan, .view = view,
		.rate = rate };

	change_brokers(&it);
	if (!it.failed)
		change_topics(&it);
	return !it.failed;
}

bool
throttle_clear(struct tool *tool, struct client *client, const struct move_plan *plan,
    const struct cluster_view *view)
{
	struct throttle it = { .tool = tool, .client = client, .plan = plan, .view = view };

	change_topics(&it);
	change_brokers(&it);
	return !it.failed;
}

bool
throttle_clear_left(struct tool *tool, struct client *client, const struct move_plan *plan,
    const struct cluster_view *view, bool *found)
{
	struct throttle it = { .tool = tool, .client = client, .plan = plan, .view = view };

	change_topics(&it);
	*found = it.found;
	if (it.found)
		change_brokers(&it);
	return !it.failed;
}
