/*
 * AlterConfigs and IncrementalAlterConfigs: of topics, of this broker, and of
 * all brokers together. Any broker writes them into ZooKeeper
 * (cluster/config_write.h); what a list must not hold is refused here
 * (ConfigAdminManager of Kafka 3.9).
 */
#include "api/names.h"
#include "cluster/config_write.h"
#include "wire/messages.h"

enum { RESOURCE_TOPIC = 2, RESOURCE_BROKER = 4 };

struct alter;

/* One resource. */
struct alter_resource {
	struct alter *alter;
	int8_t type;
	struct slice name;
	struct config_write write;
	enum kafka_error error;
	struct slice message; /* null: none */
	bool is_refused;      /* before anything was asked */
};

/* A request of either kind. */
struct alter {
	struct request *request;
	struct alter_resource *resources;
	size_t count;
	size_t left; /* on the control loop */
	struct loop_message message;
	void (*answer)(struct alter *alter);
};

static void
refuse(struct alter_resource *it, enum kafka_error error, struct slice message)
{
	it->is_refused = true;
	it->error = error;
	it->message = message;
}

static void
refuse_request(struct alter_resource *it, const char *message)
{
	refuse(it, KAFKA_ERROR_INVALID_REQUEST, slice_of_text(message));
}

/* ------------------------------------------------------------------- refused */

/* The first kind of a resource and its name make one text. */
static void
refuse_repeated(struct alter *it)
{
	struct slice *names = request_array(it->request, MAX(it->count, 1), sizeof(*names));
	const uint8_t *repeats;

	for (size_t i = 0; i < it->count; i++)
		names[i] = request_format(it->request, "%d %.*s", it->resources[i].type,
		    (int)it->resources[i].name.size, (const char *)it->resources[i].name.bytes);
	repeats = names_repeats(it->request, names, it->count);
	for (size_t i = 0; i < it->count; i++)
		if (repeats[i] != NAME_ONCE)
			refuse_request(&it->resources[i], "each resource may be there only once");
}

static bool
has_repeated_key(struct request *request, const struct config_write *write)
{
	struct slice *names = request_array(request, MAX(write->count, 1), sizeof(*names));
	const uint8_t *repeats;

	for (size_t i = 0; i < write->count; i++)
		names[i] = write->alterations[i].name;
	repeats = names_repeats(request, names, write->count);
	for (size_t i = 0; i < write->count; i++)
		if (repeats[i] != NAME_ONCE)
			return true;
	return false;
}

/* A key whose value is null, though it is to be set; null: there is none. */
static struct slice
key_without_value(const struct config_write *write)
{
	for (size_t i = 0; i < write->count; i++)
		if (write->alterations[i].operation != CONFIG_ALTER_DELETE &&
		    slice_is_null(write->alterations[i].value))
			return write->alterations[i].name;
	return slice_null();
}

static void
look_at_topic(struct alter_resource *it)
{
	it->write.entity = CONFIG_WRITE_TOPIC;
	it->write.topic = it->name;
	if (it->name.size == 0)
		refuse_request(it, "there are no configs of all topics together");
	else if (image_topic_find(it->alter->request->view->image, it->name) == NULL)
		refuse(it, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION,
		    slice_of_text("the topic does not exist"));
}

static void
look_at_broker(struct alter_resource *it)
{
	struct request *request = it->alter->request;
	struct slice own = request_format(request, "%d", request_broker_id(request));

	it->write.entity = it->name.size == 0 ? CONFIG_WRITE_BROKERS : CONFIG_WRITE_BROKER;
	if (it->name.size > 0 && !slice_equal(it->name, own))
		refuse(it, KAFKA_ERROR_INVALID_REQUEST, request_format(request,
		    "this is broker %d, which changes its own configs alone",
		    request_broker_id(request)));
}

static void
look_at(struct alter_resource *it)
{
	struct request *request = it->alter->request;
	struct slice key;

	if (it->is_refused)
		return;
	if (has_repeated_key(request, &it->write)) {
		refuse_request(it, "each key may be there only once");
		return;
	}
	key = key_without_value(&it->write);
	if (!slice_is_null(key))
		refuse(it, KAFKA_ERROR_INVALID_REQUEST, request_format(request,
		    "the value of %.*s may not be null", (int)key.size, (const char *)key.bytes));
	else if (it->type == RESOURCE_TOPIC)
		look_at_topic(it);
	else if (it->type == RESOURCE_BROKER)
		look_at_broker(it);
	else
		refuse_request(it, "only topics and brokers have configs here");
}

/* ------------------------------------------------------------------- written */

static void
back(struct loop_message *message)
{
	struct alter *it = container_of(message, struct alter, message);

	it->answer(it);
	request_answer(it->request);
}

static void
one_less(struct alter *it)
{
	if (--it->left > 0)
		return;
	it->message.run = back;
	loop_post(it->request->loop, &it->message);
}

static enum kafka_error
error_of(const struct alter_resource *it, enum config_write_result result)
{
	switch (result) {
	case CONFIG_WRITTEN:
		return KAFKA_ERROR_NONE;
	case CONFIG_WRITE_REFUSED:
		/* So Kafka has it: KAFKA-13609. */
		return it->type == RESOURCE_BROKER ? KAFKA_ERROR_INVALID_REQUEST :
		                                     KAFKA_ERROR_INVALID_CONFIG;
	case CONFIG_WRITE_NO_TOPIC:
		return KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
	case CONFIG_WRITE_NO_CONTROLLER:
		return KAFKA_ERROR_STALE_CONTROLLER_EPOCH;
	case CONFIG_WRITE_FAILED:
		break;
	}
	return KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
}

