/* DescribeLogDirs (KIP-113, KIP-827): what lies in which log dir. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "partition/replicas_private.h"
#include "wire/kafka_error.h"

typedef struct describe_log_dirs_response_describe_log_dirs_result dir_result;
typedef struct describe_log_dirs_response_describe_log_dirs_topic topic_result;
typedef struct describe_log_dirs_response_describe_log_dirs_partition partition_result;

enum { LAG_UNKNOWN = -1 };

/* Its disks are asked on a worker; the rest is known here. */
struct description {
	struct replicas *replicas;
	const struct describe_log_dirs_request *request;
	struct arena *arena;
	struct describe_log_dirs_response *response;
	void (*done)(void *context);
	void *context;
	struct log_space_job *spaces; /* by dir */
	struct work work;
	/* What is wanted: by dir, topic, partition; each once. */
	struct log_partition **wanted;
	size_t count;
};

/* -------------------------------------------------------------- what is wanted */

static void
want(struct description *it, struct log_partition *partition)
{
	if (partition != NULL && partition->log != NULL && partition->dir->state == ERROR_NONE)
		it->wanted[it->count++] = partition;
}

static size_t
count_asked(const struct describe_log_dirs_request *request)
{
	size_t count = 0;

	for (int32_t i = 0; i < request->topics.count; i++)
		count += (size_t)MAX(request->topics.items[i].partitions.count, 0);
	return count;
}

static void
want_asked(struct description *it)
{
	struct log_dirs *dirs = it->replicas->dirs;

	it->wanted = memory_array(2 * count_asked(it->request) + 1, sizeof(struct log_partition *));
	for (int32_t i = 0; i < it->request->topics.count; i++) {
		const struct describe_log_dirs_request_describable_log_dir_topic *topic =
		    &it->request->topics.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++) {
			want(it, log_dirs_find(dirs, topic->topic, topic->partitions.items[j]));
			want(it, log_dirs_find_future(dirs, topic->topic, topic->partitions.items[j]));
		}
	}
}

static void
want_all(struct description *it)
{
	struct log_dirs *dirs = it->replicas->dirs;

	it->wanted = memory_array(dirs->partitions.count + 1, sizeof(struct log_partition *));
	LOG_DIRS_FOREACH(link, dirs)
		want(it, log_partition_of(link));
}

static int
compare(const void *left, const void *right)
{
	const struct log_partition *a = *(struct log_partition *const *)left;
	const struct log_partition *b = *(struct log_partition *const *)right;
	int topics = strcmp(a->topic, b->topic);

	if (a->dir != b->dir)
		return a->dir < b->dir ? -1 : 1;
	if (topics != 0)
		return topics;
	if (a->partition != b->partition)
		return a->partition < b->partition ? -1 : 1;
	return (int)a->is_future - (int)b->is_future;
}

/* In order; what was asked for twice is told once. */
static void
sort_wanted(struct description *it)
{
	size_t kept = 0;

	qsort(it->wanted, it->count, sizeof(struct log_partition *), compare);
	for (size_t i = 0; i < it->count; i++)
		if (kept == 0 || it->wanted[kept - 1] != it->wanted[i])
			it->wanted[kept++] = it->wanted[i];
	it->count = kept;
}

/* ------------------------------------------------------------------ the answer */

/* How far a replica that is moved is behind; of a current one, how its end is to the high watermark. */
static int64_t
lag_of(const struct description *it, const struct log_partition *partition)
{
	const struct log_partition *current = log_dirs_find(it->replicas->dirs,
	    slice_of_text(partition->topic), partition->partition);
	struct log_published published = log_published(partition->log);

	if (!partition->is_future)
		return MAX(published.high_watermark - published.end_offset, 0);
	if (current == NULL || current->log == NULL || current->dir->state != ERROR_NONE)
		return LAG_UNKNOWN;
	return log_published(current->log).end_offset - published.end_offset;
}

static void
fill_partition(const struct description *it, partition_result *told,
    const struct log_partition *partition)
{
	*told = describe_log_dirs_response_describe_log_dirs_partition_defaults;
	told->partition_index = partition->partition;
	told->partition_size = log_published(partition->log).size;
	told->offset_lag = lag_of(it, partition);
	told->is_future_key = partition->is_future;
}

