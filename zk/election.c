#include "zk/election.h"

#include <assert.h>

#define TO(state) (1u << ELECTION_##state)

/* From each state to which; back to IDLE from everywhere. */
static const unsigned int moves[ELECTION_STATE_COUNT] = {
	[ELECTION_IDLE] = TO(READING),
	[ELECTION_READING] = TO(READING_EPOCH) | TO(FOLLOWING) | TO(CLEARING),
	[ELECTION_READING_EPOCH] = TO(CREATING_EPOCH) | TO(CLAIMING) | TO(FOLLOWING),
	[ELECTION_CREATING_EPOCH] = TO(READING_EPOCH) | TO(FOLLOWING),
	[ELECTION_CLAIMING] = TO(LEADING) | TO(RECHECKING) | TO(FOLLOWING),
	[ELECTION_RECHECKING] = TO(RECHECKING_EPOCH) | TO(READING_EPOCH) | TO(FOLLOWING),
	[ELECTION_RECHECKING_EPOCH] = TO(LEADING) | TO(RESIGNING) | TO(FOLLOWING),
	[ELECTION_FOLLOWING] = TO(READING),
	[ELECTION_CLEARING] = TO(RESIGNING) | TO(CREATING_EPOCH) | TO(FOLLOWING),
	[ELECTION_LEADING] = TO(CHECKING) | TO(RESIGNING),
	[ELECTION_CHECKING] = TO(LEADING) | TO(READING_EPOCH) | TO(FOLLOWING) | TO(RESIGN_CHECKING),
	[ELECTION_RESIGN_CHECKING] = TO(RESIGNING) | TO(READING_EPOCH) | TO(FOLLOWING),
	[ELECTION_RESIGNING] = TO(READING) | TO(FOLLOWING),
};

#undef TO

const char *
election_state_text(enum election_state state)
{
#define TEXT(name) #name,
	static const char *const texts[] = { ELECTION_STATES(TEXT) };
#undef TEXT

	assert(state >= 0 && state < ELECTION_STATE_COUNT);
	return texts[state];
}

void
election_init(struct election *election, int32_t broker)
{
	assert(broker >= 0);
	*election = (struct election){ ELECTION_IDLE, broker, -1, -1, false };
}

bool
election_is_leading(const struct election *election)
{
	return election->state == ELECTION_LEADING || election->state == ELECTION_CHECKING;
}

static void
move(struct election *election, enum election_state state)
{
	assert(state == ELECTION_IDLE || (moves[election->state] & 1u << state) != 0);
	election->state = state;
}

static void
add(struct election_actions *actions, struct election_action action)
{
	assert(actions->count < ELECTION_ACTIONS_MAX);
	actions->entries[actions->count++] = action;
}

static void
add_plain(struct election_actions *actions, enum election_action_type type)
{
	add(actions, (struct election_action){ .type = type, .broker = -1, .epoch = -1, .version = -1 });
}

static void
tell_controller(struct election_actions *actions, int32_t broker, bool kraft)
{
	add(actions, (struct election_action){ .type = ELECTION_CONTROLLER_KNOWN, .broker = broker,
	    .kraft = kraft, .epoch = -1, .version = -1 });
}

/* ------------------------------------------------------------ moves */

static void
read_controller(struct election *election, enum election_state state,
    struct election_actions *actions)
{
	election->changed = false; /* what was seen before the read, the read shows */
	move(election, state);
	add_plain(actions, ELECTION_READ_CONTROLLER);
}

static void
read_epoch(struct election *election, enum election_state state, struct election_actions *actions)
{
	move(election, state);
	add_plain(actions, ELECTION_READ_EPOCH);
}

static void
follow(struct election *election, int32_t broker, bool kraft, struct election_actions *actions)
{
	/* Named after us without our having won: of a former session of ours, soon gone. */
	tell_controller(actions, broker == election->broker && !kraft ? -1 : broker, kraft);
	move(election, ELECTION_FOLLOWING);
	if (election->changed)
		read_controller(election, ELECTION_READING, actions);
}

