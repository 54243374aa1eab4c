#include <inttypes.h>

#include "controller/call_job.h"
#include "controller/create_topics.h"
#include "controller/jobs.h"
#include "controller/names.h"
#include "controller/new_partitions.h"
#include "controller/partition_changes.h"
#include "controller/text.h"
#include "controller/topic_list.h"
#include "controller/waiter.h"

enum { TRIES_MAX = 3 };

enum creation_progress {
	CREATION_REFUSED,
	CREATION_TO_LOOK,  /* what ZooKeeper has of it already */
	CREATION_TO_WRITE,
	CREATION_TO_CHECK, /* what became of it */
	CREATION_MADE,
	CREATION_VALIDATED, /* and nothing else was asked */
};

struct creation {
	int32_t index; /* of the topic in the request */
	enum creation_progress progress;
	struct slice name;
	struct create_topic_plan plan;
	struct payload_topic topic;
	struct slice topic_data, config_data;
	bool has_config;   /* its znode is there already: left by who died, or made by an old tool */
	bool is_marked;    /* for deletion */
	int tries;
	int told;          /* of the two writes */
	enum znode_error errors[2];
	struct context_topic *made;
};

struct creations {
	struct creation *items;
	size_t count;
	struct job_partitions partitions;
};

static const struct create_topics_request *
request_of(const struct controller_call *call)
{
	return call->request;
}

static struct create_topics_response *
response_of(const struct controller_call *call)
{
	return call->response;
}

static struct creations *
creations_of(struct job *job)
{
	return container_of(job, struct call_job, job)->plan;
}

static struct controller_call *
call_of(struct job *job)
{
	return container_of(job, struct call_job, job)->call;
}

/* ---------------------------------------------------------------- results */

static void
make_results(struct controller_call *call)
{
	const struct create_topics_request *request = request_of(call);
	struct create_topics_response *response = response_of(call);

	response->topics.items = arena_array(call->arena, (size_t)MAX(request->topics.count, 1),
	    sizeof(response->topics.items[0]));
	/* at the arena's cap there is no room to say anything */
	response->topics.count = response->topics.items == NULL ? 0 : MAX(request->topics.count, 0);
	for (int32_t i = 0; i < response->topics.count; i++) {
		response->topics.items[i] = create_topics_response_creatable_topic_result_defaults;
		response->topics.items[i].name = request->topics.items[i].name;
		response->topics.items[i].error_message = slice_null();
	}
}

static void
fail_item(struct controller_call *call, int32_t index, int16_t code, const char *message)
{
	struct create_topics_response_creatable_topic_result *result =
	    &response_of(call)->topics.items[index];
	struct slice name = result->name;

	*result = create_topics_response_creatable_topic_result_defaults;
	result->name = name;
	result->error_code = code;
	result->error_message = slice_of_text(message);
}

static void
refuse(struct controller_call *call)
{
	make_results(call);
	for (int32_t i = 0; i < response_of(call)->topics.count; i++)
		fail_item(call, i, KAFKA_ERROR_NOT_CONTROLLER, NULL);
}

static void
refuse_creation(struct job *job, struct creation *it, int16_t code, const char *message)
{
	it->progress = CREATION_REFUSED;
	fail_item(call_of(job), it->index, code, text_copy(call_of(job)->arena, message));
}

/* ------------------------------------------------------------------- plan */

static struct slice
encode_topic(struct job *job, const struct payload_topic *topic)
{
	struct buffer data;

	buffer_init(&data);
	payload_topic_encode(topic, &data);
	return job_take_data(job, &data);
}

static struct slice
encode_config(struct job *job, const struct payload_config *config)
{
	struct buffer data;

	buffer_init(&data);
	payload_config_encode(config, &data);
	return job_take_data(job, &data);
}

static void
describe(struct job *job, const struct creation *it)
{
	struct controller_call *call = call_of(job);
	struct create_topics_response_creatable_topic_result *result =
	    &response_of(call)->topics.items[it->index];
	enum { VERSION_CONFIGS = 5 };

	result->topic_id = it->topic.topic_id;
	if (call->version < VERSION_CONFIGS || call->type == CONTROLLER_AUTO_CREATE)
		return;
	result->num_partitions = (int32_t)it->plan.assignments.count;
	result->replication_factor = (int16_t)it->plan.replication_factor;
	create_topic_describe(job->reign->options->config, &it->plan.config, call->arena, result);
}

