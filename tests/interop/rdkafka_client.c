/*
 * librdkafka as a client of the matrix.
 *
 *	rdkafka_client HOST:PORT produce TOPIC [SETTING...]                        lines of stdin, until it ends
 *	rdkafka_client HOST:PORT read TOPIC PARTITION FROM COUNT [SETTING...]      FROM: beginning, an offset, time:MS
 *	rdkafka_client HOST:PORT member TOPIC GROUP COUNT [SETTING...]             0: until stdin ends
 *	rdkafka_client HOST:PORT administer NAME
 *
 * records.py says what lines look like. A member also prints `assigned PARTITION...` whenever its share has changed; it
 * commits after what it has printed. SETTING is acks=, codec=, idempotent=1, max_size=, timeout_ms=, or else a name of
 * librdkafka's.
 */
#include "tests/interop/rdkafka_client.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/interop/record_line.h"

enum { POLL_MS = 100, BATCH = 200, TRIES = 100 };

/* The first failed delivery. */
static rd_kafka_resp_err_t undelivered;

static const struct {
	const char *ours, *theirs;
} setting_names[] = {
	{ "acks", "acks" },
	{ "codec", "compression.codec" },
	{ "idempotent", "enable.idempotence" },
	{ "max_size", "message.max.bytes" },
	{ "timeout_ms", "message.timeout.ms" },
};

void
client_fail(const char *what, const char *text)
{
	fflush(stdout);
	fprintf(stderr, "error: %s: %s\n", what, text);
	exit(1);
}

void
client_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char text[512];

	if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) != RD_KAFKA_CONF_OK)
		client_fail(name, text);
}

static void
set_given(rd_kafka_conf_t *conf, const char *given)
{
	char name[128];
	const char *value = strchr(given, '=');
	const char *theirs = name;

	if (value == NULL || (size_t)(value - given) >= sizeof(name))
		client_fail("no NAME=VALUE", given);
	memcpy(name, given, (size_t)(value - given));
	name[value - given] = '\0';
	for (size_t i = 0; i < sizeof(setting_names) / sizeof(setting_names[0]); i++) {
		if (strcmp(name, setting_names[i].ours) == 0)
			theirs = setting_names[i].theirs;
	}
	client_set(conf, theirs, strcmp(theirs, "enable.idempotence") == 0 ? "true" : value + 1);
	if (strcmp(theirs, "enable.idempotence") == 0)
		client_set(conf, "max.in.flight", "5");
}

rd_kafka_t *
client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, const struct settings *settings)
{
	char text[512];
	rd_kafka_t *client;

	client_set(conf, "bootstrap.servers", settings->address);
	client_set(conf, "log_level", "3");
	client_set(conf, "reconnect.backoff.max.ms", "500");
	for (int i = 0; i < settings->count; i++)
		set_given(conf, settings->given[i]);
	client = rd_kafka_new(type, conf, text, sizeof(text));
	if (client == NULL)
		client_fail("rd_kafka_new", text);
	return client;
}

/* ---------------------------------------------------------------- produce */

static void
delivered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *context)
{
	(void)producer;
	(void)context;
	if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && undelivered == RD_KAFKA_RESP_ERR_NO_ERROR)
		undelivered = message->err;
}

static rd_kafka_headers_t *
headers_of(const struct record_line *record)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);

	for (size_t i = 0; i < record->header_count; i++) {
		const struct record_header *it = &record->headers[i];

		if (rd_kafka_header_add(headers, it->name, -1, it->value.at, (ssize_t)it->value.size) !=
		    RD_KAFKA_RESP_ERR_NO_ERROR)
			client_fail("header", it->name);
	}
	return headers;
}

static void
send_record(rd_kafka_t *producer, const char *topic, const struct record_line *record)
{
	rd_kafka_resp_err_t error;

	for (;;) {
		rd_kafka_headers_t *headers = headers_of(record);

		error = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(record->partition),
		    RD_KAFKA_V_TIMESTAMP(record->timestamp_ms), RD_KAFKA_V_KEY(record->key.at, record->key.size),
		    RD_KAFKA_V_VALUE(record->value.at, record->value.size), RD_KAFKA_V_HEADERS(headers),
		    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
		if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
			return;
		rd_kafka_headers_destroy(headers);
		if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			client_fail("produce", rd_kafka_err2str(error));
		rd_kafka_poll(producer, POLL_MS);
	}
}

