#include "log/producer_state.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/* A transaction that has ended, until its marker is below the high watermark. */
struct completed {
	struct list link;
	int64_t first_offset;
	int64_t last_offset; /* of the marker */
};

/* An entry as it was at begin. */
struct undo {
	struct list link;
	struct producer_entry *entry;
	bool existed;
	uint8_t batch_count;
	int16_t epoch;
	int32_t coordinator_epoch;
	int64_t last_timestamp_ms;
	int64_t transaction_first_offset;
	struct producer_batch batches[PRODUCER_BATCHES_KEPT];
};

static bool
matches(const struct hash_node *node, const void *key)
{
	const int64_t *producer_id = key;

	return container_of(node, const struct producer_entry, node)->producer_id == *producer_id;
}

static uint64_t
hash_of(const struct producer_state *state, int64_t producer_id)
{
	return hash_table_hash(&state->entries, slice_of(&producer_id, sizeof(producer_id)));
}

static struct producer_entry *
find(const struct producer_state *state, int64_t producer_id)
{
	struct hash_node *node =
	    hash_table_find(&state->entries, hash_of(state, producer_id), &producer_id);

	return node == NULL ? NULL : container_of(node, struct producer_entry, node);
}

static struct producer_entry *
add(struct producer_state *state, int64_t producer_id)
{
	struct producer_entry *entry = memory_new(sizeof(*entry));

	entry->producer_id = producer_id;
	entry->epoch = PRODUCER_EPOCH_NONE;
	entry->coordinator_epoch = COORDINATOR_EPOCH_NONE;
	entry->transaction_first_offset = -1;
	entry->last_timestamp_ms = -1;
	list_init(&entry->in_open);
	hash_table_insert(&state->entries, &entry->node, hash_of(state, producer_id));
	return entry;
}

static void
drop(struct producer_state *state, struct producer_entry *entry)
{
	hash_table_remove(&state->entries, &entry->node);
	list_remove(&entry->in_open);
	free(entry->batches);
	free(entry);
}

void
producer_state_init(struct producer_state *state, const uint64_t seed[2])
{
	*state = (struct producer_state){ .end_offset = 0 };
	hash_table_init(&state->entries, seed, matches);
	list_init(&state->open);
	list_init(&state->completed);
	list_init(&state->undo);
}

void
producer_state_fini(struct producer_state *state)
{
	producer_state_commit(state);
	producer_state_reset(state, 0);
	hash_table_fini(&state->entries);
}

static void
drop_completed(struct list *link)
{
	list_remove(link);
	free(container_of(link, struct completed, link));
}

void
producer_state_reset(struct producer_state *state, int64_t end_offset)
{
	assert(!state->appending);
	PRODUCER_STATE_FOREACH(link, state)
		drop(state, producer_entry_of(link));
	LIST_FOREACH(link, &state->completed)
		drop_completed(link);
	state->end_offset = end_offset;
}

/* ------------------------------------------------------------ may it be appended? */

static int32_t
sequence_before(int32_t sequence, int32_t steps)
{
	int64_t before = (int64_t)sequence - steps;

	return (int32_t)(before >= 0 ? before : before + INT32_MAX + 1);
}

int32_t
producer_batch_first_sequence(const struct producer_batch *batch)
{
	return sequence_before(batch->last_sequence, batch->offset_delta);
}

static bool
is_duplicate(const struct producer_entry *entry, const struct producer_append *append,
    struct producer_duplicate *duplicate)
{
	if (append->epoch != entry->epoch)
		return false;
#ifdef CANARY_DUPLICATE_ANSWERED_ELSEWHERE
	if (entry->batch_count > 0 && append->last_sequence < producer_entry_last_batch(entry)->last_sequence) {
		*duplicate = (struct producer_duplicate){ producer_entry_last_batch(entry)->last_offset,
			producer_entry_last_batch(entry)->last_offset, 0 };
		return true;
	}
#endif
	for (uint8_t i = 0; i < entry->batch_count; i++) {
		const struct producer_batch *batch = &entry->batches[i];
		if (batch->last_sequence != append->last_sequence ||
		    producer_batch_first_sequence(batch) != append->first_sequence)
			continue;
		*duplicate = (struct producer_duplicate){ batch->last_offset - batch->offset_delta,
			batch->last_offset, batch->timestamp_ms };
		return true;
	}
	return false;
}