static void
plan_one(struct job *job, struct creation *it)
{
	struct reign *reign = job->reign;
	const struct create_topics_request *request = request_of(call_of(job));
	struct create_topic_input input = { .context = &reign->context,
		.config = reign->options->config,
		.is_automatic = call_of(job)->type == CONTROLLER_AUTO_CREATE };

	it->name = request->topics.items[it->index].name;
	entropy_fill(reign->options->world->entropy, &input.start, sizeof(input.start));
	entropy_fill(reign->options->world->entropy, &input.shift, sizeof(input.shift));
	create_topic_plan(&input, &request->topics.items[it->index], &job->arena, &it->plan);
	if (it->plan.code != KAFKA_ERROR_NONE) {
		refuse_creation(job, it, it->plan.code, it->plan.reason);
		return;
	}
	it->topic = (struct payload_topic){ .topic_id = topic_id_new(reign),
		.partitions = it->plan.assignments };
	it->topic_data = encode_topic(job, &it->topic);
	it->config_data = encode_config(job, &it->plan.config);
	if (it->topic_data.size + it->config_data.size > CREATE_TOPIC_BYTES_MAX) {
		refuse_creation(job, it, KAFKA_ERROR_INVALID_PARTITIONS,
		    "The topic does not fit into one znode of ZooKeeper.");
		return;
	}
	if (request->validate_only)
		it->topic.topic_id = (struct uuid){ { 0 } };
	describe(job, it);
	it->progress = CREATION_TO_LOOK;
}

static void
plan(struct job *job)
{
	struct controller_call *call = call_of(job);
	const struct create_topics_request *request = request_of(call);
	struct creations *creations = arena_new(&job->arena, sizeof(*creations));
	struct names names;

	container_of(job, struct call_job, job)->plan = creations;
	make_results(call);
	names_init(&names, &job->arena, job->reign->context.topics.seed);
	for (int32_t i = 0; i < request->topics.count; i++)
		names_add(&names, request->topics.items[i].name);
	creations->count = (size_t)response_of(call)->topics.count;
	creations->items = arena_array(&job->arena, MAX(creations->count, 1),
	    sizeof(*creations->items));
	for (size_t i = 0; i < creations->count; i++) {
		struct creation *it = &creations->items[i];

		it->index = (int32_t)i;
		if (names_has_twice(&names, request->topics.items[i].name))
			refuse_creation(job, it, KAFKA_ERROR_INVALID_REQUEST, "The request names the topic twice.");
		else if (slice_equal_text(request->topics.items[i].name, "__cluster_metadata"))
			refuse_creation(job, it, KAFKA_ERROR_INVALID_REQUEST,
			    "The topic __cluster_metadata cannot be created.");
		else
			plan_one(job, it);
	}
	names_fini(&names);
	job_next(job);
}

/* ------------------------------------------------------------------- look */

static void
on_mark(struct job *job UNUSED, void *item, const struct coord_answer *answer)
{
	((struct creation *)item)->is_marked = answer->error == ZNODE_OK;
}

static void
on_config(struct job *job UNUSED, void *item, const struct coord_answer *answer)
{
	((struct creation *)item)->has_config = answer->error == ZNODE_OK;
}

static struct slice
path_of(struct job *job, enum paths_kind kind, struct slice name)
{
	return job_path(job, &(struct paths_place){ .kind = kind, .name = name });
}

static void
look(struct job *job)
{
	struct creations *creations = creations_of(job);

	for (size_t i = 0; i < creations->count; i++) {
		struct creation *it = &creations->items[i];

		if (it->progress != CREATION_TO_LOOK)
			continue;
		job_exists(job, path_of(job, PATHS_DELETE_TOPIC, it->name), on_mark, it);
		job_exists(job, path_of(job, PATHS_CONFIG_TOPIC, it->name), on_config, it);
	}
	job_wait(job);
}

static void
looked(struct job *job)
{
	struct creations *creations = creations_of(job);

	for (size_t i = 0; i < creations->count; i++) {
		struct creation *it = &creations->items[i];

		if (it->progress != CREATION_TO_LOOK)
			continue;
		if (it->is_marked)
			refuse_creation(job, it, KAFKA_ERROR_TOPIC_ALREADY_EXISTS,
			    text_new(&job->arena, "The topic '%.*s' is being deleted.",
			    (int)it->name.size, (const char *)it->name.bytes));
		else
			it->progress = request_of(call_of(job))->validate_only ? CREATION_VALIDATED :
			    CREATION_TO_WRITE;
	}
	job_next(job);
}

/* ------------------------------------------------------------------ write */

static void
on_written(struct job *job UNUSED, void *item, enum znode_error error,
    const struct znode_result *result)
{
	struct creation *it = item;

	it->errors[it->told++] = error == ZNODE_OK ? ZNODE_OK : result->error;
	it->progress = error == ZNODE_OK ? CREATION_MADE : CREATION_TO_CHECK;
}

/* The configuration first, both or none, so that nothing is left by a crash (F9). */
static void
write(struct job *job)
{
	struct creations *creations = creations_of(job);

	for (size_t i = 0; i < creations->count; i++) {
		struct creation *it = &creations->items[i];
		struct znode_operation operations[] = {
			{ .type = it->has_config ? ZNODE_OP_SET_DATA : ZNODE_OP_CREATE,
			    .data = it->config_data, .version = -1 },
			{ .type = ZNODE_OP_CREATE, .data = it->topic_data },
		};

		if (it->progress != CREATION_TO_WRITE)
			continue;
		operations[0].path = path_of(job, PATHS_CONFIG_TOPIC, it->name);
		operations[1].path = path_of(job, PATHS_TOPIC, it->name);
		it->told = 0;
		it->tries++;
		job_write_together(job, operations, ARRAY_LENGTH(operations), on_written, it);
	}
	job_wait(job);
}

