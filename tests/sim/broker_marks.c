#include <assert.h>
#include <string.h>

#include "tests/sim/cluster_bits.h"
#include "tests/sim/cluster_unclean.h"

/* X(two parts of a line of the broker's log, the mark) */
#define LINES(X) \
	X("log dir ", " has failed, ", "a log dir goes offline") \
	X("the wall clock moved", "", "the wall clock jumps") \
	X("segments are removed", "", "retention removes segments") \
	X(" refused: it is meant for broker epoch ", "", "a request for an earlier life is refused") \
	X(" refused: its epoch ", " is over", "a request of a deposed controller is refused") \
	X(": another ISR is refused", "", "a change of the ISR is refused") \
	X(": moved from ", " to ", "a replica moves to another log dir") \
	X(": its move to ", " goes on", "a move goes on after a restart") \
	X(": truncated from ", " for leader ", "a follower truncates") \
	X(": truncated from ", " below the high watermark ", "a follower truncates below its high watermark") \
	X("controller epoch ", " shuts down", "a broker shuts down through the controller") \
	X("controller epoch ", " was away", "a controller sees a broker come back") \
	X(": its groups are let go", "", "a coordinator moves") \
	X(" may lack acknowledged records, as a log dir is away", "", \
	    "what the log dirs have that are left is in doubt") \
	X(" is damaged, and others are in sync", "", "a damaged replica is given up") \
	X(" made good by leader ", "", "a damaged replica is made good") \
	X(" has no space, and enough others are in sync", "", "a replica without space is given up") \
	X(" has a disk that hangs, and enough", "", "a leader whose disk hangs is given up") \
	X("log dir ", " hangs: nothing ", "a broker sees that its disk hangs") \
	X("log dir ", " goes on", "a broker sees that its disk goes on")

/* What cluster_late.c sends. */
#define LATE " of controller 99 refused: "
static_assert(CLUSTER_LATE_CONTROLLER == 99, "LATE says so");

void
broker_town_mark(struct broker_town *town, const char *name)
{
	for (int i = 0; i < town->sim->mark_count; i++) {
		if (strcmp(town->sim->marks[i], name) == 0)
			sim_mark(town->sim, name);
	}
}

/* A read has found bytes that are no records. */
static void
damage_told(struct broker_town *town, const struct town_seat *seat, const char *line)
{
	for (int i = 0; i < TOWN_LASTING; i++) {
		for (int p = 0; p < town->ledger.topics[i].partitions; p++) {
			struct ledger_log *log = &town->ledger.topics[i].logs[p];
			const char *name = ledger_name(log);

			if (strncmp(line, name, strlen(name)) == 0)
				log->is_damaged |= town->ledger.trusts_no_sync;
		}
	}
	if (strncmp(line, "__consumer_offsets", strlen("__consumer_offsets")) == 0)
		town->offsets_are_damaged |= town->ledger.trusts_no_sync;
	sim_check(town->sim, town->ledger.trusts_no_sync || seat->pages_are_lost, "%s", line);
}

static void
logged(struct sim_process *process, const char *line)
{
	struct broker_town *town = process->scenario;
	struct town_seat *seat = broker_town_seat(process);

	if (strstr(line, LATE) != NULL)
		return; /* not of a controller's own doing */
#define LINE(text, and_text, name) \
	if (strstr(line, text) != NULL && strstr(line, and_text) != NULL) \
		broker_town_mark(town, name);
	LINES(LINE)
#undef LINE
	if (strstr(line, " moved from ") != NULL && strstr(line, " to /") != NULL)
		broker_faults_moving(process);
	broker_faults_dir_is_away(process, line);
	if (town->is_cluster && strstr(line, ", and enough others are in sync: it is given up") != NULL)
		cluster_gives_up(process, line);
	if (town->is_cluster)
		cluster_bits_told(process, line);
	else if (strstr(line, ": a segment is damaged") != NULL)
		damage_told(town, seat, line);
	/* Then what the next start finds in the page cache may not be on the disk (F21). */
	if (strstr(line, "no log dir can note") != NULL)
		ledger_trusts_no_sync(&town->ledger);
	seat->topics_are_unknown |= strstr(line, "clients may connect nevertheless") != NULL;
	if (seat->serves && strstr(line, "is registered with epoch") != NULL)
		broker_town_mark(town, "a broker registers anew");
}

