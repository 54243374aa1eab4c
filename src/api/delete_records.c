/*
 * DeleteRecords: each partition is asked, all at once; those that wait for the
 * log starts of their replicas are given up when the time is over.
 */
#include "api/find_partition.h"
#include "wire/messages.h"
#include "zk/topic_name.h"

typedef struct delete_records_request_delete_records_partition asked_partition;
typedef struct delete_records_response_delete_records_partition_result told_partition;
typedef struct delete_records_response_delete_records_topic_result told_topic;

struct deletion {
	struct request *request;
	struct deletion_piece *pieces;
	int count, left;
	struct timer timer;
};

struct deletion_piece {
	struct deletion *of;
	told_partition *told;
	struct partition *partition; /* NULL: it is not out */
	struct partition_delete_records operation;
};

static void
one_less(struct deletion *it)
{
	if (--it->left > 0)
		return;
	timer_stop(it->request->loop, &it->timer);
	request_answer(it->request);
}

static void
answered(struct partition_operation *operation)
{
	struct deletion_piece *piece = container_of(operation, struct deletion_piece,
	    operation.operation);

	piece->partition = NULL;
	piece->told->error_code = partition_status_code(operation->status);
	piece->told->low_watermark = piece->operation.low_watermark;
	one_less(piece->of);
}

static void
time_is_over(struct timer *timer)
{
	struct deletion *it = container_of(timer, struct deletion, timer);

	it->left++; /* answers may come inside */
	for (int i = 0; i < it->count; i++)
		if (it->pieces[i].partition != NULL)
			partition_cancel(it->pieces[i].partition, &it->pieces[i].operation.operation);
	one_less(it);
}

static void
ask(struct deletion *it, struct slice topic, const asked_partition *asked, told_partition *told)
{
	struct deletion_piece *piece = &it->pieces[it->count++];
	struct partition_absence absence;
	struct partition *partition = find_partition(it->request, topic, asked->partition_index,
	    &absence);

	*told = delete_records_response_delete_records_partition_result_defaults;
	told->partition_index = asked->partition_index;
	told->low_watermark = -1;
	if (partition == NULL)
		told->error_code = absence.code;
	if (topic_name_is_internal(topic) &&
	    told->error_code != KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION)
		told->error_code = KAFKA_ERROR_INVALID_TOPIC_EXCEPTION;
	if (told->error_code != KAFKA_ERROR_NONE)
		return;
	piece->of = it;
	piece->told = told;
	piece->partition = partition;
	piece->operation = (struct partition_delete_records){
		.operation = { .loop = it->request->loop, .answered = answered },
		.offset = asked->offset,
	};
	it->left++;
	partition_delete_records(partition, &piece->operation);
}

static void
ask_all(struct deletion *it)
{
	const struct delete_records_request *body = it->request->body;
	struct delete_records_response *response = it->request->response;
	int32_t topics = MAX(body->topics.count, 0);

	response->topics.items = request_array(it->request, (size_t)MAX(topics, 1),
	    sizeof(*response->topics.items));
	response->topics.count = topics;
	for (int32_t i = 0; i < topics; i++) {
		told_topic *topic = &response->topics.items[i];
		int32_t count = MAX(body->topics.items[i].partitions.count, 0);

		*topic = delete_records_response_delete_records_topic_result_defaults;
		topic->name = body->topics.items[i].name;
		topic->partitions.items = request_array(it->request, (size_t)MAX(count, 1),
		    sizeof(*topic->partitions.items));
		topic->partitions.count = count;
		for (int32_t j = 0; j < count; j++)
			ask(it, topic->name, &body->topics.items[i].partitions.items[j],
			    &topic->partitions.items[j]);
	}
}

static size_t
count_pieces(const struct delete_records_request *body)
{
	size_t count = 0;

	for (int32_t i = 0; i < body->topics.count; i++)
		count += (size_t)MAX(body->topics.items[i].partitions.count, 0);
	return count;
}

void
api_delete_records(struct request *request)
{
	const struct delete_records_request *body = request->body;
	struct deletion *it = request_new(request, sizeof(*it));
	size_t count = count_pieces(body);

	if (!request_has_room(request, count, sizeof(*it->pieces))) {
		request_close(request, REQUEST_WITHOUT_ROOM);
		return;
	}
	it->request = request;
	it->pieces = request_array(request, MAX(count, 1), sizeof(*it->pieces));
	it->left = 1;
	timer_init(&it->timer, time_is_over);
	timer_start(request->loop, &it->timer, clock_monotonic_us(request_world(request)->clock) +
	    MAX(body->timeout_ms, 0) * INT64_C(1000));
	ask_all(it);
	one_less(it);
}
