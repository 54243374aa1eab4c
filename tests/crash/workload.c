#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log/log_removal.h"
#include "workload_private.h"

void
workload_must(enum error error, const char *what)
{
	if (error == ERROR_NONE)
		return;
	fprintf(stderr, "workload: %s: %s\n", what, error_text(error));
	abort();
}

void
workload_tell(struct workload *work, enum event_type type, int partition, int64_t offset)
{
	struct event event = { .type = type, .partition = partition, .offset = offset };

	if (write(work->options->events, &event, sizeof(event)) != (ssize_t)sizeof(event))
		abort();
}

struct log *
workload_log(struct workload *work, int partition)
{
	struct log_partition *found = house_find(&work->house, partition);

	if (found == NULL || found->log == NULL)
		abort();
	return found->log;
}

/* ------------------------------------------------------------- checkpoints */

static void
tell_checkpoint(struct workload *work, enum log_dir_checkpoint kind, bool done)
{
	for (int i = 0; i < CRASH_PARTITIONS; i++) {
		struct log_partition *partition = house_find(&work->house, i);

		if (partition == NULL)
			continue;
		if (kind == LOG_DIR_HIGH_WATERMARK)
			workload_tell(work, done ? EVENT_HIGH_WATERMARK_KEPT :
			    EVENT_HIGH_WATERMARK, i, log_high_watermark(partition->log));
		if (kind == LOG_DIR_LOG_START && done)
			workload_tell(work, EVENT_STARTED, i, log_start_offset(partition->log));
	}
}

void
workload_checkpoint(struct workload *work, enum log_dir_checkpoint kind)
{
	tell_checkpoint(work, kind, false);
	for (int i = 0; i < HOUSE_DIRS; i++) {
		struct log_checkpoint_job job;

		log_checkpoint_prepare(work->house.dirs, &work->house.dirs->dirs[i], kind, &job);
		log_checkpoint_run(&job);
		workload_must(log_checkpoint_done(work->house.dirs, &job), "checkpoint");
	}
	tell_checkpoint(work, kind, true);
}

/* ------------------------------------------------------------- partitions */

static void
create(struct workload *work, int partition)
{
	struct uuid id = { .bytes = { 7, (uint8_t)partition } };
	struct log_load load;

	workload_tell(work, EVENT_CREATE, partition, 0);
	workload_must(log_dirs_create(work->house.dirs, slice_of_text(crash_topics[partition]), 0,
	    id, work->now_ms, &load), "create");
	log_load_run(&load);
	workload_must(log_load_done(&load), "create");
	workload_tell(work, EVENT_CREATED, partition, 0);
}

static void
delete_partition(struct workload *work, int partition)
{
	struct log_deletion deletion;
	struct log_condemned *condemned;

	workload_tell(work, EVENT_DELETE, partition, 0);
	log_deletion_prepare(work->house.dirs, house_find(&work->house, partition), work->now_ms,
	    &deletion);
	log_deletion_run(&deletion);
	workload_must(log_deletion_done(work->house.dirs, &deletion), "delete");
	workload_tell(work, EVENT_DELETED, partition, 0);
	workload_checkpoint(work, LOG_DIR_RECOVERY_POINT);
	while ((condemned = log_dirs_take_condemned(work->house.dirs, INT64_MAX)) != NULL) {
		log_condemned_run(condemned);
		workload_must(log_condemned_done(condemned), "remove");
	}
}

static void
flush(struct workload *work, int partition, enum log_flush_kind kind)
{
	workload_must(log_flush_now(workload_log(work, partition), kind, work->now_ms), "flush");
}

/* As a follower does it: the checkpoint is lowered first. */
static void
truncate_to(struct workload *work, int64_t offset)
{
	struct log *log = workload_log(work, CRASH_FOLLOWER);

	workload_tell(work, EVENT_TRUNCATE, CRASH_FOLLOWER, offset);
	log_lower_recovery_point(log, offset);
	workload_checkpoint(work, LOG_DIR_RECOVERY_POINT);
	workload_must(log_truncate_to(log, offset, work->now_ms), "truncate");
	workload_tell(work, EVENT_TRUNCATED, CRASH_FOLLOWER, offset);
}

