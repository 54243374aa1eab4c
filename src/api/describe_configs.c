/*
 * DescribeConfigs: of this broker, and of topics. What a topic overrides is
 * known on the control loop, so all is told there and brought back.
 */
#include "api/request.h"
#include "config/describe.h"
#include "wire/messages.h"
#include "zk/topic_name.h"

enum { RESOURCE_TOPIC = 2, RESOURCE_BROKER = 4 };

struct description {
	struct request *request;
	struct loop_message message;
	bool is_too_large;
};

/* One resource, while its keys are told. */
struct telling {
	struct request *request;
	const struct describe_configs_request_describe_configs_resource *asked;
	struct describe_configs_response_describe_configs_result *result;
	int32_t room;
};

static void
refuse(struct telling *it, enum kafka_error code, const char *text)
{
	it->result->error_code = (int16_t)code;
	it->result->error_message = slice_of_text(text);
}

/* Null asks for all; an empty list, in old clients, too. */
static bool
is_wanted(const struct telling *it, const char *name)
{
	for (int32_t i = 0; i < it->asked->configuration_keys.count; i++)
		if (slice_equal_text(it->asked->configuration_keys.items[i], name))
			return true;
	return it->asked->configuration_keys.count <= 0;
}

static void
tell_synonyms(struct telling *it, const struct config_description *description,
    struct describe_configs_response_describe_configs_resource_result *config)
{
	config->synonyms.items = request_array(it->request, MAX(description->synonym_count, 1),
	    sizeof(*config->synonyms.items));
	config->synonyms.count = (int32_t)description->synonym_count;
	for (size_t i = 0; i < description->synonym_count; i++) {
		const struct config_synonym *synonym = &description->synonyms[i];

		config->synonyms.items[i] =
		    (struct describe_configs_response_describe_configs_synonym){
			.name = request_copy(it->request, slice_of_text(synonym->name)),
			.value = request_copy(it->request, slice_of_text(synonym->value)),
			.source = (int8_t)synonym->source,
		};
	}
}

static void
tell(void *context, const struct config_description *description)
{
	struct telling *it = context;
	const struct describe_configs_request *body = it->request->body;
	struct describe_configs_response_describe_configs_resource_result *config;

	if (!is_wanted(it, description->name) || it->result->configs.count == it->room)
		return;
	config = &it->result->configs.items[it->result->configs.count++];
	*config = describe_configs_response_describe_configs_resource_result_defaults;
	config->name = request_copy(it->request, slice_of_text(description->name));
	config->value = request_copy(it->request, slice_of_text(description->value));
	config->read_only = description->read_only;
	config->is_sensitive = description->sensitive;
	if (it->request->version == 0)
		config->is_default = description->source == CONFIG_SOURCE_DEFAULT;
	config->config_source = (int8_t)description->source;
	config->config_type = description->type;
	config->documentation = slice_null();
	if (body->include_documentation)
		config->documentation =
		    request_copy(it->request, slice_of_text(description->documentation));
	if (body->include_synonyms)
		tell_synonyms(it, description, config);
}

static void
describe_topic(struct telling *it)
{
	struct topic_configs *configs = request_services(it->request)->topic_configs;
	const struct config_map *overrides =
	    topic_configs_overrides(configs, it->asked->resource_name);
	const char *fault = topic_name_fault(it->asked->resource_name);
	struct config_problems problems;
	struct topic_values values;
	struct config_layers layers;
	struct topic_config config;

	if (fault != NULL) {
		refuse(it, KAFKA_ERROR_INVALID_TOPIC_EXCEPTION, fault);
		return;
	}
	if (overrides == NULL ||
	    image_topic_find(it->request->view->image, it->asked->resource_name) == NULL) {
		refuse(it, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION, NULL);
		return;
	}
	config_problems_init(&problems); /* they were told when the topic was read */
	topic_configs_layers(configs, &layers);
	topic_config_parse(layers.now, overrides, TOPIC_CONFIG_FOUND, &values, &config, &problems);
	config_describe_topic(&layers, overrides, &values, tell, it);
	topic_values_fini(&values);
	config_problems_fini(&problems);
}

