#include "tests/sim/cluster_bits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "log/log_file_name.h"
#include "log/log_private.h"
#include "partition/partition_private.h"
#include "tests/sim/broker_faults.h"
#include "tests/sim/cluster_walk.h"
#include "wire/batch.h"

enum {
	CRC_AT = 17,         /* in a batch: what is before it nobody could tell from another batch */
	DELTA_AT = 23,       /* last offset delta */
	DELTA_SIZE = 4,
	RECORDS_AT = 61,
};

static bool
reads_back(const struct cluster_walk *walk)
{
	uint8_t *bytes = sim_memory_new((size_t)walk->size);
	struct batch_cursor cursor;
	struct batch_view view;
	bool is_good;

	batch_cursor_init(&cursor, slice_of(bytes, (size_t)walk->size));
	is_good = sim_disk_peek_at(walk->file, walk->at - walk->size, bytes, (size_t)walk->size) &&
	    batch_cursor_next(&cursor, &view) == ERROR_NONE && batch_view_check_crc(&view);
	free(bytes);
	return is_good;
}

/* False: the log has no batch there any more. */
static bool
find(const struct broker_town *town, int broker, const struct log *log, int64_t offset,
    struct cluster_walk *walk)
{
	*walk = cluster_walk_begin(town, broker, log);
	while (walk->base_offset >= 0 && walk->base_offset < offset)
		cluster_walk_on(walk);
	return walk->base_offset == offset;
}

/* ----------------------------------------------------------------- the choice */

/* Acknowledged, so that no producer sends it again. */
static bool
is_all_acknowledged(const struct broker_town *town, const struct ledger_log *log, int64_t from,
    int64_t to)
{
	for (int64_t offset = from; offset < to; offset++) {
		uint64_t number = offset < log->room ? log->values[offset] : 0;

		if (number == 0 || !ledger_is_firm(log, offset) ||
		    !town->ledger.values[number].is_acked)
			return false;
	}
	return to > from;
}

/* Somebody else in sync has the same one. */
static bool
has_another(const struct broker_town *town, const struct cluster_partition *partition, int broker,
    const struct cluster_walk *batch)
{
	for (int b = 0; b < town->broker_count; b++) {
		const struct partition *replica = b == broker || !brokers_of_has(&partition->isr, b) ?
		    NULL : cluster_replica(town, b, partition);
		struct cluster_walk walk;

		if (replica != NULL && find(town, b, replica->log, batch->base_offset, &walk) &&
		    walk.epoch == batch->epoch && walk.crc == batch->crc && reads_back(&walk))
			return true;
	}
	return false;
}

static void
plan(struct cluster_rot *rot, const struct cluster_walk *batch, int broker, int64_t next)
{
	char name[LOG_FILE_NAME_SIZE];

	log_file_name_format((struct log_file_name){
		.offset = batch->log->segments[batch->segment]->base_offset }, name);
	*rot = (struct cluster_rot){ .is_planned = true, .broker = broker,
		.from = batch->base_offset, .to = next, .position = batch->at - batch->size,
		.size = batch->size, .epoch = batch->epoch, .crc = batch->crc };
	snprintf(rot->path, sizeof(rot->path), "%s/%s", batch->log->path, name);
}

/* One of its batches, drawn; false: there is none that may be bad. */
static bool
choose_batch(struct broker_town *town, struct cluster_partition *partition,
    const struct ledger_log *log, int broker, const struct partition *replica, bool needs_sync)
{
	int64_t start = log_start_offset(replica->log), end = log_end_offset(replica->log);
	int64_t wanted = end <= start ? start : prng_between(town_faults_prng(town), start, end);
	int64_t limit = needs_sync ? MIN(end, log_recovery_point(replica->log)) : end;
	struct cluster_walk walk = cluster_walk_begin(town, broker, replica->log);

	while (walk.base_offset >= 0 && walk.base_offset < limit) {
		struct cluster_walk batch = walk;

		cluster_walk_on(&walk);
		if (batch.base_offset >= MAX(start, wanted) && walk.base_offset >= 0 &&
		    walk.base_offset <= limit && batch.size > RECORDS_AT && reads_back(&batch) &&
		    is_all_acknowledged(town, log, batch.base_offset, walk.base_offset) &&
		    has_another(town, partition, broker, &batch)) {
			plan(&partition->rot, &batch, broker, walk.base_offset);
			return true;
		}
	}
	return false;
}