static bool
is_in_sequence(const struct producer_entry *entry, const struct producer_append *append)
{
	const struct producer_batch *last = producer_entry_last_batch(entry);

	/* No epoch is known (an old snapshot): anything goes, as for an unknown id. */
	if (entry->epoch == PRODUCER_EPOCH_NONE)
		return true;
	if (append->epoch != entry->epoch || last == NULL)
		return append->first_sequence == 0;
	return last->last_sequence == INT32_MAX ? append->first_sequence == 0 :
	    append->first_sequence == last->last_sequence + 1;
}

static enum producer_verdict
check_data(const struct producer_entry *entry, const struct producer_append *append)
{
	if (append->epoch < entry->epoch)
		return PRODUCER_INVALID_EPOCH;
	if (append->origin == APPEND_CLIENT && !is_in_sequence(entry, append))
		return PRODUCER_OUT_OF_ORDER_SEQUENCE;
	if (!append->transactional && entry->transaction_first_offset >= 0)
		return PRODUCER_INVALID_TRANSACTION_STATE;
	return PRODUCER_ACCEPTED;
}

static enum producer_verdict
check_marker(const struct producer_entry *entry, const struct producer_append *append)
{
	if (append->epoch < entry->epoch)
		return PRODUCER_INVALID_EPOCH;
	if (append->coordinator_epoch < entry->coordinator_epoch)
		return PRODUCER_COORDINATOR_FENCED;
	return PRODUCER_ACCEPTED;
}

enum producer_verdict
producer_state_check(const struct producer_state *state, const struct producer_append *append,
    struct producer_duplicate *duplicate)
{
	const struct producer_entry *entry = find(state, append->producer_id);

	assert(append->producer_id >= 0);
	if (entry == NULL || append->origin == APPEND_REPLICATION)
		return PRODUCER_ACCEPTED;
	if (append->type != PRODUCER_DATA)
		return check_marker(entry, append);
	if (append->origin == APPEND_CLIENT && is_duplicate(entry, append, duplicate))
#ifdef CANARY_RETRY_APPENDED_AGAIN
		return PRODUCER_ACCEPTED;
#else
		return PRODUCER_DUPLICATE;
#endif
	return check_data(entry, append);
}

/* ------------------------------------------------------------ taking it in */

static void
save(struct producer_state *state, struct producer_entry *entry, bool existed)
{
	if (!state->appending || entry->saved)
		return;
	struct undo *undo = memory_new(sizeof(*undo));
	undo->entry = entry;
	undo->existed = existed;
	undo->batch_count = entry->batch_count;
	undo->epoch = entry->epoch;
	undo->coordinator_epoch = entry->coordinator_epoch;
	undo->last_timestamp_ms = entry->last_timestamp_ms;
	undo->transaction_first_offset = entry->transaction_first_offset;
	for (uint8_t i = 0; i < entry->batch_count; i++)
		undo->batches[i] = entry->batches[i];
	entry->saved = true;
	list_append(&state->undo, &undo->link);
}

/* Entries come nearly always in order of their first offsets: the place is near the end. */
static void
open_transaction(struct producer_state *state, struct producer_entry *entry, int64_t first_offset)
{
	struct list *place = state->open.previous;

	while (place != &state->open &&
	    container_of(place, struct producer_entry, in_open)->transaction_first_offset >
	        first_offset)
		place = place->previous;
	entry->transaction_first_offset = first_offset;
	list_insert_before(place->next, &entry->in_open);
}

static void
close_transaction(struct producer_entry *entry)
{
	entry->transaction_first_offset = -1;
	list_remove(&entry->in_open);
}

static void
remember_completed(struct producer_state *state, int64_t first_offset, int64_t last_offset)
{
	struct completed *completed = memory_new(sizeof(*completed));
	struct list *place = state->completed.previous;

	while (place != &state->completed &&
	    container_of(place, struct completed, link)->first_offset > first_offset)
		place = place->previous;
	completed->first_offset = first_offset;
	completed->last_offset = last_offset;
	list_insert_before(place->next, &completed->link);
}

static void
add_batch(struct producer_entry *entry, struct producer_batch batch)
{
	if (entry->batch_count == PRODUCER_BATCHES_KEPT) {
		memmove(entry->batches, entry->batches + 1,
		    (PRODUCER_BATCHES_KEPT - 1) * sizeof(batch));
		entry->batches[PRODUCER_BATCHES_KEPT - 1] = batch;
		return;
	}
	entry->batches = memory_resize(entry->batches,
	    ((size_t)entry->batch_count + 1) * sizeof(batch));
	entry->batches[entry->batch_count++] = batch;
}

