/* Out of the log into the table. */
#include <assert.h>

#include "group/group_table_private.h"
#include "wire/batch_records.h"
#include "wire/control_record.h"

/* What one record may take in memory once it is read. */
enum { RECORD_MEMORY_MAX = 256 * 1024 * 1024 };

/* A batch while it is read. */
struct reading {
	struct group_table *table;
	struct group_table_load *load;
	struct group *last_group; /* records of one group mostly come together */
	int64_t producer_id;      /* of an open transaction; BATCH_NO_PRODUCER_ID: none */
	int64_t position;         /* of the first record that is left of the batch */
};

static void
note_bad_record(struct reading *reading, int64_t offset)
{
	if (reading->load->bad_records++ == 0)
		reading->load->bad_offset = offset;
}

static struct group *
group_of(struct reading *reading, struct slice id)
{
	if (reading->last_group == NULL || !slice_equal(reading->last_group->id, id))
		reading->last_group = group_table_make(reading->table, id, reading->load->now_ms);
	return reading->last_group;
}

static void
remove_offset(struct reading *reading, const struct group_record_key *key)
{
	struct group *group = group_table_find(reading->table, key->group);
	struct kept_offset *entry;

	if (group == NULL)
		return;
	if (reading->producer_id != BATCH_NO_PRODUCER_ID) {
		group_table_drop_pending(reading->table, reading->producer_id, group, key);
	} else {
		entry = offsets_find(&group->offsets, key->topic, key->partition);
		if (entry != NULL)
			offsets_forget(&group->offsets, entry);
	}
}

static void
take_offset(struct reading *reading, const struct group_record_key *key,
    const struct record *record)
{
	struct committed_offset committed;
	struct group *group;

	if (slice_is_null(record->value)) {
		remove_offset(reading, key);
		return;
	}
	if (group_records_read_offset(record->value, &committed) != ERROR_NONE) {
		note_bad_record(reading, record->offset);
		return;
	}
	group = group_of(reading, key->group);
#ifdef CANARY_OLDER_OFFSET_WINS_AT_LOAD
	if (offsets_find(&group->offsets, key->topic, key->partition) != NULL)
		return;
#endif
	if (reading->producer_id == BATCH_NO_PRODUCER_ID)
		offsets_load(&group->offsets, key->topic, key->partition, &committed,
		    reading->position);
	else
		group_table_add_pending(reading->table, reading->producer_id, group, key,
		    &committed, reading->position);
}

static void
remove_group(struct reading *reading, struct slice id)
{
	struct group_metadata_value nothing = group_metadata_value_defaults;
	struct group *group = group_table_find(reading->table, id);

	if (group == NULL)
		return;
	/* Offsets that are left make it one that only keeps offsets. */
	group_restore(group, &nothing);
	group->state_ms = reading->load->now_ms;
}

static void
take_group(struct reading *reading, struct slice id, const struct record *record)
{
	struct group_metadata_value value;
	struct arena arena;

	if (slice_is_null(record->value)) {
		remove_group(reading, id);
		return;
	}
	arena_init(&arena, RECORD_MEMORY_MAX);
	if (group_records_read_group(record->value, &arena, &value) == ERROR_NONE)
		group_restore(group_of(reading, id), &value);
	else
		note_bad_record(reading, record->offset);
	arena_fini(&arena);
}

static void
take_record(struct reading *reading, const struct record *record)
{
	struct group_record_key key;

	reading->load->records++;
	if (group_records_read_key(record->key, &key) != ERROR_NONE)
		note_bad_record(reading, record->offset);
	else if (key.type == GROUP_RECORD_OFFSET)
		take_offset(reading, &key, record);
	else if (key.type == GROUP_RECORD_GROUP)
		take_group(reading, key.group, record);
	else
		reading->load->unknown_keys++;
}

/* Only v2 has transactions. */
static int64_t
transaction_of(const struct batch_view *view)
{
	struct batch_header header;

	if (view->magic < BATCH_MAGIC_V2 || (view->attributes & BATCH_TRANSACTIONAL) == 0 ||
	    batch_header_read(view->bytes, &header) != ERROR_NONE)
		return BATCH_NO_PRODUCER_ID;
	return header.producer_id;
}

static enum error
take_marker(struct reading *reading, const struct record *record)
{
	struct control_record control;

	enum error error = control_record_read(record, &control);
	if (error == ERROR_NONE && (control.type == CONTROL_RECORD_COMMIT ||
	    control.type == CONTROL_RECORD_ABORT))
		group_table_end_transaction(reading->table, reading->producer_id,
		    control.type == CONTROL_RECORD_COMMIT);
	return error;
}

static enum error
take_batch(struct reading *reading, const struct batch_view *view)
{
	struct decompression_limit limit = decompression_limit_default();
	struct batch_records records;
	struct record record;
	bool first = true;

	if (!batch_view_check_offsets(view) || !batch_view_check_crc(view))
		return ERROR_CORRUPT;
	reading->producer_id = transaction_of(view);
	enum error error = batch_records_open(&records, view, &limit);
	while (error == ERROR_NONE) {
		error = batch_records_next(&records, &record);
		if (error != ERROR_NONE)
			break;
		if (first)
			reading->position = record.offset;
		first = false;
		if ((view->attributes & BATCH_CONTROL) != 0)
			error = take_marker(reading, &record);
		else
			take_record(reading, &record);
	}
	batch_records_fini(&records);
	return error == ERROR_END_OF_STREAM ? ERROR_NONE : error;
}

enum error
group_table_read(struct group_table *table, struct slice bytes, struct group_table_load *load)
{
	struct reading reading = { .table = table, .load = load };
	struct batch_cursor cursor;
	struct batch_view view;
	bool some = false;

	batch_cursor_init(&cursor, bytes);
	for (;;) {
		enum error error = batch_cursor_next(&cursor, &view);

		if (error != ERROR_NONE)
			return some || error == ERROR_END_OF_STREAM ? ERROR_NONE : ERROR_CORRUPT;
		if (take_batch(&reading, &view) != ERROR_NONE && load->bad_batches++ == 0)
			load->bad_batch_offset = view.base_offset;
		if (batch_view_check_offsets(&view))
			load->next_offset = MAX(load->next_offset, view.last_offset + 1);
		some = true;
	}
}

void
group_table_finish(struct group_table *table)
{
	GROUP_TABLE_FOREACH(link, table) {
		struct group *group = group_table_at(link);

		if (offsets_count(&group->offsets) > 0 || group->generation > 0 ||
		    !slice_is_null(group->protocol_type))
			continue;
		group_table_take(table, group);
		group_free(group);
	}
}
