/*
 * Loading: where the log begins, then piece by piece: fetched from the
 * partition, read and taken in on a worker. Errors begin it anew after a while:
 * serving what was read so far would give consumers offsets that are too old.
 * What no other replica has yet may be gone after the next failover, and a generation
 * or a committed offset that was told with it: so it is served once all in sync have it
 * (I37, I38; Kafka serves at once). Until then no commit would be acknowledged either,
 * and heartbeats are answered as while a log is read.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "group/shard_private.h"
#include "world/disk.h"

enum {
	PIECE_BYTES = 1024 * 1024,
	RETRY_FIRST_US = 1000000,
	RETRY_LAST_US = 30000000,
	SETTLE_WARNING_US = 5000000,
	SETTLE_WARNS_AGAIN_US = 60000000,
};

enum stage { LOOKING_UP, FETCHING, READING, SETTLING, FINISHING, WAITING };

struct shard_load {
	struct shard_event event;
	struct shard *shard;
	struct partition *partition; /* held */
	enum stage stage;
	bool is_given_up;
	bool fetch_is_back;          /* its event is on the way */
	struct partition_list_offsets list;
	struct partition_fetch fetch;
	struct work work;
	struct log_slice slice;      /* of the piece at hand */
	struct buffer bytes;
	enum error error;            /* of the work */
	struct group_table *table;
	struct group_table_load met;
	int64_t started_us;
	int64_t retry_us;
	int64_t size;                /* bytes read */
};

struct shard_load *
shard_load_of(struct shard_event *event)
{
	return container_of(event, struct shard_load, event);
}

static void
tell(struct shard_load *load)
{
	shard_post(load->shard, &load->event, SHARD_LOAD_ANSWERED);
}

static void
looked_up(struct partition_operation *operation)
{
	tell(container_of(operation, struct shard_load, list.operation));
}

static void
fetched(struct partition_operation *operation)
{
	struct shard_load *load = container_of(operation, struct shard_load, fetch.operation);

	load->fetch_is_back = true;
	tell(load);
}

static void
worked(struct work *work)
{
	tell(container_of(work, struct shard_load, work));
}

static void
look_up(struct shard_load *load)
{
	struct shard *shard = load->shard;

	load->stage = LOOKING_UP;
	load->met = (struct group_table_load){ .now_ms = shard->now_ms };
	load->size = 0;
	load->table = group_table_new(shard->seed, &shard->config->groups);
	load->list = (struct partition_list_offsets){
		.operation = { .loop = shard->home, .answered = looked_up },
		.timestamp = PARTITION_EARLIEST,
		.isolation = PARTITION_READ_LOG_END,
		.current_leader_epoch = -1,
	};
	shard->log->list_offsets(load->partition, &load->list);
}

static void
fetch(struct shard_load *load)
{
	load->stage = FETCHING;
	load->fetch = (struct partition_fetch){
		.operation = { .loop = load->shard->home, .answered = fetched },
		.offset = load->met.next_offset,
		.max_bytes = PIECE_BYTES,
		.at_least_one = true,
#ifdef CANARY_LOADS_TO_HIGH_WATERMARK
		.isolation = PARTITION_READ_UNCOMMITTED,
#else
		.isolation = PARTITION_READ_LOG_END,
#endif
		.current_leader_epoch = -1,
		.last_fetched_epoch = -1,
	};
	load->fetch_is_back = false;
	load->shard->log->fetch(load->partition, &load->fetch);
}

/* The last record that was read is asked for as a consumer asks. */
static void
settle(struct shard_load *load)
{
	struct shard *shard = load->shard;

	load->stage = SETTLING;
	load->fetch = (struct partition_fetch){
		.operation = { .loop = shard->home, .answered = fetched },
		.offset = load->met.next_offset - 1,
		.max_bytes = 1,
		.at_least_one = true,
		.isolation = PARTITION_READ_UNCOMMITTED,
		.current_leader_epoch = -1,
		.last_fetched_epoch = -1,
		.wait = true,
	};
	load->fetch_is_back = false;
	deadline_set(&shard->deadlines, &shard->retry, shard->now_us + SETTLE_WARNING_US);
	shard->log->fetch(load->partition, &load->fetch);
}

