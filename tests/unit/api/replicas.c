#include "replicas.h"

#include <stdlib.h>

#include "api/file_slice.h"
#include "base/memory.h"

struct partition {
	const char *topic;
	int32_t index;
};

enum { TOPICS_MAX = 4, PARTITIONS_MAX = 16 };

struct shelf shelf;
static struct hosted_topic topics[TOPICS_MAX];
static int topic_count;

void
replicas_init(void)
{
	memset(&shelf, 0, sizeof(shelf));
	topic_count = 0;
}

void
replicas_fini(void)
{
	for (int i = 0; i < topic_count; i++)
		topic_settings_release(topics[i].settings);
}

void
replicas_host(const char *topic, int32_t count, const char *settings)
{
	struct hosted_topic *hosted = &topics[topic_count++];
	struct config_problems problems;
	struct config_map overrides;

	cr_assert_leq(topic_count, TOPICS_MAX);
	config_map_init(&overrides);
	config_problems_init(&problems);
	config_map_read(&overrides, slice_of_text(settings), &problems);
	*hosted = (struct hosted_topic){ .name = fixture_text(topic), .partition_count = count };
	hosted->settings = topic_settings_new(fixture.given.config, &overrides, &problems);
	cr_assert_eq(problems.count, 0);
	config_problems_fini(&problems);
	config_map_fini(&overrides);
	hosted->partitions = fixture_array((size_t)count, sizeof(*hosted->partitions));
	for (int32_t i = 0; i < count; i++) {
		struct partition *partition = fixture_array(1, sizeof(*partition));

		*partition = (struct partition){ topic, i };
		hosted->partitions[i] = partition;
	}
}

const char *
replicas_topic_of(const struct partition_operation *operation)
{
	return operation->partition->topic;
}

int32_t
replicas_index_of(const struct partition_operation *operation)
{
	return operation->partition->index;
}

/* ------------------------------------------------------ what handlers see */

const struct hosted_topic *
request_hosted_topic(const struct request *request, struct slice topic)
{
	(void)request;
	for (int i = 0; i < topic_count; i++)
		if (slice_equal(topics[i].name, topic))
			return &topics[i];
	return NULL;
}

struct partition *
request_partition(const struct request *request, struct slice topic, int32_t index)
{
	const struct hosted_topic *hosted = request_hosted_topic(request, topic);

	if (hosted == NULL || index < 0 || index >= hosted->partition_count)
		return NULL;
	return hosted->partitions[index];
}

void
request_drop_frame(struct request *request)
{
	(void)request;
	shelf.drops++;
}

#define CODE(name, code) code,
int16_t
partition_status_code(enum partition_status status)
{
	static const int16_t codes[] = { PARTITION_STATUS_TABLE(CODE) };

	return codes[status];
}
#undef CODE

static void
take(struct partition *partition, struct partition_operation *operation)
{
	cr_assert_eq(operation->loop, fixture.request.loop);
	cr_assert_not_null(operation->answered);
	operation->partition = partition;
	operation->leader = operation->leader_epoch = -1;
}

void
partition_count_refused(struct partition *partition UNUSED, int16_t code)
{
	cr_assert_lt(shelf.refused_count, REPLICAS_ASKED_MAX);
	shelf.refused[shelf.refused_count++] = code;
}

void
partition_append(struct partition *partition, struct partition_append *append)
{
	cr_assert_lt(shelf.append_count, REPLICAS_ASKED_MAX);
	take(partition, &append->operation);
	append->base_offset = append->last_offset = append->log_append_time_ms = -1;
	append->log_start_offset = -1;
	shelf.appends[shelf.append_count++] = append;
	if (shelf.append != NULL)
		shelf.append(append);
}