static void
written(struct config_write *write, enum config_write_result result, struct slice reason)
{
	struct alter_resource *it = container_of(write, struct alter_resource, write);

	it->error = error_of(it, result);
	it->message = slice_is_null(reason) ? reason : request_copy(it->alter->request, reason);
	one_less(it->alter);
}

static void
write_all(struct loop_message *message)
{
	struct alter *it = container_of(message, struct alter, message);

	it->left = 1;
	for (size_t i = 0; i < it->count; i++) {
		struct alter_resource *resource = &it->resources[i];

		if (resource->is_refused)
			continue;
		it->left++;
		resource->write.done = written;
		config_write_begin(request_services(it->request)->topic_configs, &resource->write);
	}
	one_less(it);
}

/* NULL: there is no room for them, and the request is closed. */
static struct alter *
alter_new(struct request *request, int32_t count, void (*answer)(struct alter *alter))
{
	struct alter *it = request_new(request, sizeof(*it));

	if (!request_has_room(request, (size_t)MAX(count, 0), sizeof(*it->resources))) {
		request_close(request, REQUEST_WITHOUT_ROOM);
		return NULL;
	}
	it->request = request;
	it->count = (size_t)MAX(count, 0);
	it->answer = answer;
	it->resources = request_array(request, MAX(it->count, 1), sizeof(*it->resources));
	for (size_t i = 0; i < it->count; i++)
		it->resources[i] = (struct alter_resource){ .alter = it, .message = slice_null() };
	return it;
}

/* The changes of one resource, for the caller to fill in. NULL: as above. */
static struct config_alteration *
take(struct alter *it, size_t at, int8_t type, struct slice name, int32_t count, bool validate_only)
{
	struct alter_resource *resource = &it->resources[at];
	struct config_write *write = &resource->write;
	struct config_alteration *all;

	if (!request_has_room(it->request, (size_t)MAX(count, 0), sizeof(*all))) {
		request_close(it->request, REQUEST_WITHOUT_ROOM);
		return NULL;
	}
	all = request_array(it->request, (size_t)MAX(count, 1), sizeof(*all));
	resource->type = type;
	resource->name = name;
	*write = (struct config_write){ .alterations = all, .count = (size_t)MAX(count, 0),
		.validate_only = validate_only };
	return all;
}

static void
begin(struct alter *it)
{
	refuse_repeated(it);
	for (size_t i = 0; i < it->count; i++)
		look_at(&it->resources[i]);
	it->message.run = write_all;
	loop_post(request_world(it->request)->control, &it->message);
}

/* ---------------------------------------------------------- the two of them */

/* Both messages have the same fields. */
#define FILL_ANSWER(it, response_type, item_type) do { \
		struct response_type *response = (it)->request->response; \
		response->responses.items = request_array((it)->request, MAX((it)->count, 1), \
		    sizeof(*response->responses.items)); \
		response->responses.count = (int32_t)(it)->count; \
		for (size_t i = 0; i < (it)->count; i++) \
			response->responses.items[i] = (struct item_type){ \
				.error_code = (int16_t)(it)->resources[i].error, \
				.error_message = (it)->resources[i].message, \
				.resource_type = (it)->resources[i].type, \
				.resource_name = (it)->resources[i].name, \
			}; \
	} while (0)

static void
answer_alter(struct alter *it)
{
	FILL_ANSWER(it, alter_configs_response, alter_configs_response_alter_configs_resource_response);
}

static void
answer_incremental(struct alter *it)
{
	FILL_ANSWER(it, incremental_alter_configs_response,
	    incremental_alter_configs_response_alter_configs_resource_response);
}

void
api_alter_configs(struct request *request)
{
	const struct alter_configs_request *body = request->body;
	struct alter *it = alter_new(request, body->resources.count, answer_alter);

	for (size_t i = 0; it != NULL && i < it->count; i++) {
		const struct alter_configs_request_alter_configs_resource *asked =
		    &body->resources.items[i];
		struct config_alteration *all = take(it, i, asked->resource_type,
		    asked->resource_name, asked->configs.count, body->validate_only);

		if (all == NULL)
			return;
		it->resources[i].write.replaces = true;
		for (int32_t at = 0; at < asked->configs.count; at++)
			all[at] = (struct config_alteration){ .name = asked->configs.items[at].name,
				.value = asked->configs.items[at].value,
				.operation = CONFIG_ALTER_SET };
	}
	if (it != NULL)
		begin(it);
}

void
api_incremental_alter_configs(struct request *request)
{
	const struct incremental_alter_configs_request *body = request->body;
	struct alter *it = alter_new(request, body->resources.count, answer_incremental);

	for (size_t i = 0; it != NULL && i < it->count; i++) {
		const struct incremental_alter_configs_request_alter_configs_resource *asked =
		    &body->resources.items[i];
		struct config_alteration *all = take(it, i, asked->resource_type,
		    asked->resource_name, asked->configs.count, body->validate_only);

		if (all == NULL)
			return;
		for (int32_t at = 0; at < asked->configs.count; at++)
			all[at] = (struct config_alteration){ .name = asked->configs.items[at].name,
				.value = asked->configs.items[at].value,
				.operation = asked->configs.items[at].config_operation };
	}
	if (it != NULL)
		begin(it);
}