static void
give_up(struct election *election, struct election_actions *actions)
{
	follow(election, -1, false, actions);
	if (election->state == ELECTION_FOLLOWING)
		add_plain(actions, ELECTION_FAILED);
}

static void
win(struct election *election, int32_t version, struct election_actions *actions)
{
	election->version = version;
	move(election, ELECTION_LEADING);
	tell_controller(actions, election->broker, false);
	add(actions, (struct election_action){ .type = ELECTION_WON, .broker = election->broker,
	    .epoch = election->epoch, .version = version });
	if (election->changed)
		read_controller(election, ELECTION_CHECKING, actions);
}

static void
delete_controller(struct election *election, struct election_actions *actions)
{
	move(election, ELECTION_RESIGNING);
	add(actions, (struct election_action){ .type = ELECTION_DELETE_CONTROLLER,
	    .broker = election->broker, .epoch = election->epoch, .version = election->version });
}

/* ------------------------------------------------------------ answers */

/* Not our number alone: that may be of a former session, or of another process. */
static bool
names_us(const struct election *election, const struct election_event *event)
{
	return event->answer == ELECTION_OK && event->broker == election->broker &&
	    event->is_ours && !event->kraft;
}

/* Of a read of /controller that did not find us there. */
static void
controller_read(struct election *election, const struct election_event *event,
    struct election_actions *actions)
{
	if (event->answer == ELECTION_ABSENT)
		read_epoch(election, ELECTION_READING_EPOCH, actions);
	else if (event->answer == ELECTION_OK)
		follow(election, event->broker, event->kraft, actions);
	else
		give_up(election, actions);
}

static void
create_epoch(struct election *election, struct election_actions *actions)
{
	move(election, ELECTION_CREATING_EPOCH);
	add_plain(actions, ELECTION_CREATE_EPOCH);
}

static void
epoch_read(struct election *election, const struct election_event *event,
    struct election_actions *actions)
{
	if (event->answer == ELECTION_ABSENT) {
		create_epoch(election, actions);
		return;
	}
	if (event->answer != ELECTION_OK || event->epoch < 0 || event->epoch == INT32_MAX) {
		give_up(election, actions);
		return;
	}
	election->epoch = event->epoch + 1;
	election->version = event->version;
	move(election, ELECTION_CLAIMING);
	add(actions, (struct election_action){ .type = ELECTION_CLAIM, .broker = election->broker,
	    .epoch = election->epoch, .version = election->version });
}

static void
epoch_created(struct election *election, const struct election_event *event,
    struct election_actions *actions)
{
	if (event->answer == ELECTION_OK || event->answer == ELECTION_TAKEN)
		read_epoch(election, ELECTION_READING_EPOCH, actions);
	else
		give_up(election, actions);
}

static void
claimed(struct election *election, const struct election_event *event,
    struct election_actions *actions)
{
	if (event->answer == ELECTION_OK)
		win(election, event->version, actions);
	else if (event->answer == ELECTION_TAKEN)
		read_controller(election, ELECTION_RECHECKING, actions);
	else
		give_up(election, actions);
}

static void
rechecked(struct election *election, const struct election_event *event,
    struct election_actions *actions)
{
	if (names_us(election, event))
		read_epoch(election, ELECTION_RECHECKING_EPOCH, actions);
	else
		controller_read(election, event, actions);
}

/* Of a node that is ours, though we did not win with it. */
static void
clear(struct election *election, const struct election_event *event,
    struct election_actions *actions)
{
	election->epoch = event->epoch;
	election->version = event->version;
	delete_controller(election, actions);
}

static void
epoch_to_clear_read(struct election *election, const struct election_event *event,
    struct election_actions *actions)
{
	if (event->answer == ELECTION_OK)
		clear(election, event, actions);
	else if (event->answer == ELECTION_ABSENT)
		create_epoch(election, actions); /* without it there is no fence */
	else
		give_up(election, actions);
}

/* The reply to our claim was lost only if the epoch is the one that we wrote. */
static void
epoch_rechecked(struct election *election, const struct election_event *event,
    struct election_actions *actions)
{
	if (event->answer == ELECTION_OK && event->epoch == election->epoch)
		win(election, event->version, actions);
	else if (event->answer == ELECTION_OK)
		clear(election, event, actions);
	else
		give_up(election, actions);
}

