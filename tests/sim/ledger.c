#include "tests/sim/ledger.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/reader.h"
#include "tests/sim/sim_memory.h"

enum { NUMBER_SIZE = 8, FIRM = LEDGER_SERVED | LEDGER_ACKED_ALL };

void
ledger_init(struct ledger *ledger, struct sim *sim)
{
	*ledger = (struct ledger){ .sim = sim };
	ledger->topics = sim_memory_new(LEDGER_TOPICS * sizeof(*ledger->topics));
	ledger->value_count = 1;
}

void
ledger_fini(struct ledger *ledger)
{
	for (int i = 0; i < ledger->topic_count; i++) {
		for (int p = 0; p < LEDGER_PARTITIONS; p++) {
			free(ledger->topics[i].logs[p].values);
			free(ledger->topics[i].logs[p].marks);
			free(ledger->topics[i].logs[p].lost);
		}
	}
	free(ledger->topics);
	free(ledger->values);
}

const char *
ledger_name(const struct ledger_log *log)
{
	static char text[LEDGER_NAME_SIZE + 16];

	snprintf(text, sizeof(text), "%s-%d", log->topic->name, log->partition);
	return text;
}

/* ----------------------------------------------------------------- topics */

static struct ledger_topic *
new_topic(struct ledger *ledger, struct slice name, int partitions)
{
	struct ledger_topic *topic = &ledger->topics[ledger->topic_count];

	if (ledger->topic_count == LEDGER_TOPICS || partitions > LEDGER_PARTITIONS)
		return NULL;
	ledger->topic_count++;
	*topic = (struct ledger_topic){ .partitions = partitions };
	snprintf(topic->name, sizeof(topic->name), "%.*s", (int)name.size,
	    (const char *)name.bytes);
	for (int p = 0; p < LEDGER_PARTITIONS; p++) {
		topic->logs[p] =
		    (struct ledger_log){ .topic = topic, .partition = p, .safe_end = -1,
			    .cut_floor = INT64_MAX };
		for (int i = 0; i < LEDGER_LIVES; i++)
			topic->logs[p].ends[i] = INT64_MAX;
	}
	return topic;
}

struct ledger_topic *
ledger_add(struct ledger *ledger, const char *name, int partitions, bool is_kept)
{
	struct ledger_topic *topic = new_topic(ledger, slice_of_text(name), partitions);

	topic->is_lasting = true;
	topic->is_kept = is_kept;
	return topic;
}

struct ledger_topic *
ledger_find(struct ledger *ledger, struct uuid id)
{
	for (int i = 0; i < ledger->topic_count; i++) {
		if (uuid_equal(ledger->topics[i].id, id) && !uuid_is_zero(id))
			return &ledger->topics[i];
	}
	return NULL;
}

struct ledger_topic *
ledger_met(struct ledger *ledger, struct slice name, struct uuid id, int partitions)
{
	struct ledger_topic *topic = ledger_find(ledger, id);

	if (topic != NULL) {
		sim_check(ledger->sim, slice_equal_text(name, topic->name),
		    "the id of %s is told for %.*s", topic->name, (int)name.size,
		    (const char *)name.bytes);
		return topic;
	}
	for (int i = 0; i < ledger->topic_count; i++) {
		topic = &ledger->topics[i];
		if (!topic->is_lasting || !slice_equal_text(name, topic->name))
			continue;
		sim_check(ledger->sim, uuid_is_zero(topic->id), "%s, never deleted, has another id",
		    topic->name);
		topic->id = id;
		return topic;
	}
	topic = new_topic(ledger, name, partitions);
	if (topic != NULL)
		topic->id = id;
	return topic;
}

/* ----------------------------------------------------------------- values */

uint64_t
ledger_make(struct ledger *ledger, uint32_t writer, int count)
{
	uint64_t first = ledger->value_count;

	while (first + (uint64_t)count > ledger->value_room) {
		ledger->value_room = MAX(ledger->value_room * 2, (uint64_t)1024);
		ledger->values = sim_memory_resize(ledger->values,
		    ledger->value_room * sizeof(*ledger->values));
	}
	for (int i = 0; i < count; i++)
		ledger->values[ledger->value_count++] = (struct ledger_value){ .writer = writer,
			.batch_first = (int32_t)first, .batch_count = count, .offset = -1 };
	return first;
}