static void
stop_settling(struct shard_load *load)
{
	if (!load->fetch_is_back)
		load->shard->log->cancel(load->partition, &load->fetch.operation);
}

static void
read_piece(struct work *work)
{
	struct shard_load *load = container_of(work, struct shard_load, work);
	size_t size = (size_t)load->slice.size;
	int64_t offset = load->met.next_offset;

	buffer_clear(&load->bytes);
	load->error = disk_read_all(load->slice.file, buffer_extend(&load->bytes, size), size,
	    load->slice.position);
	log_slice_release(&load->slice);
	if (load->error == ERROR_NONE)
		load->error = group_table_read(load->table, buffer_slice(&load->bytes), &load->met);
	if (load->error == ERROR_NONE && load->met.next_offset <= offset)
		load->error = ERROR_CORRUPT; /* it would be read for ever */
}

static void
finish_table(struct work *work)
{
	struct shard_load *load = container_of(work, struct shard_load, work);

	group_table_finish(load->table);
	load->error = ERROR_NONE;
}

static void
work(struct shard_load *load, enum stage stage, void (*run)(struct work *work))
{
	load->stage = stage;
	load->work = (struct work){ .loop = load->shard->home, .run = run, .done = worked };
	workers_submit(load->shard->world->workers, &load->work);
}

/* Nothing of it is under way. */
static void
free_load(struct shard_load *load)
{
	struct shard *shard = load->shard;

	if (load->table != NULL)
		shard_bury(shard, load->table);
	log_slice_release(&load->slice);
	shard->log->release(load->partition);
	buffer_fini(&load->bytes);
	free(load);
	shard->outstanding--;
}

static void
wait_and_retry(struct shard_load *load, const char *why)
{
	struct shard *shard = load->shard;

	log_error(shard->world->logger, SHARD_NAME ": cannot be loaded at offset %lld: %s; "
	    "again in %d s", (int)shard->number, (long long)load->met.next_offset, why,
	    (int)(load->retry_us / 1000000));
	shard_bury(shard, load->table);
	load->table = NULL;
	load->stage = WAITING;
	deadline_set(&shard->deadlines, &shard->retry, shard->now_us + load->retry_us);
	load->retry_us = MIN(2 * load->retry_us, (int64_t)RETRY_LAST_US);
}

void
shard_retry_load(struct shard *shard)
{
	assert(shard->load != NULL);
	if (shard->load->stage == SETTLING) {
		log_warn(shard->world->logger, SHARD_NAME ": its groups wait until all in sync have "
		    "offset %lld, and enough are in sync for min.insync.replicas", (int)shard->number,
		    (long long)shard->load->met.next_offset - 1);
		deadline_set(&shard->deadlines, &shard->retry, shard->now_us + SETTLE_WARNS_AGAIN_US);
		return;
	}
	assert(shard->load->stage == WAITING);
	look_up(shard->load);
}

/* ------------------------------------------------------------------- stages */

static void
complain(const struct shard_load *load)
{
	struct logger *logger = load->shard->world->logger;
	const struct group_table_load *met = &load->met;
	int number = (int)load->shard->number;

	if (met->bad_batches > 0)
		log_error(logger, SHARD_NAME ": %llu damaged batches were left out, the first at "
		    "offset %lld: commits may be missing", number,
		    (unsigned long long)met->bad_batches, (long long)met->bad_batch_offset);
	if (met->bad_records > 0)
		log_error(logger, SHARD_NAME ": %llu records cannot be read and were left out, the "
		    "first at offset %lld", number, (unsigned long long)met->bad_records,
		    (long long)met->bad_offset);
	if (met->unknown_keys > 0)
		log_warn(logger, SHARD_NAME ": %llu records have keys of newer versions and were "
		    "left out", number, (unsigned long long)met->unknown_keys);
}