static bool
ends_with(const char *name, const char *end)
{
	size_t size = strlen(name), end_size = strlen(end);

	return size >= end_size && strcmp(name + size - end_size, end) == 0;
}

static bool
is_index(const char *name)
{
	return ends_with(name, ".index") || ends_with(name, ".timeindex");
}

static void
met(struct sim_disk *disk UNUSED, void *context, enum error error, const char *name)
{
	struct sim_process *process = context;
	struct broker_town *town = broker_town_of(process);
	struct town_seat *seat = broker_town_seat(process);

	seat->pages_are_lost |= seat->sync_has_failed && error == ERROR_IO;
	if (error == ERROR_IO)
		broker_town_mark(town, "a sync fails");
	else if (ends_with(name, ".log"))
		broker_town_mark(town, "no space in an append");
	else if (ends_with(name, ".snapshot") || is_index(name))
		broker_town_mark(town, "no space in a roll");
	else if (strstr(name, "checkpoint") != NULL)
		broker_town_mark(town, "no space in a checkpoint");
}

void
broker_marks_dies(struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);
	bool is_waited_for = false, leads = false;

	if (!town->is_cluster)
		return;
	for (int i = 0; i < 2; i++)
		is_waited_for |= town_producer_waits_for(town->producers[i], process);
	for (int i = 0; i < town->cluster->count; i++)
		leads |= town->cluster->partitions[i].state.exists &&
		    town->cluster->partitions[i].state.leader == process->number + 1;
	if (leads && is_waited_for)
		broker_town_mark(town, "a leader dies with acks=all in flight");
	if (cluster_controller(town) == process->number)
		broker_town_mark(town, "the controller dies");
}

void
broker_marks_power_cut(struct sim_process *process)
{
	struct broker_town *town = broker_town_of(process);
	const struct sim_disk *disk = process->machine->disk;
	char before[64];

	snprintf(before, sizeof(before), "%s", sim_disk_changed(disk, 1));
	if (ends_with(before, ".log") && is_index(sim_disk_changed(disk, 0)))
		broker_town_mark(town, "a power cut between a write and its index");
	if (ends_with(before, ".snapshot") || ends_with(sim_disk_changed(disk, 0), ".snapshot"))
		broker_town_mark(town, "a power cut in a roll");
	if (strstr(sim_disk_changed(disk, 0), "checkpoint") != NULL)
		broker_town_mark(town, "a power cut in a checkpoint");
}

static void
serving_session_ended(struct broker_town *town, const struct sim_process *broker)
{
	for (int i = 0; i < TOWN_PRODUCERS; i++) {
		if (town_producer_waits_for(town->producers[i], broker))
			broker_town_mark(town, "a session expires in a produce");
	}
}

void
broker_marks_committed(struct sim_coord *ensemble UNUSED, const struct sim_coord_commit *commit,
    void *context)
{
	struct broker_town *town = context;

	if (town->is_cluster)
		cluster_committed(town->cluster, commit);
	for (int i = 0; i < town->broker_count && commit->is_end; i++) {
		if (town->seats[i].serves && !town->seats[i].is_stopping &&
		    commit->session == broker_host_session(&town->processes[i]))
			serving_session_ended(town, &town->processes[i]);
	}
}

void
broker_marks_begin(struct broker_town *town)
{
	for (int i = 0; i < town->broker_count; i++) {
		town->processes[i].logged = logged;
		town->machines[i].disk->met = met;
	}
}

void
broker_marks_end(struct broker_town *town)
{
	static const enum sim_coord_seen seen[] = { SIM_COORD_SEEN_LOST_REPLY_OF_CREATE,
		SIM_COORD_SEEN_QUORUM_LOST };

	for (size_t i = 0; i < ARRAY_LENGTH(seen); i++) {
		if (sim_coord_seen(town->ensemble, seen[i]) > 0)
			broker_town_mark(town, sim_coord_seen_text(seen[i]));
	}
}
