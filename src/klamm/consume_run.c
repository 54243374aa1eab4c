#include "klamm/consume_run.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "klamm/consume_format.h"
#include "klamm/stop.h"

enum { POLL_MS = 100 };

struct consume_run {
	struct tool *tool;
	const struct consume_plan *plan;
	struct data_client *data;
	rd_kafka_t *consumer;
	/* Without a group: librdkafka's simple consumer, which asks for no coordinator. */
	rd_kafka_topic_t *topic;
	rd_kafka_queue_t *queue;
	/* Those that are read now; what was printed of each, as the next offset. */
	rd_kafka_topic_partition_list_t *reading;
	bool *at_end;     /* of each */
	bool is_assigned; /* a group takes its time until it says which we get */
	int64_t printed;
	bool failed;
};

static int
find(const struct consume_run *it, int32_t partition)
{
	for (int i = 0; i < it->reading->cnt; i++) {
		if (it->reading->elems[i].partition == partition)
			return i;
	}
	return -1;
}

static void
set_reading(struct consume_run *it, const rd_kafka_topic_partition_list_t *partitions)
{
	rd_kafka_topic_partition_list_destroy(it->reading);
	free(it->at_end);
	it->is_assigned = partitions != NULL;
	it->reading = partitions != NULL ? rd_kafka_topic_partition_list_copy(partitions)
					 : rd_kafka_topic_partition_list_new(0);
	it->at_end = memory_array((size_t)it->reading->cnt + 1, sizeof(*it->at_end));
}

static void
fail(struct consume_run *it, rd_kafka_resp_err_t error, const char *reason)
{
	char text[DATA_CLIENT_TEXT_SIZE];

	data_client_error(error, text);
	tool_complain(it->tool, "%s: %s%s%s", it->plan->topic, text, reason[0] != '\0' ? ": " : "",
	    reason);
	it->failed = true;
}

/* ------------------------------------------------------------------ groups */

/* What was printed may be committed once it is out. */
static void
store_printed(struct consume_run *it)
{
	if (output_flush(it->tool->output) != ERROR_NONE || it->plan->group == NULL)
		return;
	for (int i = 0; i < it->reading->cnt; i++) {
		const rd_kafka_topic_partition_t *one = &it->reading->elems[i];
		rd_kafka_topic_partition_list_t *list;

		if (one->offset < 0)
			continue; /* nothing of it was printed */
		list = rd_kafka_topic_partition_list_new(1);
		rd_kafka_topic_partition_list_add(list, one->topic, one->partition)->offset =
		    one->offset;
		rd_kafka_resp_err_t error = rd_kafka_offsets_store(it->consumer, list);
		rd_kafka_topic_partition_list_destroy(list);
		if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
			fail(it, error, "an offset cannot be kept");
	}
}

static void
commit(struct consume_run *it)
{
	rd_kafka_resp_err_t error;

	store_printed(it);
	if (it->plan->group == NULL)
		return;
	error = rd_kafka_commit(it->consumer, NULL, 0);
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR__NO_OFFSET)
		fail(it, error, "the offsets were not committed");
}

static void
rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t error,
    rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
	struct data_client *data = opaque;
	struct consume_run *it = data->run;
	rd_kafka_resp_err_t result;

	if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
		result = rd_kafka_assign(consumer, partitions);
		set_reading(it, partitions);
	} else {
		if (!rd_kafka_assignment_lost(consumer))
			commit(it);
		result = rd_kafka_assign(consumer, NULL);
		set_reading(it, NULL);
	}
	if (result != RD_KAFKA_RESP_ERR_NO_ERROR)
		fail(it, result, "partitions cannot be read");
}

/* ----------------------------------------------------------------- records */

static size_t
take_headers(const rd_kafka_message_t *message, struct consumed_header **taken)
{
	rd_kafka_headers_t *headers;
	size_t count = 0;

	*taken = NULL;
	if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	*taken = memory_array(rd_kafka_header_cnt(headers) + 1, sizeof(**taken));
	for (;;) {
		const void *value;
		const char *name;
		size_t size;

		if (rd_kafka_header_get_all(headers, count, &name, &value, &size) !=
		    RD_KAFKA_RESP_ERR_NO_ERROR)
			return count;
		(*taken)[count].name = name;
		(*taken)[count++].value = value != NULL ? slice_of(value, size) : slice_null();
	}
}

static void
print(struct consume_run *it, const rd_kafka_message_t *message)
{
	rd_kafka_timestamp_type_t type;
	struct consumed_header *headers;
	struct consumed_record record = {
		.topic = rd_kafka_topic_name(message->rkt),
		.partition = message->partition,
		.offset = message->offset,
		.timestamp_ms = rd_kafka_message_timestamp(message, &type),
		.key = message->key != NULL ? slice_of(message->key, message->key_len) : slice_null(),
		.value = message->payload != NULL ? slice_of(message->payload, message->len)
						  : slice_null(),
		.header_count = take_headers(message, &headers),
	};

	record.headers = headers;
	record.is_append_time = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
	if (it->plan->format != NULL)
		consume_format_print(it->plan->format, it->plan->null_text, &record,
		    it->tool->output);
	else
		consume_format_json(&record, it->tool->output);
	free(headers);
	it->printed++;
}

