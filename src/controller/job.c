#include "controller/job.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "controller/waiter.h"

static struct metrics_cell *
cell(const struct reign *reign)
{
	return reign->options->world->control->metrics;
}

/* Where nothing is counted nobody looks at the clock. */
static int64_t
now_us(const struct reign *reign)
{
	return cell(reign) == NULL ? 0 : clock_monotonic_us(reign->options->world->clock);
}

struct job *
job_new(struct reign *reign, const struct job_type *type)
{
	struct job *job = memory_new(type->size);

	list_init(&job->link);
	job->type = type;
	job->reign = reign;
	arena_init(&job->arena, SIZE_MAX);
	job->made_us = now_us(reign);
	job->frames[0].steps = type->steps;
	job->depth = 1;
	return job;
}

void
job_free(struct job *job)
{
	assert(job->calls_out == 0 || job->reign->is_over);
	arena_fini(&job->arena);
	free(job);
}

static void
count_begin(struct job *job)
{
	if (job->begun_us != 0)
		return;
	job->begun_us = now_us(job->reign);
	metrics_time(cell(job->reign), METRIC_EVENT_QUEUE_TIME, job->begun_us - job->made_us);
}

static void
count_end(const struct job *job)
{
	int metric = job_kind_metric(job->type->kind);

	if (metric != JOB_KIND_NO_METRIC)
		metrics_time(cell(job->reign), (enum metric_histogram)metric,
		    now_us(job->reign) - job->begun_us);
}

static void
finish(struct job *job)
{
	struct reign *reign = job->reign;

	assert(reign->job == job && job->calls_out == 0 && job->group == NULL);
	reign->job = NULL;
	count_end(job);
	job_free(job);
	waiters_check(reign);
	reign_run(reign);
}

/* The step that comes next; NULL when there is none. */
static job_step *
take_step(struct job *job)
{
	while (job->depth > 0) {
		job_step *step = job->frames[job->depth - 1].steps[job->frames[job->depth - 1].at];

		if (step != NULL) {
			job->frames[job->depth - 1].at++;
			return step;
		}
		job->depth--;
	}
	return NULL;
}

void
job_run(struct job *job)
{
	struct reign *reign = job->reign;

	assert(!job->in_step);
	count_begin(job);
	do {
		job_step *step = reign->is_over ? NULL : take_step(job);

		if (reign->is_over)
			return; /* which frees it */
		if (step == NULL) {
			finish(job);
			return;
		}
		job->in_step = true;
		job->is_ready = false;
		step(job);
		job->in_step = false;
	} while (job->is_ready);
}

void
job_next(struct job *job)
{
	assert(!job->is_waiting && job->group == NULL);
	if (job->in_step)
		job->is_ready = true;
	else
		job_run(job);
}

void
job_call(struct job *job, job_step *const *steps)
{
	assert(job->depth < JOB_DEPTH_MAX);
	job->frames[job->depth].steps = steps;
	job->frames[job->depth].at = 0;
	job->depth++;
	job_next(job);
}

void
job_call_again(struct job *job, job_step *const *steps)
{
	assert(job->depth > 0 && job->frames[job->depth - 1].at > 0);
	job->frames[job->depth - 1].at--;
	job_call(job, steps);
}

static void send_gathered(struct job *job);

/* An answer may have led to more calls. */
static void
go_on(struct job *job)
{
	if (!job->is_waiting)
		return;
	send_gathered(job);
	if (job->calls_out > 0)
		return;
	job->is_waiting = false;
	job_next(job);
}

struct slice
job_path(struct job *job, const struct paths_place *place)
{
	struct buffer path;

	buffer_init(&path);
	paths_format(&path, place);
	return job_take_data(job, &path);
}

struct slice
job_take_data(struct job *job, struct buffer *data)
{
	struct slice copy = slice_of(arena_text(&job->arena, data->bytes, data->size), data->size);

	buffer_fini(data);
	return copy;
}

/* ------------------------------------------------------------------ calls */

/* True when the answer is for nobody any more. */
static bool
call_is_over(struct reign *reign, const struct coord_answer *answer)
{
	assert(reign->calls_out > 0);
	reign->calls_out--;
	if (!reign->is_over)
		return answer->error == ZNODE_SESSION_EXPIRED; /* we shall hear of it */
	if (reign->calls_out == 0)
		controller_reign_is_quiet(reign->controller);
	return true;
}

struct job_read {
	struct zk_call call;
	struct job *job;
	job_answered *answered;
	void *item;
};

static void
on_read(struct zk_call *call, const struct coord_answer *answer)
{
	struct job_read *read = container_of(call, struct job_read, call);
	struct job *job = read->job;

	if (call_is_over(job->reign, answer))
		return;
	job->calls_out--;
	read->answered(job, read->item, answer);
	go_on(job);
}

static struct job_read *
new_read(struct job *job, job_answered *answered, void *item)
{
	struct job_read *read = arena_new(&job->arena, sizeof(*read));

	read->job = job;
	read->answered = answered;
	read->item = item;
	job->calls_out++;
	job->reign->calls_out++;
	return read;
}

void
job_get(struct job *job, struct slice path, job_answered *answered, void *item)
{
	zk_get(job->reign->options->session, &new_read(job, answered, item)->call, path, on_read);
}

void
job_exists(struct job *job, struct slice path, job_answered *answered, void *item)
{
	zk_exists(job->reign->options->session, &new_read(job, answered, item)->call, path, on_read);
}

void
job_children(struct job *job, struct slice path, job_answered *answered, void *item)
{
	zk_children(job->reign->options->session, &new_read(job, answered, item)->call, path,
	    on_read);
}

/* ----------------------------------------------------------------- writes */

