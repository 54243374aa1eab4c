#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/coord.h"

static int64_t
number_at(struct slice data, int place)
{
	char text[COORD_DATA_SIZE], *at = text;
	int64_t number = 0;

	snprintf(text, sizeof(text), "%.*s", (int)data.size, (const char *)data.bytes);
	for (int i = 0; i <= place; i++)
		number = strtoll(at, &at, 10);
	return number;
}

/* A counter's version counts its writes, and each adds one to one number. */
static void
counted(struct coord_town *town, int counter, const struct znode_operation *operation,
    const struct znode_result *result)
{
	int added = 0;

	town->counter_version[counter]++;
	sim_check(town->sim, result->stat.version == town->counter_version[counter],
	    "counter %d has version %d after %d writes", counter, result->stat.version,
	    town->counter_version[counter]);
	for (int i = 0; i < COORD_PROCESSES; i++) {
		struct coord_intent *intent = &town->intents[i][counter];
		int64_t value = number_at(operation->data, i);

		added += (int)(value - intent->applied);
		intent->applied = value;
		sim_check(town->sim, value <= intent->issued,
		    "process %d wanted counter %d at %ld, and it is at %ld", i, counter,
		    (long)intent->issued, (long)value);
	}
	sim_check(town->sim, added == 1, "a write adds %d to counter %d", added, counter);
}

static void
elected(struct coord_town *town, const struct znode_operation *operation)
{
	int process = (int)number_at(operation->data, 0);
	int64_t epoch = number_at(operation->data, 1);

	sim_check(town->sim, epoch == town->epoch + 1 && town->winner[epoch] == 0,
	    "process %d wins epoch %ld after %ld", process, (long)epoch, (long)town->epoch);
	town->epoch = epoch;
	town->winner[epoch] = process + 1;
}

static void
operation_done(struct coord_town *town, const struct znode_operation *operation,
    const struct znode_result *result)
{
	char path[COORD_PATH_SIZE];
	int counter;

	snprintf(path, sizeof(path), "%.*s", (int)operation->path.size,
	    (const char *)operation->path.bytes);
	if (operation->type == ZNODE_OP_CREATE && strcmp(path, "/controller") == 0)
		elected(town, operation);
	else if (operation->type == ZNODE_OP_SET_DATA && strcmp(path, "/work") == 0)
		sim_check(town->sim, number_at(operation->data, 0) == town->epoch,
		    "a write of epoch %ld in epoch %ld", (long)number_at(operation->data, 0),
		    (long)town->epoch);
	else if (operation->type == ZNODE_OP_SET_DATA &&
	    sscanf(path, "/counter%d", &counter) == 1 && counter < COORD_COUNTERS)
		counted(town, counter, operation, result);
}

void
coord_oracle_committed(struct sim_coord *ensemble UNUSED, const struct sim_coord_commit *commit,
    void *context)
{
	struct coord_town *town = context;

	town->commits++;
	sim_check(town->sim, commit->count == 0 ||
	    sim_coord_session_lives(town->ensemble, commit->session),
	    "a write of session %lx, which has ended", (unsigned long)commit->session);
	for (size_t i = 0; commit->succeeded && i < commit->count; i++)
		operation_done(town, &commit->operations[i], &commit->results[i]);
	coord_broker_committed(&town->house, commit);
}

void
coord_oracle_claims(struct coord_town *town, int process, int64_t epoch)
{
	sim_check(town->sim, epoch > 0 && epoch <= town->epoch && town->winner[epoch] == process + 1,
	    "process %d takes epoch %ld for its own", process, (long)epoch);
}

void
coord_oracle_confirms(struct coord_town *town, int process, int counter)
{
	struct coord_intent *intent = &town->intents[process][counter];

	sim_check(town->sim, intent->applied == intent->issued,
	    "process %d has added %ld to counter %d, and wanted %ld", process,
	    (long)intent->applied, counter, (long)intent->issued);
	intent->confirmed = intent->issued;
}

static bool
mirror_is_settled(struct coord_town *town, const struct coord_mirror *mirror)
{
	if (mirror->list.dirty)
		return false;
	for (int node = 0; node < COORD_NODES; node++) {
		const struct coord_mirrored *known = &mirror->nodes[node];
		struct znode_stat stat;
		char path[COORD_PATH_SIZE];
		bool exists;

		snprintf(path, sizeof(path), "/tree/%d", node);
		exists = tree_exists(sim_coord_tree(town->ensemble), slice_of_text(path), &stat) ==
		    ZNODE_OK;
		if (known->dirty || known->exists != exists || (exists && known->zxid != stat.mzxid))
			return false;
	}
	return true;
}

const char *
coord_oracle_unsettled(struct coord_town *town, const struct coord_life *life)
{
	int number = life->process->number;
	char path[COORD_PATH_SIZE];
	struct znode_stat stat;

	if (!life->connected)
		return "is not connected";
	if (!mirror_is_settled(town, &life->mirror))
		return "has a mirror that differs";
	snprintf(path, sizeof(path), "/ids/%d", number);
	if (life->registrar.registered != life->session_id ||
	    tree_exists(sim_coord_tree(town->ensemble), slice_of_text(path), &stat) != ZNODE_OK ||
	    stat.ephemeral_owner != life->session_id)
		return "is not registered";
	for (int i = 0; i < COORD_COUNTERS; i++) {
		const struct coord_intent *intent = &town->intents[number][i];

		if (intent->issued != intent->confirmed || intent->applied != intent->confirmed)
			return "still counts";
	}
	if (life->elector.step != ELECT_WAIT && life->elector.epoch != town->epoch)
		return "stands for election";
	return NULL;
}
