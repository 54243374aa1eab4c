/* An ISR that changes within a leader epoch is one that its leader has asked for (I12). */
#include "controller/reign.h"
#include "tests/sim/control.h"

/* Of an earlier life, when it was asked. */
static bool
is_stale(struct control_town *town, int32_t broker, int64_t epoch)
{
	return epoch >= 0 && epoch != town->brokers[broker - town->first].epoch;
}

void
control_isr_asked(struct control *control, int name, const struct alter_partition_request *request)
{
	const struct alter_partition_request_partition_data *partition =
	    &request->topics.items[0].partitions.items[0];
	struct control_isr_ask *ask = &control->asks[control->ask_count++ % CONTROL_ASKS_MAX];

	*ask = (struct control_isr_ask){
		.name = name,
		.partition = partition->partition_index,
		.leader = request->broker_id,
		.leader_epoch = partition->leader_epoch,
		.partition_epoch = partition->partition_epoch,
		.is_stale = is_stale(&control->town, request->broker_id, request->broker_epoch),
	};
	for (int32_t i = 0; i < partition->new_isr.count; i++)
		ask->isr |= 1U << partition->new_isr.items[i];
	for (int32_t i = 0; i < partition->new_isr_with_epochs.count; i++) {
		int32_t id = partition->new_isr_with_epochs.items[i].broker_id;

		ask->isr |= 1U << id;
		if (is_stale(&control->town, id, partition->new_isr_with_epochs.items[i].broker_epoch))
			ask->stale |= 1U << id;
	}
}

static unsigned
set_of(const struct znode_state *state)
{
	unsigned set = 0;

	for (int32_t i = 0; i < state->isr_count; i++)
		set |= 1U << state->isr[i];
	return set;
}

/* The controller whose session this is; NULL: it is none any more. */
static const struct reign *
reign_of(struct control *control, int64_t session)
{
	for (int i = 0; i < CONTROL_BROKERS; i++) {
		struct town_broker *broker = &control->town.brokers[i];

		if (town_session(broker) != NULL && zk_session_id(town_session(broker)) == session)
			return controller_reign(town_controller(broker));
	}
	return NULL;
}

/* Its own image of the brokers does not change while it decides and writes. */
static void
check_alive(struct control *control, int64_t session, unsigned joined)
{
	const struct reign *reign = reign_of(control, session);

	for (int i = 0; i < CONTROL_BROKERS && reign != NULL; i++) {
		int32_t id = control->town.first + i;

		sim_check(control->town.sim, (joined & 1U << id) == 0 ||
		    context_broker_is_live(&reign->context, id), "broker %d joins an ISR, and is not alive",
		    (int)id);
	}
}

void
control_isr_written(struct control *control, int64_t session, const struct paths_place *place,
    const struct znode_state *before, int32_t version)
{
	int name = control_name_number(place->name);
	const struct znode_state *now = &control->names[name].states[place->id];
	unsigned joined = set_of(now) & ~set_of(before);

	if (!before->exists || now->leader_epoch != before->leader_epoch)
		return;
	check_alive(control, session, joined);
	for (int i = 0; i < MIN(control->ask_count, (int)CONTROL_ASKS_MAX); i++) {
		const struct control_isr_ask *ask = &control->asks[i];

		if (ask->name == name && ask->partition == place->id && ask->leader == now->leader &&
		    ask->leader_epoch == now->leader_epoch && ask->partition_epoch == version - 1 &&
		    ask->isr == set_of(now) && !ask->is_stale && (ask->stale & joined) == 0)
			return;
	}
	sim_fail(control->town.sim, "%s-%d: an ISR is written that leader %d of epoch %d has not asked "
	    "for in partition epoch %d", control_name(name), (int)place->id, (int)now->leader,
	    (int)now->leader_epoch, (int)version - 1);
}
