#include "wire/crc32c.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const char check_text[] = "123456789"; /* whose checksums the catalogues give */

Test(crc32c, gives_the_catalogue_s_check_value)
{
	cr_assert_eq(crc32c(0, check_text, 9), 0xe3069283);
}

Test(crc32c, of_messages_gives_the_catalogue_s_check_value)
{
	cr_assert_eq(crc32_message(0, check_text, 9), 0xcbf43926);
}

Test(crc32c, of_nothing_is_nothing)
{
	cr_assert_eq(crc32c(0, check_text, 0), 0);
	cr_assert_eq(crc32_message(0, check_text, 0), 0);
	cr_assert_eq(crc32c(17, NULL, 0), 17);
}

Test(crc32c, can_be_made_of_parts)
{
	for (size_t cut = 0; cut <= 9; cut++) {
		cr_assert_eq(crc32c(crc32c(0, check_text, cut), check_text + cut, 9 - cut),
		    0xe3069283);
		cr_assert_eq(crc32_message(crc32_message(0, check_text, cut), check_text + cut,
		                 9 - cut),
		    0xcbf43926);
	}
}

static uint32_t
bit_by_bit(const uint8_t *bytes, size_t size, uint32_t polynomial)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? polynomial : 0);
	}
	return ~crc;
}

Test(crc32c, equals_the_definition_at_every_length_and_alignment)
{
	uint8_t bytes[700];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 151 + i / 7);
	for (size_t first = 0; first < 9; first++)
		for (size_t size = 0; size < sizeof(bytes) - first; size += 13) {
			cr_assert_eq(crc32c(0, bytes + first, size),
			    bit_by_bit(bytes + first, size, 0x82f63b78));
			cr_assert_eq(crc32_message(0, bytes + first, size),
			    bit_by_bit(bytes + first, size, 0xedb88320));
		}
}