struct ledger_value *
ledger_value(struct ledger *ledger, uint64_t number)
{
	return &ledger->values[number];
}

static uint8_t
pattern(uint64_t number, size_t at)
{
	return (uint8_t)((number * 31 + at * 7) >> 1);
}

size_t
ledger_size(uint64_t number, int size_max)
{
	return NUMBER_SIZE + (size_t)(number * 2654435761u % (uint64_t)(size_max + 1));
}

void
ledger_write(uint64_t number, int size_max, uint8_t *bytes, size_t *size)
{
	*size = ledger_size(number, size_max);
	store_int64(bytes, (int64_t)number);
	for (size_t i = NUMBER_SIZE; i < *size; i++)
		bytes[i] = pattern(number, i);
}

uint64_t
ledger_read(struct slice key, struct slice value)
{
	struct reader in;
	uint64_t number;

	if (key.size != NUMBER_SIZE || value.size < NUMBER_SIZE)
		return 0;
	reader_init(&in, value);
	number = (uint64_t)reader_int64(&in);
	if (memcmp(key.bytes, value.bytes, NUMBER_SIZE) != 0)
		return 0;
	for (size_t i = NUMBER_SIZE; i < value.size; i++) {
		if (value.bytes[i] != pattern(number, i))
			return 0;
	}
	return number;
}

/* -------------------------------------------------------------- what is there */

static void
make_room(struct ledger_log *log, int64_t offset)
{
	int64_t room = MAX(log->room, (int64_t)256);

	if (offset < log->room)
		return;
	while (room <= offset)
		room *= 2;
	log->values = sim_memory_resize(log->values, (size_t)room * sizeof(*log->values));
	log->marks = sim_memory_resize(log->marks, (size_t)room);
	memset(log->values + log->room, 0, (size_t)(room - log->room) * sizeof(*log->values));
	memset(log->marks + log->room, 0, (size_t)(room - log->room));
	log->room = room;
}

bool
ledger_is_firm(const struct ledger_log *log, int64_t offset)
{
	return (log->marks[offset] & FIRM) != 0;
}

/* It stands somewhere else already. */
static void
second_place(struct ledger *ledger, struct ledger_log *log, int64_t offset, uint64_t number)
{
	struct ledger_value *value = &ledger->values[number];

	if (value->may_repeat) {
		ledger->repeated++;
		return;
	}
	/* Who has become a replica since then knows producers of what is left alone, as in Kafka. */
	if (ledger->is_replicated && !value->log->topic->is_kept && value->log == log &&
	    value->offset < log->start) {
		log->values[value->offset] = 0;
		log->marks[value->offset] = 0;
		value->offset = offset;
		ledger->repeated++;
		return;
	}
	sim_trace(ledger->sim, "value %" PRIu64 " first stood in %s", number,
	    ledger_name(value->log));
	sim_fail(ledger->sim, "value %" PRIu64 " stands at offset %" PRId64 " of %s and at %" PRId64
	    "%s", number, offset, ledger_name(log), value->offset,
	    value->log == log ? "" : " of another log");
}

void
ledger_forget(struct ledger *ledger, struct ledger_log *log, int64_t offset)
{
	uint64_t number = log->values[offset];

	if (ledger->values[number].log == log && ledger->values[number].offset == offset)
		ledger->values[number].log = NULL;
	log->values[offset] = 0;
	log->marks[offset] = 0;
}

static void is_told(struct ledger *ledger, struct ledger_log *log, int life, int64_t end);

static bool
survives(const struct ledger *ledger, unsigned marks, int life)
{
	return !ledger->tail_may_go[life] ||
	    (ledger->flushes && (marks & FIRM) != 0);
}

