#include "klammd/control_requests.h"

#include <assert.h>

#include "partition/replicas_ends.h"
#include "wire/kafka_error.h"
#include "zk/topic_name.h"

void
control_requests_init(struct control_requests *it, struct world *world,
    struct topic_configs *topic_configs, struct replicas *replicas)
{
	*it = (struct control_requests){
		.world = world,
		.topic_configs = topic_configs,
		.replicas = replicas,
		.broker_epoch = -1,
		.whole_epoch = -1,
		.image = image_new(),
	};
}

void
control_requests_fini(struct control_requests *it)
{
	assert(control_requests_are_idle(it));
	image_release(it->image);
}

bool
control_requests_are_idle(const struct control_requests *it)
{
	return it->done == NULL;
}

static void
answer(struct control_requests *it)
{
	void (*done)(void *context, const void *response) = it->done;

	it->done = NULL;
	it->leader_and_isr = NULL;
	done(it->done_context, &it->response);
}

/*
 * NONE, or why the whole request is refused. A newer broker epoch is taken: the
 * controller may have heard of our registration before we did.
 */
static enum kafka_error
check_epochs(struct control_requests *it, const char *what, int32_t controller,
    int32_t controller_epoch, int64_t broker_epoch)
{
#ifdef CANARY_OBEYS_FOR_EARLIER_LIFE
	broker_epoch = -1;
#endif
	if (broker_epoch != -1 && broker_epoch < it->broker_epoch) {
		log_info(it->world->logger, "%s of controller %d refused: it is meant for broker "
		    "epoch %lld, this is %lld", what, controller, (long long)broker_epoch,
		    (long long)it->broker_epoch);
		return KAFKA_ERROR_STALE_BROKER_EPOCH;
	}
#ifndef CANARY_OBEYS_DEPOSED_CONTROLLER
	if (controller_epoch < it->controller_epoch) {
		log_info(it->world->logger, "%s of controller %d refused: its epoch %d is over, "
		    "the newest is %d", what, controller, controller_epoch, it->controller_epoch);
		return KAFKA_ERROR_STALE_CONTROLLER_EPOCH;
	}
#endif
	it->controller_epoch = controller_epoch;
	return KAFKA_ERROR_NONE;
}

static void
replicas_done(void *context)
{
	answer(context);
}

static void
settings_known(void *context)
{
	struct control_requests *it = context;

	it->awaits_settings = false;
	if (it->closed)
		return; /* it was answered then */
	replicas_leader_and_isr(it->replicas, it->leader_and_isr, it->arena,
	    &it->response.leader_and_isr, replicas_done, it);
}

/* What is no name of a topic is refused below, and makes no path. */
static void
add_topic(struct slice *topics, size_t *count, struct slice name)
{
	if (topic_name_fault(name) == NULL)
		topics[(*count)++] = name;
}

/* Old versions name the topic in each partition; both forms are taken. */
static void
obey_leader_and_isr(struct control_requests *it, const struct leader_and_isr_request *request)
{
	struct leader_and_isr_response *response = &it->response.leader_and_isr;
	size_t count = 0, room = (size_t)MAX(request->topic_states.count, 0) +
	    (size_t)MAX(request->ungrouped_partition_states.count, 0);
	struct slice *topics;

	*response = leader_and_isr_response_defaults;
	response->error_code = (int16_t)check_epochs(it, "LeaderAndIsr", request->controller_id,
	    request->controller_epoch, request->broker_epoch);
	topics = arena_array(it->arena, MAX(room, 1), sizeof(*topics));
	if (response->error_code == KAFKA_ERROR_NONE && topics == NULL)
		response->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	if (response->error_code != KAFKA_ERROR_NONE) {
		answer(it);
		return;
	}
	for (int32_t i = 0; i < request->topic_states.count; i++)
		add_topic(topics, &count, request->topic_states.items[i].topic_name);
	for (int32_t i = 0; i < request->ungrouped_partition_states.count; i++)
		add_topic(topics, &count, request->ungrouped_partition_states.items[i].topic_name);
	it->leader_and_isr = request;
	it->awaits_settings = true;
	topic_configs_ensure(it->topic_configs, topics, count, settings_known, it);
}