/* One bad batch at a time, and where nothing else is to be accounted for. */
static bool
is_calm(const struct broker_town *town, const struct cluster_partition *partition,
    const struct ledger_log *log, int broker)
{
	struct atlas_copies copies = cluster_copies(town, partition, ATLAS_BITS);

	return log != NULL && partition->state.exists && !partition->is_cut &&
	    !cluster_partition_rots(partition) && !log->topic->is_unclean &&
	    !town->has_operator && !cluster_mover_waits(town->cluster->mover) &&
	    (copies.assigned & (1U << broker)) != 0 &&
	    atlas_allows(&copies, broker, ATLAS_BITS);
}

void
cluster_bits_flip(struct broker_town *town)
{
	struct cluster *cluster = town->cluster;
	struct sim_process *process = town_faults_some_broker(town);
	int from = (int)prng_below(town_faults_prng(town), (uint64_t)MAX(cluster->count, 1));
	bool stops = prng_chance(town_faults_prng(town), 1, 3), is_planned = false;

	if (!town->seats[process->number].serves || broker_host_has_failed_dir(process) ||
	    town_faults_disk_fails(process))
		return;
	for (int i = 0; i < cluster->count && !is_planned; i++) {
		struct cluster_partition *partition = &cluster->partitions[(from + i) % cluster->count];
		const struct ledger_log *log = cluster_ledger_log(town, partition);
		const struct partition *replica = !is_calm(town, partition, log, process->number) ? NULL :
		    cluster_replica(town, process->number, partition);

		is_planned = replica != NULL && choose_batch(town, partition, log, process->number,
		    replica, stops);
	}
	if (!is_planned)
		return;
	if (stops)
		broker_host_stop(process);
	else
		broker_faults_kill(process);
}

/* ------------------------------------------------------------------- the bit */

/* Where it lies in the batch. */
static int64_t
place(struct broker_town *town, const struct cluster_rot *rot)
{
	int64_t at = prng_chance(town_faults_prng(town), 1, 4) ?
	    prng_between(town_faults_prng(town), CRC_AT, RECORDS_AT - 1) :
	    prng_between(town_faults_prng(town), RECORDS_AT, rot->size - 1);

	return at >= DELTA_AT && at < DELTA_AT + DELTA_SIZE ? at + DELTA_SIZE : at;
}

static void
flip(struct broker_town *town, struct cluster_partition *partition, struct sim_disk *disk)
{
	struct cluster_rot *rot = &partition->rot;
	struct ledger_log *log = cluster_ledger_log(town, partition);
	struct sim_inode *file = sim_disk_peek(disk, rot->path);
	struct cluster_walk batch = { .file = file, .at = rot->position + rot->size, .size = rot->size,
		.base_offset = rot->from, .epoch = rot->epoch, .crc = rot->crc };

	rot->is_planned = false;
	/* It has been cut, or moved to the other log dir, since it was chosen. */
	if (file == NULL || !reads_back(&batch) || log == NULL)
		return;
	/* By now, at the end of a stop in order, it may be the last good one. */
	if (!has_another(town, partition, rot->broker, &batch))
		return;
	if (sim_disk_flip(disk, rot->path, rot->position + place(town, rot),
	    (uint8_t)(1U << prng_below(town_faults_prng(town), 8))) != ERROR_NONE)
		return;
	rot->is_bad = true;
	log->rots++;
	sim_trace(town->sim, "%s-%d: a bit flips in offsets %" PRId64 " to %" PRId64 " of broker %d",
	    partition->topic, (int)partition->index, rot->from, rot->to - 1, rot->broker + 1);
	broker_town_mark(town, "a bit flips");
}