static void
finished(struct shard_load *load)
{
	struct shard *shard = load->shard;
	struct group_table *table = load->table;

	complain(load);
	log_info(shard->world->logger, SHARD_NAME ": %zu groups loaded out of %llu records, %lld "
	    "bytes, in %lld ms, for leader epoch %d", (int)shard->number, table->groups.count,
	    (unsigned long long)load->met.records, (long long)load->size,
	    (long long)((shard->now_us - load->started_us) / 1000), (int)shard->leader_epoch);
	load->table = NULL;
	shard_loaded(shard, table);
	free_load(load);
}

static void
fetch_answered(struct shard_load *load)
{
	enum partition_status status = load->fetch.operation.status;

#ifdef CANARY_SERVES_BEFORE_LOADED
	if (load->size > 0) {
		log_slice_release(&load->fetch.slice);
		work(load, FINISHING, finish_table);
		return;
	}
#endif
	if (status == PARTITION_CORRUPT_MESSAGE && load->fetch.damage_end > load->met.next_offset) {
		/* No other replica could lead: what is left is better than nothing. */
		if (load->met.bad_batches++ == 0)
			load->met.bad_batch_offset = load->met.next_offset;
		load->met.next_offset = load->fetch.damage_end;
		fetch(load);
	} else if (status != PARTITION_OK) {
		wait_and_retry(load, kafka_error_name(load->shard->log->status_code(status)));
	} else if (load->fetch.slice.size == 0 && load->size == 0) {
		work(load, FINISHING, finish_table);
	} else if (load->fetch.slice.size == 0) {
		settle(load);
	} else {
		load->slice = load->fetch.slice;
		load->fetch.slice = (struct log_slice){ .segment = NULL };
		load->size += load->slice.size;
		work(load, READING, read_piece);
	}
}

static void
settled(struct shard_load *load)
{
	struct shard *shard = load->shard;
	enum partition_status status = load->fetch.operation.status;

	deadline_clear(&shard->deadlines, &shard->retry);
	log_slice_release(&load->fetch.slice);
	load->fetch.slice = (struct log_slice){ .segment = NULL };
	if (status == PARTITION_OK || status == PARTITION_CORRUPT_MESSAGE) /* what was left out */
		work(load, FINISHING, finish_table);
	else
		wait_and_retry(load, kafka_error_name(shard->log->status_code(status)));
}

static void
go_on(struct shard_load *load)
{
	enum partition_status status = load->list.operation.status;

	switch (load->stage) {
	case LOOKING_UP:
		if (status != PARTITION_OK) {
			wait_and_retry(load,
			    kafka_error_name(load->shard->log->status_code(status)));
			break;
		}
		load->met.next_offset = MAX(load->list.found_offset, (int64_t)0);
		fetch(load);
		break;
	case FETCHING:
		fetch_answered(load);
		break;
	case READING:
		if (load->error == ERROR_NONE)
			fetch(load);
		else
			wait_and_retry(load, error_text(load->error));
		break;
	case SETTLING:
		settled(load);
		break;
	default:
		assert(load->stage == FINISHING);
		finished(load);
	}
}

void
shard_load_answered(struct shard_load *load)
{
	if (!load->is_given_up) {
		go_on(load);
		return;
	}
	if (load->stage == FETCHING || load->stage == SETTLING)
		log_slice_release(&load->fetch.slice);
	free_load(load);
}

void
shard_begin_load(struct shard *shard)
{
	struct shard_load *load = memory_new(sizeof(*load));

	load->shard = shard;
	load->partition = shard->log->hold(shard->partition);
	load->started_us = shard->now_us;
	load->retry_us = RETRY_FIRST_US;
	buffer_init(&load->bytes);
	shard->load = load;
	shard->outstanding++;
	log_info(shard->world->logger, SHARD_NAME ": its groups are loaded for leader epoch %d",
	    (int)shard->number, (int)shard->leader_epoch);
	look_up(load);
}

void
shard_give_up_load(struct shard *shard)
{
	struct shard_load *load = shard->load;

	shard->load = NULL;
	deadline_clear(&shard->deadlines, &shard->retry);
	load->is_given_up = true;
	if (load->stage == WAITING)
		free_load(load);
	else if (load->stage == SETTLING)
		stop_settling(load);
}