static void
checked(struct election *election, const struct election_event *event,
    struct election_actions *actions)
{
	if (names_us(election, event)) {
		move(election, ELECTION_LEADING);
		if (election->changed)
			read_controller(election, ELECTION_CHECKING, actions);
		return;
	}
	if (event->answer == ELECTION_REFUSED) {
		/* Nothing says that we have lost it, and what we write is fenced. */
		move(election, ELECTION_LEADING);
		add_plain(actions, ELECTION_FAILED);
		return;
	}
	add_plain(actions, ELECTION_STAND_DOWN);
	controller_read(election, event, actions);
}

static void
resign_checked(struct election *election, const struct election_event *event,
    struct election_actions *actions)
{
	/* Fenced, so it may be tried without having seen it. */
	if (names_us(election, event) || event->answer == ELECTION_REFUSED)
		delete_controller(election, actions);
	else
		controller_read(election, event, actions);
}

static void
answered(struct election *election, const struct election_event *event,
    struct election_actions *actions)
{
	switch (election->state) {
	case ELECTION_READING:
		if (names_us(election, event))
			read_epoch(election, ELECTION_CLEARING, actions);
		else
			controller_read(election, event, actions);
		return;
	case ELECTION_READING_EPOCH:
		epoch_read(election, event, actions);
		return;
	case ELECTION_CREATING_EPOCH:
		epoch_created(election, event, actions);
		return;
	case ELECTION_CLAIMING:
		claimed(election, event, actions);
		return;
	case ELECTION_RECHECKING:
		rechecked(election, event, actions);
		return;
	case ELECTION_RECHECKING_EPOCH:
		epoch_rechecked(election, event, actions);
		return;
	case ELECTION_CHECKING:
		checked(election, event, actions);
		return;
	case ELECTION_RESIGN_CHECKING:
		resign_checked(election, event, actions);
		return;
	case ELECTION_CLEARING:
		epoch_to_clear_read(election, event, actions);
		return;
	case ELECTION_RESIGNING:
		/* With another version of the epoch too: the read tells who is controller. */
		if (event->answer == ELECTION_REFUSED)
			give_up(election, actions);
		else
			read_controller(election, ELECTION_READING, actions);
		return;
	default:
		assert(!"an answer while a call is under way");
	}
}

/* ------------------------------------------------------------ events */

static void
controller_changed(struct election *election, struct election_actions *actions)
{
	if (election->state == ELECTION_FOLLOWING)
		read_controller(election, ELECTION_READING, actions);
	else if (election->state == ELECTION_LEADING)
		read_controller(election, ELECTION_CHECKING, actions);
	else if (election->state != ELECTION_IDLE)
		election->changed = true;
}

static void
resign(struct election *election, struct election_actions *actions)
{
	if (!election_is_leading(election))
		return;
	add_plain(actions, ELECTION_STAND_DOWN);
	if (election->state == ELECTION_LEADING)
		delete_controller(election, actions);
	else
		move(election, ELECTION_RESIGN_CHECKING);
}

static void
session_expired(struct election *election, struct election_actions *actions)
{
	if (election_is_leading(election))
		add_plain(actions, ELECTION_STAND_DOWN);
	tell_controller(actions, -1, false);
	move(election, ELECTION_IDLE);
}

void
election_step(struct election *election, const struct election_event *event,
    struct election_actions *actions)
{
	actions->count = 0;
	switch (event->type) {
	case ELECTION_SESSION_ESTABLISHED:
		read_controller(election, ELECTION_READING, actions);
		return;
	case ELECTION_SESSION_EXPIRED:
		session_expired(election, actions);
		return;
	case ELECTION_CONTROLLER_DELETED:
	case ELECTION_CONTROLLER_CHANGED:
	case ELECTION_RETRY:
		controller_changed(election, actions);
		return;
	case ELECTION_RESIGN:
		resign(election, actions);
		return;
	case ELECTION_ANSWERED:
		answered(election, event, actions);
		return;
	}
	assert(!"an event of the list");
}