static void
apply_retention(struct workload *work, int64_t retention_bytes)
{
	struct log *log = workload_log(work, CRASH_PLAIN);
	struct log_config config = *log_config(log);
	struct log_removal removal;

	/* Only what is flushed may go. */
	flush(work, CRASH_PLAIN, LOG_FLUSH_ALL);
	config.retention_bytes = retention_bytes;
	log_set_config(log, &config);
	log_set_high_watermark(log, log_end_offset(log));
	/* How far it goes is known when it is prepared, which may roll but removes nothing. */
	workload_must(log_removal_prepare(log, &removal, work->now_ms, work->now_ms), "retention");
	workload_tell(work, EVENT_START, CRASH_PLAIN, removal.start_offset);
	log_removal_rename(&removal);
	workload_must(log_removal_done(log, &removal), "retention");
	workload_tell(work, EVENT_STARTED, CRASH_PLAIN, removal.start_offset);
	workload_must(log_removal_unlink(&removal), "unlink");
	log_removal_fini(&removal);
}

static void
raise_log_start(struct workload *work, int64_t by)
{
	struct log *log = workload_log(work, CRASH_PLAIN);
	int64_t offset = log_start_offset(log) + by;

	workload_tell(work, EVENT_START, CRASH_PLAIN, offset);
	workload_must(log_advance_start_offset(log, offset), "raise the log start");
	workload_checkpoint(work, LOG_DIR_LOG_START);
}

/* ----------------------------------------------------------------- rounds */

static void
round_of_plain(struct workload *work, int round)
{
	struct house_batch batches[4] = {
		{ .records = 2, .value_size = 30 },
		{ .records = 5, .value_size = 60, .codec = (enum compression_codec)(round % 5) },
		{ .records = 1, .value_size = 700, .random = true },
		{ .records = 1, .value_size = 0 },
	};

	workload_append(work, CRASH_PLAIN, batches, 1 + round % 4);
	log_set_high_watermark(workload_log(work, CRASH_PLAIN),
	    log_end_offset(workload_log(work, CRASH_PLAIN)) - 1);
}

static void
round_of_idempotent(struct workload *work, int round)
{
	static int32_t sequences[3];
	int producer = round % 3;
	struct house_batch batch = {
		.records = 1 + round % 2,
		.value_size = 300 + 100 * producer,
		.producer_id = 100 + producer,
		.base_sequence = sequences[producer],
	};

	if (producer == 2) {
		/* It begins anew each time. */
		batch.producer_epoch = (int16_t)round;
		batch.base_sequence = 0;
	}
	workload_append(work, CRASH_IDEMPOTENT, &batch, 1);
	workload_append_again(work, CRASH_IDEMPOTENT, &batch);
	sequences[producer] += batch.records;
}

static void
round_of_transactions(struct workload *work, int round)
{
	static int32_t sequences[3];
	int producer = round % 3;
	struct house_batch batches[2] = {
		{ .records = 2, .value_size = 150, .producer_id = 200 + producer,
		    .transactional = true, .base_sequence = sequences[producer] },
		{ .records = 1, .value_size = 40 },
	};

	workload_append(work, CRASH_TRANSACTIONS, batches, 2);
	sequences[producer] += 2;
	/* The marker of each comes while the next one's is open. */
	if (round > 0)
		workload_append_marker(work, 200 + (round - 1) % 3, round % 2 == 0);
	log_set_high_watermark(workload_log(work, CRASH_TRANSACTIONS),
	    log_end_offset(workload_log(work, CRASH_TRANSACTIONS)));
}