void
partition_fetch(struct partition *partition, struct partition_fetch *fetch)
{
	cr_assert_lt(shelf.fetch_count, REPLICAS_ASKED_MAX);
	take(partition, &fetch->operation);
	cr_assert_null(fetch->slice.segment, "a slice would be lost");
	fetch->high_watermark = fetch->last_stable_offset = fetch->log_start_offset = -1;
	fetch->diverging_epoch = -1;
	fetch->preferred_replica = -1;
	shelf.fetches[shelf.fetch_count++] = fetch;
	if (shelf.fetch != NULL)
		shelf.fetch(fetch);
}

void
partition_sent(struct partition *partition, const struct partition_fetch *fetch)
{
	cr_assert_eq(fetch->operation.partition, partition);
	if (fetch->is_throttled)
		shelf.throttled_bytes += fetch->slice.size;
}

void
partition_list_offsets(struct partition *partition, struct partition_list_offsets *list)
{
	cr_assert_lt(shelf.list_count, REPLICAS_ASKED_MAX);
	take(partition, &list->operation);
	list->found_offset = list->found_timestamp = -1;
	list->found_leader_epoch = -1;
	shelf.lists[shelf.list_count++] = list;
	if (shelf.list != NULL)
		shelf.list(list);
}

void
partition_epoch_end(struct partition *partition, struct partition_epoch_end *end)
{
	cr_assert_lt(shelf.end_count, REPLICAS_ASKED_MAX);
	take(partition, &end->operation);
	end->found_epoch = -1;
	end->found_end_offset = -1;
	shelf.ends[shelf.end_count++] = end;
}

void
partition_delete_records(struct partition *partition, struct partition_delete_records *deletion)
{
	cr_assert_lt(shelf.deletion_count, REPLICAS_ASKED_MAX);
	take(partition, &deletion->operation);
	deletion->low_watermark = -1;
	shelf.deletions[shelf.deletion_count++] = deletion;
}

/* Once at most for an operation, and what waits is answered by the test. */
void
partition_cancel(struct partition *partition, struct partition_operation *operation)
{
	cr_assert_eq(operation->partition, partition);
	cr_assert_not(operation->cancelled);
	operation->cancelled = true;
	shelf.cancels++;
}

void
replicas_answer_inside(struct partition_operation *operation, enum partition_status status)
{
	cr_assert_not_null(operation->partition);
	operation->status = status;
	operation->answered(operation);
}

void
replicas_answer(struct partition_operation *operation, enum partition_status status)
{
	loop_enter(&fixture.data.loop);
	replicas_answer_inside(operation, status);
	loop_leave(&fixture.data.loop);
	fixture_run();
}

/* ------------------------------------------------------------------ slices */

void
replicas_find(struct partition_fetch *fetch, int64_t size)
{
	static int anything;

	fetch->slice = (struct log_slice){ .segment = (struct segment *)&anything,
		.position = fetch->offset, .size = size };
	shelf.slices_given++;
}

void
log_slice_release(struct log_slice *slice)
{
	shelf.slices_released += slice->segment != NULL;
	*slice = (struct log_slice){ 0 };
}

static void
was_sent(struct buffer_owner *owner)
{
	free(file_slice_of(owner));
	shelf.slices_sent++;
}

struct file_slice *
file_slice_new(struct request *request, struct log_slice *taken)
{
	struct file_slice *it = memory_new(sizeof(*it));

	(void)request;
	cr_assert_not_null(taken->segment);
	it->owner.release = was_sent;
	it->slice = *taken;
	*taken = (struct log_slice){ 0 };
	return it;
}

/* ----------------------------------------------------------------- workers */

static void
submit(struct workers *workers, struct work *work)
{
	(void)workers;
	cr_assert_null(shelf.work);
	shelf.work = work;
}

struct workers replicas_workers = { submit };

void
replicas_work(void)
{
	struct work *work = shelf.work;

	cr_assert_not_null(work);
	shelf.work = NULL;
	work->run(work);
	loop_enter(work->loop);
	work->done(work);
	loop_leave(&fixture.data.loop);
	fixture_run();
}
