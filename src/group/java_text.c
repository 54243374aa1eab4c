#include "group/java_text.h"

#include "wire/utf8.h"

enum {
	REPLACEMENT = 0xFFFD,
	FIRST_SURROGATE = 0xD800,
	FIRST_LOW_SURROGATE = 0xDC00,
	FIRST_SUPPLEMENTARY = 0x10000,
};

/* How many bytes of a broken character Java replaces by one U+FFFD. */
static size_t
broken_size(struct slice text)
{
	size_t wanted = text.bytes[0] >= 0xF0 ? 4 : text.bytes[0] >= 0xE0 ? 3 : 2;
	size_t size = 1;

	if (text.bytes[0] < 0xC2 || text.bytes[0] > 0xF4 || text.size < 2)
		return 1;
	/* The second byte decides whether the first one can begin a character at all. */
	if ((text.bytes[0] == 0xE0 && text.bytes[1] < 0xA0) ||
	    (text.bytes[0] == 0xED && text.bytes[1] > 0x9F) ||
	    (text.bytes[0] == 0xF0 && text.bytes[1] < 0x90) ||
	    (text.bytes[0] == 0xF4 && text.bytes[1] > 0x8F))
		return 1;
	while (size < wanted - 1 && size < text.size && (text.bytes[size] & 0xC0) == 0x80)
		size++;
	return size;
}

/* The first character, which is taken off. */
static uint32_t
next_character(struct slice *text)
{
	size_t size = wire_utf8_character_size(*text);
	uint32_t character = REPLACEMENT;

	if (size == 0) {
		size = broken_size(*text);
	} else if (size == 1) {
		character = text->bytes[0];
	} else {
		character = text->bytes[0] & (0x7FU >> size);
		for (size_t i = 1; i < size; i++)
			character = character << 6 | (text->bytes[i] & 0x3FU);
	}
	*text = slice_of(text->bytes + size, text->size - size);
	return character;
}

int32_t
java_text_hash(struct slice text)
{
	uint32_t hash = 0;

	while (text.size > 0) {
		uint32_t character = next_character(&text);

		if (character >= FIRST_SUPPLEMENTARY) {
			uint32_t rest = character - FIRST_SUPPLEMENTARY;

			hash = 31 * hash + FIRST_SURROGATE + (rest >> 10);
			character = FIRST_LOW_SURROGATE + (rest & 0x3FF);
		}
		hash = 31 * hash + character;
	}
	return (int32_t)hash;
}

size_t
java_text_length(struct slice text)
{
	size_t length = 0;

	while (text.size > 0)
		length += next_character(&text) >= FIRST_SUPPLEMENTARY ? 2 : 1;
	return length;
}
