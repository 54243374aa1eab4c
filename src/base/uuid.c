#include "base/uuid.h"

#include "base/base64.h"

bool
uuid_is_zero(struct uuid uuid)
{
	static const struct uuid zero;

	return uuid_equal(uuid, zero);
}

bool
uuid_equal(struct uuid a, struct uuid b)
{
	return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

void
uuid_text(struct uuid uuid, char text[UUID_TEXT_SIZE + 1])
{
	struct buffer out;

	buffer_init(&out);
	base64_encode(&out, slice_of(uuid.bytes, sizeof(uuid.bytes)), BASE64_URL);
	memcpy(text, out.bytes, UUID_TEXT_SIZE);
	text[UUID_TEXT_SIZE] = '\0';
	buffer_fini(&out);
}

enum error
uuid_parse(struct slice text, struct uuid *uuid)
{
	struct buffer out;
	enum error error;

	buffer_init(&out);
	error = base64_decode(&out, text, BASE64_URL);
	if (error == ERROR_NONE && out.size != sizeof(uuid->bytes))
		error = ERROR_MALFORMED;
	if (error == ERROR_NONE)
		memcpy(uuid->bytes, out.bytes, sizeof(uuid->bytes));
	buffer_fini(&out);
	return error;
}

bool
uuid_from_random(const uint8_t random[16], struct uuid *uuid)
{
	memcpy(uuid->bytes, random, sizeof(uuid->bytes));
	uuid->bytes[6] = (uint8_t)((uuid->bytes[6] & 0x0f) | 0x40);
	uuid->bytes[8] = (uint8_t)((uuid->bytes[8] & 0x3f) | 0x80);
	/* The version bits keep it from being zero or (0, 1). */
	return uuid->bytes[0] >> 2 != 62;
}