/* An answer of an earlier life: true when what it tells of has gone with that. */
static bool
has_gone(struct ledger *ledger, struct ledger_log *log, int64_t offset, unsigned marks, int life)
{
	for (int i = life; i < ledger->life; i++) {
		if (offset < log->ends[i + 1])
			continue;
		sim_check(ledger->sim, !survives(ledger, marks, i) || log->topic->is_going, "offset %" PRId64
		    " of %s was answered, and is not there after a restart", offset,
		    ledger_name(log));
		ledger->forgiven++;
		return true;
	}
	if (ledger->is_dead && log->safe_end >= 0 && survives(ledger, marks, ledger->life))
		log->safe_end = MAX(log->safe_end, offset + 1);
	return false;
}

/* Whatever was here, and wherever the value was, a leader had it before others did: gone. */
static void
replace(struct ledger *ledger, struct ledger_log *log, int64_t offset, uint64_t number)
{
	struct ledger_value *value = &ledger->values[number];
	uint64_t before = log->values[offset];

	if (before != 0 && before != number && !ledger_is_firm(log, offset)) {
		ledger_forget(ledger, log, offset);
		ledger->replaced++;
	}
	if (value->log != NULL && (value->log != log || value->offset != offset) &&
	    !ledger_is_firm(value->log, value->offset)) {
		value->log->values[value->offset] = 0;
		value->log->marks[value->offset] = 0;
		value->log = NULL;
	}
}

static void
put(struct ledger *ledger, struct ledger_log *log, int64_t offset, uint64_t number, unsigned marks)
{
	struct ledger_value *value = &ledger->values[number];

	make_room(log, offset);
	if (ledger->is_replicated && (marks & FIRM) == 0 && ledger_is_firm(log, offset) &&
	    log->values[offset] != number) {
		ledger->replaced++; /* of a leader that was none any more */
		return;
	}
	if (ledger->is_replicated)
		replace(ledger, log, offset, number);
	if (log->values[offset] != 0 && log->values[offset] != number) {
		sim_fail(ledger->sim, "offset %" PRId64 " of %s had value %" PRIu64 ", and has %"
		    PRIu64 " now", offset, ledger_name(log), log->values[offset], number);
		return;
	}
	if (value->log == NULL) {
		value->log = log;
		value->offset = offset;
	} else if (value->log != log || value->offset != offset) {
		second_place(ledger, log, offset, number);
	}
	log->values[offset] = number;
	log->marks[offset] |= (uint8_t)marks;
	log->end = MAX(log->end, offset + 1);
}

void
ledger_learn(struct ledger *ledger, struct ledger_log *log, int64_t offset, uint64_t number,
    unsigned marks, int life)
{
	if (number == 0 || number >= ledger->value_count) {
		sim_fail(ledger->sim, "%s has a record at offset %" PRId64 " that nobody sent",
		    ledger_name(log), offset);
		return;
	}
	if (life == LEDGER_NOBODYS || (life == LEDGER_BEFORE_CUT && offset >= log->cut_floor)) {
		ledger->forgiven++; /* it comes late */
		return;
	}
	ledger->served += (marks & LEDGER_SERVED) != 0;
	if ((marks & LEDGER_ACKED) != 0 && !ledger->values[number].is_acked) {
		ledger->values[number].is_acked = true;
		ledger->values[number].acked_us = sim_now_us(ledger->sim);
		ledger->acked++;
	}
	if (!ledger->is_replicated && has_gone(ledger, log, offset, marks, life))
		return;
	put(ledger, log, offset, number, marks);
	/* What was acknowledged to all is below the high watermark. */
	if ((marks & LEDGER_ACKED_ALL) != 0 && (ledger->is_replicated || life == ledger->life))
		is_told(ledger, log, life, offset + 1);
}

int64_t
ledger_floor(const struct ledger *ledger, const struct ledger_log *log, int life)
{
	if (!ledger->waits_for_sync && !ledger->is_replicated)
		return log->high_watermark;
	return log->told_life == life ? log->told : 0;
}

