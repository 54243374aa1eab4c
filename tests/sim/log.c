/*
 * Scenario `log`: one partition's log on the simulated disk. Random appends,
 * rolls, flushes, truncations and retention; now and then the process is
 * killed or the power goes, at a change of the disk that the seed chooses and
 * again inside the recovery. Under flush before ack every acknowledged record
 * is there afterwards; else a prefix of whole batches that is not shorter
 * than the last sync (I25, I26).
 */
#include <stdio.h>

#include "log/checkpoint_file.h"
#include "log/log_repair.h"
#include "log/offset_checkpoint.h"
#include "log/segment.h"
#include "tests/sim/log_run.h"
#include "tests/sim/scenario.h"

enum { STEPS = 250 };

static const char *const marks[] = {
	"a kill",
	"a power cut",
	"a power cut in an append",
	"a power cut in a flush",
	"a power cut in a recovery",
	"a torn tail is cut",
	"an unsynced tail is lost",
	"a later segment is removed",
	"a checkpoint write is cut",
	"no space in an append",
	"no space in a roll",
	"a failed sync takes the log offline",
	"a truncation",
	"retention",
	"a clean restart",
	"damage is gone around by a recovery",
	"damage is found when it is read",
	"damage is made good",
};

static bool
lucky(struct log_run *run, int part)
{
	return log_run_below(run, 1000) < part;
}

/* ------------------------------------------------------------------ restart */

static int64_t
read_checkpoint(struct log_run *run, const char *path)
{
	static const uint64_t seed[2] = { 1, 1 };
	struct text_complaint complaint;
	struct offset_checkpoint checkpoint;
	int64_t offset = 0;

	offset_checkpoint_init(&checkpoint, seed);
	enum error error = offset_checkpoint_read(&checkpoint, run->fixture.port, path,
	    &complaint);
	sim_check(run->sim, error == ERROR_NONE || error == ERROR_NOT_FOUND,
	    "a checkpoint cannot be read: %s", error_text(error));
	(void)offset_checkpoint_get(&checkpoint, slice_of_text("orders"), 0, &offset);
	offset_checkpoint_fini(&checkpoint);
	return offset;
}

static void
heal(struct log_run *run)
{
	struct sim_disk *disk = run->fixture.disk;

	disk->crash_at = 0;
	disk->capacity = 1 << 30;
	disk->sync_error = 0;
}

/* Opens with what the checkpoints on the disk say. */
static enum error
start(struct log_run *run)
{
	struct log_fixture *fixture = &run->fixture;

	fixture->options.log_start_offset = read_checkpoint(run, "/data/" LOG_START_CHECKPOINT);
	int64_t point = read_checkpoint(run, "/data/" RECOVERY_POINT_CHECKPOINT);
	fixture->options.clean_shutdown = false;
	fixture->options.high_watermark = run->high_watermark;
	fixture->options.recovery_point = point;
	return log_fixture_open(fixture);
}

static void
mount_again(struct log_run *run)
{
	log_fixture_unmount(&run->fixture);
	log_fixture_mount(&run->fixture);
}

/* Dies inside the recovery some times before it is let through. */
static void
recover(struct log_run *run)
{
	struct sim_disk *disk = run->fixture.disk;

	for (int i = (int)log_run_below(run, 3); i > 0; i--) {
		disk->crash_at = disk->operations + 1 + (uint64_t)log_run_below(run, 12);
		disk->crash_when = (enum sim_disk_when)log_run_below(run, 3);
		enum error error = start(run);
		bool died = sim_mount_is_dead(run->fixture.mount);
		disk->crash_at = 0;
		sim_check(run->sim, error == ERROR_NONE || died, "a recovery: %s",
		    error_text(error));
		if (died && lucky(run, 500)) {
			sim_mark(run->sim, "a power cut in a recovery");
			sim_disk_power_cut(disk, SIM_DISK_KEEP_RANDOM);
		}
		mount_again(run);
	}
	enum error error = start(run);
	sim_check(run->sim, error == ERROR_NONE, "a recovery: %s", error_text(error));
}

static void
recover_twice(struct log_run *run)
{
	uint64_t once, twice;

	recover(run);
	if (run->sim->failed || sim_disk_digest(run->fixture.disk, "/", &once) != ERROR_NONE)
		return;
	mount_again(run);
	enum error error = start(run);
	if (error == ERROR_NONE)
		error = sim_disk_digest(run->fixture.disk, "/", &twice);
	sim_check(run->sim, error == ERROR_NONE && once == twice,
	    "a second recovery changed something");
}

