#include "base/base64.h"

#include <criterion/criterion.h>

#include "base/prng.h"

struct example {
	const char *bytes;
	const char *padded;
	const char *bare;
};

/* RFC 4648 section 10. */
static const struct example rfc_examples[] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
};

static void
expect_encoded(struct slice bytes, enum base64_alphabet alphabet, const char *expected)
{
	struct buffer out;

	buffer_init(&out);
	base64_encode(&out, bytes, alphabet);
	cr_expect(slice_equal_text(buffer_slice(&out), expected), "%s", expected);
	buffer_fini(&out);
}

static void
expect_decoded(const char *text, enum base64_alphabet alphabet, struct slice expected)
{
	struct buffer out;

	buffer_init(&out);
	cr_expect_eq(base64_decode(&out, slice_of_text(text), alphabet), ERROR_NONE, "%s", text);
	cr_expect(slice_equal(buffer_slice(&out), expected), "%s", text);
	buffer_fini(&out);
}

static void
expect_malformed(struct slice text, enum base64_alphabet alphabet)
{
	struct buffer out;

	buffer_init(&out);
	buffer_append(&out, "before", 6);
	cr_expect_eq(base64_decode(&out, text, alphabet), ERROR_MALFORMED, "%.*s",
	    (int)text.size, (const char *)text.bytes);
	cr_expect(slice_equal_text(buffer_slice(&out), "before"), "nothing is appended");
	buffer_fini(&out);
}

Test(base64, encodes_the_examples_of_the_rfc)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rfc_examples); i++) {
		const struct example *example = &rfc_examples[i];

		expect_encoded(slice_of_text(example->bytes), BASE64_STANDARD, example->padded);
		expect_encoded(slice_of_text(example->bytes), BASE64_URL, example->bare);
	}
}

Test(base64, decodes_the_examples_with_and_without_padding)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rfc_examples); i++) {
		const struct example *example = &rfc_examples[i];
		struct slice bytes = slice_of_text(example->bytes);

		expect_decoded(example->padded, BASE64_STANDARD, bytes);
		expect_decoded(example->bare, BASE64_STANDARD, bytes);
		expect_decoded(example->padded, BASE64_URL, bytes);
		expect_decoded(example->bare, BASE64_URL, bytes);
	}
}

Test(base64, the_alphabets_differ_in_two_letters)
{
	static const uint8_t bytes[] = { 0xfb, 0xff, 0xbf };

	expect_encoded(slice_of(bytes, 3), BASE64_STANDARD, "+/+/");
	expect_encoded(slice_of(bytes, 3), BASE64_URL, "-_-_");
	expect_decoded("+/+/", BASE64_STANDARD, slice_of(bytes, 3));
	expect_decoded("-_-_", BASE64_URL, slice_of(bytes, 3));
	expect_malformed(slice_of_text("-_-_"), BASE64_STANDARD);
	expect_malformed(slice_of_text("+/+/"), BASE64_URL);
}

Test(base64, null_is_like_empty)
{
	struct buffer out;

	buffer_init(&out);
	base64_encode(&out, slice_null(), BASE64_STANDARD);
	cr_expect_eq(base64_decode(&out, slice_null(), BASE64_STANDARD), ERROR_NONE);
	cr_expect_eq(out.size, 0);
	buffer_fini(&out);
}

Test(base64, appends_to_what_is_there)
{
	struct buffer out;

	buffer_init(&out);
	buffer_append(&out, "v=", 2);
	base64_encode(&out, slice_of_text("fo"), BASE64_STANDARD);
	cr_expect(slice_equal_text(buffer_slice(&out), "v=Zm8="));
	cr_expect_eq(base64_decode(&out, slice_of_text("Zm8="), BASE64_STANDARD), ERROR_NONE);
	cr_expect(slice_equal_text(buffer_slice(&out), "v=Zm8=fo"));
	buffer_fini(&out);
}

Test(base64, refuses_wrong_lengths_and_padding)
{
	static const char *const texts[] = { "Z", "Zm9vY", "=", "==", "===", "====", "Z===", "Zg=",
		"Zm8==", "Zm9v=", "Zm9v==", "Zm9v====", "Zg==Zg==", "Zm=v", "=Zm9", "Zg=v", "Zg==\n" };

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		expect_malformed(slice_of_text(texts[i]), BASE64_STANDARD);
		expect_malformed(slice_of_text(texts[i]), BASE64_URL);
	}
}

Test(base64, refuses_bits_that_are_left_over)
{
	static const char *const texts[] = { "Zh", "Zh==", "Zv", "Zm9", "Zm9=", "//", "///", "Zm9vZh==" };

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		expect_malformed(slice_of_text(texts[i]), BASE64_STANDARD);
}

Test(base64, refuses_every_foreign_character_at_every_place)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (int character = 0; character < 256; character++) {
		if (character != 0 && strchr(letters, character) != NULL)
			continue;
		for (size_t place = 0; place < 8; place++) {
			uint8_t text[8] = { 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A' };

			if (character == '=' && place == 7)
				continue; /* padding */
			text[place] = (uint8_t)character;
			expect_malformed(slice_of(text, sizeof(text)), BASE64_STANDARD);
		}
	}
}

Test(base64, decodes_whatever_it_encoded)
{
	struct buffer text, back;
	struct prng prng;

	prng_init(&prng, 3);
	buffer_init(&text);
	buffer_init(&back);
	for (size_t size = 0; size < 200; size++) {
		enum base64_alphabet alphabet = size % 2 == 0 ? BASE64_URL : BASE64_STANDARD;
		uint8_t bytes[200];

		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)prng_next(&prng);
		buffer_clear(&text);
		buffer_clear(&back);
		base64_encode(&text, slice_of(bytes, size), alphabet);
		cr_assert_eq(base64_decode(&back, buffer_slice(&text), alphabet), ERROR_NONE);
		cr_assert(slice_equal(buffer_slice(&back), slice_of(bytes, size)));
	}
	buffer_fini(&text);
	buffer_fini(&back);
}
