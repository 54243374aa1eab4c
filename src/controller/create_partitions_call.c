#include <inttypes.h>

#include "controller/call_job.h"
#include "controller/create_partitions.h"
#include "controller/create_topics.h"
#include "controller/jobs.h"
#include "controller/names.h"
#include "controller/new_partitions.h"
#include "controller/partition_changes.h"
#include "controller/text.h"
#include "controller/topic_list.h"
#include "controller/waiter.h"

enum growth_progress {
	GROWTH_REFUSED,
	GROWTH_TO_READ,
	GROWTH_TO_WRITE,
	GROWTH_MADE,
	GROWTH_VALIDATED, /* and nothing else was asked */
};

struct growth {
	int32_t index; /* of the topic in the request */
	enum growth_progress progress;
	struct context_topic *topic;
	struct create_partitions_plan plan;
	struct payload_topic payload; /* as it is to be */
	struct slice data;
	int32_t version;
};

struct growths {
	struct growth *items;
	size_t count;
	struct job_partitions partitions;
};

static const struct create_partitions_request *
request_of(const struct controller_call *call)
{
	return call->request;
}

static struct create_partitions_response *
response_of(const struct controller_call *call)
{
	return call->response;
}

static struct growths *
growths_of(struct job *job)
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
	const struct create_partitions_request *request = request_of(call);
	struct create_partitions_response *response = response_of(call);

	response->results.items = arena_array(call->arena, (size_t)MAX(request->topics.count, 1),
	    sizeof(response->results.items[0]));
	/* at the arena's cap there is no room to say anything */
	response->results.count = response->results.items == NULL ? 0 : MAX(request->topics.count, 0);
	for (int32_t i = 0; i < response->results.count; i++) {
		response->results.items[i] = create_partitions_response_create_partitions_topic_result_defaults;
		response->results.items[i].name = request->topics.items[i].name;
	}
}

static void
fail_item(struct controller_call *call, int32_t index, int16_t code, const char *message)
{
	response_of(call)->results.items[index].error_code = code;
	response_of(call)->results.items[index].error_message = slice_of_text(message);
}

static void
refuse(struct controller_call *call)
{
	make_results(call);
	for (int32_t i = 0; i < response_of(call)->results.count; i++)
		fail_item(call, i, KAFKA_ERROR_NOT_CONTROLLER, NULL);
}

static void
refuse_growth(struct job *job, struct growth *it, int16_t code, const char *message)
{
	it->progress = GROWTH_REFUSED;
	fail_item(call_of(job), it->index, code, text_copy(call_of(job)->arena, message));
}

/* ------------------------------------------------------------------- plan */

static void
plan_one(struct job *job, const struct names *names, struct growth *it)
{
	const struct create_partitions_request *request = request_of(call_of(job));

	if (names_has_twice(names, request->topics.items[it->index].name)) {
		refuse_growth(job, it, KAFKA_ERROR_INVALID_REQUEST, "The request names the topic twice.");
		return;
	}
	create_partitions_plan(&job->reign->context, &request->topics.items[it->index], &job->arena,
	    &it->plan);
	it->topic = context_topic_find(&job->reign->context, request->topics.items[it->index].name);
	if (it->plan.code != KAFKA_ERROR_NONE)
		refuse_growth(job, it, it->plan.code, it->plan.reason);
	else
		it->progress = request->validate_only ? GROWTH_VALIDATED : GROWTH_TO_READ;
}

static void
plan(struct job *job)
{
	struct controller_call *call = call_of(job);
	struct growths *growths = arena_new(&job->arena, sizeof(*growths));
	struct names names;

	container_of(job, struct call_job, job)->plan = growths;
	make_results(call);
	names_init(&names, &job->arena, job->reign->context.topics.seed);
	for (int32_t i = 0; i < request_of(call)->topics.count; i++)
		names_add(&names, request_of(call)->topics.items[i].name);
	growths->count = (size_t)response_of(call)->results.count;
	growths->items = arena_array(&job->arena, MAX(growths->count, 1), sizeof(*growths->items));
	for (size_t i = 0; i < growths->count; i++) {
		growths->items[i].index = (int32_t)i;
		plan_one(job, &names, &growths->items[i]);
	}
	names_fini(&names);
	job_next(job);
}

/* ----------------------------------------------------------- read, write */

static struct slice
path_of(struct job *job, const struct growth *it)
{
	return job_path(job, &(struct paths_place){ .kind = PATHS_TOPIC, .name = it->topic->name });
}

/* What stands there stays as it is, in its order; the new ones come after it. */
static void
extend(struct job *job, struct growth *it)
{
	struct payload_assignments *there = &it->payload.partitions;
	const struct payload_assignments *added = &it->plan.added;
	struct payload_assignment *all =
	    arena_array(&job->arena, there->count + added->count, sizeof(*all));
	struct buffer data;

	memcpy(all, there->entries, there->count * sizeof(*all));
	memcpy(&all[there->count], added->entries, added->count * sizeof(*all));
	it->payload.partitions = (struct payload_assignments){ all, there->count + added->count };
	if (uuid_is_zero(it->payload.topic_id))
		it->payload.topic_id = it->topic->id;
	buffer_init(&data);
	payload_topic_encode(&it->payload, &data);
	it->data = job_take_data(job, &data);
	it->progress = GROWTH_TO_WRITE;
	if (it->data.size > CREATE_TOPIC_BYTES_MAX)
		refuse_growth(job, it, KAFKA_ERROR_INVALID_PARTITIONS,
		    "The topic does not fit into one znode of ZooKeeper.");
}

