#include "klammd/auto_creation.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "wire/kafka_error.h"

enum {
	PATIENCE_US = 5 * 1000 * 1000, /* the client comes again */
	/* Of the request: the controller answers before. */
	TIMEOUT_MS = 4000,
};

typedef struct create_topics_request_creatable_topic asked_topic;
typedef struct create_topics_request_creatable_topic_config asked_config;
typedef struct create_topics_response_creatable_topic_result result;

/* What is asked of another broker. */
struct remote_creation {
	struct list link;
	struct auto_creation *of;
	struct controller_call *call;
	struct create_topics_request body; /* names are the call's */
	struct controller_link_request request;
	struct arena arena;
};

static const struct create_topics_request *
question_of(const struct controller_call *call)
{
	return call->request;
}

/* ------------------------------------------------------------------ answers */

static void
tell(struct loop_message *message)
{
	struct controller_call *call = container_of(message, struct controller_call, message);

	call->done(call);
}

static void
answer(struct controller_call *call)
{
	call->message.run = tell;
	loop_post(call->loop, &call->message);
}

/* Nothing is said of a name that has no result here: nobody knows. */
static void
add_result(struct controller_call *call, struct slice name, int16_t code)
{
	struct create_topics_response *response = call->response;
	result *it;

	if (response->topics.items == NULL)
		response->topics.items = arena_array(call->arena,
		    (size_t)question_of(call)->topics.count, sizeof(*response->topics.items));
	if (response->topics.items == NULL)
		return;
	it = &response->topics.items[response->topics.count++];
	*it = create_topics_response_creatable_topic_result_defaults;
	it->name = name;
	it->error_code = code;
}

/* Of what was asked; a result of anything else, or one again, is not believed. */
static void
take_results(struct remote_creation *it, const struct create_topics_response *response)
{
	for (int32_t i = 0; i < it->body.topics.count; i++) {
		struct slice name = it->body.topics.items[i].name;

		for (int32_t j = 0; j < response->topics.count; j++) {
			if (!slice_equal(response->topics.items[j].name, name))
				continue;
			add_result(it->call, name, response->topics.items[j].error_code);
			break;
		}
	}
}

static void
answered(struct controller_link_request *request, enum error error, const void *response)
{
	struct remote_creation *it = container_of(request, struct remote_creation, request);

	if (response != NULL)
		take_results(it, response);
	else
		log_warn(it->of->world->logger, "no controller has made the topics that clients of "
		    "this broker ask for: %s", error_text(error));
	list_remove(&it->link);
	answer(it->call);
	arena_fini(&it->arena);
	free(it);
}

/* ------------------------------------------------------- internal topics */

struct config_pair {
	const char *name;
	const char *value; /* NULL: that of `key` */
	enum config_key_id key;
};

static const struct config_pair offsets_configs[] = {
	{ "compression.type", "producer", 0 },
	{ "cleanup.policy", "compact", 0 },
	{ "segment.bytes", NULL, CONFIG_OFFSETS_TOPIC_SEGMENT_BYTES },
};

static const struct config_pair transaction_configs[] = {
	{ "compression.type", "uncompressed", 0 },
	{ "cleanup.policy", "compact", 0 },
	{ "min.insync.replicas", NULL, CONFIG_TRANSACTION_STATE_LOG_MIN_ISR },
	{ "segment.bytes", NULL, CONFIG_TRANSACTION_STATE_LOG_SEGMENT_BYTES },
	{ "unclean.leader.election.enable", "false", 0 },
};

static void
set_configs(struct remote_creation *it, asked_topic *topic, const struct config_pair *pairs,
    size_t count)
{
	topic->configs.items = arena_array(&it->arena, count, sizeof(*topic->configs.items));
	topic->configs.count = (int32_t)count;
	for (size_t i = 0; i < count; i++) {
		const char *value = pairs[i].value != NULL ? pairs[i].value :
		    broker_value(it->of->config, pairs[i].key)->text;

		topic->configs.items[i] = (asked_config){ slice_of_text(pairs[i].name),
			slice_of_text(value) };
	}
}

static void
set_numbers(const struct remote_creation *it, asked_topic *topic, enum config_key_id partitions,
    enum config_key_id factor)
{
	topic->num_partitions = (int32_t)broker_value(it->of->config, partitions)->integer;
	topic->replication_factor = (int16_t)broker_value(it->of->config, factor)->integer;
}

