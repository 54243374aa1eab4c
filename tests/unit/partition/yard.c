#include "tests/unit/partition/yard.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---------------------------------------------------------------- workers */

struct piece {
	struct list link;
	struct work *work;
};

static void
submit(struct workers *workers, struct work *work)
{
	struct yard *yard = container_of(workers, struct yard, gate);
	struct piece *piece = sim_memory_new(sizeof(*piece));

	piece->work = work;
	list_init(&piece->link);
	list_append(&yard->submitted, &piece->link);
}

static void
finished(struct loop_message *message)
{
	struct work *work = container_of(message, struct work, finished);

	work->done(work);
}

void
yard_let_work(struct yard *yard)
{
	struct list *link;

	while ((link = list_take_first(&yard->submitted)) != NULL) {
		struct work *work = container_of(link, struct piece, link)->work;

		sim_process_enter(&yard->process);
		work->run(work);
		sim_process_leave(&yard->process);
		list_append(&yard->run, link);
	}
}

static void
hand_back(struct yard *yard)
{
	struct list *link;

	while ((link = list_take_first(&yard->run)) != NULL) {
		struct piece *piece = container_of(link, struct piece, link);

		piece->work->finished.run = finished;
		loop_post(piece->work->loop, &piece->work->finished);
		free(piece);
	}
}

int
yard_work_count(const struct yard *yard)
{
	int count = 0;

	LIST_FOREACH(link, &yard->submitted)
		count++;
	return count;
}

void
yard_run(struct yard *yard)
{
	do {
		sim_run(&yard->sim, yard->sim.now_us + 1000000);
		cr_assert_not(yard->sim.failed, "%s", yard->sim.failure);
		if (!yard->holds_work)
			yard_let_work(yard);
		if (!yard->holds_results)
			hand_back(yard);
	} while (heap_first(&yard->sim.events) != NULL ||
	    (!yard->holds_work && !list_is_empty(&yard->submitted)));
}

void
yard_let_go(struct yard *yard)
{
	yard->holds_work = yard->holds_results = false;
	yard_run(yard);
}

void
yard_enter(struct yard *yard, int loop)
{
	cr_assert_null(loop_current());
	sim_process_enter(&yard->process);
	loop_enter(&yard->process.loops[loop]->loop);
}

void
yard_leave(struct yard *yard)
{
	loop_leave(loop_current());
	sim_process_leave(&yard->process);
}

/* ------------------------------------------------------------ begin, end */

static void
boot(struct sim_process *process)
{
	struct yard *yard = process->scenario;

	process->pretend_occupied = 0;
	process->world.workers = &yard->gate;
	file_cache_init(&yard->files, process->world.disk, 100);
	index_cache_init(&yard->index_cache, 1 << 16);
	yard->indexes = (struct index_place){ process->world.disk, &yard->index_cache };
}

static void
make_directories(struct yard *yard)
{
	struct sim_mount *mount = sim_disk_mount(yard->disk);

	cr_assert_eq(disk_make_directory(sim_mount_port(mount), "/data"), ERROR_NONE);
	cr_assert_eq(disk_make_directory(sim_mount_port(mount), YARD_PATH), ERROR_NONE);
	sim_mount_free(mount);
	sim_disk_sync_all(yard->disk);
}

void
yard_init(struct yard *yard)
{
	yard_init_with(yard, 5);
}