/* What was promised is there, and what is there is what was given. */
static void
check_after(struct log_run *run, bool power_was_cut, int64_t end_before, int segments_before)
{
	struct log *log = run->fixture.log;
	int64_t promised = power_was_cut && !run->flush_before_ack ? run->synced_end :
	    run->acked_end;

	if (run->sim->failed)
		return;
	sim_check(run->sim, log_state(log) == ERROR_NONE, "the log is not served: %s",
	    error_text(log_state(log)));
	sim_check(run->sim, log_end_offset(log) >= promised, "ends at %d, promised were %d",
	    (int)log_end_offset(log), (int)promised);
	sim_check(run->sim, log_high_watermark(log) <= log_end_offset(log),
	    "the high watermark %d is ahead of the log", (int)log_high_watermark(log));
	run->high_watermark = log_high_watermark(log);
	if (log_end_offset(log) < end_before)
		sim_mark(run->sim, "an unsynced tail is lost");
	if (power_was_cut && log_segment_count(log) < segments_before)
		sim_mark(run->sim, "a later segment is removed");
	if (run->sim->failed)
		return;
	log_run_check(run);
	/* What came back without having been acknowledged is promised to nobody yet. */
	run->acked_end = MIN(run->acked_end, log_end_offset(log));
	run->synced_end = MIN(run->synced_end, log_end_offset(log));
}

static void
crash(struct log_run *run, bool cut_power)
{
	int64_t end = log_end_offset(run->fixture.log);
	int segments = log_segment_count(run->fixture.log);
	uint64_t torn = run->fixture.disk->torn_sectors;

	heal(run);
	sim_mark(run->sim, cut_power ? "a power cut" : "a kill");
	if (cut_power)
		sim_disk_power_cut(run->fixture.disk, SIM_DISK_KEEP_RANDOM);
	else
		sim_mount_kill(run->fixture.mount);
	if (run->fixture.disk->torn_sectors > torn)
		sim_mark(run->sim, "a torn tail is cut");
	mount_again(run);
	recover_twice(run);
	check_after(run, true, end, segments);
}

/* --------------------------------------------------------------------- work */

static void
roll(struct log_run *run)
{
	enum error error = log_roll(run->fixture.log, run->fixture.now_ms);

	sim_check(run->sim, error == ERROR_NONE, "a roll: %s", error_text(error));
}

static bool
flush(struct log_run *run)
{
	enum error error = log_flush_now(run->fixture.log, LOG_FLUSH_ALL, run->fixture.now_ms);

	run->synced_end = MAX(run->synced_end, log_flushed_offset(run->fixture.log));
	if (error == ERROR_NONE && !log_run_checkpoint(run, LOG_FLUSH_ALL))
		sim_mark(run->sim, "a checkpoint write is cut");
	log_set_high_watermark(run->fixture.log, log_end_offset(run->fixture.log));
	run->high_watermark = log_high_watermark(run->fixture.log);
	return error == ERROR_NONE;
}

static void
truncate_some(struct log_run *run)
{
	struct log *log = run->fixture.log;
	int64_t start = log_start_offset(log), length = log_end_offset(log) - start;
	int64_t offset = log_end_offset(log) - log_run_below(run, MIN(length, 30) + 1);

	log_lower_recovery_point(log, offset);
	if (!log_run_checkpoint(run, LOG_FLUSH_ALL))
		return;
	run->acked_end = MIN(run->acked_end, offset);
	run->synced_end = MIN(run->synced_end, offset);
	if (log_truncate_to(log, offset, run->fixture.now_ms) != ERROR_NONE)
		return;
	/* A batch that holds the offset goes as a whole. */
	run->acked_end = MIN(run->acked_end, log_end_offset(log));
	run->synced_end = MIN(run->synced_end, log_end_offset(log));
	if (log_start_offset(log) < start && !log_run_checkpoint(run, LOG_FLUSH_RECORDS))
		return;
	sim_mark(run->sim, "a truncation");
}

static void
retain(struct log_run *run)
{
	struct log *log = run->fixture.log;
	struct log_removal removal;
	int64_t length = log_end_offset(log) - log_start_offset(log);

	log_set_high_watermark(log, log_end_offset(log));
	if (log_advance_start_offset(log, log_start_offset(log) + length / 2) != ERROR_NONE ||
	    !log_run_checkpoint(run, LOG_FLUSH_RECORDS) || !flush(run) ||
	    log_removal_prepare(log, &removal, run->fixture.now_ms, run->fixture.now_ms) !=
	        ERROR_NONE)
		return;
	if (removal.count > 0)
		sim_mark(run->sim, "retention");
	log_removal_rename(&removal);
	if (log_removal_done(log, &removal) == ERROR_NONE &&
	    log_removal_unlink(&removal) != ERROR_NONE && !sim_mount_is_dead(run->fixture.mount))
		sim_fail(run->sim, "files of removed segments cannot be removed");
	log_removal_fini(&removal);
}

