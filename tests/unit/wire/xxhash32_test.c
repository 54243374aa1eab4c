#include "wire/xxhash32.h"

#include <criterion/criterion.h>
#include <string.h>

static uint32_t
hash_of(const char *text)
{
	return xxhash32(text, strlen(text));
}

Test(xxhash32, gives_published_values)
{
	cr_assert_eq(hash_of(""), 0x02cc5d05);
	cr_assert_eq(hash_of("a"), 0x550d7456);
	cr_assert_eq(hash_of("abc"), 0x32d153ff);
	cr_assert_eq(hash_of("Nobody inspects the spammish repetition"), 0xe2293b2f);
}

Test(xxhash32, gives_the_header_checksum_of_a_real_lz4_frame)
{
	/* What the lz4 program writes for independent blocks of 64 KiB: 60 40 82. */
	static const uint8_t descriptor[] = { 0x60, 0x40 };

	cr_assert_eq(xxhash32(descriptor, sizeof(descriptor)) >> 8 & 0xff, 0x82);
}