static void
on_read(struct job *job, void *item, const struct coord_answer *answer)
{
	struct growth *it = item;
	struct payload_complaint complaint;

	if (!slice_is_null(it->data) && answer->error == ZNODE_OK &&
	    slice_equal(it->data, answer->data)) {
		it->progress = GROWTH_MADE; /* the answer to our own write was lost (F6) */
		return;
	}
	if (answer->error == ZNODE_NO_NODE) {
		refuse_growth(job, it, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION,
		    "The topic has just been deleted.");
		return;
	}
	char *copy = arena_text(&job->arena, answer->data.bytes, answer->data.size);
	if (answer->error != ZNODE_OK || payload_topic_decode(slice_of(copy, answer->data.size),
	    &job->arena, &it->payload, &complaint) != ERROR_NONE) {
		refuse_growth(job, it, KAFKA_ERROR_UNKNOWN_SERVER_ERROR,
		    "What stands in ZooKeeper for this topic cannot be read.");
		return;
	}
	it->version = answer->stat.version;
	if (it->payload.partitions.count == (size_t)it->topic->partition_count) {
		extend(job, it);
		return;
	}
	/* somebody has just added some, which we are about to hear of */
	it->topic->is_changed = true;
	reign_post_once(job->reign, &job_assignment_changes);
	refuse_growth(job, it, KAFKA_ERROR_INVALID_PARTITIONS,
	    "The number of partitions has just been changed.");
}

static void
read_all(struct job *job)
{
	struct growths *growths = growths_of(job);

	for (size_t i = 0; i < growths->count; i++)
		if (growths->items[i].progress == GROWTH_TO_READ)
			job_get(job, path_of(job, &growths->items[i]), on_read, &growths->items[i]);
	job_wait(job);
}

static void
on_written(struct job *job, void *item, enum znode_error error,
    const struct znode_result *result UNUSED)
{
	struct growth *it = item;

	if (error == ZNODE_OK)
		it->progress = GROWTH_MADE;
	else if (error == ZNODE_BAD_VERSION)
		it->progress = GROWTH_TO_READ;
	else
		refuse_growth(job, it, KAFKA_ERROR_UNKNOWN_SERVER_ERROR,
		    "ZooKeeper refuses the topic's znode.");
}

static void
write_all(struct job *job)
{
	struct growths *growths = growths_of(job);

	for (size_t i = 0; i < growths->count; i++)
		if (growths->items[i].progress == GROWTH_TO_WRITE)
			job_write(job, &(struct znode_operation){ .type = ZNODE_OP_SET_DATA,
			    .path = path_of(job, &growths->items[i]), .data = growths->items[i].data,
			    .version = growths->items[i].version }, on_written, &growths->items[i]);
	job_wait(job);
}

static job_step *const write_steps[] = { read_all, write_all, NULL };

/* As long as another write came in between. */
static void
grow(struct job *job)
{
	struct growths *growths = growths_of(job);

	for (size_t i = 0; i < growths->count; i++)
		if (growths->items[i].progress == GROWTH_TO_READ) {
			job_call_again(job, write_steps);
			return;
		}
	job_next(job);
}

/* ------------------------------------------------------------------- lead */

static void
lead(struct job *job)
{
	struct growths *growths = growths_of(job);
	size_t room = 0;

	for (size_t i = 0; i < growths->count; i++)
		room += growths->items[i].plan.added.count;
	growths->partitions = job_partitions_new(job, room);
	for (size_t i = 0; i < growths->count; i++)
		if (growths->items[i].progress == GROWTH_MADE)
			growths->partitions.count += topic_take_partitions(growths->items[i].topic,
			    &growths->items[i].payload, &growths->partitions.items[growths->partitions.count]);
	new_partitions_begin(job, growths->partitions);
}

static void
end(struct job *job)
{
	const struct call_job *it = container_of(job, struct call_job, job);
	struct growths *growths = growths_of(job);
	struct waiter_topic *topics =
	    arena_array(&job->arena, MAX(growths->count, 1), sizeof(*topics));
	struct controller_call *call = call_take(job);
	size_t count = 0;

	for (size_t i = 0; i < growths->count; i++) {
		const struct growth *growth = &growths->items[i];

		if (growth->progress != GROWTH_MADE)
			continue;
		if (request_of(call)->timeout_ms <= 0)
			fail_item(call, growth->index, KAFKA_ERROR_REQUEST_TIMED_OUT, NULL);
		else
			topics[count++] = (struct waiter_topic){ growth->index, growth->topic->name,
				growth->topic->id, growth->plan.first };
	}
	if (count > 0)
		waiter_begin(job->reign, call, WAITER_LED, topics, count, it->deadline_us);
	else
		call_answer(call);
	job_next(job);
}

static job_step *const steps[] = { plan, grow, lead, end, NULL };

static int32_t
timeout_ms(const struct controller_call *call)
{
	return request_of(call)->timeout_ms;
}

const struct call_type call_create_partitions = {
	{ "create partitions", steps, sizeof(struct call_job), call_dropped, JOB_TOPIC_CHANGE },
	timeout_ms, refuse, fail_item };
