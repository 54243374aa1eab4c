/* Disks that are full, fail, are slow, or are not there any more. */
#include <string.h>

#include "tests/sim/broker_faults.h"
#include "tests/sim/cluster.h"
#include "tests/sim/cluster_bits.h"

enum { SPACE_LEFT_MAX = 60000 /* bytes */ };

static const char *const dirs[] = { "/one", "/two" };

void
town_faults_normal_speed(struct sim_process *process)
{
	struct sim_disk *disk = process->machine->disk;

	disk->sync_us = prng_between(town_faults_prng(broker_town_of(process)), 100, 20000);
	disk->write_us = 20;
	disk->read_us = 200;
}

void
town_faults_heal_disk(struct sim_process *process)
{
	struct town_seat *seat = broker_town_seat(process);

	seat->wipes = NULL;
	if (seat->lost_dir != NULL)
		sim_check(process->sim, sim_disk_break_write(process->machine->disk, seat->lost_dir,
		    false) == ERROR_NONE, "%s is not there", seat->lost_dir);
	seat->lost_dir = NULL;
	if (seat->is_slow)
		town_faults_normal_speed(process);
	seat->is_slow = false;
}

/* What has failed in a log dir stays so until a restart. */
static void
heal(struct sim *sim UNUSED, void *context)
{
	struct sim_process *process = context;
	struct sim_disk *disk = process->machine->disk;

	disk->capacity = INT64_MAX;
	disk->write_error = disk->sync_error = disk->write_back_error = 0;
	town_faults_heal_disk(process);
	if (broker_host_has_failed_dir(process) &&
	    prng_chance(town_faults_prng(broker_town_of(process)), 2, 3))
		broker_host_stop(process);
}

/* ---------------------------------------------------------------- an operator */

void
broker_faults_dir_is_away(struct sim_process *process, const char *line)
{
	char dir[sizeof(broker_town_seat(process)->away_dir)];

	if (sscanf(line, "log dir %7s ", dir) == 1 &&
	    (strstr(line, " is left out: ") != NULL || strstr(line, " has failed, ") != NULL))
		memcpy(broker_town_seat(process)->away_dir, dir, sizeof(dir));
}

void
broker_faults_refused(struct sim_process *process, const char *reason)
{
	struct town_seat *seat = broker_town_seat(process);
	const char *end = strstr(reason, ": the same partition is in /"), *name = end;

	if (end == NULL)
		return;
	while (name[-1] != '/')
		name--;
	snprintf(seat->twin, sizeof(seat->twin), "%.*s", (int)(end - name), name);
}

/* ------------------------------------------------------------- another disk */

/* By hand: what else lies in the dir says nothing of it. */
static void
remove_some(struct sim_process *process, const char *dir)
{
	struct broker_town *town = broker_town_of(process);

	for (int i = 0; i < town->cluster->count; i++) {
		const struct cluster_partition *partition = &town->cluster->partitions[i];
		char path[160];

		snprintf(path, sizeof(path), "%s/%s-%d", dir, partition->topic, (int)partition->index);
		if (prng_chance(town_faults_prng(town), 1, 2))
			sim_disk_delete(process->machine->disk, path);
	}
}

void
town_faults_wipe_if_due(struct sim_process *process)
{
	struct town_seat *seat = broker_town_seat(process);
	char path[sizeof(seat->away_dir) + sizeof(seat->twin)];

	snprintf(path, sizeof(path), "%s/%s", seat->away_dir, seat->twin);
	if (seat->twin[0] != '\0')
		sim_disk_delete(process->machine->disk, path);
	seat->twin[0] = '\0';
	if (seat->wipes == NULL)
		return;
	if (seat->wipes_some)
		remove_some(process, seat->wipes);
	else
		sim_disk_wipe(process->machine->disk, seat->wipes);
	cluster_nothing_is_flushed(process);
	if (!seat->wipes_some && seat->lost_dir != NULL &&
	    strncmp(seat->lost_dir, seat->wipes, strlen(seat->wipes)) == 0)
		seat->lost_dir = NULL; /* the new one works */
	seat->wipes = NULL;
}

/* Of what there was nothing is left, when it starts again (F18). */
static void
wipe(struct sim_process *process, const char *path)
{
	struct broker_town *town = broker_town_of(process);
	struct town_seat *seat = broker_town_seat(process);

	if (!sim_process_is_up(process) || !town_faults_may_damage(process, ATLAS_DISK))
		return;
	cluster_is_damaged(process);
	seat->wipes = path;
	seat->wipes_some = strcmp(path, "/") != 0 && town->is_cluster &&
	    prng_chance(town_faults_prng(town), 1, 2);
	broker_town_mark(town, seat->wipes_some ? "partitions are removed by hand" :
	    "a disk is wiped");
	broker_faults_kill(process);
}