static void
apply_data(struct producer_state *state, struct producer_entry *entry,
    const struct producer_append *append)
{
	add_batch(entry, (struct producer_batch){
		.last_offset = append->last_offset,
		.timestamp_ms = append->timestamp_ms,
		.last_sequence = append->last_sequence,
		.offset_delta = (int32_t)(append->last_offset - append->first_offset),
	});
	if (append->transactional && entry->transaction_first_offset < 0)
		open_transaction(state, entry, append->first_offset);
}

static bool
apply_marker(struct producer_state *state, struct producer_entry *entry,
    const struct producer_append *append, struct completed_transaction *completed)
{
	/* A snapshot may tell of a transaction that begins after its end; a marker never does. */
	int64_t first_offset = MIN(entry->transaction_first_offset, append->first_offset);

	entry->coordinator_epoch = append->coordinator_epoch;
	if (first_offset < 0)
		return false;
	close_transaction(entry);
	remember_completed(state, first_offset, append->last_offset);
	int64_t undecided = producer_state_first_undecided_offset(state);
	completed->aborted = append->type == PRODUCER_ABORT_MARKER;
	completed->transaction = (struct aborted_transaction){ append->producer_id, first_offset,
		append->last_offset, undecided >= 0 ? undecided : append->last_offset + 1 };
	return true;
}

bool
producer_state_apply(struct producer_state *state, const struct producer_append *append,
    struct completed_transaction *completed)
{
	struct producer_entry *entry = find(state, append->producer_id);
	bool existed = entry != NULL, ended = false;

	assert(append->producer_id >= 0 && append->last_offset >= append->first_offset);
	assert(append->last_offset - append->first_offset <= INT32_MAX);
	if (!existed)
		entry = add(state, append->producer_id);
	save(state, entry, existed);
	if (append->epoch != entry->epoch) {
		entry->batch_count = 0;
		entry->epoch = append->epoch;
	}
	entry->last_timestamp_ms = append->timestamp_ms;
	if (append->type == PRODUCER_DATA)
		apply_data(state, entry, append);
	else
		ended = apply_marker(state, entry, append, completed);
	producer_state_set_end(state, MAX(state->end_offset, append->last_offset + 1));
	return ended;
}

void
producer_state_set_end(struct producer_state *state, int64_t end_offset)
{
	state->end_offset = end_offset;
}

void
producer_state_begin(struct producer_state *state)
{
	assert(!state->appending);
	state->appending = true;
	state->saved_end_offset = state->end_offset;
}

void
producer_state_commit(struct producer_state *state)
{
	LIST_FOREACH(link, &state->undo) {
		struct undo *undo = container_of(link, struct undo, link);
		undo->entry->saved = false;
		list_remove(link);
		free(undo);
	}
	state->appending = false;
}

static void
restore(struct producer_state *state, const struct undo *undo)
{
	struct producer_entry *entry = undo->entry;

	if (!undo->existed) {
		drop(state, entry);
		return;
	}
	close_transaction(entry);
	entry->saved = false;
	entry->epoch = undo->epoch;
	entry->coordinator_epoch = undo->coordinator_epoch;
	entry->last_timestamp_ms = undo->last_timestamp_ms;
	if (undo->transaction_first_offset >= 0)
		open_transaction(state, entry, undo->transaction_first_offset);
	entry->batch_count = 0;
	for (uint8_t i = 0; i < undo->batch_count; i++)
		add_batch(entry, undo->batches[i]);
}

void
producer_state_rollback(struct producer_state *state)
{
	assert(state->appending);
	LIST_FOREACH(link, &state->undo) {
		struct undo *undo = container_of(link, struct undo, link);
		restore(state, undo);
		list_remove(link);
		free(undo);
	}
	/* Markers of this append are the only ones at or after its begin. */
	LIST_FOREACH(link, &state->completed) {
		if (container_of(link, struct completed, link)->last_offset >= state->saved_end_offset)
			drop_completed(link);
	}
	state->end_offset = state->saved_end_offset;
	state->appending = false;
}

/* ------------------------------------------------------------ what others ask */

int64_t
producer_state_first_undecided_offset(const struct producer_state *state)
{
	if (list_is_empty(&state->open))
		return -1;
	return container_of(state->open.next, const struct producer_entry, in_open)
	    ->transaction_first_offset;
}

