/*
 * Payloads and paths of znodes. The first byte chooses what the rest is.
 * What was read is written, and that must be read and written the same.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "tests/unit/zk/recode.h"

enum { CAP = 1 << 22, SMALL_CAP = 200 };

static void
check_path(struct slice bytes)
{
	struct paths_place place;
	struct paths_entity entity;
	struct buffer text, name;

	buffer_init(&text);
	buffer_init(&name);
	if (paths_parse(bytes, &place) == ERROR_NONE) {
		paths_format(&text, &place);
		assert(slice_equal(buffer_slice(&text), bytes));
	}
	buffer_clear(&text);
	if (paths_entity_parse(bytes, &entity) == ERROR_NONE) {
		paths_entity_format(&text, &entity);
		assert(slice_equal(buffer_slice(&text), bytes));
	}
	buffer_clear(&text);
	paths_sanitize(&text, bytes);
	enum error error = paths_desanitize(&name, buffer_slice(&text));
	assert(error == ERROR_NONE && slice_equal(buffer_slice(&name), bytes));
	buffer_clear(&name);
	if (paths_desanitize(&name, bytes) != ERROR_NONE)
		assert(name.size == 0);
	buffer_fini(&text);
	buffer_fini(&name);
}

static void
check_payload(enum paths_kind kind, struct slice bytes)
{
	struct payload_complaint complaint;
	struct buffer once, twice;

	buffer_init(&once);
	buffer_init(&twice);
	enum error error = recode(kind, bytes, CAP, &once, &complaint);
	if (error == ERROR_NONE) {
		error = recode(kind, buffer_slice(&once), CAP, &twice, &complaint);
		assert(error == ERROR_NONE);
		assert(slice_equal(buffer_slice(&once), buffer_slice(&twice)));
		buffer_clear(&twice);
		error = recode(kind, bytes, SMALL_CAP, &twice, &complaint);
		assert(error == ERROR_NONE || error == ERROR_NO_MEMORY);
	} else {
		assert(error == ERROR_MALFORMED || error == ERROR_UNSUPPORTED || error == ERROR_NO_MEMORY);
		assert(complaint.text[0] != '\0');
	}
	buffer_fini(&once);
	buffer_fini(&twice);
}

FUZZ_TARGET(znode)
{
	if (size == 0)
		return 0;
	struct slice rest = slice_of(bytes + 1, size - 1);
	enum paths_kind kind = (enum paths_kind)(bytes[0] % PATHS_KINDS);
	if (recode_has_data(kind))
		check_payload(kind, rest);
	else
		check_path(rest);
	return 0;
}