/* The number of the first one that is not in the dir. */
static size_t
end_of_dir(const struct description *it, const struct log_dir *dir, size_t from)
{
	while (from < it->count && it->wanted[from]->dir == dir)
		from++;
	return from;
}

/* Of the partitions from number `from` on. */
static void
fill_topics(struct description *it, dir_result *result, size_t from, size_t end)
{
	topic_result *topics = arena_array(it->arena, end - from + 1, sizeof(*topics));
	partition_result *partitions = arena_array(it->arena, end - from + 1, sizeof(*partitions));

	if (topics == NULL || partitions == NULL) {
		result->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
		return;
	}
	result->topics.items = topics;
	for (size_t at = from; at < end; at++) {
		const struct log_partition *partition = it->wanted[at];
		partition_result *told = &partitions[at - from];

		if (at == from || strcmp(partition->topic, it->wanted[at - 1]->topic) != 0) {
			topic_result *topic = &topics[result->topics.count++];

			*topic = describe_log_dirs_response_describe_log_dirs_topic_defaults;
			topic->name = slice_of(arena_text(it->arena, partition->topic,
			    strlen(partition->topic)), strlen(partition->topic));
			topic->partitions.items = told;
		}
		fill_partition(it, told, partition);
		topics[result->topics.count - 1].partitions.count++;
	}
}

static void
fill(struct description *it)
{
	const struct log_dirs *dirs = it->replicas->dirs;
	struct describe_log_dirs_response *response = it->response;
	size_t at = 0;

	response->results.items = arena_array(it->arena, (size_t)dirs->count,
	    sizeof(*response->results.items));
	if (response->results.items == NULL) {
		response->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
		return;
	}
	response->results.count = dirs->count;
	for (int i = 0; i < dirs->count; i++) {
		const struct log_dir *dir = &dirs->dirs[i];
		dir_result *result = &response->results.items[i];
		size_t from = at;

		at = end_of_dir(it, dir, from);
		*result = describe_log_dirs_response_describe_log_dirs_result_defaults;
		result->log_dir = slice_of_text(dir->path);
		if (dir->state != ERROR_NONE || it->spaces[i].error != ERROR_NONE) {
			result->error_code = KAFKA_ERROR_KAFKA_STORAGE_ERROR;
			continue;
		}
		result->total_bytes = it->spaces[i].space.total;
		result->usable_bytes = it->spaces[i].space.free;
		fill_topics(it, result, from, at);
	}
}

/* ----------------------------------------------------------------- the worker */

static void
measure(struct work *work)
{
	struct description *it = container_of(work, struct description, work);

	for (int i = 0; i < it->replicas->dirs->count; i++)
		if (it->spaces[i].dir != NULL)
			log_space_run(&it->spaces[i]);
}

static void
measured(struct work *work)
{
	struct description *it = container_of(work, struct description, work);
	struct replicas *replicas = it->replicas;

	if (it->request->topics.count < 0)
		want_all(it);
	else
		want_asked(it);
	sort_wanted(it);
	fill(it);
	it->done(it->context);
	free(it->wanted);
	free(it->spaces);
	free(it);
	replicas_end(replicas);
}

void
replicas_describe_log_dirs(struct replicas *replicas,
    const struct describe_log_dirs_request *request, struct arena *arena,
    struct describe_log_dirs_response *response, void (*done)(void *context), void *context)
{
	struct description *it;

	*response = describe_log_dirs_response_defaults;
	if (replicas->stopping) {
		response->error_code = KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
		done(context);
		return;
	}
	it = memory_new(sizeof(*it));
	*it = (struct description){ .replicas = replicas, .request = request, .arena = arena,
		.response = response, .done = done, .context = context };
	it->spaces = memory_array((size_t)replicas->dirs->count, sizeof(*it->spaces));
	for (int i = 0; i < replicas->dirs->count; i++)
		if (replicas->dirs->dirs[i].state == ERROR_NONE)
			log_space_prepare(&replicas->dirs->dirs[i], &it->spaces[i]);
	it->work = (struct work){ .loop = replicas->world->control, .run = measure,
		.done = measured };
	replicas_begin(replicas);
	workers_submit(replicas->world->workers, &it->work);
}
