#include "log/log_file_name.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { OFFSET_DIGITS = 20 };

static const char *const type_suffixes[LOG_FILE_TYPE_COUNT] = {
	[LOG_FILE_RECORDS] = ".log",
	[LOG_FILE_INDEX] = ".index",
	[LOG_FILE_TIMEINDEX] = ".timeindex",
	[LOG_FILE_TXNINDEX] = ".txnindex",
	[LOG_FILE_SNAPSHOT] = ".snapshot",
};

static const char *const state_suffixes[LOG_FILE_STATE_COUNT] = {
	[LOG_FILE_LIVE] = "",
	[LOG_FILE_DELETED] = ".deleted",
	[LOG_FILE_CLEANED] = ".cleaned",
	[LOG_FILE_SWAP] = ".swap",
};

const char *
log_file_type_suffix(enum log_file_type type)
{
	assert(type < LOG_FILE_TYPE_COUNT);
	return type_suffixes[type];
}

const char *
log_file_state_suffix(enum log_file_state state)
{
	assert(state < LOG_FILE_STATE_COUNT);
	return state_suffixes[state];
}

static bool
parse_offset(struct slice digits, int64_t *offset)
{
	int64_t value = 0;

	for (size_t i = 0; i < digits.size; i++) {
		int digit = digits.bytes[i] - '0';
		if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*offset = value;
	return true;
}

static bool
parse_suffixes(struct slice rest, struct log_file_name *name)
{
	for (int type = 0; type < LOG_FILE_TYPE_COUNT; type++) {
		size_t size = strlen(type_suffixes[type]);
		if (rest.size < size || memcmp(rest.bytes, type_suffixes[type], size) != 0)
			continue;
		struct slice state_text = slice_of(rest.bytes + size, rest.size - size);
		for (int state = 0; state < LOG_FILE_STATE_COUNT; state++) {
			if (!slice_equal_text(state_text, state_suffixes[state]))
				continue;
			name->type = (enum log_file_type)type;
			name->state = (enum log_file_state)state;
			return true;
		}
	}
	return false;
}

bool
log_file_name_parse(struct slice text, struct log_file_name *name)
{
	if (text.size <= OFFSET_DIGITS ||
	    !parse_offset(slice_of(text.bytes, OFFSET_DIGITS), &name->offset))
		return false;
	return parse_suffixes(slice_of(text.bytes + OFFSET_DIGITS, text.size - OFFSET_DIGITS), name);
}

size_t
log_file_name_format(struct log_file_name name, char text[LOG_FILE_NAME_SIZE])
{
	assert(name.offset >= 0);
	int length = snprintf(text, LOG_FILE_NAME_SIZE, "%020" PRId64 "%s%s", name.offset,
	    log_file_type_suffix(name.type), log_file_state_suffix(name.state));
	assert(length > 0 && length < LOG_FILE_NAME_SIZE);
	return (size_t)length;
}