static void
fill_topic(struct remote_creation *it, asked_topic *topic, struct slice name)
{
	*topic = create_topics_request_creatable_topic_defaults;
	topic->name = name;
	if (slice_equal_text(name, "__consumer_offsets")) {
		set_numbers(it, topic, CONFIG_OFFSETS_TOPIC_NUM_PARTITIONS,
		    CONFIG_OFFSETS_TOPIC_REPLICATION_FACTOR);
		set_configs(it, topic, offsets_configs, ARRAY_LENGTH(offsets_configs));
	} else if (slice_equal_text(name, "__transaction_state")) {
		set_numbers(it, topic, CONFIG_TRANSACTION_STATE_LOG_NUM_PARTITIONS,
		    CONFIG_TRANSACTION_STATE_LOG_REPLICATION_FACTOR);
		set_configs(it, topic, transaction_configs, ARRAY_LENGTH(transaction_configs));
	} else {
		set_numbers(it, topic, CONFIG_NUM_PARTITIONS, CONFIG_DEFAULT_REPLICATION_FACTOR);
	}
}

/* ---------------------------------------------------------- another broker */

static bool
is_out(const struct auto_creation *it, struct slice name)
{
	LIST_FOREACH(link, &it->out) {
		const struct remote_creation *other =
		    container_of(link, struct remote_creation, link);

		for (int32_t i = 0; i < other->body.topics.count; i++)
			if (slice_equal(other->body.topics.items[i].name, name))
				return true;
	}
	return false;
}

static void
create_elsewhere(struct auto_creation *it, struct controller_call *call)
{
	const struct create_topics_request *question = question_of(call);
	struct remote_creation *remote = memory_new(sizeof(*remote));

	remote->of = it;
	remote->call = call;
	arena_init(&remote->arena, SIZE_MAX);
	remote->body = create_topics_request_defaults;
	remote->body.timeout_ms = TIMEOUT_MS;
	remote->body.topics.items = arena_array(&remote->arena, (size_t)question->topics.count,
	    sizeof(*remote->body.topics.items));
	remote->body.topics.count = 0;
	for (int32_t i = 0; i < question->topics.count; i++) {
		struct slice name = question->topics.items[i].name;

		if (is_out(it, name))
			add_result(call, name, KAFKA_ERROR_TOPIC_ALREADY_EXISTS);
		else
			fill_topic(remote, &remote->body.topics.items[remote->body.topics.count++],
			    name);
	}
	if (remote->body.topics.count == 0) {
		answer(call);
		arena_fini(&remote->arena);
		free(remote);
		return;
	}
	list_append(&it->out, &remote->link);
	remote->request = (struct controller_link_request){
		.key = API_KEY_CREATE_TOPICS,
		.body = &remote->body,
		.deadline_us = clock_monotonic_us(it->world->clock) + PATIENCE_US,
		.done = answered,
	};
	controller_link_ask(it->link, &remote->request);
}

/* ---------------------------------------------------------------- from clients */

static struct auto_creation *
of_creator(struct topic_creator *creator)
{
	return container_of(creator, struct auto_creation, creator);
}

static void
arrived(struct loop_message *message)
{
	struct controller_call *call = container_of(message, struct controller_call, message);
	struct auto_creation *it = call->work;

	call->work = NULL;
	if (it->link == NULL || controller_is_active(it->controller))
		controller_ask(it->controller, call);
	else
		create_elsewhere(it, call);
}

static void
create(struct topic_creator *creator, struct controller_call *call)
{
	struct auto_creation *it = of_creator(creator);

	call->work = it; /* nobody else has it yet */
	call->message.run = arrived;
	loop_post(it->world->control, &call->message);
}

void
auto_creation_init(struct auto_creation *it, struct world *world,
    const struct broker_config *config, struct controller *controller,
    struct controller_link *link)
{
	*it = (struct auto_creation){
		.creator = { create },
		.world = world,
		.config = config,
		.controller = controller,
		.link = link,
	};
	list_init(&it->out);
}

void
auto_creation_close(struct auto_creation *it)
{
	it->link = NULL;
}
