#include "zk/payload_controller_epoch.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "zk/payload_private.h"

enum error
payload_controller_epoch_decode(struct slice bytes, int32_t *epoch,
    struct payload_complaint *complaint)
{
	int64_t number;

	complaint->text[0] = '\0';
	if (!payload_parse_number(bytes, 0, INT32_MAX - 1, &number)) {
		(void)snprintf(complaint->text, sizeof(complaint->text), "not a number in range");
		return ERROR_MALFORMED;
	}
	*epoch = (int32_t)number;
	return ERROR_NONE;
}

void
payload_controller_epoch_encode(int32_t epoch, struct buffer *out)
{
	char digits[16];

	assert(epoch >= 0);
	int size = snprintf(digits, sizeof(digits), "%" PRId32, epoch);
	buffer_append(out, digits, (size_t)size);
}