void
cluster_bits_spare(struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);

	for (int i = 0; town->is_cluster && i < town->cluster->count; i++) {
		struct cluster_partition *partition = &town->cluster->partitions[i];

		if (partition->rot.broker == process->number)
			partition->rot.is_planned = false;
	}
}

void
cluster_bits_died(struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);

	for (int i = 0; town->is_cluster && i < town->cluster->count; i++) {
		struct cluster_partition *partition = &town->cluster->partitions[i];

		if (partition->rot.is_planned && partition->rot.broker == process->number)
			flip(town, partition, process->machine->disk);
	}
}

/* ------------------------------------------------------------------ afterwards */

/* A log that was moved away while its broker was down stays on its disk, and may come back. */
static bool
is_left_bad(const struct broker_town *town, const struct cluster_rot *rot)
{
	struct cluster_walk batch = { .at = rot->position + rot->size, .size = rot->size,
		.file = sim_disk_peek(town->machines[rot->broker].disk, rot->path) };

	return batch.file != NULL && !reads_back(&batch);
}

static void
look_at(const struct broker_town *town, struct cluster_partition *partition)
{
	struct cluster_rot *rot = &partition->rot;
	const struct partition *replica = rot->to == 0 || rot->is_planned ? NULL :
	    cluster_replica(town, rot->broker, partition);
	struct cluster_walk walk;

	if (replica != NULL)
		rot->is_bad = find(town, rot->broker, replica->log, rot->from, &walk) &&
		    !reads_back(&walk);
	else if (!partition->state.exists)
		rot->is_bad = false;
	else if (rot->is_bad && !brokers_of_has(&partition->replicas, rot->broker))
		rot->is_bad = is_left_bad(town, rot);
}

void
cluster_bits_look(struct cluster *cluster)
{
	for (int i = 0; i < cluster->count; i++)
		look_at(cluster->town, &cluster->partitions[i]);
}

bool
cluster_bits_are_bad(const struct cluster_partition *partition, int broker)
{
	return partition->rot.is_bad && partition->rot.broker == broker;
}

bool
cluster_broker_has_bad_bits(const struct broker_town *town, int broker)
{
	for (int i = 0; town->is_cluster && i < town->cluster->count; i++) {
		const struct cluster_partition *partition = &town->cluster->partitions[i];

		if (cluster_partition_rots(partition) && partition->rot.broker == broker)
			return true;
	}
	return false;
}

bool
cluster_has_bad_bits(const struct broker_town *town)
{
	for (int b = 0; b < town->broker_count; b++)
		if (cluster_broker_has_bad_bits(town, b))
			return true;
	return false;
}

void
cluster_bits_told(struct sim_process *process, const char *line)
{
	struct broker_town *town = broker_town_of(process);
	long long from, to;
	const char *offsets = strstr(line, ": offsets ");

	if (offsets == NULL || strstr(offsets, "are damaged") == NULL ||
	    sscanf(offsets, ": offsets %lld to %lld", &from, &to) != 2)
		return;
	for (int i = 0; i < town->cluster->count; i++) {
		const struct cluster_partition *partition = &town->cluster->partitions[i];
		const struct cluster_rot *rot = &partition->rot;
		char name[LEDGER_NAME_SIZE + 16];

		snprintf(name, sizeof(name), "%s-%d:", partition->topic, (int)partition->index);
		if (rot->to == 0 || rot->broker != process->number ||
		    strncmp(line, name, strlen(name)) != 0)
			continue;
		sim_check(town->sim, from == rot->from && to == rot->to - 1, "%s, where %" PRId64 " to %"
		    PRId64 " are", line, rot->from, rot->to - 1);
		broker_town_mark(town, "a broker finds a bit that has flipped");
		return;
	}
	sim_fail(town->sim, "no bit has flipped there: %s", line);
}