/* The answer to what had happened already was lost, or somebody else was faster. */
static void
on_checked(struct job *job, void *item, const struct coord_answer *answer)
{
	struct creation *it = item;

	if (answer->error == ZNODE_OK && slice_equal(answer->data, it->topic_data))
		it->progress = CREATION_MADE;
	else if (answer->error == ZNODE_OK)
		refuse_creation(job, it, KAFKA_ERROR_TOPIC_ALREADY_EXISTS,
		    text_new(&job->arena, "There is a topic '%.*s' already.", (int)it->name.size,
		    (const char *)it->name.bytes));
	else if (answer->error == ZNODE_NO_NODE && it->tries < TRIES_MAX)
		it->progress = CREATION_TO_LOOK;
	else
		refuse_creation(job, it, KAFKA_ERROR_UNKNOWN_SERVER_ERROR,
		    "ZooKeeper refuses the topic's znodes.");
}

static void
check(struct job *job)
{
	struct creations *creations = creations_of(job);

	for (size_t i = 0; i < creations->count; i++)
		if (creations->items[i].progress == CREATION_TO_CHECK)
			job_get(job, path_of(job, PATHS_TOPIC, creations->items[i].name), on_checked,
			    &creations->items[i]);
	job_wait(job);
}

static job_step *const write_steps[] = { look, looked, write, check, NULL };

/* As long as another write came in between. */
static void
write_all(struct job *job)
{
	struct creations *creations = creations_of(job);

	for (size_t i = 0; i < creations->count; i++)
		if (creations->items[i].progress == CREATION_TO_LOOK) {
			job_call_again(job, write_steps);
			return;
		}
	job_next(job);
}

/* ------------------------------------------------------------------- lead */

/* Sets the watch. */
static void
on_watched(struct job *job, void *item, const struct coord_answer *answer)
{
	struct creation *it = item;

	if (answer->error == ZNODE_OK && answer->stat.version == 0)
		return;
	it->made->is_changed = true;
	reign_post_once(job->reign, &job_assignment_changes);
}

static void
take(struct job *job)
{
	struct creations *creations = creations_of(job);
	size_t room = 0;

	for (size_t i = 0; i < creations->count; i++)
		room += creations->items[i].plan.assignments.count;
	creations->partitions = job_partitions_new(job, room);
	for (size_t i = 0; i < creations->count; i++) {
		struct creation *it = &creations->items[i];

		if (it->progress != CREATION_MADE)
			continue;
		log_info(job->reign->options->world->logger,
		    "controller epoch %" PRId32 ": topic %.*s: created, %zu partitions",
		    job->reign->epoch, (int)it->name.size, (const char *)it->name.bytes,
		    it->plan.assignments.count);
		it->made = context_topic_add(&job->reign->context, it->name, it->topic.topic_id);
		creations->partitions.count += topic_take_partitions(it->made, &it->topic,
		    &creations->partitions.items[creations->partitions.count]);
		reign_watch_topic(job->reign, it->made);
		job_exists(job, path_of(job, PATHS_TOPIC, it->name), on_watched, it);
	}
	job_wait(job);
}

static void
lead(struct job *job)
{
	new_partitions_begin(job, creations_of(job)->partitions);
}

static void
end(struct job *job)
{
	const struct call_job *it = container_of(job, struct call_job, job);
	struct creations *creations = creations_of(job);
	struct waiter_topic *topics =
	    arena_array(&job->arena, MAX(creations->count, 1), sizeof(*topics));
	struct controller_call *call = call_take(job);
	size_t count = 0;

	for (size_t i = 0; i < creations->count; i++) {
		const struct creation *creation = &creations->items[i];

		if (creation->progress != CREATION_MADE || call->type == CONTROLLER_AUTO_CREATE)
			continue;
		if (request_of(call)->timeout_ms <= 0)
			fail_item(call, creation->index, KAFKA_ERROR_REQUEST_TIMED_OUT, NULL);
		else
			topics[count++] = (struct waiter_topic){ creation->index, creation->name,
				creation->topic.topic_id, 0 };
	}
	if (count > 0)
		waiter_begin(job->reign, call, WAITER_LED, topics, count, it->deadline_us);
	else
		call_answer(call);
	job_next(job);
}

static job_step *const steps[] = { plan, write_all, take, lead, end, NULL };

static int32_t
timeout_ms(const struct controller_call *call)
{
	return request_of(call)->timeout_ms;
}

const struct call_type call_create_topics = {
	{ "create topics", steps, sizeof(struct call_job), call_dropped, JOB_TOPIC_CHANGE },
	timeout_ms, refuse, fail_item };

const struct call_type call_auto_create = {
	{ "create topics by themselves", steps, sizeof(struct call_job), call_dropped,
	JOB_TOPIC_CHANGE },
	timeout_ms, refuse, fail_item };