static void
take_record(struct consume_run *it, const rd_kafka_message_t *message)
{
	int at = find(it, message->partition);
	const int64_t *ends = it->plan->ends;

	if (at < 0)
		return; /* of a partition that was taken from us */
	if (ends != NULL && it->plan->exit_at_end && message->offset >= ends[at]) {
		it->at_end[at] = true; /* it came after we began */
		return;
	}
	print(it, message);
	it->reading->elems[at].offset = message->offset + 1;
	if (ends != NULL && message->offset + 1 >= ends[at])
		it->at_end[at] = true;
}

static void
take_message(struct consume_run *it, const rd_kafka_message_t *message)
{
	int at = message->err != RD_KAFKA_RESP_ERR_NO_ERROR && message->rkt != NULL
		? find(it, message->partition) : -1;

	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
		take_record(it, message);
	else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		if (at >= 0)
			it->at_end[at] = true;
	} else
		fail(it, message->err, rd_kafka_message_errstr(message));
}

/* ---------------------------------------------------------------- the loop */

static bool
all_at_end(const struct consume_run *it)
{
	if (!it->plan->exit_at_end || !it->is_assigned)
		return false;
	for (int i = 0; i < it->reading->cnt; i++) {
		if (!it->at_end[i])
			return false;
	}
	return true;
}

static bool
goes_on(struct consume_run *it)
{
	if (it->data->lost && !it->failed) {
		tool_complain(it->tool, "%s: no broker can be reached any more: %s",
		    it->plan->topic, it->data->reason);
		it->failed = true;
	}
	return !it->failed && !stop_was_asked() && it->printed < it->plan->count &&
	    it->tool->output->error == ERROR_NONE && !all_at_end(it);
}

static rd_kafka_message_t *
next_message(struct consume_run *it, int timeout_ms)
{
	if (it->plan->group != NULL)
		return rd_kafka_consumer_poll(it->consumer, timeout_ms);
	rd_kafka_poll(it->consumer, 0); /* errors of connections */
	return rd_kafka_consume_queue(it->queue, timeout_ms);
}

static void
loop(struct consume_run *it)
{
	while (goes_on(it)) {
		rd_kafka_message_t *message = next_message(it, 0);

		if (message == NULL) { /* a pause: what there is can be seen meanwhile */
			store_printed(it);
			output_look_for_reader(it->tool->output);
			message = next_message(it, POLL_MS);
		}
		if (message == NULL)
			continue;
		take_message(it, message);
		rd_kafka_message_destroy(message);
	}
}

static rd_kafka_resp_err_t
join(struct consume_run *it)
{
	rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
	rd_kafka_resp_err_t error = rd_kafka_poll_set_consumer(it->consumer);

	rd_kafka_topic_partition_list_add(topics, it->plan->topic, RD_KAFKA_PARTITION_UA);
	if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
		error = rd_kafka_subscribe(it->consumer, topics);
	rd_kafka_topic_partition_list_destroy(topics);
	return error;
}

static rd_kafka_resp_err_t
begin(struct consume_run *it)
{
	if (it->plan->group != NULL)
		return join(it);
	it->topic = rd_kafka_topic_new(it->consumer, it->plan->topic, NULL);
	it->queue = rd_kafka_queue_new(it->consumer);
	set_reading(it, it->plan->starts);
	for (int i = 0; i < it->reading->cnt; i++) {
		const rd_kafka_topic_partition_t *start = &it->plan->starts->elems[i];

		it->at_end[i] = start->offset >= it->plan->ends[i];
		if (it->topic == NULL || rd_kafka_consume_start_queue(it->topic, start->partition,
		    start->offset, it->queue) != 0)
			return rd_kafka_last_error();
	}
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void
end(struct consume_run *it)
{
	if (it->plan->group != NULL)
		(void)rd_kafka_consumer_close(it->consumer); /* what counts was committed */
	for (int i = 0; it->topic != NULL && i < it->reading->cnt; i++)
		(void)rd_kafka_consume_stop(it->topic, it->reading->elems[i].partition);
	if (it->queue != NULL)
		rd_kafka_queue_destroy(it->queue);
	if (it->topic != NULL)
		rd_kafka_topic_destroy(it->topic);
	rd_kafka_destroy(it->consumer);
	rd_kafka_topic_partition_list_destroy(it->reading);
	free(it->at_end);
}

enum command_status
consume_run(struct tool *tool, const struct consume_plan *plan, struct data_client *data,
    rd_kafka_conf_t *conf)
{
	struct consume_run it = { .tool = tool, .plan = plan, .data = data };
	rd_kafka_resp_err_t error;

	it.reading = rd_kafka_topic_partition_list_new(0);
	data->run = &it;
	data_client_set(conf, "enable.partition.eof", "true");
	data_client_set(conf, "enable.auto.offset.store", "false");
	if (plan->group != NULL)
		rd_kafka_conf_set_rebalance_cb(conf, rebalance);
	it.consumer = data_client_new(RD_KAFKA_CONSUMER, conf, tool);
	if (it.consumer == NULL) {
		rd_kafka_topic_partition_list_destroy(it.reading);
		return COMMAND_FAILED;
	}
	stop_catch();
	error = begin(&it);
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
		fail(&it, error, "");
	else {
		loop(&it);
		if (!it.data->lost)
			commit(&it);
	}
	end(&it);
	return it.failed ? COMMAND_FAILED : COMMAND_OK;
}
