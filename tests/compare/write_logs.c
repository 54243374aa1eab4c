/*
 * Usage: write_logs DIR
 *
 * Fills log dirs for Kafka's own tools to look at. DIR/clean/{a,b} were
 * stopped properly; DIR/killed/{a,b} belong to a process that died in the
 * middle of an append, were recovered and appended to, and not stopped.
 * DIR/records has what was acknowledged, a line for each record: topic,
 * what became of its transaction, offset, time, headers, key, value, between
 * tabs.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "log/log_flush.h"
#include "tests/crash/house.h"
#include "tests/crash/mortal_disk.h"
#include "wire/batch_builder.h"
#include "wire/control_record.h"

enum { TOPICS = 5, RECORDS_MAX = 8, ROUNDS = 60 };

enum topic { CODECS, IDEMPOTENT, TRANSACTIONS, APPEND_TIME, EMPTY };

static const char *const topics[TOPICS] = {
	"codecs", "idempotent", "transactions", "append-time", "empty",
};

struct writer {
	struct house house;
	struct mortal_disk disk;
	const char *prefix; /* of the topics' names */
	FILE *records;
	struct prng prng;
	int64_t now_ms;
	int32_t leader_epoch;
	int32_t sequences[10];
};

struct wanted {
	enum topic topic;
	int records;
	size_t value_size;
	enum compression_codec codec;
	int producer;          /* 0: none */
	const char *outcome;   /* of its transaction; NULL: it is not in one */
};

static void
must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "write_logs: %s\n", what);
	abort();
}

static struct log *
log_of(struct writer *writer, enum topic topic)
{
	char name[64];

	snprintf(name, sizeof(name), "%s-%s", writer->prefix, topics[topic]);
	struct log_partition *partition = log_dirs_find(writer->house.dirs, slice_of_text(name), 0);
	must(partition != NULL && partition->log != NULL, name);
	return partition->log;
}

/* ----------------------------------------------------------------- records */

struct drawn {
	struct record record;
	char key[32];
	char *value;
	struct buffer headers;
	const char *header_text;
};

static void
draw_headers(struct drawn *drawn, int number)
{
	buffer_init(&drawn->headers);
	drawn->header_text = "NO_HEADERS";
	drawn->record.headers = slice_of("", 0);
	if (number % 3 == 0)
		return;
	record_header_write(&drawn->headers, slice_of_text("one"), slice_of_text("first"));
	drawn->header_text = "one:first";
	if (number % 3 == 2) {
		record_header_write(&drawn->headers, slice_of_text("two"), slice_null());
		drawn->header_text = "one:first,two:null";
	}
	drawn->record.header_count = number % 3;
	drawn->record.headers = buffer_slice(&drawn->headers);
}

/* Printable, so that tools can show it; hard to compress when it is long. */
static void
draw(struct writer *writer, const struct wanted *wanted, int number, struct drawn *drawn)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	*drawn = (struct drawn){ .record.timestamp = writer->now_ms + number };
	drawn->value = malloc(wanted->value_size + 1);
	must(drawn->value != NULL, "memory");
	for (size_t i = 0; i < wanted->value_size; i++)
		drawn->value[i] = letters[prng_below(&writer->prng, sizeof(letters) - 1)];
	drawn->value[wanted->value_size] = '\0';
	snprintf(drawn->key, sizeof(drawn->key), "key-%lld",
	    (long long)prng_below(&writer->prng, 1000));
	drawn->record.key = number % 4 == 1 ? slice_null() : slice_of_text(drawn->key);
	drawn->record.value = number % 5 == 3 ? slice_null() :
	    slice_of(drawn->value, wanted->value_size);
	draw_headers(drawn, number);
}

static void
note(struct writer *writer, const struct wanted *wanted, const struct drawn *drawn, int64_t offset)
{
	fprintf(writer->records, "%s-%s\t%s\t%lld\t%lld\t%s\t%s\t%s\n", writer->prefix,
	    topics[wanted->topic], wanted->outcome != NULL ? wanted->outcome : "none",
	    (long long)offset,
	    (long long)(wanted->topic == APPEND_TIME ? writer->now_ms : drawn->record.timestamp),
	    drawn->header_text, slice_is_null(drawn->record.key) ? "null" : drawn->key,
	    slice_is_null(drawn->record.value) ? "null" : drawn->value);
}