static void
fill_disk(struct log_run *run)
{
	struct log *log = run->fixture.log;
	int64_t end = log_end_offset(log), acked = run->acked_end;

	run->fixture.disk->capacity = 1;
	for (int i = 0; i < 30 && log_state(log) == ERROR_NONE && log_run_append(run); i++)
		continue;
	if (log_roll(log, run->fixture.now_ms) == ERROR_NO_SPACE)
		sim_mark(run->sim, "no space in a roll");
	if (log_state(log) == ERROR_NONE)
		sim_mark(run->sim, "no space in an append");
	run->fixture.disk->capacity = 1 << 30;
	sim_check(run->sim, log_end_offset(log) >= end && run->acked_end >= acked,
	    "a full disk has shortened the log");
	sim_check(run->sim, log_state(log) == ERROR_NONE, "a full disk does not heal");
}

static void
fail_sync(struct log_run *run)
{
	struct log *log = run->fixture.log;

	if (!log_run_append(run) || log_flushed_offset(log) == log_end_offset(log))
		return;
	run->fixture.disk->sync_error = 1000;
	enum error error = log_flush_now(log, LOG_FLUSH_RECORDS, run->fixture.now_ms);
	run->fixture.disk->sync_error = 0;
	sim_check(run->sim, error == ERROR_IO && log_state(log) == ERROR_OFFLINE,
	    "a failed sync is not noticed");
	sim_mark(run->sim, "a failed sync takes the log offline");
	/* All since the last good sync is in doubt, as after a power cut. */
	crash(run, true);
}

static void
restart(struct log_run *run)
{
	enum error error = log_fixture_reopen(&run->fixture);

	sim_check(run->sim, error == ERROR_NONE, "a clean restart: %s", error_text(error));
	if (error != ERROR_NONE)
		return;
	sim_mark(run->sim, "a clean restart");
	run->synced_end = run->acked_end = log_end_offset(run->fixture.log);
	log_run_check(run);
	(void)log_run_checkpoint(run, LOG_FLUSH_ALL);
}

/* ---------------------------------------------------------------------- rot */

/* A batch that is not the last one, where it lies and its bytes. */
struct rotten {
	char path[64];
	struct scanned_batch batch;
	int64_t position;
	struct buffer bytes;
};

static bool
choose(struct log_run *run, struct rotten *it)
{
	struct log *log = run->fixture.log;
	int64_t start = log_start_offset(log);
	struct log_read read = { .upper_bound = log_end_offset(log), .max_bytes = 1,
		.at_least_one = true };

	if (log_end_offset(log) - start < 2)
		return false;
	read.offset = start + log_run_below(run, log_end_offset(log) - start);
	if (log_read(log, &read, false) != ERROR_NONE)
		return false;
	it->position = read.slice.position;
	enum error error = disk_read_all(read.slice.file,
	    buffer_extend(&it->bytes, (size_t)read.slice.size), (size_t)read.slice.size, it->position);
	(void)snprintf(it->path, sizeof(it->path), LOG_FIXTURE_PATH "/%020lld.log",
	    (long long)read.slice.segment->base_offset);
	log_slice_release(&read.slice);
	return error == ERROR_NONE &&
	    batch_scan_header(buffer_slice(&it->bytes), &it->batch) == ERROR_NONE &&
	    it->batch.base_offset >= start && it->batch.last_offset + 1 < log_end_offset(log);
}

/* Neither base offset nor leader epoch: no checksum has them. */
static void
flip_in(struct log_run *run, const struct rotten *it)
{
	enum { EPOCH_AT = 12, EPOCH_BYTES = 4, LENGTH_AT = 8 };
	int64_t at = LENGTH_AT + log_run_below(run, it->batch.size - LENGTH_AT);

	if (at >= EPOCH_AT && at < EPOCH_AT + EPOCH_BYTES)
		at += EPOCH_BYTES;
	enum error error = sim_disk_flip(run->fixture.disk, it->path, it->position + at,
	    (uint8_t)(1 << log_run_below(run, 8)));
	sim_check(run->sim, error == ERROR_NONE, "a bit does not flip");
}

/* A kill takes no page, and the start knows that; or a stop in order: nothing is looked at. */
static void
start_with_rot(struct log_run *run, bool killed)
{
	int64_t end = log_end_offset(run->fixture.log);
	enum error error;

	if (killed) {
		sim_mount_kill(run->fixture.mount);
		mount_again(run);
		run->fixture.options.pages_survived = true;
		error = start(run);
		run->fixture.options.pages_survived = false;
	} else {
		error = log_fixture_reopen(&run->fixture);
	}
	sim_check(run->sim, error == ERROR_NONE, "a start with damage: %s", error_text(error));
	if (error == ERROR_NONE)
		sim_check(run->sim, log_end_offset(run->fixture.log) == end,
		    "damage was cut: %d of %d are left", (int)log_end_offset(run->fixture.log),
		    (int)end);
}