static void
produce(const struct settings *settings, const char *topic)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *producer;
	struct record_line record;
	char *line = NULL;
	size_t size = 0;

	rd_kafka_conf_set_dr_msg_cb(conf, delivered);
	client_set(conf, "linger.ms", "5");
	producer = client_new(RD_KAFKA_PRODUCER, conf, settings);
	while (getline(&line, &size, stdin) > 0) {
		if (!record_line_parse(line, &record))
			client_fail("not a record", line);
		send_record(producer, topic, &record);
		rd_kafka_poll(producer, 0);
	}
	free(line);
	while (rd_kafka_outq_len(producer) > 0)
		rd_kafka_poll(producer, POLL_MS);
	rd_kafka_destroy(producer);
	if (undelivered != RD_KAFKA_RESP_ERR_NO_ERROR)
		client_fail("delivery", rd_kafka_err2str(undelivered));
}

/* ---------------------------------------------------------------- consume */

static void
print_headers(const rd_kafka_message_t *message)
{
	rd_kafka_headers_t *headers;
	const char *name;
	const void *value;
	size_t size;

	putchar('\t');
	if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
	     i++) {
		if (i > 0)
			putchar(',');
		record_line_print_header(stdout, name, value, size);
	}
}

static void
print_message(const rd_kafka_message_t *message)
{
	printf("record\t%" PRId32 "\t%" PRId64 "\t%" PRId64, message->partition, message->offset,
	    rd_kafka_message_timestamp(message, NULL));
	record_line_print_bytes(stdout, message->key, message->key_len);
	record_line_print_bytes(stdout, message->payload, message->len);
	print_headers(message);
	putchar('\n');
}

/* True: it was a record. */
static bool
take_message(rd_kafka_message_t *message)
{
	bool record = message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR;

	if (record)
		print_message(message);
	else if (message != NULL)
		fprintf(stderr, "consumer: %s\n", rd_kafka_message_errstr(message));
	if (message != NULL)
		rd_kafka_message_destroy(message);
	return record;
}

static int64_t
offset_of(rd_kafka_t *consumer, const char *topic, int32_t partition, const char *from)
{
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_resp_err_t error;
	int64_t offset;

	if (strcmp(from, "beginning") == 0)
		return RD_KAFKA_OFFSET_BEGINNING;
	if (strncmp(from, "time:", 5) != 0)
		return strtoll(from, NULL, 10);
	list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, topic, partition)->offset = strtoll(from + 5, NULL, 10);
	error = rd_kafka_offsets_for_times(consumer, list, CLIENT_WAIT_MS);
	if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
		error = list->elems[0].err;
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
		client_fail("offsets_for_times", rd_kafka_err2str(error));
	offset = list->elems[0].offset;
	rd_kafka_topic_partition_list_destroy(list);
	return offset;
}

static void
read_partition(const struct settings *settings, char **arguments)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	int32_t partition = (int32_t)strtol(arguments[1], NULL, 10);
	long left = strtol(arguments[3], NULL, 10);
	rd_kafka_resp_err_t error;
	rd_kafka_t *consumer;

	client_set(conf, "group.id", "no group");
	client_set(conf, "enable.auto.commit", "false");
	client_set(conf, "auto.offset.reset", "error");
	consumer = client_new(RD_KAFKA_CONSUMER, conf, settings);
	rd_kafka_poll_set_consumer(consumer);
	rd_kafka_topic_partition_list_add(list, arguments[0], partition)->offset =
	    offset_of(consumer, arguments[0], partition, arguments[2]);
	error = rd_kafka_assign(consumer, list);
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
		client_fail("assign", rd_kafka_err2str(error));
	while (left > 0)
		left -= take_message(rd_kafka_consumer_poll(consumer, POLL_MS));
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_consumer_close(consumer);
	rd_kafka_destroy(consumer);
}

/* ----------------------------------------------------------------- member */

