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
	struct auto_creation *of;
	struct controller_call *call;
	struct remote_topic *topics;       /* as in the call */
	struct create_topics_request body; /* those of them that nobody is asked for yet */
	struct controller_link_request request;
	struct arena arena;
};

struct remote_topic {
	struct hash_node node; /* in the table if it is asked for here */
	struct remote_creation *of;
	struct slice name;     /* the call's */
	bool is_asked;
	int16_t code;
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

/* In the order of the question. */
static void
fill_answer(struct remote_creation *it)
{
	struct create_topics_response *response = it->call->response;
	int32_t count = question_of(it->call)->topics.count;

	response->topics.items = arena_array(it->call->arena, (size_t)MAX(count, 1),
	    sizeof(*response->topics.items));
	if (response->topics.items == NULL)
		return;
	response->topics.count = count;
	for (int32_t i = 0; i < count; i++) {
		result *told = &response->topics.items[i];

		*told = create_topics_response_creatable_topic_result_defaults;
		told->name = it->topics[i].name;
		told->error_code = it->topics[i].code;
	}
}

static void
finish(struct remote_creation *it)
{
	for (int32_t i = 0; i < question_of(it->call)->topics.count; i++)
		if (it->topics[i].is_asked)
			hash_table_remove(&it->of->out, &it->topics[i].node);
	fill_answer(it);
	answer(it->call);
	arena_fini(&it->arena);
	free(it);
}

static bool
has_name(const struct hash_node *node, const void *key)
{
	return slice_equal(container_of(node, const struct remote_topic, node)->name,
	    *(const struct slice *)key);
}

/* NULL: nobody is asked for it. */
static struct remote_topic *
find_out(const struct auto_creation *it, struct slice name)
{
	struct hash_node *node = hash_table_find(&it->out, hash_table_hash(&it->out, name), &name);

	return node == NULL ? NULL : container_of(node, struct remote_topic, node);
}

/* Of what was asked; a result of anything else is not believed. */
static void
take_results(struct remote_creation *it, const struct create_topics_response *response)
{
	for (int32_t i = 0; i < response->topics.count; i++) {
		struct remote_topic *topic = find_out(it->of, response->topics.items[i].name);

		if (topic != NULL && topic->of == it)
			topic->code = response->topics.items[i].error_code;
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
	finish(it);
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

/* Nobody knows what becomes of it until there is an answer. */
static void
add_topic(struct remote_creation *it, struct remote_topic *topic)
{
	topic->is_asked = true;
	topic->code = KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
	hash_table_insert(&it->of->out, &topic->node, hash_table_hash(&it->of->out, topic->name));
	fill_topic(it, &it->body.topics.items[it->body.topics.count++], topic->name);
}

static void
add_topics(struct remote_creation *it)
{
	const struct create_topics_request *question = question_of(it->call);
	size_t room = (size_t)MAX(question->topics.count, 1);

	it->topics = arena_array(&it->arena, room, sizeof(*it->topics));
	it->body = create_topics_request_defaults;
	it->body.timeout_ms = TIMEOUT_MS;
	it->body.topics.items = arena_array(&it->arena, room, sizeof(*it->body.topics.items));
	it->body.topics.count = 0;
	for (int32_t i = 0; i < question->topics.count; i++) {
		struct remote_topic *topic = &it->topics[i];

		topic->of = it;
		topic->name = question->topics.items[i].name;
		if (find_out(it->of, topic->name) != NULL)
			topic->code = KAFKA_ERROR_TOPIC_ALREADY_EXISTS;
		else
			add_topic(it, topic);
	}
}

static void
create_elsewhere(struct auto_creation *of, struct controller_call *call)
{
	struct remote_creation *it = memory_new(sizeof(*it));

	it->of = of;
	it->call = call;
	arena_init(&it->arena, SIZE_MAX);
	add_topics(it);
	if (it->body.topics.count == 0) {
		finish(it);
		return;
	}
	it->request = (struct controller_link_request){
		.key = API_KEY_CREATE_TOPICS,
		.body = &it->body,
		.deadline_us = clock_monotonic_us(of->world->clock) + PATIENCE_US,
		.done = answered,
	};
	controller_link_ask(of->link, &it->request);
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
	uint64_t seed[2];

	*it = (struct auto_creation){
		.creator = { create },
		.world = world,
		.config = config,
		.controller = controller,
		.link = link,
	};
	entropy_fill(world->entropy, seed, sizeof(seed));
	hash_table_init(&it->out, seed, has_name);
}

void
auto_creation_close(struct auto_creation *it)
{
	it->link = NULL;
}

void
auto_creation_fini(struct auto_creation *it)
{
	assert(it->out.count == 0);
	hash_table_fini(&it->out);
}