void
yard_init_with(struct yard *yard, uint64_t seed)
{
	static const uint64_t hash_seed[2] = { 1, 2 };

	memset(yard, 0, sizeof(*yard));
	sim_init(&yard->sim, seed);
	sim_net_init(&yard->net, &yard->sim);
	sim_machine_init(&yard->machine, &yard->sim, &yard->net, 0);
	yard->disk = yard->machine.disk;
	yard->machine.wall_start_ms = 2000000;
	make_directories(yard);
	list_init(&yard->submitted);
	list_init(&yard->run);
	yard->gate.submit = submit;
	prng_init(&yard->prng, seed);
	replication_quota_init(&yard->quotas.leader, 11, 1);
	replication_quota_init(&yard->quotas.follower, 11, 1);
	yard->config = (struct topic_config){ .log = log_config_default(),
		.min_insync_replicas = 1 };
	yard->config.log.segment_bytes = 4096;
	yard->config.log.index_interval_bytes = 256;
	yard->config.log.retention_ms = -1;
	yard->options = (struct log_open_options){ .cache = &yard->files,
		.indexes = &yard->indexes, .hash_seed = hash_seed, .path = YARD_PATH,
		.config = &yard->config.log, .prng = &yard->prng };
	sim_process_init(&yard->process, &yard->machine, "broker", 0, YARD_LOOPS, boot);
	yard->process.scenario = yard;
	sim_process_start(&yard->process);
	yard_run(yard);
}

static void
settings_free(struct counted *counted)
{
	free(container_of(counted, struct topic_settings, counted));
}

static struct topic_settings *
make_settings(const struct yard *yard)
{
	struct topic_settings *settings = memory_new(sizeof(*settings));

	counted_init(&settings->counted, settings_free);
	settings->config = yard->config;
	settings->leader_throttled.all = yard->is_throttled;
	return settings;
}

static void
home_free(struct counted *counted)
{
	struct partition_home *home = container_of(counted, struct partition_home, counted);

	((struct yard *)home->context)->home = NULL;
	free(home);
}

static void
failed(void *context, struct partition *partition, unsigned faults)
{
	struct yard *yard = context;

	cr_assert_eq(loop_current(), yard->process.world.control);
	cr_assert_eq(partition, yard->partition);
	yard->faults |= faults;
	yard->fault_calls++;
}

static void
isr_changed(void *context, struct partition_isr_change *change)
{
	struct yard *yard = context;

	cr_assert_eq(loop_current(), yard->process.world.control);
	if (yard->isr_change != NULL)
		partition_isr_drop(yard->isr_change);
	yard->isr_change = change;
	yard->isr_change_count++;
}

static void
checkpoint(void *context, struct partition *partition, struct partition_checkpoint *checkpoint)
{
	struct yard *yard = context;

	cr_assert_eq(loop_current(), yard->process.world.control);
	yard->checkpointed = log_published(partition->log).recovery_point;
	checkpoint->written(checkpoint, yard->checkpoint_error);
}

static void
write_note(struct yard *yard, struct partition_note *note)
{
	yard->note = NULL;
	if (!yard->refuses_notes) {
		yard->entry = note->mark;
		yard->has_entry = note->mark.end_offset != SHRUNK_ISR_NONE;
	}
	partition_noted(note, !yard->refuses_notes);
}

static void
note_shrunk_isr(void *context, struct partition_note *note)
{
	struct yard *yard = context;

	cr_assert_eq(loop_current(), yard->process.world.control);
	yard->note_count++;
	if (yard->holds_notes)
		yard->note = note;
	else
		write_note(yard, note);
}

void
yard_let_note(struct yard *yard)
{
	cr_assert_not_null(yard->note);
	yard_enter(yard, YARD_CONTROL);
	write_note(yard, yard->note);
	yard_leave(yard);
	yard_run(yard);
}

static void
make_home(struct yard *yard)
{
	yard->home = memory_new(sizeof(*yard->home));
	counted_init(&yard->home->counted, home_free);
	yard->home->world = &yard->process.world;
	yard->home->broker_id = YARD_BROKER;
	yard->home->flush_before_ack = yard->flush_before_ack;
	yard->home->fetch_backoff_ms = YARD_BACKOFF_MS;
	yard->home->quotas = &yard->quotas;
	yard->home->checkpoint = checkpoint;
	yard->home->protects_last_replica = yard->protects;
	yard->home->note_shrunk_isr = note_shrunk_isr;
	yard->checkpointed = -1;
	yard->home->failed = failed;
	yard->home->isr_changed = yard->refuses_isr_changes ? NULL : isr_changed;
	yard->home->max_lag_us = yard->max_lag_us;
	yard->home->context = yard;
}

