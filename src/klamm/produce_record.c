#include "klamm/produce_record.h"

#include <string.h>

struct produce_record
produce_record_split(struct slice line, const char *key_separator, const char *null_text)
{
	struct produce_record record = { slice_null(), line };
	const uint8_t *found = NULL;

	if (key_separator != NULL)
		found = memmem(line.bytes, line.size, key_separator, strlen(key_separator));
	if (found != NULL) {
		size_t key_size = (size_t)(found - line.bytes);
		size_t taken = key_size + strlen(key_separator);

		record.key = slice_of(line.bytes, key_size);
		record.value = slice_of(line.bytes + taken, line.size - taken);
	}
	if (null_text != NULL && slice_equal_text(record.key, null_text))
		record.key = slice_null();
	if (null_text != NULL && slice_equal_text(record.value, null_text))
		record.value = slice_null();
	return record;
}
