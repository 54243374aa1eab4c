/* Every message in every version: there, back, and with damage on the way. */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "base/memory.h"
#include "tests/unit/wire/support.h"
#include "wire/message.h"

enum { ROUNDS = 12, MESSAGE_TYPES = 135, MESSAGE_VERSIONS = 602 };

static const size_t enough = 64 << 20;
static const size_t small = 1 << 20;

typedef void visit(const struct message_type *type, int16_t version, struct prng *prng);

/* Visits every version of every message, always with the same numbers. */
static int
for_each_version(visit *visitor)
{
	const struct message_type *type;
	int versions = 0;

	for (size_t i = 0; (type = message_type_at(i)) != NULL; i++) {
		for (int16_t v = type->versions.first; v <= type->versions.last; v++) {
			struct prng prng;

			prng_init(&prng, (uint64_t)i << 16 | (uint64_t)v);
			visitor(type, v, &prng);
			versions++;
		}
	}
	return versions;
}

/* The bytes stand alone on the heap, so that a step past them is noticed. */
static enum error
decode_alone(const struct message_type *type, int16_t version, struct slice bytes,
    struct arena *arena, void *message, size_t *left)
{
	uint8_t *alone = malloc(bytes.size > 0 ? bytes.size : 1);
	struct reader reader;
	enum error error;

	cr_assert_not_null(alone);
	if (bytes.size > 0)
		memcpy(alone, bytes.bytes, bytes.size);
	reader_init(&reader, slice_of(alone, bytes.size));
	error = message_decode(type, version, &reader, arena, message);
	*left = reader_remaining(&reader);
	free(alone);
	return error;
}

static void
decode_and_compare(const struct message_type *type, int16_t version, const void *original,
    const struct buffer *bytes, struct arena *arena)
{
	void *copy = message_room(type, arena);
	struct reader reader;
	struct buffer again;
	enum error error;

	reader_init(&reader, buffer_slice(bytes));
	error = message_decode(type, version, &reader, arena, copy);
	cr_assert(error == ERROR_NONE, "%s v%d: %s", type->name, version, error_text(error));
	cr_assert_eq(reader_remaining(&reader), 0, "%s v%d", type->name, version);
	cr_assert(message_equal(type, version, original, copy), "%s v%d", type->name, version);
	again = encoded(type, version, copy);
	cr_assert(slice_equal(buffer_slice(bytes), buffer_slice(&again)), "%s v%d", type->name,
	    version);
	buffer_fini(&again);
}

static void
round_trip(const struct message_type *type, int16_t version, struct prng *prng)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct arena arena;
		struct buffer bytes;
		void *message;
		size_t size;

		arena_init(&arena, enough);
		message = message_room(type, &arena);
		random_message(type, version, prng, &arena, message);
		bytes = encoded(type, version, message);
		cr_assert_eq(message_encoded_size(type, version, message, &size), ERROR_NONE);
		cr_assert_eq(size, bytes.size, "%s v%d", type->name, version);
		decode_and_compare(type, version, message, &bytes, &arena);
		buffer_fini(&bytes);
		arena_fini(&arena);
	}
}

Test(round_trip, every_message_in_every_version_comes_back)
{
	cr_assert_eq(for_each_version(round_trip), MESSAGE_VERSIONS);
	cr_assert_not_null(message_type_at(MESSAGE_TYPES - 1));
	cr_assert_null(message_type_at(MESSAGE_TYPES));
}

static void
default_takes_the_fewest_bytes(const struct message_type *type, int16_t version,
    struct prng *prng)
{
	struct arena arena;
	void *message;
	size_t size;

	(void)prng;
	arena_init(&arena, enough);
	message = message_room(type, &arena);
	message_set_defaults(type, message);
	cr_assert_eq(message_encoded_size(type, version, message, &size), ERROR_NONE);
	cr_assert_eq(size, type->structure->minimum_sizes[version], "%s v%d: %zu",
	    type->name, version, size);
	arena_fini(&arena);
}

Test(round_trip, a_message_of_defaults_has_the_smallest_size)
{
	for_each_version(default_takes_the_fewest_bytes);
}

static struct buffer
some_bytes(const struct message_type *type, int16_t version, struct prng *prng, size_t longest)
{
	struct arena arena;
	struct buffer bytes;
	void *message;

	arena_init(&arena, enough);
	message = message_room(type, &arena);
	buffer_init(&bytes);
	do {
		buffer_fini(&bytes);
		random_message(type, version, prng, &arena, message);
		bytes = encoded(type, version, message);
	} while (bytes.size > longest);
	arena_fini(&arena);
	return bytes;
}

