/*
 * Any message: the first byte chooses request, response or what has no api
 * key, the second the key (or which of those), the third the version.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/message_check.h"

enum { SELECTOR_SIZE = 3 };

static const struct message_type *
without_key(uint8_t number)
{
	const struct message_type *type;

	for (size_t i = 0; (type = message_type_at(i)) != NULL; i++) {
		if (type->key < 0 && number-- == 0)
			break;
	}
	return type;
}

FUZZ_TARGET(message)
{
	const struct message_type *type;
	struct reader reader;

	if (size < SELECTOR_SIZE)
		return 0;
	type = bytes[0] < 2 ? message_type_find(bytes[1], bytes[0] == 1) : without_key(bytes[1]);
	if (type == NULL)
		return 0;
	reader_init(&reader, slice_of(bytes + SELECTOR_SIZE, size - SELECTOR_SIZE));
	message_check(type, bytes[2], &reader);
	return 0;
}
