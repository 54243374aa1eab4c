#include "cluster/consumer_offsets.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/number.h"
#include "zk/operations.h"
#include "zk/paths.h"

struct consumer_offsets {
	struct world *world;
	struct zk_session *session;
	struct list jobs;
	bool stopped;
};

/* What ZooKeeper is asked for a call; it may outlive the call. */
struct offset_job {
	struct consumer_offsets *of;
	struct consumer_offset_call *call; /* NULL: answered, by the stop */
	struct list link;
	struct buffer path;
	char text[24];
	bool created; /* or tried to */
	struct zk_call read;
	struct zk_write write;
	struct zk_create_path create;
};

static void
bring(struct loop_message *message)
{
	struct consumer_offset_call *call =
	    container_of(message, struct consumer_offset_call, message);

	call->done(call);
}

static void
answer(struct consumer_offset_call *call, bool failed)
{
	call->failed = failed;
	call->message.run = bring;
	loop_post(call->loop, &call->message);
}

static void
job_free(struct offset_job *job)
{
	list_remove(&job->link);
	buffer_fini(&job->path);
	free(job);
}

static void
end(struct offset_job *job, bool failed)
{
	if (job->call != NULL)
		answer(job->call, failed);
	job_free(job);
}

/* ------------------------------------------------------------------ commit */

static void set(struct offset_job *job);

static void
was_created(struct zk_create_path *create, enum znode_error error)
{
	struct offset_job *job = container_of(create, struct offset_job, create);

	if (error == ZNODE_NODE_EXISTS)
		set(job); /* somebody else was faster */
	else
		end(job, error != ZNODE_OK);
}

static void
was_set(struct zk_call *call, const struct coord_answer *answered)
{
	struct offset_job *job = container_of(call, struct offset_job, write.call);

	if (answered->error != ZNODE_NO_NODE || job->created) {
		end(job, answered->error != ZNODE_OK);
		return;
	}
	job->created = true;
	zk_create_path(job->of->session, &job->create, buffer_slice(&job->path),
	    slice_of_text(job->text), was_created);
}

static void
set(struct offset_job *job)
{
	struct znode_operation operation = {
		.type = ZNODE_OP_SET_DATA,
		.path = buffer_slice(&job->path),
		.data = slice_of_text(job->text),
		.version = -1,
	};

	zk_write(job->of->session, &job->write, &operation, was_set);
}

/* ------------------------------------------------------------------- fetch */

static void
was_read(struct zk_call *call, const struct coord_answer *answered)
{
	struct offset_job *job = container_of(call, struct offset_job, read);
	bool found = answered->error == ZNODE_OK && !slice_is_null(answered->data);
	int64_t offset = -1;

	if (found && config_number_integer(answered->data, &offset) != ERROR_NONE) {
		end(job, true);
		return;
	}
	if (job->call != NULL) {
		job->call->found = found;
		job->call->offset = offset;
	}
	end(job, answered->error != ZNODE_OK && answered->error != ZNODE_NO_NODE);
}

/* -------------------------------------------------------------- both of them */

/* ZooKeeper judges the rest; these would name another node. */
static bool
may_be_a_name(struct slice name)
{
	return !slice_is_null(name) && name.size > 0 && memchr(name.bytes, '/', name.size) == NULL &&
	    memchr(name.bytes, '\0', name.size) == NULL;
}

static void
take_call(struct loop_message *message)
{
	struct consumer_offset_call *call =
	    container_of(message, struct consumer_offset_call, message);
	struct consumer_offsets *it = call->offsets;
	struct offset_job *job;

	if (it->stopped || !may_be_a_name(call->group) || !may_be_a_name(call->topic) ||
	    call->partition < 0) {
		answer(call, true);
		return;
	}
	job = memory_new(sizeof(*job));
	job->of = it;
	job->call = call;
	list_init(&job->link);
	list_append(&it->jobs, &job->link);
	buffer_init(&job->path);
	paths_format(&job->path, &(struct paths_place){ .kind = PATHS_CONSUMER_OFFSET,
		.name = call->group, .second_name = call->topic, .id = call->partition });
	(void)snprintf(job->text, sizeof(job->text), "%" PRId64, call->offset);
	if (call->commits)
		set(job);
	else
		zk_get(it->session, &job->read, buffer_slice(&job->path), was_read);
}

void
consumer_offsets_ask(struct consumer_offsets *it, struct consumer_offset_call *call)
{
	call->offsets = it;
	call->message.run = take_call;
	loop_post(it->world->control, &call->message);
}

struct consumer_offsets *
consumer_offsets_new(struct world *world, struct zk_session *session)
{
	struct consumer_offsets *it = memory_new(sizeof(*it));

	it->world = world;
	it->session = session;
	list_init(&it->jobs);
	return it;
}

void
consumer_offsets_stop(struct consumer_offsets *it)
{
	it->stopped = true;
	LIST_FOREACH(link, &it->jobs) {
		struct offset_job *job = container_of(link, struct offset_job, link);

		if (job->call != NULL)
			answer(job->call, true);
		job->call = NULL;
	}
}

void
consumer_offsets_free(struct consumer_offsets *it)
{
	assert(it->stopped || list_is_empty(&it->jobs));
	LIST_FOREACH(link, &it->jobs) {
		job_free(container_of(link, struct offset_job, link));
	}
	free(it);
}
