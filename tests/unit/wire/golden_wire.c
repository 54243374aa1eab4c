#include "tests/unit/wire/golden_wire.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/unit/wire/support.h"

/*
 * The file has one object a line and no escapes in its texts, so its lines can
 * be searched. Where the value of `member` begins.
 */
static const char *
value_of(const char *line, const char *member)
{
	char pattern[32];
	const char *at;

	snprintf(pattern, sizeof(pattern), "\"%s\": ", member);
	at = strstr(line, pattern);
	cr_assert_not_null(at, "%s lacks %s", line, member);
	return at + strlen(pattern);
}

/* A frame in hexadecimal; anything else is a remark that there was none. */
static struct buffer
frame_of(char *line, const char *member)
{
	const char *at = value_of(line, member) + 1;
	size_t size = strcspn(at, "\"");
	char *text = memory_text(at, size);
	struct buffer frame;

	buffer_init(&frame);
	if (strspn(text, "0123456789abcdef") == size)
		frame = from_hex(text);
	free(text);
	return frame;
}

static void
read_exchange(char *line, struct golden_exchange *exchange)
{
	const char *name = value_of(line, "name") + 1;

	snprintf(exchange->name, sizeof(exchange->name), "%.*s", (int)strcspn(name, "\""), name);
	exchange->key = (int16_t)strtol(value_of(line, "api"), NULL, 10);
	exchange->version = (int16_t)strtol(value_of(line, "version"), NULL, 10);
	exchange->request = frame_of(line, "request");
	exchange->response = frame_of(line, "response");
}

struct golden_wire *
golden_wire_new(void)
{
	struct golden_wire *golden = memory_new(sizeof(*golden));
	FILE *file = fopen(TESTS_DIR "/golden/wire.json", "r");
	char *line = NULL;
	size_t room = 0;

	cr_assert_not_null(file);
	while (getline(&line, &room, file) > 0) {
		if (line[0] != '{')
			continue;
		cr_assert_lt(golden->count, GOLDEN_EXCHANGES_MAX);
		read_exchange(line, &golden->exchanges[golden->count++]);
	}
	free(line);
	fclose(file);
	return golden;
}

void
golden_wire_free(struct golden_wire *golden)
{
	for (size_t i = 0; i < golden->count; i++) {
		buffer_fini(&golden->exchanges[i].request);
		buffer_fini(&golden->exchanges[i].response);
	}
	free(golden);
}