/*
 * To whom registers a controller tells all topics that it knows, and then their
 * changes alone. What was deleted between two registrations is told by nobody:
 * it is what is not named then. A controller that has just been elected begins
 * with a request that names none at all.
 */
static bool
names_all_topics(const struct control_requests *it,
    const struct update_metadata_request *request)
{
	return request->broker_epoch > it->whole_epoch &&
	    (request->topic_states.count > 0 || request->ungrouped_partition_states.count > 0);
}

static void
take_image(struct control_requests *it, struct image *image, bool whole)
{
	image_release(it->image);
	it->image = image;
	it->updated(it->context, image_hold(image), whole);
}

static void
obey_update_metadata(struct control_requests *it, const struct update_metadata_request *request)
{
	struct update_metadata_response *response = &it->response.update_metadata;

	*response = update_metadata_response_defaults;
	response->error_code = (int16_t)check_epochs(it, "UpdateMetadata", request->controller_id,
	    request->controller_epoch, request->broker_epoch);
	if (response->error_code != KAFKA_ERROR_NONE) {
		answer(it);
		return;
	}
	take_image(it, image_updated(it->image, request), false);
	/* What it says is deleted has been told now. */
	if (names_all_topics(it, request)) {
		it->whole_epoch = request->broker_epoch;
		take_image(it, image_replaced(it->image, request), true);
	}
	replicas_obey_metadata(it->replicas, request, it->arena, replicas_done, it);
}

static void
obey_stop_replica(struct control_requests *it, const struct stop_replica_request *request)
{
	struct stop_replica_response *response = &it->response.stop_replica;

	*response = stop_replica_response_defaults;
	response->error_code = (int16_t)check_epochs(it, "StopReplica", request->controller_id,
	    request->controller_epoch, request->broker_epoch);
	if (response->error_code != KAFKA_ERROR_NONE) {
		answer(it);
		return;
	}
	replicas_stop_replica(it->replicas, request, it->arena, response, replicas_done, it);
}

/* Of a controller that has doubts: tools ask partitions, through the api. */
static void
tell_log_ends(struct control_requests *it, const struct list_offsets_request *request)
{
	it->response.list_offsets = list_offsets_response_defaults;
	replicas_log_ends(it->replicas, request, it->arena, &it->response.list_offsets,
	    replicas_done, it);
}

static void
tell_log_prefixes(struct control_requests *it, const struct fetch_request *request)
{
	it->response.fetch = fetch_response_defaults;
	replicas_log_prefixes(it->replicas, request, it->arena, &it->response.fetch, replicas_done,
	    it);
}

static void
refuse(struct control_requests *it, int16_t key)
{
	enum { CODE = KAFKA_ERROR_UNKNOWN_SERVER_ERROR };

	message_set_defaults(message_type_find(key, true), &it->response);
	switch (key) {
	case API_KEY_LEADER_AND_ISR:
		it->response.leader_and_isr.error_code = CODE;
		break;
	case API_KEY_UPDATE_METADATA:
		it->response.update_metadata.error_code = CODE;
		break;
	case API_KEY_LIST_OFFSETS:
	case API_KEY_FETCH:
		break; /* none of the partitions is in it */
	default:
		it->response.stop_replica.error_code = CODE;
	}
	answer(it);
}

void
control_requests_close(struct control_requests *it)
{
	it->closed = true;
	if (it->awaits_settings && !control_requests_are_idle(it))
		refuse(it, API_KEY_LEADER_AND_ISR);
}

void
control_requests_obey(struct control_requests *it, int16_t key, const void *request,
    struct arena *arena, void (*done)(void *context, const void *response), void *context)
{
	assert(control_requests_are_idle(it));
	it->done = done;
	it->done_context = context;
	it->arena = arena;
	if (it->closed) {
		refuse(it, key);
		return;
	}
	switch (key) {
	case API_KEY_LEADER_AND_ISR:
		obey_leader_and_isr(it, request);
		return;
	case API_KEY_UPDATE_METADATA:
		obey_update_metadata(it, request);
		return;
	case API_KEY_STOP_REPLICA:
		obey_stop_replica(it, request);
		return;
	case API_KEY_LIST_OFFSETS:
		tell_log_ends(it, request);
		return;
	case API_KEY_FETCH:
		tell_log_prefixes(it, request);
		return;
	default:
		assert(!"a control request");
	}
}
