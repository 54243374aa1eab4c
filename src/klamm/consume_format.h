/*
 * klamm/consume_format.h: how a record is shown: by a format like printf's,
 * as key and value, or as an object of JSON.
 */
#ifndef KLAMM_KLAMM_CONSUME_FORMAT_H
#define KLAMM_KLAMM_CONSUME_FORMAT_H

#include "klamm/output.h"

struct consumed_header {
	const char *name;
	struct slice value;
};

/* All borrowed. */
struct consumed_record {
	const char *topic;
	int32_t partition;
	int64_t offset;
	int64_t timestamp_ms; /* -1: it has none */
	bool is_append_time;
	struct slice key;
	struct slice value;
	const struct consumed_header *headers;
	size_t header_count;
};

#define CONSUME_FORMAT_HELP \
	"  %s value   %S its bytes (-1: null)   %t topic       %o offset     %% a %\n" \
	"  %k key     %K its bytes (-1: null)   %p partition   %T timestamp in ms\n" \
	"  %h headers as NAME=VALUE,...         \\n \\t \\r \\0 \\\\ \\xHH as in C\n"

/* ERROR_INVALID_ARGUMENT: a letter or an escape that none is; `*wrong` points to it. */
NODISCARD enum error consume_format_check(const char *format, const char **wrong);
/* `format` passed the check; `null_text` stands for null. */
void consume_format_print(const char *format, const char *null_text,
    const struct consumed_record *record, struct output *output);
void consume_format_json(const struct consumed_record *record, struct output *output);

#endif