static struct batch_builder_options
options_of(struct writer *writer, const struct wanted *wanted)
{
	struct batch_builder_options options = batch_builder_options_default();

	options.compression = compression_of(wanted->codec);
	options.log_append_time = wanted->topic == APPEND_TIME;
	options.append_time_ms = writer->now_ms;
	options.transactional = wanted->outcome != NULL;
	if (wanted->producer != 0) {
		options.producer_id = 1000 + wanted->producer;
		options.producer_epoch = 0;
		options.base_sequence = writer->sequences[wanted->producer];
		writer->sequences[wanted->producer] += wanted->records;
	}
	return options;
}

static int64_t
append_bytes(struct writer *writer, enum topic topic, struct buffer *bytes,
    enum log_append_origin origin)
{
	struct log_append append = { .bytes = bytes->bytes, .size = bytes->size, .origin = origin };

	must(log_append_as_leader(log_of(writer, topic), &append, 1, writer->leader_epoch,
	    writer->now_ms) == ERROR_NONE, "append");
	must(append.status == LOG_APPEND_DONE, log_append_status_text(append.status));
	log_set_high_watermark(log_of(writer, topic), append.last_offset + 1);
	return append.base_offset;
}

static void
append(struct writer *writer, const struct wanted *wanted)
{
	struct batch_builder_options options = options_of(writer, wanted);
	struct drawn drawn[RECORDS_MAX];
	struct batch_builder builder;
	struct buffer bytes;

	buffer_init(&bytes);
	batch_builder_init(&builder, &options);
	for (int i = 0; i < wanted->records; i++) {
		draw(writer, wanted, i, &drawn[i]);
		must(batch_builder_add(&builder, &drawn[i].record) == ERROR_NONE, "record");
	}
	must(batch_builder_finish(&builder, &bytes) == ERROR_NONE, "batch");
	batch_builder_fini(&builder);
	int64_t offset = append_bytes(writer, wanted->topic, &bytes, LOG_FROM_CLIENT);
	for (int i = 0; i < wanted->records; i++) {
		note(writer, wanted, &drawn[i], offset + i);
		buffer_fini(&drawn[i].headers);
		free(drawn[i].value);
	}
	fflush(writer->records);
	buffer_fini(&bytes);
	writer->now_ms += 100;
}

static void
append_marker(struct writer *writer, int producer, enum control_record_type type)
{
	struct control_record_marker marker = {
		.timestamp = writer->now_ms,
		.producer_id = 1000 + producer,
		.type = type,
	};
	struct buffer bytes;

	buffer_init(&bytes);
	control_record_write_marker(&bytes, &marker);
	(void)append_bytes(writer, TRANSACTIONS, &bytes, LOG_FROM_COORDINATOR);
	buffer_fini(&bytes);
}

/* ------------------------------------------------------------------- rounds */

static void
append_round(struct writer *writer, int round)
{
	static const size_t sizes[] = { 1, 40, 900, 5000 };
	int producer = 1 + round % 3;
	const char *outcome = round + 2 >= ROUNDS ? "open" :
	    round % 2 == 0 ? "aborted" : "committed";

	append(writer, &(struct wanted){ CODECS, 1 + round % RECORDS_MAX, sizes[round % 4],
	    (enum compression_codec)(round % COMPRESSION_CODEC_COUNT), 0, NULL });
	append(writer, &(struct wanted){ IDEMPOTENT, 1 + round % 3, 200,
	    (enum compression_codec)(round / 2 % COMPRESSION_CODEC_COUNT), 3 + producer, NULL });
	append(writer, &(struct wanted){ APPEND_TIME, 2, 300, COMPRESSION_NONE, 0, NULL });
	append(writer, &(struct wanted){ TRANSACTIONS, 2, 400, COMPRESSION_NONE, producer, outcome });
	append(writer, &(struct wanted){ TRANSACTIONS, 1, 30, COMPRESSION_LZ4, 0, NULL });
	/* The last two are left open. */
	if (round >= 2)
		append_marker(writer, 1 + (round - 2) % 3,
		    round % 2 == 0 ? CONTROL_RECORD_ABORT : CONTROL_RECORD_COMMIT);
	if (round % 10 == 9)
		writer->leader_epoch++;
}