/* Its own, and what is set for all: what others were started with is theirs to tell. */
static void
describe_broker(struct telling *it)
{
	struct slice own = request_format(it->request, "%d", request_broker_id(it->request));
	struct config_layers layers;

	topic_configs_layers(request_services(it->request)->topic_configs, &layers);
	if (it->asked->resource_name.size == 0)
		config_describe_cluster(&layers, tell, it);
	else if (!slice_equal(it->asked->resource_name, own))
		refuse(it, KAFKA_ERROR_INVALID_REQUEST, "only this broker's own configs are told");
	else
		config_describe_broker(&layers, tell, it);
}

/* On the control loop. */
static int32_t
room(const struct telling *it)
{
	int32_t room = CONFIG_BROKER_KEY_COUNT +
	    (int32_t)request_config(it->request)->given.table.count;
	struct config_layers layers;

	topic_configs_layers(request_services(it->request)->topic_configs, &layers);
	room += (int32_t)(layers.of_all->table.count + layers.own->table.count);

	room = MAX(room, CONFIG_TOPIC_KEY_COUNT);
	return it->asked->configuration_keys.count > 0 ?
	    MIN(room, it->asked->configuration_keys.count) : room;
}

static void
describe(struct telling *it)
{
	*it->result = describe_configs_response_describe_configs_result_defaults;
	it->result->error_message = slice_null();
	it->result->resource_type = it->asked->resource_type;
	it->result->resource_name = it->asked->resource_name;
	it->room = room(it);
	it->result->configs.items = request_array(it->request, (size_t)it->room,
	    sizeof(*it->result->configs.items));
	if (it->asked->resource_type == RESOURCE_TOPIC)
		describe_topic(it);
	else if (it->asked->resource_type == RESOURCE_BROKER)
		describe_broker(it);
	else
		refuse(it, KAFKA_ERROR_INVALID_REQUEST, "only topics and brokers have configs here");
}

static void
back(struct loop_message *message)
{
	struct description *it = container_of(message, struct description, message);

	if (it->is_too_large)
		request_close(it->request, REQUEST_WITHOUT_ROOM);
	else
		request_answer(it->request);
}

static void
describe_all(void *context)
{
	struct description *it = context;
	const struct describe_configs_request *body = it->request->body;
	struct describe_configs_response *response = it->request->response;

	for (int32_t i = 0; i < response->results.count; i++) {
		struct telling telling = { .request = it->request,
			.asked = &body->resources.items[i], .result = &response->results.items[i] };

		if (!request_has_room(it->request, (size_t)room(&telling),
		    sizeof(*telling.result->configs.items))) {
			it->is_too_large = true;
			break;
		}
		describe(&telling);
	}
	it->message.run = back;
	loop_post(it->request->loop, &it->message);
}

/* What has a replica here is known already; the rest is read. */
static void
read_topics(struct loop_message *message)
{
	struct description *it = container_of(message, struct description, message);
	const struct describe_configs_request *body = it->request->body;
	struct slice *topics = request_array(it->request,
	    (size_t)MAX(body->resources.count, 1), sizeof(*topics));
	size_t count = 0;

	for (int32_t i = 0; i < body->resources.count; i++) {
		const struct describe_configs_request_describe_configs_resource *asked =
		    &body->resources.items[i];

		if (asked->resource_type == RESOURCE_TOPIC &&
		    topic_name_fault(asked->resource_name) == NULL &&
		    image_topic_find(it->request->view->image, asked->resource_name) != NULL)
			topics[count++] = asked->resource_name;
	}
	topic_configs_look(request_services(it->request)->topic_configs, topics, count,
	    describe_all, it);
}

void
api_describe_configs(struct request *request)
{
	const struct describe_configs_request *body = request->body;
	struct describe_configs_response *response = request->response;
	struct description *it = request_new(request, sizeof(*it));

	response->results.items = request_array(request, (size_t)MAX(body->resources.count, 1),
	    sizeof(*response->results.items));
	response->results.count = MAX(body->resources.count, 0);
	it->request = request;
	it->message.run = read_topics;
	loop_post(request_world(request)->control, &it->message);
}
