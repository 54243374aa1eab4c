/*
 * Klamm's side of the comparison: answers commands on stdin, one a line, with
 * one line of JSON each.
 *
 *	validate VERSION TARGET APPEND COMPACTED BEFORE AFTER NOW MAX SEGMENT HEX
 *	         (TARGET: a codec's number, or -1 for the producer's)
 *	open HEX                  header fields and unpacked records of a v2 batch
 *	pack CODEC DIALECT HEX    compressed bytes
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "wire/batch.h"
#include "wire/batch_validate.h"

static int
nibble(char digit)
{
	return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

/* "-" stands for no bytes at all, "null" for null. */
static struct slice
from_hex(const char *hex, struct buffer *into)
{
	if (strcmp(hex, "null") == 0)
		return slice_null();
	if (*hex != '-')
		for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2)
			buffer_int8(into, (int8_t)(nibble(hex[0]) << 4 | nibble(hex[1])));
	return buffer_slice(into);
}

static void
print_hex(const char *name, struct slice bytes)
{
	printf("\"%s\": \"", name);
	for (size_t i = 0; i < bytes.size; i++)
		printf("%02x", bytes.bytes[i]);
	printf("\"");
}

static int64_t
next_number(char **at)
{
	return strtoll(*at, at, 10);
}

static struct batch_rules
read_rules(char **at)
{
	struct batch_rules rules = batch_rules_default();
	int64_t target;

	rules.produce_version = (int16_t)next_number(at);
	target = next_number(at);
	rules.keep_codec = target < 0;
	if (target >= 0)
		rules.target = compression_of((enum compression_codec)target);
	rules.log_append_time = next_number(at) != 0;
	rules.compacted = next_number(at) != 0;
	rules.timestamp_before_max_ms = next_number(at);
	rules.timestamp_after_max_ms = next_number(at);
	rules.now_ms = next_number(at);
	rules.max_message_bytes = (int32_t)next_number(at);
	rules.segment_bytes = (int32_t)next_number(at);
	return rules;
}

static void
print_batch(const struct batch_outcome *outcome, struct slice input, int64_t now_ms)
{
	struct slice batch = outcome->rebuilt ? buffer_slice(&outcome->batch) : input;
	struct buffer stamped;

	buffer_init(&stamped);
	buffer_append(&stamped, batch.bytes, outcome->size);
	if (outcome->size > 0)
		batch_outcome_stamp(outcome, stamped.bytes, 0, 0, now_ms);
	printf(", \"rebuilt\": %s, \"count\": %" PRId32 ", ", outcome->rebuilt ? "true" : "false",
	    outcome->count);
	print_hex("batch", buffer_slice(&stamped));
	buffer_fini(&stamped);
}

static void
validate(char *at)
{
	struct batch_rules rules = read_rules(&at);
	struct batch_outcome outcome;
	struct buffer bytes;
	struct slice input;

	buffer_init(&bytes);
	input = from_hex(at + 1, &bytes);
	(void)batch_validate(input, &rules, &outcome);
	printf("{\"code\": %d, \"text\": \"%s\", \"errors\": [",
	    batch_verdict_kafka_code(outcome.verdict), outcome.text);
	for (int32_t i = 0; i < outcome.record_errors_kept; i++)
		printf("%s%" PRId32, i > 0 ? ", " : "", outcome.record_errors[i].index);
	printf("]");
	if (outcome.verdict == BATCH_VERDICT_ACCEPTED)
		print_batch(&outcome, input, rules.now_ms);
	printf("}\n");
	batch_outcome_fini(&outcome);
	buffer_fini(&bytes);
}

static void
open_batch(char *at)
{
	struct decompression_limit limit = decompression_limit_default();
	struct batch_header header;
	struct buffer bytes;
	struct buffer unpacked;
	enum error error;

	buffer_init(&bytes);
	buffer_init(&unpacked);
	error = batch_header_read(from_hex(at + 1, &bytes), &header);
	if (error == ERROR_NONE)
		error = decompress(&unpacked, batch_codec(&header), COMPRESSION_DIALECT_PLAIN,
		    batch_payload(&header, buffer_slice(&bytes)), &limit);
	printf("{\"error\": \"%s\"", error_text(error));
	if (error == ERROR_NONE) {
		printf(", \"header\": [%d, %" PRId32 ", %" PRId64 ", %" PRId64 ", %" PRId64
		       ", %d, %" PRId32 ", %" PRId32 "], ",
		    header.attributes, header.last_offset_delta, header.base_timestamp,
		    header.max_timestamp, header.producer_id, header.producer_epoch,
		    header.base_sequence, header.count);
		print_hex("records", buffer_slice(&unpacked));
	}
	printf("}\n");
	buffer_fini(&bytes);
	buffer_fini(&unpacked);
}

static void
pack(char *at)
{
	struct compression compression = compression_of((enum compression_codec)next_number(&at));
	struct buffer bytes;
	struct buffer packed;

	compression.dialect = (enum compression_dialect)next_number(&at);
	buffer_init(&bytes);
	buffer_init(&packed);
	compression_write(&packed, &compression, from_hex(at + 1, &bytes));
	printf("{");
	print_hex("packed", buffer_slice(&packed));
	printf("}\n");
	buffer_fini(&bytes);
	buffer_fini(&packed);
}

int
main(void)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t size;

	while ((size = getline(&line, &capacity, stdin)) > 0) {
		char *rest = strchr(line, ' ');

		line[size - 1] = '\0';
		assert(rest != NULL);
		if (strncmp(line, "validate", 8) == 0)
			validate(rest);
		else if (strncmp(line, "open", 4) == 0)
			open_batch(rest);
		else
			pack(rest);
		(void)fflush(stdout);
	}
	free(line);
	return 0;
}
