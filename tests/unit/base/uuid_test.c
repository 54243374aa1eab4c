#include "base/uuid.h"

#include <criterion/criterion.h>

#include "base/macros.h"

static const struct uuid ones = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
static const struct uuid counting = { { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } };
static const struct uuid zero;

static void
expect_text(struct uuid uuid, const char *expected)
{
	char text[UUID_TEXT_SIZE + 1];
	struct uuid back = counting;

	uuid_text(uuid, text);
	cr_expect_str_eq(text, expected);
	cr_expect_eq(uuid_parse(slice_of_text(expected), &back), ERROR_NONE);
	cr_expect(uuid_equal(back, uuid));
}

Test(uuid, writes_and_reads_its_text)
{
	expect_text(zero, "AAAAAAAAAAAAAAAAAAAAAA");
	expect_text(ones, "_____________________w");
	expect_text(counting, "AAECAwQFBgcICQoLDA0ODw");
}

Test(uuid, reads_padded_text_too)
{
	struct uuid uuid;

	cr_expect_eq(uuid_parse(slice_of_text("AAECAwQFBgcICQoLDA0ODw=="), &uuid), ERROR_NONE);
	cr_expect(uuid_equal(uuid, counting));
}

Test(uuid, refuses_malformed_text_and_leaves_the_old_value)
{
	static const char *const texts[] = { NULL, "", "A", "AAECAwQFBgcICQoLDA0OD",
		"AAECAwQFBgcICQoLDA0O", "AAECAwQFBgcICQoLDA0ODwA", "AAECAwQFBgcICQoLDA0ODw0=",
		"AAECAwQFBgcICQoLDA0ODxAR", "AAECAwQFBgcICQoLDA0ODx", "AAECAwQFBgcICQoLDA0OD+",
		"////////////////////_w", "00010203-0405-0607-0809-0a0b0c0d0e0f", " AAECAwQFBgcICQoLDA0ODw" };

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		struct uuid uuid = ones;

		cr_expect_eq(uuid_parse(slice_of_text(texts[i]), &uuid), ERROR_MALFORMED, "%zu", i);
		cr_expect(uuid_equal(uuid, ones));
	}
}

Test(uuid, zero_means_none)
{
	struct uuid last = { .bytes = { [15] = 1 } };

	cr_expect(uuid_is_zero(zero));
	cr_expect_not(uuid_is_zero(ones));
	cr_expect_not(uuid_is_zero(last));
	cr_expect_not(uuid_equal(last, zero));
}

Test(uuid, random_ones_carry_version_and_variant)
{
	struct uuid uuid;

	cr_expect(uuid_from_random(ones.bytes, &uuid));
	cr_expect_eq(uuid.bytes[6], 0x4f);
	cr_expect_eq(uuid.bytes[8], 0xbf);
	cr_expect_eq(uuid.bytes[7], 0xff);
	cr_expect(uuid_from_random(zero.bytes, &uuid));
	cr_expect_eq(uuid.bytes[6], 0x40);
	cr_expect_eq(uuid.bytes[8], 0x80);
	cr_expect_not(uuid_is_zero(uuid), "not even all zeros give none");
}

Test(uuid, no_random_one_begins_like_an_option)
{
	for (int first = 0; first < 256; first++) {
		uint8_t random[16] = { (uint8_t)first };
		char text[UUID_TEXT_SIZE + 1];
		struct uuid uuid;
		bool good = uuid_from_random(random, &uuid);

		uuid_text(uuid, text);
		cr_expect_eq(good, text[0] != '-', "%s", text);
	}
}
