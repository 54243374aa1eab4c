#include "wire/utf8.h"

/*
 * RFC 3629 section 4: the first byte decides the length, and for four of them
 * also a narrower range of the second byte.
 */
static size_t
announced_size(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

static bool
second_byte_fits(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second <= 0x9f;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second <= 0x8f;
	default:
		return true;
	}
}

size_t
wire_utf8_character_size(struct slice text)
{
	size_t size = text.size == 0 ? 0 : announced_size(text.bytes[0]);

	if (size > text.size)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((text.bytes[i] & 0xc0) != 0x80)
			return 0;
	}
	if (size > 1 && !second_byte_fits(text.bytes[0], text.bytes[1]))
		return 0;
	return size;
}

bool
wire_utf8_valid(struct slice text)
{
	while (text.size > 0) {
		size_t size = wire_utf8_character_size(text);

		if (size == 0)
			return false;
		text = slice_of(text.bytes + size, text.size - size);
	}
	return true;
}