/* Well below the 1 MiB of jute.maxbuffer, above which ZooKeeper closes the connection. */
enum { GROUP_WRITES_MAX = 128, GROUP_BYTES_MAX = 256 * 1024, GROUP_ROOM = 96 };

struct job_write {
	job_written *written;
	void *item;
};

struct job_group {
	struct zk_call call;
	struct job *job;
	struct znode_operation *operations; /* the check before all */
	struct job_write *writes;
	size_t count;
	size_t capacity;
	size_t bytes;
	bool is_together;
};

#ifdef CANARY_UNFENCED_CONTROLLER_WRITE
enum { FENCES = 0 };
#else
enum { FENCES = 1 };
#endif

static void send_group(struct job_group *group);

static struct job_group *
new_group(struct job *job, size_t capacity)
{
	struct job_group *group = arena_new(&job->arena, sizeof(*group));

	group->job = job;
	group->capacity = capacity;
	group->operations = arena_array(&job->arena, FENCES + capacity,
	    sizeof(*group->operations));
	group->writes = arena_array(&job->arena, capacity, sizeof(*group->writes));
	return group;
}

static void
add_to_group(struct job_group *group, const struct znode_operation *operation,
    struct job_write write)
{
	assert(group->count < group->capacity);
	group->operations[FENCES + group->count] = *operation;
	group->writes[group->count] = write;
	group->count++;
	group->bytes += operation->path.size + operation->data.size + GROUP_ROOM;
}

/* The first one that was refused takes all with it: each alone, in the same order. */
static void
send_one_by_one(struct job_group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		struct job_group *single = new_group(group->job, 1);

		add_to_group(single, &group->operations[FENCES + i], group->writes[i]);
		send_group(single);
	}
}

static void
tell_group(struct job_group *group, const struct coord_answer *answer)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct znode_result *result = &answer->results[FENCES + i];

		if (group->writes[i].written != NULL)
			group->writes[i].written(group->job, group->writes[i].item,
			    answer->error == ZNODE_OK || group->is_together ? answer->error :
			    result->error != ZNODE_OK ? result->error : answer->error, result);
	}
}

static bool
is_fenced_off(const struct coord_answer *answer)
{
	return FENCES > 0 && answer->error != ZNODE_OK && answer->error != ZNODE_SESSION_EXPIRED &&
	    (answer->results[0].error == ZNODE_BAD_VERSION ||
	    answer->results[0].error == ZNODE_NO_NODE);
}

static void
on_group(struct zk_call *call, const struct coord_answer *answer)
{
	struct job_group *group = container_of(call, struct job_group, call);
	struct job *job = group->job;

	if (call_is_over(job->reign, answer))
		return;
	job->calls_out--;
	if (is_fenced_off(answer)) {
		controller_resign(job->reign->controller, job->reign,
		    "/controller_epoch has changed");
		return;
	}
	if (answer->error != ZNODE_OK && group->count > 1 && !group->is_together)
		send_one_by_one(group);
	else
		tell_group(group, answer);
	go_on(job);
}

static void
send_group(struct job_group *group)
{
	struct job *job = group->job;

	if (FENCES > 0)
		group->operations[0] = (struct znode_operation){ .type = ZNODE_OP_CHECK,
			.path = job->reign->fence.path, .version = job->reign->fence.version };
	job->calls_out++;
	job->reign->calls_out++;
	zk_multi(job->reign->options->session, &group->call, group->operations,
	    FENCES + group->count, on_group);
}

static void
send_gathered(struct job *job)
{
	struct job_group *group = job->group;

	job->group = NULL;
	if (group != NULL)
		send_group(group);
}

void
job_write(struct job *job, const struct znode_operation *operation, job_written *written,
    void *item)
{
	size_t bytes = operation->path.size + operation->data.size + GROUP_ROOM;

	if (job->group != NULL && (job->group->count == GROUP_WRITES_MAX ||
	    job->group->bytes + bytes > GROUP_BYTES_MAX))
		send_gathered(job);
	if (job->group == NULL)
		job->group = new_group(job, GROUP_WRITES_MAX);
	add_to_group(job->group, operation, (struct job_write){ written, item });
}

void
job_write_together(struct job *job, const struct znode_operation *operations, size_t count,
    job_written *written, void *item)
{
	struct job_group *group = new_group(job, count);

	send_gathered(job);
	group->is_together = true;
	for (size_t i = 0; i < count; i++)
		add_to_group(group, &operations[i], (struct job_write){ written, item });
	send_group(group);
}

struct job_deletion {
	struct zk_delete_tree tree;
	struct job *job;
	struct job_write write;
};

static void
on_tree_deleted(struct zk_delete_tree *tree, enum znode_error error, bool fenced)
{
	struct job_deletion *it = container_of(tree, struct job_deletion, tree);
	struct job *job = it->job;

	if (call_is_over(job->reign, &(struct coord_answer){ .error = error }))
		return;
	job->calls_out--;
	if (fenced) {
		controller_resign(job->reign->controller, job->reign,
		    "/controller_epoch has changed");
		return;
	}
	it->write.written(job, it->write.item, error, &(struct znode_result){ .error = error });
	go_on(job);
}

void
job_delete_tree(struct job *job, struct slice path, job_written *written, void *item)
{
	struct job_deletion *it = arena_new(&job->arena, sizeof(*it));

	it->job = job;
	it->write = (struct job_write){ written, item };
	job->calls_out++;
	job->reign->calls_out++;
	zk_delete_tree(job->reign->options->session, &it->tree, &job->reign->fence, path,
	    on_tree_deleted);
}

void
job_wait(struct job *job)
{
	send_gathered(job);
	assert(!job->is_waiting);
	job->is_waiting = true;
	go_on(job);
}
