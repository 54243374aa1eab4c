#include "controller/call_job.h"

static const struct call_type *
type_of(const struct controller_call *call)
{
	static const struct call_type *const types[] = {
		[CONTROLLER_CREATE_TOPICS] = &call_create_topics,
		[CONTROLLER_DELETE_TOPICS] = &call_delete_topics,
		[CONTROLLER_CREATE_PARTITIONS] = &call_create_partitions,
		[CONTROLLER_AUTO_CREATE] = &call_auto_create,
		[CONTROLLER_ALLOCATE_PRODUCER_IDS] = &call_allocate_producer_ids,
		[CONTROLLER_ALTER_PARTITION] = &call_alter_partition,
		[CONTROLLER_CONTROLLED_SHUTDOWN] = &call_controlled_shutdown,
		[CONTROLLER_ELECT_LEADERS] = &call_elect_leaders,
		[CONTROLLER_ALTER_REASSIGNMENTS] = &call_alter_reassignments,
		[CONTROLLER_LIST_REASSIGNMENTS] = &call_list_reassignments,
	};

	return types[call->type];
}

void
call_begin(struct reign *reign, struct controller_call *call)
{
	const struct call_type *type = type_of(call);
	struct job *job = job_new(reign, &type->job);
	struct call_job *it = container_of(job, struct call_job, job);

	it->call = call;
	if (type->timeout_ms != NULL)
		it->deadline_us = clock_monotonic_us(reign->options->world->clock) +
		    (int64_t)type->timeout_ms(call) * 1000;
	reign_post(reign, job);
}

static void
on_done(struct loop_message *message)
{
	struct controller_call *call = container_of(message, struct controller_call, message);

	call->done(call);
}

void
call_answer(struct controller_call *call)
{
	call->message.run = on_done;
	loop_post(call->loop, &call->message);
}

void
call_refuse(struct controller_call *call)
{
	type_of(call)->refuse(call);
	call_answer(call);
}

void
call_fail_item(struct controller_call *call, int32_t index, int16_t code, const char *message)
{
	type_of(call)->fail_item(call, index, code, message);
}

struct controller_call *
call_take(struct job *job)
{
	struct call_job *it = container_of(job, struct call_job, job);
	struct controller_call *call = it->call;

	it->call = NULL;
	return call;
}

void
call_dropped(struct job *job)
{
	struct controller_call *call = call_take(job);

	if (call != NULL)
		call_refuse(call);
}