/* F15: one bad batch in the middle, which another replica makes good. */
static void
rot(struct log_run *run)
{
	struct rotten it = { 0 };
	bool killed = lucky(run, 500);
	int64_t from, to;

	buffer_init(&it.bytes);
	if (choose(run, &it)) {
		struct log_run_hole hole = { it.batch.base_offset, it.batch.last_offset + 1 };

		flip_in(run, &it);
		start_with_rot(run, killed);
		if (!run->sim->failed) {
			sim_mark(run->sim, killed ? "damage is gone around by a recovery" :
			    "damage is found when it is read");
			log_run_check_around(run, &hole);
		}
		if (!run->sim->failed)
			sim_check(run->sim, log_repair(run->fixture.log, buffer_slice(&it.bytes)) ==
			    ERROR_NONE && !log_damage(run->fixture.log, &from, &to),
			    "damage is not made good");
		if (!run->sim->failed) {
			sim_mark(run->sim, "damage is made good");
			log_run_check(run);
		}
	}
	buffer_fini(&it.bytes);
}

static void
work(struct log_run *run)
{
	int64_t dice = log_run_below(run, 1000);

	if (dice < 700) {
		(void)log_run_append(run);
		log_set_high_watermark(run->fixture.log, log_end_offset(run->fixture.log));
		run->high_watermark = log_high_watermark(run->fixture.log);
	}
	else if (dice < 780)
		(void)flush(run);
	else if (dice < 820)
		roll(run);
	else if (dice < 860)
		truncate_some(run);
	else if (dice < 900)
		retain(run);
	else if (dice < 920)
		restart(run);
	else if (dice < 940)
		fill_disk(run);
	else if (dice < 950)
		fail_sync(run);
	else if (dice < 970)
		crash(run, lucky(run, 500));
	else
		rot(run);
}

/* Dies at a change of the disk that comes soon. */
static void
crash_soon(struct log_run *run)
{
	struct sim_disk *disk = run->fixture.disk;
	bool flushing = lucky(run, 500);

	disk->crash_at = disk->operations + 1 + (uint64_t)log_run_below(run, 6);
	disk->crash_when = (enum sim_disk_when)log_run_below(run, 3);
	for (int i = 0; i < 20 && !sim_mount_is_dead(run->fixture.mount); i++) {
		if (flushing && i % 2 == 1)
			(void)flush(run);
		else
			(void)log_run_append(run);
	}
	sim_mark(run->sim, flushing ? "a power cut in a flush" : "a power cut in an append");
	crash(run, true);
}

static void
set_up(struct log_run *run, struct sim *sim)
{
	*run = (struct log_run){ .sim = sim, .next_value = 1 };
	buffer_init(&run->batches);
	log_fixture_init(&run->fixture, prng_next(sim_stream(sim, SIM_DISK)));
	run->fixture.config.segment_bytes = 2000 + (int32_t)log_run_below(run, 20000);
	run->fixture.config.index_interval_bytes = 1 + (int32_t)log_run_below(run, 2000);
	run->fixture.disk->ordered_journal = lucky(run, 500);
	run->fixture.disk->short_write = lucky(run, 300) ? 50 : 0;
	run->flush_before_ack = lucky(run, 500);
	run->fixture.config.cleanup_compact = lucky(run, 300);
	run->fixture.options.rolls_without_gaps = true;
}

static void
run_log(struct sim *sim)
{
	struct log_run run;

	set_up(&run, sim);
	enum error error = log_fixture_open(&run.fixture);
	sim_check(sim, error == ERROR_NONE, "open: %s", error_text(error));
	for (int i = 0; i < STEPS && !sim->failed; i++) {
		if (log_end_offset(run.fixture.log) > LOG_RUN_OFFSETS - 200)
			break;
		if (lucky(&run, 40))
			crash_soon(&run);
		else
			work(&run);
		if (!sim->failed && log_state(run.fixture.log) != ERROR_NONE)
			sim_fail(sim, "the log went offline without a fault");
		sim_note(sim, SIM_WHAT_note, NULL, (uint64_t)log_end_offset(run.fixture.log),
		    (uint64_t)run.synced_end);
	}
	buffer_fini(&run.batches);
	log_fixture_fini(&run.fixture);
}

const struct scenario scenario_log = {
	.name = "log",
	.marks = marks,
	.mark_count = ARRAY_LENGTH(marks),
	.run = run_log,
};
