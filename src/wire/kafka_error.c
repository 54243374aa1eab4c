#include "wire/kafka_error.h"

#include <stddef.h>

enum reaction { FATAL, RETRY, REFRESH };

struct kafka_error_info {
	const char *name;
	const char *text;
	enum reaction reaction;
};

#define KAFKA_ERROR_INFO(name, code, reaction, text) \
	[(code) - KAFKA_ERROR_FIRST] = { #name, text, reaction },
static const struct kafka_error_info infos[] = { KAFKA_ERROR_TABLE(KAFKA_ERROR_INFO) };
#undef KAFKA_ERROR_INFO

static const struct kafka_error_info unknown = { "UNKNOWN_ERROR_CODE",
	"an error code that klamm does not know", FATAL };

static const struct kafka_error_info *
find(int16_t code)
{
	if (code < KAFKA_ERROR_FIRST || code > KAFKA_ERROR_LAST)
		return &unknown;
	return &infos[code - KAFKA_ERROR_FIRST];
}

const char *
kafka_error_name(int16_t code)
{
	return find(code)->name;
}

const char *
kafka_error_text(int16_t code)
{
	return find(code)->text;
}

bool
kafka_error_is_retriable(int16_t code)
{
	return find(code)->reaction != FATAL;
}

bool
kafka_error_refreshes_metadata(int16_t code)
{
	return find(code)->reaction == REFRESH;
}