static void
create(struct writer *writer, enum topic topic)
{
	struct uuid id = { .bytes = { (uint8_t)writer->prefix[0], 1, 2, 3, (uint8_t)topic } };
	struct log_load load;
	char name[64];

	snprintf(name, sizeof(name), "%s-%s", writer->prefix, topics[topic]);
	must(log_dirs_create(writer->house.dirs, slice_of_text(name), 0, id, writer->now_ms,
	    &load) == ERROR_NONE, "create");
	log_load_run(&load);
	must(log_load_done(&load) == ERROR_NONE, "create");
}

static void
start(struct writer *writer, const char *dir)
{
	char folder[300];

	snprintf(folder, sizeof(folder), "%s/%s", dir, writer->prefix);
	house_init(&writer->house, folder, 1);
	writer->house.config.segment_bytes = 50000;
	writer->house.config.index_interval_bytes = 100;
	mortal_disk_init(&writer->disk, 0, MORTAL_SHORT, 1);
	must(house_start(&writer->house, &writer->disk.port, writer->now_ms) == ERROR_NONE,
	    writer->house.complaint);
}

static void
fill(struct writer *writer)
{
	for (int i = 0; i < TOPICS; i++)
		create(writer, (enum topic)i);
	for (int round = 0; round < ROUNDS; round++)
		append_round(writer, round);
}

/* Dies in the middle of a write. */
static void
write_and_die(struct writer *writer, const char *dir)
{
	start(writer, dir);
	fill(writer);
	must(log_flush_now(log_of(writer, CODECS), LOG_FLUSH_ALL, writer->now_ms) == ERROR_NONE,
	    "flush");
	writer->disk.kill_at = writer->disk.operations + 1;
	append(writer, &(struct wanted){ CODECS, 1, 700, COMPRESSION_NONE, 0, NULL });
}

static void
write_clean(const char *dir, FILE *records)
{
	struct writer writer = { .prefix = "clean", .records = records,
		.now_ms = 1700000000000 };

	prng_init(&writer.prng, 1);
	start(&writer, dir);
	fill(&writer);
	must(house_stop(&writer.house, writer.now_ms) == ERROR_NONE, "stop");
}

static void
write_killed(const char *dir, FILE *records)
{
	struct writer writer = { .prefix = "killed", .records = records,
		.now_ms = 1700000000000, .leader_epoch = 4 };
	int status;

	prng_init(&writer.prng, 2);
	fflush(records);
	pid_t child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		write_and_die(&writer, dir);
		_exit(0);
	}
	must(waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
	    WTERMSIG(status) == SIGKILL, "the child was not killed");
	writer.now_ms += 100000;
	writer.leader_epoch += 10;
	prng_init(&writer.prng, 3);
	start(&writer, dir);
	for (int i = 0; i < 10; i++) {
		append(&writer, &(struct wanted){ CODECS, 2, 900, COMPRESSION_ZSTD, 0, NULL });
		append(&writer, &(struct wanted){ APPEND_TIME, 1, 30, COMPRESSION_NONE, 0, NULL });
		append(&writer, &(struct wanted){ TRANSACTIONS, 1, 30, COMPRESSION_NONE, 0, NULL });
	}
	house_drop(&writer.house);
}

int
main(int argc, char **argv)
{
	char path[300];

	must(argc == 2 && strlen(argv[1]) < 200, "usage: write_logs DIR");
	snprintf(path, sizeof(path), "%s/clean", argv[1]);
	must(mkdir(path, 0777) == 0, path);
	snprintf(path, sizeof(path), "%s/killed", argv[1]);
	must(mkdir(path, 0777) == 0, path);
	snprintf(path, sizeof(path), "%s/records", argv[1]);
	FILE *records = fopen(path, "w");
	must(records != NULL, path);
	write_clean(argv[1], records);
	write_killed(argv[1], records);
	must(fclose(records) == 0, path);
	return 0;
}
