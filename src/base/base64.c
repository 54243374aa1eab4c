#include "base/base64.h"

static const char *const alphabets[] = {
	[BASE64_STANDARD] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	[BASE64_URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

void
base64_encode(struct buffer *out, struct slice bytes, enum base64_alphabet alphabet)
{
	const char *letters = alphabets[alphabet];

	for (size_t i = 0; i < bytes.size; i += 3) {
		size_t left = MIN(bytes.size - i, (size_t)3);
		uint32_t group = (uint32_t)bytes.bytes[i] << 16;

		if (left > 1)
			group |= (uint32_t)bytes.bytes[i + 1] << 8;
		if (left > 2)
			group |= bytes.bytes[i + 2];
		for (size_t k = 0; k < 4; k++) {
			if (k <= left)
				buffer_append(out, &letters[group >> (18 - 6 * k) & 63], 1);
			else if (alphabet == BASE64_STANDARD)
				buffer_append(out, "=", 1);
		}
	}
}

static int
value_of(uint8_t letter, const char *letters)
{
	const char *at = letter == 0 ? NULL : strchr(letters, letter);

	return at == NULL ? -1 : (int)(at - letters);
}

/* One or two "=" that fill the last group of four. */
static struct slice
without_padding(struct slice text)
{
	if (text.size == 0 || text.size % 4 != 0)
		return text;
	for (int i = 0; i < 2 && text.bytes[text.size - 1] == '='; i++)
		text.size--;
	return text;
}

enum error
base64_decode(struct buffer *out, struct slice text, enum base64_alphabet alphabet)
{
	size_t before = out->size;
	uint32_t bits = 0;
	int bit_count = 0;

	text = without_padding(text);
	if (text.size % 4 == 1)
		return ERROR_MALFORMED;
	for (size_t i = 0; i < text.size; i++) {
		int value = value_of(text.bytes[i], alphabets[alphabet]);

		if (value < 0)
			goto malformed;
		bits = bits << 6 | (uint32_t)value;
		bit_count += 6;
		if (bit_count >= 8) {
			bit_count -= 8;
			buffer_int8(out, (int8_t)(bits >> bit_count));
			bits &= (1u << bit_count) - 1;
		}
	}
	if (bits == 0)
		return ERROR_NONE;
malformed:
	out->size = before;
	return ERROR_MALFORMED;
}