static void
round_of_follower(struct workload *work, int round)
{
	struct house_batch batches[3] = {
		{ .records = 3, .value_size = 80, .producer_id = 300,
		    .base_sequence = 3 * round },
		{ .records = 1, .value_size = 500, .random = true },
		{ .records = 2, .value_size = 200, .codec = COMPRESSION_LZ4 },
	};

	workload_append_fetched(work, batches, 1 + round % 3);
	log_set_high_watermark(workload_log(work, CRASH_FOLLOWER),
	    log_end_offset(workload_log(work, CRASH_FOLLOWER)));
}

static void
run_round(struct workload *work, int round)
{
	round_of_plain(work, round);
	round_of_idempotent(work, round);
	round_of_transactions(work, round);
	round_of_follower(work, round);
	if (round % 3 == 2) {
		flush(work, round % 4, LOG_FLUSH_ALL);
		workload_checkpoint(work, (enum log_dir_checkpoint)(round / 3 % 3));
	}
	if (round % 4 == 3) {
		work->leader_epoch++;
		workload_must(log_roll(workload_log(work, CRASH_IDEMPOTENT), work->now_ms), "roll");
		log_assign_leader_epoch(workload_log(work, CRASH_IDEMPOTENT), work->leader_epoch);
	}
}

static void
restart(struct workload *work)
{
	tell_checkpoint(work, LOG_DIR_HIGH_WATERMARK, false);
	workload_must(house_stop(&work->house, work->now_ms), "stop");
	work->now_ms += 1000;
	workload_must(house_start(&work->house, &work->options->disk->port, work->now_ms), "start");
	tell_checkpoint(work, LOG_DIR_HIGH_WATERMARK, true);
	tell_checkpoint(work, LOG_DIR_LOG_START, true);
}

static void
first_half(struct workload *work)
{
	struct house_batch doomed = { .records = 3, .value_size = 100 };

	for (int i = 0; i < CRASH_LATE; i++)
		create(work, i);
	for (int round = 0; round < 8; round++) {
		run_round(work, round);
		if (round < 3)
			workload_append(work, CRASH_DOOMED, &doomed, 1);
		if (round == 5)
			delete_partition(work, CRASH_DOOMED);
	}
	/* Below the checkpointed high watermark, into the middle of a batch. */
	workload_checkpoint(work, LOG_DIR_HIGH_WATERMARK);
	work->leader_epoch++;
	truncate_to(work, log_end_offset(workload_log(work, CRASH_FOLLOWER)) - 4);
	round_of_follower(work, 1);
	apply_retention(work, 6000);
	raise_log_start(work, 3);
}

static void
second_half(struct workload *work)
{
	struct house_batch again = { .records = 1, .value_size = 50 };

	create(work, CRASH_LATE);
	create(work, CRASH_DOOMED);
	workload_append(work, CRASH_DOOMED, &again, 1);
	for (int round = 8; round < 13; round++) {
		struct house_batch late = { .records = 1, .value_size = 20 * round };

		run_round(work, round);
		workload_append(work, CRASH_LATE, &late, 1);
	}
	/* Several segments go at once. */
	truncate_to(work, log_end_offset(workload_log(work, CRASH_FOLLOWER)) / 3);
	round_of_follower(work, 2);
	apply_retention(work, 3000);
	for (int i = 0; i < CRASH_PARTITIONS; i++)
		flush(work, i, LOG_FLUSH_ALL);
	for (int i = 0; i < LOG_DIR_CHECKPOINT_COUNT; i++)
		workload_checkpoint(work, (enum log_dir_checkpoint)i);
	round_of_plain(work, 2);
	round_of_transactions(work, 13);
}

void
workload_run(const struct workload_options *options)
{
	struct workload work = { .options = options, .now_ms = WORKLOAD_NOW_MS };

	prng_init(&work.prng, options->seed);
	house_init(&work.house, options->folder, options->seed);
	workload_must(house_start(&work.house, &options->disk->port, work.now_ms), "start");
	first_half(&work);
	restart(&work);
	second_half(&work);
	/* The end is one more kill: nothing is closed. */
	workload_tell(&work, EVENT_END, 0, (int64_t)options->disk->operations);
}
