#include <inttypes.h>

#include "controller/call_job.h"
#include "zk/payload_producer_id_block.h"

enum { BLOCK_SIZE = 1000 }; /* Kafka's; zookeeper.md 5.15 */

struct allocation {
	struct slice data;       /* what was to be written */
	int32_t version;         /* of the block before it */
	int64_t first;
	enum { ALLOCATION_TO_READ, ALLOCATION_TO_WRITE, ALLOCATION_DONE } progress;
};

static const struct allocate_producer_ids_request *
request_of(const struct controller_call *call)
{
	return call->request;
}

static struct allocate_producer_ids_response *
response_of(const struct controller_call *call)
{
	return call->response;
}

static void
fail_item(struct controller_call *call, int32_t index UNUSED, int16_t code,
    const char *message UNUSED)
{
	response_of(call)->error_code = code;
}

static void
refuse(struct controller_call *call)
{
	fail_item(call, 0, KAFKA_ERROR_NOT_CONTROLLER, NULL);
}

static struct allocation *
allocation_of(struct job *job)
{
	return container_of(job, struct call_job, job)->plan;
}

static struct controller_call *
call_of(struct job *job)
{
	return container_of(job, struct call_job, job)->call;
}

static void
fail(struct job *job, int16_t code)
{
	allocation_of(job)->progress = ALLOCATION_DONE;
	fail_item(call_of(job), 0, code, NULL);
}

static void
check_broker(struct job *job)
{
	const struct allocate_producer_ids_request *request = request_of(call_of(job));
	const struct context_broker *broker =
	    context_broker_find(&job->reign->context, request->broker_id);

	container_of(job, struct call_job, job)->plan =
	    arena_new(&job->arena, sizeof(struct allocation));
	if (broker == NULL)
		fail(job, KAFKA_ERROR_BROKER_ID_NOT_REGISTERED);
	else if (broker->epoch != request->broker_epoch)
		fail(job, KAFKA_ERROR_STALE_BROKER_EPOCH);
	job_next(job);
}

static void
done(struct job *job)
{
	struct allocation *it = allocation_of(job);

	it->progress = ALLOCATION_DONE;
	response_of(call_of(job))->producer_id_start = it->first;
	response_of(call_of(job))->producer_id_len = BLOCK_SIZE;
}

static void
plan_block(struct job *job, const struct payload_producer_id_block *last)
{
	struct allocation *it = allocation_of(job);
	struct payload_producer_id_block next = { .broker = request_of(call_of(job))->broker_id };
	struct buffer data;

	if (last != NULL && last->last > INT64_MAX - BLOCK_SIZE - 1) {
		log_error(job->reign->options->world->logger, "there are no producer ids left");
		fail(job, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
		return;
	}
	it->first = last == NULL ? 0 : last->last + 1;
#ifdef CANARY_PRODUCER_IDS_TWICE
	it->first = last == NULL ? 0 : last->first;
#endif
	next.first = it->first;
	next.last = it->first + BLOCK_SIZE - 1;
	buffer_init(&data);
	payload_producer_id_block_encode(&next, &data);
	it->data = job_take_data(job, &data);
	it->progress = ALLOCATION_TO_WRITE;
}

static void
on_read(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	struct allocation *it = allocation_of(job);
	struct payload_producer_id_block last;
	struct payload_complaint complaint;

	if (answer->error != ZNODE_OK) {
		fail(job, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
		return;
	}
	if (!slice_is_null(it->data) && slice_equal(it->data, answer->data) &&
	    answer->stat.version == it->version + 1) {
		done(job); /* the answer to our own write was lost (F6) */
		return;
	}
	it->version = answer->stat.version;
	if (answer->data.size == 0) {
		plan_block(job, NULL);
	} else if (payload_producer_id_block_decode(answer->data, &job->arena, &last, &complaint) ==
	    ERROR_NONE) {
		plan_block(job, &last);
	} else {
		log_error(job->reign->options->world->logger,
		    "/latest_producer_id_block cannot be read, it is left alone: %s", complaint.text);
		fail(job, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	}
}

static void
on_written(struct job *job, void *item UNUSED, enum znode_error error,
    const struct znode_result *result UNUSED)
{
	if (error == ZNODE_OK)
		done(job);
	else if (error == ZNODE_BAD_VERSION)
		allocation_of(job)->progress = ALLOCATION_TO_READ;
	else
		fail(job, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
}

static void
read_block(struct job *job)
{
	job_get(job, slice_of_text(paths_text(PATHS_PRODUCER_ID_BLOCK)), on_read, NULL);
	job_wait(job);
}

static void
write_block(struct job *job)
{
	struct allocation *it = allocation_of(job);

	if (it->progress == ALLOCATION_TO_WRITE)
		job_write(job, &(struct znode_operation){ .type = ZNODE_OP_SET_DATA,
		    .path = slice_of_text(paths_text(PATHS_PRODUCER_ID_BLOCK)), .data = it->data,
		    .version = it->version }, on_written, NULL);
	job_wait(job);
}

static job_step *const block_steps[] = { read_block, write_block, NULL };

/* As long as somebody else has taken the block that we wanted. */
static void
allocate(struct job *job)
{
	if (allocation_of(job)->progress == ALLOCATION_DONE)
		job_next(job);
	else
		job_call_again(job, block_steps);
}

static void
end(struct job *job)
{
	call_answer(call_take(job));
	job_next(job);
}

static job_step *const steps[] = { check_broker, allocate, end, NULL };

const struct call_type call_allocate_producer_ids = {
	{ "allocate producer ids", steps, sizeof(struct call_job), call_dropped, JOB_IDLE },
	NULL, refuse, fail_item };
