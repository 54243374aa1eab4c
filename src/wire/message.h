/*
 * wire/message.h: the codec of the Kafka protocol. Every message is a C
 * struct (wire/messages.h, made from messages.def) that holds the fields of
 * all versions, and a table that describes it. One small interpreter decodes,
 * encodes, compares and prints by these tables.
 *
 * A decoded message borrows: its strings, bytes and records point into the
 * frame, its arrays and nullable structs lie in the arena. It needs no fini.
 */
#ifndef KLAMM_WIRE_MESSAGE_H
#define KLAMM_WIRE_MESSAGE_H

#include "base/arena.h"
#include "base/buffer_list.h"
#include "base/error.h"
#include "base/reader.h"
#include "base/slice.h"

/* An array field: `count` is -1 for null, so that a loop over it does nothing. */
#define WIRE_ARRAY(type) struct { type *items; int32_t count; }

enum wire_records_kind {
	WIRE_RECORDS_NULL,
	WIRE_RECORDS_BYTES,    /* `bytes` */
	WIRE_RECORDS_EXTERNAL, /* `length` bytes of the object `owner` from `offset` */
};

/*
 * A field of type records. Decoding gives null or bytes without an owner.
 * Encoding does not copy bytes that have an owner or are large: without an
 * owner they must outlive the buffer list.
 */
struct wire_records {
	enum wire_records_kind kind;
	struct slice bytes;
	struct buffer_owner *owner;
	int64_t offset;
	size_t length;
};

enum field_type {
	FIELD_BOOL,    /* bool */
	FIELD_INT8,
	FIELD_INT16,
	FIELD_INT32,
	FIELD_INT64,
	FIELD_FLOAT64, /* double */
	FIELD_UUID,    /* struct uuid */
	FIELD_STRING,  /* struct slice */
	FIELD_BYTES,   /* struct slice */
	FIELD_RECORDS, /* struct wire_records */
	FIELD_STRUCT,  /* in place, or a pointer if some version allows null */
	FIELD_ARRAY,   /* WIRE_ARRAY of the element type */
};

enum field_flag {
	FIELD_IGNORABLE = 1 << 0,  /* may be dropped by a version that lacks it */
	FIELD_INFLEXIBLE = 1 << 1, /* never compact */
	FIELD_POINTER = 1 << 2,    /* FIELD_STRUCT that is a pointer */
	FIELD_MAP_KEY = 1 << 3,    /* distinguishes the elements of its array */
};

/* None when first > last. */
struct version_range {
	int8_t first;
	int8_t last;
};

static inline bool
version_range_has(struct version_range range, int16_t version)
{
	return version >= range.first && version <= range.last;
}

struct message_struct;

struct message_field {
	const char *name; /* as Kafka's JSON spells it: topicId */
	const struct message_struct *structure; /* of the value or the elements */
	uint32_t offset;
	uint8_t type;
	uint8_t element; /* enum field_type of FIELD_ARRAY's elements */
	uint8_t flags;
	int8_t tag;
	struct version_range versions;
	struct version_range nullable;
	struct version_range tagged;
};

struct message_struct {
	const char *name;
	const struct message_field *fields;
	const void *defaults;          /* a whole struct with every default */
	const uint16_t *minimum_sizes; /* the fewest bytes it takes, by version */
	uint32_t size;
	uint16_t field_count;
};

enum message_kind { MESSAGE_REQUEST, MESSAGE_RESPONSE, MESSAGE_HEADER, MESSAGE_DATA };

struct message_type {
	const char *name; /* "ProduceRequest" */
	const struct message_struct *structure;
	enum message_kind kind;
	int16_t key; /* -1 for headers and data */
	struct version_range versions;
	struct version_range flexible;
};

/* NULL when there is no such message. */
const struct message_type *message_type_find(int16_t key, bool is_response);
const struct message_type *message_type_find_name(struct slice name);
/* All messages in the order of messages.def; NULL past the last. */
const struct message_type *message_type_at(size_t index);

/*
 * Every field gets its default, as if no version had it. Where the type is
 * known `struct x y = x_defaults` does the same, for elements of arrays too:
 * what an encoded message is made of begins so, since defaults are seldom zero.
 */
void message_set_defaults(const struct message_type *type, void *message);

/*
 * Decodes one message. Fields that the version lacks get their defaults;
 * unknown tagged fields are skipped. Bytes left over are the caller's to judge
 * (Kafka ignores them after a request). What text a string holds is not
 * checked, since Kafka takes any bytes too; see wire/utf8.h. Errors:
 *	ERROR_UNSUPPORTED  the version is none of the message's
 *	ERROR_TRUNCATED    the bytes end inside the message, or hold fewer
 *	                   than a count announces
 *	ERROR_MALFORMED    null where it is not allowed, a length below -1, a
 *	                   string over 32767 bytes, tags not ascending, a tagged
 *	                   field of another size than its own
 *	ERROR_NO_MEMORY    the arena's cap
 * After an error the contents of `message` may not be used.
 */
NODISCARD enum error message_decode(const struct message_type *type, int16_t version,
    struct reader *in, struct arena *arena, void *message);

/*
 * Appends one message. Tagged fields that equal their default are left out.
 * On success the list has taken the owners of all records fields; after an
 * error nothing was appended and no owner taken. Errors:
 *	ERROR_UNSUPPORTED       the version is none of the message's, or lacks a
 *	                        field that is set and not ignorable
 *	ERROR_INVALID_ARGUMENT  null where the version does not allow it
 *	ERROR_TOO_LARGE         a string over 32767 bytes, a message over 2^31-1
 */
NODISCARD enum error message_encode(const struct message_type *type, int16_t version,
    const void *message, struct buffer_list *out);

/* The bytes that message_encode would append; the same errors. */
NODISCARD enum error message_encoded_size(const struct message_type *type, int16_t version,
    const void *message, size_t *size);

/* Compares the fields of the version; floats by their bits, records by content. */
bool message_equal(const struct message_type *type, int16_t version, const void *a,
    const void *b);

/*
 * Appends the fields of the version as one JSON object, without line ends.
 * Bytes are base64, uuids their text, records their size, bytes that are not
 * UTF-8 U+FFFD, and floats that are not numbers strings.
 */
void message_print(const struct message_type *type, int16_t version, const void *message,
    struct buffer *out);

/* A stored message (kind data): its version stands before it as an int16. */
NODISCARD enum error data_encode(const struct message_type *type, int16_t version,
    const void *message, struct buffer_list *out);
/* Reads the version too; ERROR_UNSUPPORTED when it is unknown. */
NODISCARD enum error data_decode(const struct message_type *type, struct reader *in,
    struct arena *arena, void *message, int16_t *version);

#endif