int64_t
ledger_end(const struct ledger *ledger, const struct ledger_log *log)
{
	return ledger->is_replicated ? log->high_watermark : log->end;
}

static void
is_told(struct ledger *ledger, struct ledger_log *log, int life, int64_t end)
{
	if (log->told_life < life)
		log->told = 0;
	log->told_life = MAX(log->told_life, life);
	if (log->told_life == life)
		log->told = MAX(log->told, end);
	log->high_watermark = MAX(log->high_watermark, end);
	/* An answer that was under way when the broker died. */
	if (ledger->is_dead && log->safe_end >= 0 && survives(ledger, LEDGER_SERVED, ledger->life))
		log->safe_end = MAX(log->safe_end, end);
}

void
ledger_told_end(struct ledger *ledger, struct ledger_log *log, int life, int64_t floor,
    int64_t high_watermark, int64_t log_start)
{
	if (life == LEDGER_NOBODYS)
		return;
	if (high_watermark >= 0) {
		sim_check(ledger->sim, high_watermark >= floor, "the high watermark of %s was %"
		    PRId64 ", and is %" PRId64 " now", ledger_name(log), floor, high_watermark);
		is_told(ledger, log, life, life == LEDGER_BEFORE_CUT ?
		    MIN(high_watermark, log->cut_floor) : high_watermark);
	}
	if (log_start < 0)
		return;
	sim_check(ledger->sim, !log->topic->is_kept || log_start == 0,
	    "%s, of which nothing is ever removed, begins at %" PRId64, ledger_name(log), log_start);
	sim_check(ledger->sim, high_watermark < 0 || log_start <= high_watermark,
	    "%s begins at %" PRId64 ", above its high watermark %" PRId64, ledger_name(log),
	    log_start, high_watermark);
	log->start = MAX(log->start, log_start);
}

/* ------------------------------------------------------------- death and life */

/* Above the newest record with one of these marks. */
static int64_t
end_of(const struct ledger_log *log, unsigned marks)
{
	int64_t end = MIN(log->end, log->room);

	while (end > 0 && (log->marks[end - 1] & marks) == 0)
		end--;
	return end;
}

void
ledger_died(struct ledger *ledger, bool tail_may_go)
{
	ledger->is_dead = true;
	ledger->tail_may_go[ledger->life] |= tail_may_go;
}

void
ledger_trusts_no_sync(struct ledger *ledger)
{
	ledger->trusts_no_sync = true;
	ledger->flushes = false;
}

void
ledger_log_died(struct ledger *ledger, struct ledger_log *log, int64_t recovery_point)
{
	int64_t safe = MAX(log->end, log->high_watermark);

	log->recovery_point = MAX(log->recovery_point, recovery_point);
	if (ledger->tail_may_go[ledger->life]) {
		safe = ledger->trusts_no_sync ? 0 : MIN(log->recovery_point, safe);
		if (ledger->flushes)
			safe = MAX(safe, MAX(log->high_watermark,
			    end_of(log, FIRM)));
	}
	/* It may have died again before anybody saw what was left. */
	log->safe_end = log->safe_end >= 0 ? MIN(log->safe_end, safe) : safe;
}

static void
forget_tail(struct ledger *ledger, struct ledger_log *log, int64_t end)
{
	for (int64_t offset = end; offset < MIN(log->end, log->room); offset++) {
		if (log->values[offset] == 0)
			continue;
		ledger_forget(ledger, log, offset);
		ledger->forgiven++;
	}
	log->end = MIN(log->end, end);
	log->recovery_point = MIN(log->recovery_point, end);
	log->high_watermark = MIN(log->high_watermark, end);
	log->cuts++;
	ledger->cuts++;
}

/* A batch is there whole, or not at all. */
static void
check_batch_end(struct ledger *ledger, const struct ledger_log *log, int64_t end)
{
	uint64_t number = end < log->room ? log->values[end] : 0;

	if (number == 0)
		return;
	sim_check(ledger->sim, (int64_t)number == ledger->values[number].batch_first,
	    "%s ends at %" PRId64 ", within a batch", ledger_name(log), end);
}

