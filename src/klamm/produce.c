#include "klamm/produce.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "klamm/data_client.h"
#include "klamm/line_input.h"
#include "klamm/produce_record.h"
#include "klamm/progress.h"
#include "klamm/topic_names.h"
#include "klamm/topic_partitions.h"

enum {
	OPTION_KEY_SEPARATOR = OPTION_DATA_OWN, OPTION_NULL, OPTION_HEADER, OPTION_PARTITION,
	OPTION_COMPRESSION, OPTION_ACKS, OPTION_WHOLE,
};
enum { POLL_MS = 100, PARTITION_BY_KEY = -1 };

const struct argument_option produce_options[] = {
	DATA_CLIENT_OPTIONS,
	[OPTION_KEY_SEPARATOR] = { "key-separator", "TEXT", "what stands before it is the key" },
	[OPTION_NULL] = { "null", "TEXT", "a key or value of that text is null" },
	[OPTION_HEADER] = { "header", "KEY=VALUE", "a header of each record; may be repeated" },
	[OPTION_PARTITION] = { "partition", "N", "the partition; else the key decides" },
	[OPTION_COMPRESSION] = { "compression", "CODEC", "none, gzip, snappy, lz4, zstd" },
	[OPTION_ACKS] = { "acks", "0|1|all", "who has to have it (default: all)" },
	[OPTION_WHOLE] = { "whole", NULL, "each file is one record" },
	{ .name = NULL },
};

struct produce {
	struct tool *tool;
	const char *topic;
	const char *key_separator;
	const char *null_text;
	bool whole;
	int64_t partition;
	rd_kafka_headers_t *headers; /* NULL: none */
	rd_kafka_t *producer;
	struct data_client data;
	struct progress progress;
	int64_t bytes_before; /* of the inputs that are done */
	int64_t delivered, delivered_bytes, failed;
};

/* ---------------------------------------------------------------- delivery */

static void
note_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
	struct data_client *data = opaque;
	struct produce *it = container_of(data, struct produce, data);
	char text[DATA_CLIENT_TEXT_SIZE];

	(void)producer;
	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
		it->delivered++;
		it->delivered_bytes += (int64_t)(message->len + message->key_len);
		return;
	}
	if (it->failed++ > 0)
		return; /* one reason is enough */
	data_client_error(message->err, text);
	tool_complain(it->tool, "%s: a record was not taken: %s%s%s", it->topic, text,
	    data->reason[0] != '\0' ? ": " : "", data->reason);
}

static rd_kafka_resp_err_t
send_record(struct produce *it, const struct produce_record *record)
{
	rd_kafka_headers_t *headers = it->headers != NULL ? rd_kafka_headers_copy(it->headers) : NULL;
	rd_kafka_vu_t parts[6] = {
		{ .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = it->topic },
		{ .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = (int32_t)it->partition },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY },
		{ .vtype = RD_KAFKA_VTYPE_KEY },
		{ .vtype = RD_KAFKA_VTYPE_VALUE },
		{ .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers },
	};

	/* librdkafka only copies them, though its type has no const. */
	parts[3].u.mem.ptr = (void *)(uintptr_t)record->key.bytes;
	parts[3].u.mem.size = record->key.size;
	parts[4].u.mem.ptr = (void *)(uintptr_t)record->value.bytes;
	parts[4].u.mem.size = record->value.size;
	rd_kafka_error_t *error = rd_kafka_produceva(it->producer, parts, headers != NULL ? 6 : 5);
	if (error == NULL)
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_resp_err_t code = rd_kafka_error_code(error);
	rd_kafka_error_destroy(error);
	if (headers != NULL)
		rd_kafka_headers_destroy(headers);
	return code;
}