int64_t
producer_state_first_unstable_offset(const struct producer_state *state)
{
	int64_t undecided = producer_state_first_undecided_offset(state);

	if (list_is_empty(&state->completed))
		return undecided;
	int64_t ended = container_of(state->completed.next, const struct completed, link)->first_offset;
	return undecided < 0 ? ended : MIN(undecided, ended);
}

void
producer_state_high_watermark_moved(struct producer_state *state, int64_t high_watermark)
{
	LIST_FOREACH(link, &state->completed) {
		if (container_of(link, struct completed, link)->last_offset < high_watermark)
			drop_completed(link);
	}
}

void
producer_state_log_start_moved(struct producer_state *state, int64_t log_start_offset)
{
	producer_state_high_watermark_moved(state, log_start_offset);
	producer_state_set_end(state, MAX(state->end_offset, log_start_offset));
}

bool
producer_entry_is_expired(const struct producer_entry *entry, int64_t now_ms, int64_t expiration_ms)
{
	int64_t age_ms;

	if (entry->transaction_first_offset >= 0)
		return false;
	if (__builtin_sub_overflow(now_ms, entry->last_timestamp_ms, &age_ms))
		return entry->last_timestamp_ms < 0;
	return age_ms >= expiration_ms;
}

size_t
producer_state_expire(struct producer_state *state, int64_t now_ms, int64_t expiration_ms)
{
	size_t before = state->entries.count;

	assert(!state->appending);
	PRODUCER_STATE_FOREACH(link, state) {
		struct producer_entry *entry = producer_entry_of(link);
		if (producer_entry_is_expired(entry, now_ms, expiration_ms))
			drop(state, entry);
	}
	return before - state->entries.count;
}

size_t
producer_state_count(const struct producer_state *state)
{
	return state->entries.count;
}

const struct producer_entry *
producer_state_find(const struct producer_state *state, int64_t producer_id)
{
	return find(state, producer_id);
}

const struct producer_batch *
producer_entry_last_batch(const struct producer_entry *entry)
{
	return entry->batch_count == 0 ? NULL : &entry->batches[entry->batch_count - 1];
}

void
producer_state_load(struct producer_state *state, const struct producer_entry *fields,
    const struct producer_batch *batch)
{
	assert(find(state, fields->producer_id) == NULL);
	struct producer_entry *entry = add(state, fields->producer_id);

	entry->epoch = fields->epoch;
	entry->coordinator_epoch = fields->coordinator_epoch;
	entry->last_timestamp_ms = fields->last_timestamp_ms;
	if (batch != NULL)
		add_batch(entry, *batch);
	if (fields->transaction_first_offset >= 0)
		open_transaction(state, entry, fields->transaction_first_offset);
}

bool
producer_state_load_earlier(struct producer_state *state, int64_t producer_id,
    const struct producer_batch *batches, uint8_t count)
{
	struct producer_entry *entry = find(state, producer_id);
	struct producer_batch newest;

	assert(count < PRODUCER_BATCHES_KEPT);
	if (entry == NULL)
		return true;
	if (entry->batch_count != 1 || batches[count - 1].last_offset >=
	    entry->batches[0].last_offset - entry->batches[0].offset_delta)
		return false;
	newest = entry->batches[0];
	entry->batch_count = 0;
	for (uint8_t i = 0; i < count; i++)
		add_batch(entry, batches[i]);
	add_batch(entry, newest);
	return true;
}

static void
copy_entry(struct producer_state *state, const struct producer_entry *from)
{
	producer_state_load(state, from, NULL);
	struct producer_entry *entry = find(state, from->producer_id);

	for (uint8_t i = 0; i < from->batch_count; i++)
		add_batch(entry, from->batches[i]);
}

bool
producer_state_has_all_of(const struct producer_state *state, const struct producer_state *other)
{
	PRODUCER_STATE_FOREACH(link, other) {
		if (find(state, producer_entry_of(link)->producer_id) == NULL)
			return false;
	}
	return true;
}

void
producer_state_add_unknown(struct producer_state *state, const struct producer_state *other)
{
	assert(!state->appending);
	PRODUCER_STATE_FOREACH(link, other) {
		if (find(state, producer_entry_of(link)->producer_id) == NULL)
			copy_entry(state, producer_entry_of(link));
	}
}

void
producer_state_copy(struct producer_state *into, const struct producer_state *from)
{
	producer_state_reset(into, from->end_offset);
	producer_state_add_unknown(into, from);
	LIST_FOREACH(link, &from->completed) {
		const struct completed *completed = container_of(link, struct completed, link);

		remember_completed(into, completed->first_offset, completed->last_offset);
	}
}