void
ledger_restarted(struct ledger *ledger, int life)
{
	assert(life > ledger->life && life < LEDGER_LIVES);
	/* Lives that never served may have come between. */
	for (int i = ledger->life + 1; i < life; i++)
		ledger->tail_may_go[i] = ledger->tail_may_go[ledger->life];
	ledger->life = life;
	ledger->is_dead = false;
}

void
ledger_log_restarted(struct ledger *ledger, struct ledger_log *log, int64_t end)
{
	log->ends[ledger->life] = end;
	if (log->safe_end < 0)
		return;
	sim_check(ledger->sim, end >= log->safe_end || log->topic->is_going, "%s ends at %" PRId64 " after a restart, and %"
	    PRId64 " had to be there", ledger_name(log), end, log->safe_end);
	log->safe_end = -1;
	if (end >= MAX(log->end, log->high_watermark) || ledger->sim->failed)
		return;
	if (!log->topic->is_going)
		check_batch_end(ledger, log, end);
	forget_tail(ledger, log, end);
}

/* ------------------------------------------------------- all lose their power */

void
ledger_log_cut(struct ledger *ledger, struct ledger_log *log, int64_t floor)
{
	int64_t end = MIN(log->end, log->room);

	if (log->lost_room < end) {
		log->lost = sim_memory_resize(log->lost, (size_t)end * sizeof(*log->lost));
		memset(log->lost + log->lost_room, 0,
		    (size_t)(end - log->lost_room) * sizeof(*log->lost));
		log->lost_room = end;
	}
	for (int64_t offset = floor; offset < end; offset++) {
		if (log->values[offset] == 0)
			continue;
		if (ledger_is_firm(log, offset))
			log->lost[offset] = log->values[offset];
		ledger_forget(ledger, log, offset);
	}
	log->end = MIN(log->end, floor);
	log->high_watermark = MIN(log->high_watermark, floor);
	log->cut_floor = MIN(log->cut_floor, floor);
}

int64_t
ledger_log_lost_end(const struct ledger_log *log)
{
	int64_t end = log->lost_room;

	while (end > 0 && log->lost[end - 1] == 0)
		end--;
	return end;
}

void
ledger_log_is_left(struct ledger *ledger, struct ledger_log *log, int64_t end)
{
	for (int64_t offset = 0; offset < log->lost_room; offset++) {
		uint64_t number = log->lost[offset];

		log->lost[offset] = 0;
		if (number == 0 || ledger->sim->failed)
			continue;
		/* Where another stands by now, a leader had it and died before it was looked at. */
		if (offset >= end || (offset < log->end && log->values[offset] != 0 &&
		    log->values[offset] != number)) {
			ledger->forgiven++;
			continue;
		}
		put(ledger, log, offset, number, LEDGER_SERVED);
		log->high_watermark = MAX(log->high_watermark, offset + 1);
	}
}

/* ------------------------------------------------------------------ the end */

static void
check_order(struct ledger *ledger, const struct ledger_log *log, uint64_t *last)
{
	for (int64_t offset = 0; offset < MIN(log->end, log->room); offset++) {
		uint64_t number = log->values[offset];
		uint32_t writer = number == 0 ? 0 : ledger->values[number].writer;

		if (writer == 0)
			continue;
		sim_check(ledger->sim, number > last[writer], "value %" PRIu64 " at offset %" PRId64
		    " of %s stands after %" PRIu64 " of the same producer", number, offset,
		    ledger_name(log), last[writer]);
		last[writer] = number;
	}
}

void
ledger_check_orders(struct ledger *ledger)
{
	size_t size = (size_t)(ledger->next_writer + 1) * sizeof(uint64_t);
	uint64_t *last = sim_memory_new(size);

	for (int i = 0; i < ledger->topic_count; i++) {
		for (int p = 0; p < ledger->topics[i].partitions; p++) {
			memset(last, 0, size);
			check_order(ledger, &ledger->topics[i].logs[p], last);
		}
	}
	free(last);
}