void
yard_open(struct yard *yard)
{
	struct topic_settings *settings = make_settings(yard);

	make_home(yard);
	yard_enter(yard, YARD_CONTROL);
	yard->options.now_ms = clock_wall_ms(yard->process.world.clock);
	cr_assert_eq(log_open(&yard->options, &yard->log), ERROR_NONE);
	yard->partition = partition_new(&(struct partition_options){
		.home = yard->home, .loop = yard->process.world.loops[0],
		.topic = slice_of_text("orders"), .index = 3, .settings = settings,
		.log = yard->log, .shrunk_isr = yard->has_entry ? &yard->entry : NULL });
	topic_settings_release(settings);
	yard_leave(yard);
}

static void
surrendered(struct partition_operation *operation)
{
	cr_assert_eq(operation->status, PARTITION_OK);
}

void
yard_close(struct yard *yard)
{
	struct partition_surrender surrender = { .gone = PARTITION_NOT_LEADER,
		.operation = { .loop = yard->process.world.control, .answered = surrendered } };
	struct partition *partition = yard->partition;

	if (partition->log != NULL) {
		yard_enter(yard, YARD_CONTROL);
		partition_surrender(partition, &surrender);
		yard_leave(yard);
		yard_let_go(yard);
		cr_assert_not_null(surrender.log, "a job is out, or somebody keeps the log");
		log_free(surrender.log);
	}
	yard->log = NULL;
	yard->partition = NULL;
	yard_enter(yard, YARD_CONTROL);
	if (yard->isr_change != NULL)
		partition_isr_drop(yard->isr_change);
	yard->isr_change = NULL;
	partition_home_release(yard->home);
	partition_release(partition);
	yard_leave(yard);
	yard_let_go(yard);
	cr_assert_null(yard->home, "somebody still holds the partition");
}

void
yard_fini(struct yard *yard)
{
	if (yard->partition != NULL)
		yard_close(yard);
	replication_quota_fini(&yard->quotas.leader);
	replication_quota_fini(&yard->quotas.follower);
	file_cache_fini(&yard->files);
	index_cache_fini(&yard->index_cache);
	sim_process_fini(&yard->process);
	sim_machine_fini(&yard->machine);
	sim_net_fini(&yard->net);
	sim_fini(&yard->sim);
}

void
yard_go_cold(struct yard *yard)
{
	sim_disk_sync_all(yard->disk);
	sim_disk_drop_cache(yard->disk);
}

/* ------------------------------------------------------------- leadership */

static void
obeyed(struct partition_operation *operation)
{
	cr_assert_eq(operation->status, PARTITION_OK);
}

static void
change_leader(struct yard *yard, int32_t leader, int32_t epoch, int replicas, int isr)
{
	static const int32_t brokers[] = { 1, 2, 3 };
	struct partition_leader_change change = {
		.operation = { .loop = yard->process.world.control, .answered = obeyed },
		.change = { .leader = leader, .leader_epoch = epoch, .replicas = brokers,
		    .replica_count = (size_t)replicas, .isr = brokers, .isr_count = (size_t)isr },
	};

	yard_enter(yard, YARD_CONTROL);
	partition_change_leader(yard->partition, &change);
	yard_leave(yard);
	yard_run(yard);
	cr_assert_eq(change.leads, leader == YARD_BROKER);
}

void
yard_lead(struct yard *yard, int32_t epoch, int replicas, int isr)
{
	change_leader(yard, YARD_BROKER, epoch, replicas, isr);
}

void
yard_follow(struct yard *yard, int32_t leader, int32_t epoch)
{
	change_leader(yard, leader, epoch, 3, 3);
}