/* False when it cannot be sent, or an earlier one was not taken: then no other is read. */
static bool
produce_line(struct produce *it, struct slice line)
{
	struct produce_record record = produce_record_split(line, it->key_separator, it->null_text);
	rd_kafka_resp_err_t error;
	char text[DATA_CLIENT_TEXT_SIZE];

	while ((error = send_record(it, &record)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		rd_kafka_poll(it->producer, POLL_MS);
	rd_kafka_poll(it->producer, 0);
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
		data_client_error(error, text);
		tool_complain(it->tool, "%s: a record of %zu bytes cannot be sent: %s", it->topic,
		    line.size, text);
		it->failed++;
	}
	return it->failed == 0;
}

static void
produce_input(struct produce *it, const char *path)
{
	struct line_input input;
	struct slice line;
	enum error error = line_input_open(&input, path, it->whole);

	while (error == ERROR_NONE) {
		error = line_input_next(&input, &line);
		if (error == ERROR_NONE && !produce_line(it, line))
			break;
		progress_show(&it->progress, it->delivered, it->bytes_before + input.bytes_taken);
	}
	it->bytes_before += input.bytes_taken;
	if (error != ERROR_NONE && error != ERROR_END_OF_STREAM) {
		tool_complain(it->tool, "%s: %s", path, error_text(error));
		it->failed++;
	}
	line_input_close(&input);
}

/* Librdkafka's time-out of a message bounds it. */
static void
wait_for_the_rest(struct produce *it)
{
	while (rd_kafka_outq_len(it->producer) > 0) {
		rd_kafka_poll(it->producer, POLL_MS);
		progress_show(&it->progress, it->delivered, it->bytes_before);
	}
}

/* ----------------------------------------------------------------- options */

static enum command_status
read_headers(struct produce *it, const struct arguments *arguments)
{
	const char *text;

	for (int at = 0; (text = arguments_next(arguments, OPTION_HEADER, &at)) != NULL;) {
		const char *equals = strchr(text, '=');

		if (equals == NULL || equals == text)
			return tool_wrong_use(it->tool, "--header takes KEY=VALUE, not '%.64s'", text);
		if (it->headers == NULL)
			it->headers = rd_kafka_headers_new(8);
		if (rd_kafka_header_add(it->headers, text, equals - text, equals + 1, -1) !=
		    RD_KAFKA_RESP_ERR_NO_ERROR)
			return tool_wrong_use(it->tool, "--header '%.64s' is too large", text);
	}
	return COMMAND_OK;
}

/* One of the words that an option takes, where it was given. `words` ends with NULL. */
static enum command_status
set_word(struct produce *it, rd_kafka_conf_t *conf, const char *name, const char *value,
    const char *const *words, const char *words_text)
{
	if (value == NULL)
		return COMMAND_OK;
	while (*words != NULL && strcmp(*words, value) != 0)
		words++;
	if (*words == NULL)
		return tool_wrong_use(it->tool, "--%s takes %s, not '%.32s'", name, words_text, value);
	data_client_set(conf, strcmp(name, "acks") == 0 ? "acks" : "compression.codec", value);
	return COMMAND_OK;
}

static enum command_status
configure(struct produce *it, struct arguments *arguments, int64_t timeout_ms, rd_kafka_conf_t *conf)
{
	static const char *const codecs[] = { "none", "gzip", "snappy", "lz4", "zstd", NULL };
	static const char *const all_acks[] = { "0", "1", "all", NULL };
	const char *acks = arguments->values[OPTION_ACKS];
	char number[24];
	enum command_status status = set_word(it, conf, "compression",
	    arguments->values[OPTION_COMPRESSION], codecs, "none, gzip, snappy, lz4 or zstd");

	if (status == COMMAND_OK)
		status = set_word(it, conf, "acks", acks, all_acks, "0, 1 or all");
	if (status != COMMAND_OK)
		return status;
	snprintf(number, sizeof(number), "%" PRId64, timeout_ms);
	data_client_set(conf, "message.timeout.ms", number);
	data_client_set(conf, "enable.idempotence",
	    acks == NULL || strcmp(acks, "all") == 0 ? "true" : "false");
	/* Large records are the broker's to refuse. */
	data_client_set(conf, "message.max.bytes", "1000000000");
	rd_kafka_conf_set_dr_msg_cb(conf, note_delivery);
	return data_client_properties(conf, it->tool, arguments);
}

/* Is there such a topic, with such a partition? Said at once and better than by a time-out. */
static enum command_status
check_topic(struct produce *it, struct client *client)
{
	int32_t count;

	if (topic_partitions_ask(client, CLIENT_ANY_BROKER, it->topic, TOPIC_IS_MADE, &count) !=
	    ERROR_NONE)
		return client_command_failed(it->tool, client);
	if (it->partition >= count) {
		tool_complain(it->tool, "%s: there is no partition %" PRId64 ": its %" PRId32
		    " are numbered from 0", it->topic, it->partition, count);
		return COMMAND_FAILED;
	}
	return COMMAND_OK;
}

static enum command_status
set_up(struct produce *it, struct arguments *arguments)
{
	struct client client;
	rd_kafka_conf_t *conf;
	enum command_status status;

	if (arguments_int(arguments, produce_options, OPTION_PARTITION, 0, INT32_MAX,
	    PARTITION_BY_KEY, &it->partition) != ERROR_NONE)
		return tool_wrong_use(it->tool, "%s", arguments->complaint);
	if (it->key_separator != NULL && it->key_separator[0] == '\0')
		return tool_wrong_use(it->tool, "--key-separator is empty");
	status = read_headers(it, arguments);
	if (status == COMMAND_OK)
		status = client_command_begin(it->tool, arguments, &client);
	if (status != COMMAND_OK)
		return status;
	conf = data_client_conf(&it->data, it->tool, arguments);
	status = configure(it, arguments, client.timeout_ms, conf);
	if (status == COMMAND_OK)
		status = check_topic(it, &client);
	client_fini(&client);
	if (status != COMMAND_OK) {
		rd_kafka_conf_destroy(conf);
		return status;
	}
	it->producer = data_client_new(RD_KAFKA_PRODUCER, conf, it->tool);
	return it->producer != NULL ? COMMAND_OK : COMMAND_FAILED;
}

/* ------------------------------------------------------------- the command */

/* The sum of the files' sizes, -1 when one is no file; and whether somebody types. */
static int64_t
bytes_to_come(char **paths, int count, bool *is_typed)
{
	int64_t sum = 0;

	*is_typed = false;

	for (int i = 0; i < count; i++) {
		struct line_input input;

		/* One that cannot be opened is complained of when its turn comes. */
		if (line_input_open(&input, paths[i], false) != ERROR_NONE)
			continue;
		*is_typed = *is_typed || input.is_terminal;
		sum = sum < 0 || input.size < 0 ? -1 : sum + input.size;
		line_input_close(&input);
	}
	return sum;
}

static void
tell(struct produce *it)
{
	struct output *output = it->tool->output;

	progress_end(&it->progress, it->delivered, it->bytes_before);
	if (!output->json)
		return;
	output_begin(output, "produced", NULL);
	output_text(output, "topic", it->topic);
	output_int(output, "records", it->delivered);
	output_int(output, "bytes", it->delivered_bytes);
	output_int(output, "failed", it->failed);
	output_end(output);
}

enum command_status
produce(struct tool *tool, struct arguments *arguments)
{
	static char standard_input[] = "-";
	char *none[] = { standard_input };
	char **paths = arguments->operands + 1;
	int count = arguments->operand_count - 1;
	bool is_typed;
	struct produce it = {
		.tool = tool,
		.topic = arguments->operand_count > 0 ? arguments->operands[0] : NULL,
		.key_separator = arguments->values[OPTION_KEY_SEPARATOR],
		.null_text = arguments->values[OPTION_NULL],
		.whole = arguments->values[OPTION_WHOLE] != NULL,
	};

	if (count <= 0) {
		paths = none;
		count = 1;
	}
	arguments->operand_count = MIN(arguments->operand_count, 1); /* the topic */
	enum command_status status = topic_names_check(tool, arguments);
	if (status == COMMAND_OK)
		status = set_up(&it, arguments);
	if (status == COMMAND_OK) {
		int64_t bytes_total = bytes_to_come(paths, count, &is_typed);

		progress_init(&it.progress, tool, bytes_total, is_typed);
		for (int i = 0; i < count && it.failed == 0; i++)
			produce_input(&it, paths[i]);
		wait_for_the_rest(&it);
		tell(&it);
		rd_kafka_destroy(it.producer);
		status = it.failed == 0 ? COMMAND_OK : COMMAND_FAILED;
	}
	if (it.headers != NULL)
		rd_kafka_headers_destroy(it.headers);
	return status;
}