static void
cut_everywhere(const struct message_type *type, int16_t version, struct prng *prng)
{
	struct buffer bytes = some_bytes(type, version, prng, 700);

	for (size_t size = 0; size < bytes.size; size++) {
		struct arena arena;
		size_t left;
		enum error error;

		arena_init(&arena, small);
		error = decode_alone(type, version, slice_of(bytes.bytes, size), &arena,
		    message_room(type, &arena), &left);
		cr_assert(error != ERROR_NONE, "%s v%d at %zu of %zu", type->name, version,
		    size, bytes.size);
		cr_assert_eq(left, 0);
		arena_fini(&arena);
	}
	buffer_fini(&bytes);
}

Test(round_trip, a_message_that_is_cut_anywhere_is_refused)
{
	for_each_version(cut_everywhere);
}

static void
damage(struct buffer *bytes, struct prng *prng)
{
	static const uint8_t nasty[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff };

	for (uint64_t i = prng_below(prng, 4); bytes->size > 0 && i < 4; i++) {
		uint8_t *at = &bytes->bytes[prng_below(prng, bytes->size)];

		if (prng_chance(prng, 1, 2))
			*at = nasty[prng_below(prng, sizeof(nasty))];
		else
			*at ^= (uint8_t)(1 << prng_below(prng, 8));
	}
}

static int survivors;

static void
decode_damaged(const struct message_type *type, int16_t version, struct prng *prng)
{
	struct buffer bytes = some_bytes(type, version, prng, 2000);
	struct buffer again;

	for (int i = 0; i < 40; i++) {
		struct arena arena;
		void *message;
		struct reader reader;

		damage(&bytes, prng);
		arena_init(&arena, small);
		message = message_room(type, &arena);
		reader_init(&reader, buffer_slice(&bytes));
		if (message_decode(type, version, &reader, &arena, message) == ERROR_NONE) {
			again = encoded(type, version, message);
			decode_and_compare(type, version, message, &again, &arena);
			buffer_fini(&again);
			survivors++;
		}
		cr_assert_leq(arena.used, small);
		arena_fini(&arena);
	}
	buffer_fini(&bytes);
}

Test(round_trip, a_damaged_message_is_refused_or_is_another_message)
{
	for_each_version(decode_damaged);
	cr_assert_gt(survivors, 1000);
}

static void
skip_unknown_tag(const struct message_type *type, int16_t version, struct prng *prng)
{
	static const uint8_t tags[] = { 1, 0xe3, 0x01, 3, 'x', 'y', 'z' };
	struct buffer bytes = some_bytes(type, version, prng, 100000);
	struct arena arena;
	void *message;
	struct reader reader;

	if (!version_range_has(type->flexible, version)) {
		buffer_fini(&bytes);
		return;
	}
	arena_init(&arena, enough);
	message = message_room(type, &arena);
	message_set_defaults(type, message);
	buffer_fini(&bytes);
	bytes = encoded(type, version, message);
	cr_assert_eq(bytes.bytes[bytes.size - 1], 0);
	bytes.size--;
	buffer_append(&bytes, tags, sizeof(tags));
	reader_init(&reader, buffer_slice(&bytes));
	cr_assert_eq(message_decode(type, version, &reader, &arena, message), ERROR_NONE);
	cr_assert_eq(reader_remaining(&reader), 0);
	cr_assert(message_equal(type, version, message, type->structure->defaults));
	buffer_fini(&bytes);
	arena_fini(&arena);
}

Test(round_trip, unknown_tags_are_skipped)
{
	for_each_version(skip_unknown_tag);
}

static void
refuse_other_versions(const struct message_type *type, int16_t version, struct prng *prng)
{
	struct buffer_list list;
	struct reader reader;
	struct arena arena;
	void *message;

	(void)version;
	(void)prng;
	arena_init(&arena, small);
	message = message_room(type, &arena);
	message_set_defaults(type, message);
	buffer_list_init(&list);
	reader_init(&reader, slice_of(NULL, 0));
	for (int i = 0; i < 2; i++) {
		int16_t foreign = (int16_t)(i == 0 ? type->versions.first - 1 :
		    type->versions.last + 1);

		cr_assert_eq(message_encode(type, foreign, message, &list), ERROR_UNSUPPORTED);
		cr_assert_eq(message_decode(type, foreign, &reader, &arena, message),
		    ERROR_UNSUPPORTED);
	}
	cr_assert_eq(buffer_list_size(&list), 0);
	buffer_list_fini(&list);
	arena_fini(&arena);
}

Test(round_trip, versions_that_a_message_does_not_have_are_refused)
{
	for_each_version(refuse_other_versions);
}