void
yard_configure(struct yard *yard)
{
	struct partition_settings_change change = {
		.operation = { .loop = yard->process.world.control, .answered = obeyed },
		.settings = make_settings(yard),
	};

	yard_enter(yard, YARD_CONTROL);
	partition_change_settings(yard->partition, &change);
	yard_leave(yard);
	yard_run(yard);
	cr_assert_null(change.settings, "it has taken them");
}

void
yard_follower_has(struct yard *yard, int32_t replica, int64_t offset)
{
	cr_assert(leader_follower_fetched(&yard->partition->leader, replica, -1, offset,
	    log_end_offset(yard->log), clock_monotonic_us(yard->process.world.clock)));
	yard_configure(yard);
}

void
yard_elapse(struct yard *yard, int64_t us)
{
	yard_run(yard);
	yard->sim.now_us += us;
}

void
yard_check_isr(struct yard *yard)
{
	yard_enter(yard, YARD_CONTROL);
	partition_check_isr(yard->partition);
	yard_leave(yard);
	yard_run(yard);
}

int
yard_wanted_isr(const struct yard *yard)
{
	bool wanted[10] = { false };
	int digits = 0;

	if (yard->isr_change == NULL)
		return 0;
	for (size_t i = 0; i < yard->isr_change->isr_count; i++)
		wanted[yard->isr_change->isr[i].replica] = true;
	for (int i = 0; i < 10; i++)
		if (wanted[i])
			digits = 10 * digits + i;
	return digits;
}

void
yard_answer_isr(struct yard *yard, int16_t code)
{
	struct partition_isr_change *change = yard->isr_change;
	int32_t ids[10];

	cr_assert_not_null(change, "nothing was asked for");
	yard->isr_change = NULL;
	for (size_t i = 0; i < change->isr_count; i++)
		ids[i] = change->isr[i].replica;
	change->answer = (struct leader_isr_answer){ .code = code, .leader = YARD_BROKER,
		.leader_epoch = change->leader_epoch,
		.partition_epoch = change->partition_epoch + 1, .isr = ids,
		.isr_count = code == 0 ? change->isr_count : 0 };
	yard_enter(yard, YARD_CONTROL);
	partition_isr_answered(change);
	yard_leave(yard);
	yard_run(yard);
}

static void
looked_after(struct partition_operation *operation)
{
	operation->loop = NULL;
}

enum partition_status
yard_upkeep(struct yard *yard, struct partition_upkeep *upkeep, unsigned work, int64_t now_ms)
{
	*upkeep = (struct partition_upkeep){ .work = work, .now_ms = now_ms,
		.operation = { .loop = yard->process.world.control, .answered = looked_after } };
	yard_enter(yard, YARD_CONTROL);
	partition_upkeep(yard->partition, upkeep);
	yard_leave(yard);
	yard_run(yard);
	cr_assert_null(upkeep->operation.loop, "not answered");
	return upkeep->operation.status;
}

void
yard_raise_start(struct yard *yard, int64_t offset)
{
	cr_assert_eq(log_advance_start_offset(yard->log, offset), ERROR_NONE);
}

int64_t
yard_remove_oldest(struct yard *yard)
{
	struct partition_upkeep upkeep;

	yard->config.log.retention_bytes = log_size(yard->log) - yard->config.log.segment_bytes;
	yard_configure(yard);
	yard_upkeep(yard, &upkeep, PARTITION_RETAIN, 2000000);
	cr_assert_eq(upkeep.removal.count, 1);
	log_removal_rename(&upkeep.removal);
	upkeep.operation.loop = yard->process.world.control;
	yard_enter(yard, YARD_CONTROL);
	partition_removed(yard->partition, &upkeep);
	yard_leave(yard);
	yard_run(yard);
	cr_assert_eq(upkeep.operation.status, PARTITION_OK);
	cr_assert_eq(log_removal_unlink(&upkeep.removal), ERROR_NONE);
	log_removal_fini(&upkeep.removal);
	return log_start_offset(yard->log);
}