static void
print_share(rd_kafka_t *consumer)
{
	rd_kafka_topic_partition_list_t *share;

	if (rd_kafka_assignment(consumer, &share) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	printf("assigned");
	for (int i = 0; i < share->cnt; i++)
		printf(" %" PRId32, share->elems[i].partition);
	printf("\n");
	fflush(stdout);
	rd_kafka_topic_partition_list_destroy(share);
}

static void
rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t *list, void *context)
{
	bool assigned = error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;

	(void)context;
	if (strcmp(rd_kafka_rebalance_protocol(consumer), "COOPERATIVE") == 0)
		rd_kafka_error_destroy(assigned ? rd_kafka_incremental_assign(consumer, list) :
		                                  rd_kafka_incremental_unassign(consumer, list));
	else
		(void)rd_kafka_assign(consumer, assigned ? list : NULL);
	print_share(consumer);
}

/* What was printed; again while the broker is away. After a rebalance it is another member's to read again. */
static void
commit(rd_kafka_t *consumer)
{
	rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;

	fflush(stdout);
	for (int i = 0; i < TRIES; i++) {
		error = rd_kafka_commit(consumer, NULL, 0);
		if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR__NO_OFFSET)
			return;
		fprintf(stderr, "commit: %s\n", rd_kafka_err2str(error));
		if (error == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS ||
		    error == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION || error == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID)
			return;
		usleep(POLL_MS * 1000);
	}
	client_fail("commit", rd_kafka_err2str(error));
}

static bool
stdin_ended(void)
{
	struct pollfd it = { .fd = STDIN_FILENO, .events = POLLIN };
	char byte;

	return poll(&it, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) == 0;
}

/* Some records, then their commit; returns how many. */
static long
take_batch(rd_kafka_t *consumer, long most)
{
	long taken = 0;
	bool more = true;

	while (more && taken < most) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, taken == 0 ? POLL_MS : 0);

		more = message != NULL;
		taken += take_message(message);
	}
	if (taken > 0)
		commit(consumer);
	return taken;
}

static void
member(const struct settings *settings, char **arguments)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
	long count = strtol(arguments[2], NULL, 10), seen = 0;
	rd_kafka_resp_err_t error;
	rd_kafka_t *consumer;

	client_set(conf, "group.id", arguments[1]);
	client_set(conf, "enable.auto.commit", "false");
	client_set(conf, "auto.offset.reset", "earliest");
	client_set(conf, "session.timeout.ms", "6000");
	client_set(conf, "heartbeat.interval.ms", "500");
	rd_kafka_conf_set_rebalance_cb(conf, rebalance);
	consumer = client_new(RD_KAFKA_CONSUMER, conf, settings);
	rd_kafka_poll_set_consumer(consumer);
	rd_kafka_topic_partition_list_add(topics, arguments[0], RD_KAFKA_PARTITION_UA);
	error = rd_kafka_subscribe(consumer, topics);
	if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
		client_fail("subscribe", rd_kafka_err2str(error));
	while (count > 0 ? seen < count : !stdin_ended())
		seen += take_batch(consumer, count > 0 && count - seen < BATCH ? count - seen : BATCH);
	rd_kafka_topic_partition_list_destroy(topics);
	rd_kafka_consumer_close(consumer);
	rd_kafka_destroy(consumer);
}

static bool
is(char **arguments, int count, const char *command, int least)
{
	return count >= 3 + least && strcmp(arguments[2], command) == 0;
}

static struct settings
settings_from(char **arguments, int count, int first)
{
	return (struct settings){ .address = arguments[1], .given = arguments + first, .count = count - first };
}

int
main(int count, char **arguments)
{
	struct settings settings;

	if (is(arguments, count, "produce", 1)) {
		settings = settings_from(arguments, count, 4);
		produce(&settings, arguments[3]);
	} else if (is(arguments, count, "read", 4)) {
		settings = settings_from(arguments, count, 7);
		read_partition(&settings, arguments + 3);
	} else if (is(arguments, count, "member", 3)) {
		settings = settings_from(arguments, count, 6);
		member(&settings, arguments + 3);
	} else if (is(arguments, count, "administer", 1)) {
		settings = settings_from(arguments, count, 4);
		client_administer(&settings, arguments[3]);
	} else {
		fprintf(stderr, "%s: see the head of rdkafka_client.c\n", arguments[0]);
		return 2;
	}
	if (fflush(stdout) != 0)
		client_fail("stdout", strerror(errno));
	return 0;
}