/* ------------------------------------------------------------- a dir is gone */

/* Whatever is to be changed there fails: the broker finds out by itself (F24). */
static void
lose_dir(struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);
	struct town_seat *seat = broker_town_seat(process);
	const char *dir = dirs[prng_below(town_faults_prng(town), ARRAY_LENGTH(dirs))];

	if (seat->lost_dir != NULL ||
	    sim_disk_break_write(process->machine->disk, dir, true) != ERROR_NONE)
		return;
	seat->lost_dir = dir;
	broker_town_mark(town, "a log dir is lost");
	town_faults_end_later(town, 500000, 8000000, heal, process);
}

/* ------------------------------------------------------------------- faults */

bool
town_faults_disk_fails(const struct sim_process *process)
{
	const struct sim_disk *disk = process->machine->disk;

	return broker_town_seat(process)->lost_dir != NULL || disk->write_error > 0 ||
	    disk->sync_error > 0 || disk->write_back_error > 0 ||
	    disk->sync_error_at >= disk->operations;
}

/*
 * Whatever happens to its machine: longer than some brokers put up with (F23). What has begun
 * ends no earlier, so it is over when the faults are.
 */
static void
hang(struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);
	struct town_faults *faults = town->faults;
	int64_t until_us = MIN(town->sim->now_us +
	    prng_between(town_faults_prng(town), 5000000, 30000000),
	    sim_work_us(town->sim, CLUSTER_WORK_US));

	process->machine->disk->hangs_until_us = until_us;
	faults->until_us = MAX(faults->until_us, until_us);
	broker_town_mark(town, "a disk hangs");
}

static void
slow_down(struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);
	struct sim_disk *disk = process->machine->disk;

	disk->sync_us = prng_between(town_faults_prng(town), 50000, 3000000);
	disk->write_us = prng_between(town_faults_prng(town), 20, 100000);
	disk->read_us = prng_between(town_faults_prng(town), 200, 300000);
	broker_town_seat(process)->is_slow = true;
	broker_town_mark(town, "a disk is slow");
	town_faults_end_later(town, 100000, 6000000, heal, process);
	if (town->is_cluster && prng_chance(town_faults_prng(town), 1, 2))
		hang(process);
}

static void
fail_syncs(struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);
	struct sim_disk *disk = process->machine->disk;

	disk->failed_sync_drops = prng_chance(town_faults_prng(town), 1, 3);
	broker_town_seat(process)->sync_has_failed = true;
	disk->sync_error_at =
	    disk->operations + (uint64_t)prng_between(town_faults_prng(town), 1, 20);
	if (prng_chance(town_faults_prng(town), 2, 3))
		return; /* one of them */
	disk->sync_error = (int)prng_between(town_faults_prng(town), 10, 400);
	disk->write_back_error = disk->sync_error / 2;
	town_faults_end_later(town, 10000, 1500000, heal, process);
}

void
town_faults_of_disk(struct broker_town *town, enum town_fault fault)
{
	struct sim_process *process = town_faults_some_broker(town);
	struct sim_disk *disk = process->machine->disk;

	/* What is bad and not yet found counts for a torn end where a disk has failed, too. */
	if (fault != FAULT_NO_SPACE && fault != FAULT_SLOW_DISK &&
	    cluster_broker_has_bad_bits(town, process->number))
		return;
	switch (fault) {
	case FAULT_NO_SPACE:
		disk->capacity = disk->pages_used * SIM_PAGE_SIZE +
		    prng_between(town_faults_prng(town), 0, SPACE_LEFT_MAX);
		/* Some last until another one leads. */
		town_faults_end_later(town, 10000, town->is_cluster &&
		    prng_chance(town_faults_prng(town), 1, 2) ? 30000000 : 6000000, heal, process);
		break;
	case FAULT_WRITE_ERROR:
		disk->write_error = (int)prng_between(town_faults_prng(town), 1, 100);
		town_faults_end_later(town, 10000, 1500000, heal, process);
		break;
	case FAULT_SLOW_DISK:
		slow_down(process);
		break;
	case FAULT_LOST_DIR:
		lose_dir(process);
		break;
	case FAULT_WIPED_DISK:
		wipe(process, town->seats[0].config->logs.dir_count == 1 ||
		    prng_chance(town_faults_prng(town), 1, 2) ? "/" :
		    dirs[prng_below(town_faults_prng(town), ARRAY_LENGTH(dirs))]);
		break;
	default:
		fail_syncs(process);
	}
}
