/*
 * What a coordinator loads: batches of __consumer_offsets, whose checksums are
 * mended first so that what lies behind them is looked at too.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "base/buffer.h"
#include "group/group_table.h"
#include "wire/batch.h"

static void
mend_checksums(struct buffer *bytes)
{
	struct batch_cursor cursor;
	struct batch_view view;

	batch_cursor_init(&cursor, buffer_slice(bytes));
	while (batch_cursor_next(&cursor, &view) == ERROR_NONE) {
		if (view.magic == BATCH_MAGIC_V2)
			batch_set_crc(bytes->bytes + view.position);
	}
}

/* Each group that was loaded can be written again, and stepped to its end. */
static void
use(struct group_table *table)
{
	struct group_outbox outbox;

	group_outbox_init(&outbox);
	GROUP_TABLE_FOREACH(link, table) {
		struct group *group = group_table_at(link);

		group_step(group, &(struct group_event){ .type = GROUP_LOADED }, &outbox);
		group_step(group, &(struct group_event){ .type = GROUP_UNLOADED }, &outbox);
		assert(group_next_deadline_us(group) == INT64_MAX);
	}
	group_outbox_fini(&outbox);
}

FUZZ_TARGET(group_log)
{
	static const struct broker_groups config = { .max_size = 1000 };
	static const uint64_t seed[2] = { 1, 2 };
	struct group_table *table = group_table_new(seed, &config);
	struct group_table_load load = { .now_ms = 1 };
	struct buffer mended;

	buffer_init(&mended);
	buffer_append(&mended, bytes, size);
	mend_checksums(&mended);
	enum error error = group_table_read(table, buffer_slice(&mended), &load);
	assert(error == ERROR_NONE || error == ERROR_CORRUPT);
	group_table_finish(table);
	use(table);
	group_table_free(table);
	buffer_fini(&mended);
	return 0;
}
