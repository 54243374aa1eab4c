/*
 * What the payload_*.c share: a reader over jansson's values that remembers
 * its first error, and a writer of compact JSON. Nothing here allocates from
 * a size that was not checked.
 */
#ifndef KLAMM_ZK_PAYLOAD_PRIVATE_H
#define KLAMM_ZK_PAYLOAD_PRIVATE_H

#include <jansson.h>

#include "zk/payload.h"

struct payload_reader {
	json_t *root;          /* an object; NULL after a failure to parse */
	struct arena *arena;
	struct payload_complaint *complaint;
	enum error error;      /* the first one; every later read gives zero, null, none */
};

/* Parses; always to be followed by payload_reader_close(), which tells what came of it all. */
void payload_reader_open(struct payload_reader *reader, struct slice bytes, struct arena *arena,
    struct payload_complaint *complaint);
NODISCARD enum error payload_reader_close(struct payload_reader *reader);
/* Remembers the first; `name` is the key at fault or NULL. */
void payload_fail(struct payload_reader *reader, enum error error, const char *name,
    const char *reason);

/* NULL for an absent or null value; any of them takes NULL for an object. */
json_t *payload_value(struct payload_reader *reader, const json_t *object, const char *name);
json_t *payload_object(struct payload_reader *reader, const json_t *object, const char *name);
json_t *payload_object_or_null(struct payload_reader *reader, const json_t *object, const char *name);
json_t *payload_array(struct payload_reader *reader, const json_t *object, const char *name);
/* Of an array's member; fails unless it is an object. */
json_t *payload_member_object(struct payload_reader *reader, const json_t *array, size_t i,
    const char *name);
int64_t payload_int64(struct payload_reader *reader, const json_t *object, const char *name,
    int64_t lowest, int64_t highest);
int32_t payload_int32(struct payload_reader *reader, const json_t *object, const char *name,
    int32_t lowest, int32_t highest);
int32_t payload_int32_or(struct payload_reader *reader, const json_t *object, const char *name,
    int32_t lowest, int32_t highest, int32_t absent);
struct slice payload_text(struct payload_reader *reader, const json_t *object, const char *name);
struct slice payload_text_or_null(struct payload_reader *reader, const json_t *object,
    const char *name);
/* A number written as a string. */
int64_t payload_number_text(struct payload_reader *reader, const json_t *object, const char *name,
    int64_t lowest, int64_t highest);
/* Ids of brokers: 0 or more. */
struct payload_int32_list payload_ids(struct payload_reader *reader, const json_t *array,
    const char *name);
/* The text of a string value, copied; null and a failure when it is none. */
struct slice payload_copy_text(struct payload_reader *reader, const json_t *value, const char *name);
/* A copy of an object's key. */
struct slice payload_copy_key(struct payload_reader *reader, const char *key, size_t size);
/* An array in the arena; NULL when it holds nothing or the cap is reached. */
void *payload_new_array(struct payload_reader *reader, size_t count, size_t size);

/* Decimal digits, maybe a sign before them; as Kafka writes numbers, so no 007. */
bool payload_parse_number(struct slice text, int64_t lowest, int64_t highest, int64_t *number);

/* ------------------------------------------------------------ writing */

struct payload_writer {
	struct buffer *out;
	bool comma; /* before the next value */
};

/* `bracket` is one of "{", "}", "[", "]". */
void payload_write_open(struct payload_writer *writer, char bracket);
void payload_write_close(struct payload_writer *writer, char bracket);
void payload_write_name(struct payload_writer *writer, struct slice name);
void payload_write_int(struct payload_writer *writer, int64_t number);
/* Null is JSON's null. */
void payload_write_text(struct payload_writer *writer, struct slice text);
void payload_write_number_text(struct payload_writer *writer, int64_t number);
void payload_write_ids(struct payload_writer *writer, struct payload_int32_list ids);
/* A name and its value. */
void payload_write_key(struct payload_writer *writer, const char *name);
void payload_write_int_field(struct payload_writer *writer, const char *name, int64_t number);
void payload_write_text_field(struct payload_writer *writer, const char *name, struct slice text);

#endif
