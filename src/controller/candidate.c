#include "controller/candidate.h"

#include "zk/paths.h"
#include "zk/payload_controller.h"
#include "zk/payload_controller_epoch.h"

enum { RETRY_US = 1000000 };

static void
feed(struct candidate *it, const struct election_event *event);

static void
feed_type(struct candidate *it, enum election_event_type type)
{
	feed(it, &(struct election_event){ .type = type });
}

/* What an expiry answers is over for the machine already. */
static bool
is_over(const struct candidate *it, const struct coord_answer *answer)
{
	return it->is_stopped || answer->error == ZNODE_SESSION_EXPIRED;
}

static struct election_event
event_of(enum znode_error error)
{
	struct election_event event = { .type = ELECTION_ANSWERED, .answer = ELECTION_REFUSED };

	if (error == ZNODE_OK)
		event.answer = ELECTION_OK;
	else if (error == ZNODE_NO_NODE)
		event.answer = ELECTION_ABSENT;
	else if (error == ZNODE_NODE_EXISTS || error == ZNODE_BAD_VERSION)
		event.answer = ELECTION_TAKEN;
	return event;
}

/* ------------------------------------------------------------------ reads */

static void on_controller(struct zk_call *call, const struct coord_answer *answer);

/* A read of what is absent sets no watch; a look for it does. */
static void
on_absent(struct zk_call *call, const struct coord_answer *answer)
{
	struct candidate *it = container_of(call, struct candidate, call);
	struct election_event event = event_of(answer->error);

	if (is_over(it, answer))
		return;
	if (answer->error == ZNODE_OK)
		zk_get(it->session, &it->call, it->watch.path, on_controller);
	else
		feed(it, &event);
}

static void
on_controller(struct zk_call *call, const struct coord_answer *answer)
{
	struct candidate *it = container_of(call, struct candidate, call);
	struct election_event event = event_of(answer->error);
	struct payload_controller controller = { .broker = -1 };
	struct payload_complaint complaint;
	struct arena arena;

	if (is_over(it, answer))
		return;
	if (answer->error == ZNODE_NO_NODE) {
		zk_exists(it->session, &it->call, it->watch.path, on_absent);
		return;
	}
	arena_init(&arena, SIZE_MAX);
	if (answer->error == ZNODE_OK && payload_controller_decode(answer->data, &arena,
	    &controller, &complaint) != ERROR_NONE) {
		log_error(it->world->logger, "/controller cannot be read: %s", complaint.text);
		event.answer = ELECTION_REFUSED;
	}
	arena_fini(&arena);
	event.broker = controller.broker;
	event.kraft = controller.kraft_controller_epoch > 0;
	event.is_ours = answer->error == ZNODE_OK &&
	    answer->stat.ephemeral_owner == zk_session_id(it->session);
	feed(it, &event);
}

static void
on_epoch(struct zk_call *call, const struct coord_answer *answer)
{
	struct candidate *it = container_of(call, struct candidate, call);
	struct election_event event = event_of(answer->error);
	struct payload_complaint complaint;

	if (is_over(it, answer))
		return;
	event.version = answer->stat.version;
	if (answer->error == ZNODE_OK && payload_controller_epoch_decode(answer->data, &event.epoch,
	    &complaint) != ERROR_NONE) {
		log_error(it->world->logger, "/controller_epoch cannot be read: %s", complaint.text);
		event.answer = ELECTION_REFUSED;
	}
	feed(it, &event);
}

/* ----------------------------------------------------------------- writes */

static void
on_written(struct zk_call *call, const struct coord_answer *answer)
{
	struct candidate *it = container_of(call, struct candidate, call);
	struct election_event event = event_of(answer->error);

	if (is_over(it, answer))
		return;
	if (answer->error == ZNODE_OK && call->operation_count == 2)
		event.version = answer->results[1].stat.version; /* of a claim: the epoch's */
	feed(it, &event);
}

static void
create_epoch(struct candidate *it)
{
	it->operations[0] = (struct znode_operation){ .type = ZNODE_OP_CREATE,
		.path = slice_of_text(paths_text(PATHS_CONTROLLER_EPOCH)), .data = slice_of_text("0") };
	zk_multi(it->session, &it->call, it->operations, 1, on_written);
}

static void
claim(struct candidate *it, const struct election_action *action)
{
	struct payload_controller controller = { .broker = action->broker,
		.timestamp_ms = clock_wall_ms(it->world->clock), .kraft_controller_epoch = -1 };

	buffer_clear(&it->data[0]);
	buffer_clear(&it->data[1]);
	payload_controller_encode(&controller, &it->data[0]);
	payload_controller_epoch_encode(action->epoch, &it->data[1]);
	it->operations[0] = (struct znode_operation){ .type = ZNODE_OP_CREATE,
		.path = it->watch.path, .data = buffer_slice(&it->data[0]), .flags = ZNODE_EPHEMERAL };
	it->operations[1] = (struct znode_operation){ .type = ZNODE_OP_SET_DATA,
		.path = slice_of_text(paths_text(PATHS_CONTROLLER_EPOCH)),
		.data = buffer_slice(&it->data[1]), .version = action->version };
	zk_multi(it->session, &it->call, it->operations, 2, on_written);
}

static void
delete_controller(struct candidate *it, const struct election_action *action)
{
	it->operations[0] = (struct znode_operation){ .type = ZNODE_OP_CHECK,
		.path = slice_of_text(paths_text(PATHS_CONTROLLER_EPOCH)), .version = action->version };
	it->operations[1] = (struct znode_operation){ .type = ZNODE_OP_DELETE,
		.path = it->watch.path, .version = -1 };
	zk_multi(it->session, &it->call, it->operations, 2, on_written);
}

/* ---------------------------------------------------------------- actions */

static void
act(struct candidate *it, const struct election_action *action)
{
	switch (action->type) {
	case ELECTION_READ_CONTROLLER:
		zk_get(it->session, &it->call, it->watch.path, on_controller);
		return;
	case ELECTION_READ_EPOCH:
		zk_get(it->session, &it->call, slice_of_text(paths_text(PATHS_CONTROLLER_EPOCH)),
		    on_epoch);
		return;
	case ELECTION_CREATE_EPOCH:
		create_epoch(it);
		return;
	case ELECTION_CLAIM:
		claim(it, action);
		return;
	case ELECTION_WON:
		it->handler->won(it->handler, action->epoch, action->version);
		return;
	case ELECTION_CONTROLLER_KNOWN:
		it->handler->known(it->handler, action->kraft ? -1 : action->broker);
		return;
	case ELECTION_STAND_DOWN:
		it->handler->stand_down(it->handler);
		return;
	case ELECTION_DELETE_CONTROLLER:
		delete_controller(it, action);
		return;
	case ELECTION_FAILED:
		timer_start(it->world->control, &it->retry,
		    clock_monotonic_us(it->world->clock) + RETRY_US);
		return;
	}
}

static void
feed(struct candidate *it, const struct election_event *event)
{
	struct election_actions actions;

	if (it->is_stopped)
		return;
	election_step(&it->election, event, &actions);
	for (size_t i = 0; i < actions.count && !it->is_stopped; i++)
		act(it, &actions.entries[i]);
}

static void
on_watch(struct zk_watch *watch, enum znode_event_type type)
{
	feed_type(container_of(watch, struct candidate, watch), type == ZNODE_EVENT_DELETED ?
	    ELECTION_CONTROLLER_DELETED : ELECTION_CONTROLLER_CHANGED);
}

static void
on_retry(struct timer *timer)
{
	feed_type(container_of(timer, struct candidate, retry), ELECTION_RETRY);
}

/* ------------------------------------------------------------------- life */

void
candidate_init(struct candidate *candidate, struct zk_session *session, struct world *world,
    int32_t broker, struct candidate_handler *handler)
{
	*candidate = (struct candidate){ .session = session, .world = world, .handler = handler };
	election_init(&candidate->election, broker);
	buffer_init(&candidate->data[0]);
	buffer_init(&candidate->data[1]);
	timer_init(&candidate->retry, on_retry);
	candidate->watch = (struct zk_watch){ .type = ZK_WATCH_NODE,
		.path = slice_of_text(paths_text(PATHS_CONTROLLER)), .fired = on_watch };
	zk_watch_add(session, &candidate->watch);
}

void
candidate_fini(struct candidate *candidate)
{
	candidate_stop(candidate);
	buffer_fini(&candidate->data[0]);
	buffer_fini(&candidate->data[1]);
}

void
candidate_stand(struct candidate *candidate)
{
	if (candidate->election.state == ELECTION_IDLE)
		feed_type(candidate, ELECTION_SESSION_ESTABLISHED);
}

void
candidate_expired(struct candidate *candidate)
{
	timer_stop(candidate->world->control, &candidate->retry);
	feed_type(candidate, ELECTION_SESSION_EXPIRED);
}

void
candidate_stop(struct candidate *candidate)
{
	if (candidate->is_stopped)
		return;
	candidate->is_stopped = true;
	timer_stop(candidate->world->control, &candidate->retry);
	zk_watch_remove(candidate->session, &candidate->watch);
}

void
candidate_resign(struct candidate *candidate)
{
	feed_type(candidate, ELECTION_RESIGN);
}

void
candidate_look(struct candidate *candidate)
{
	feed_type(candidate, ELECTION_CONTROLLER_CHANGED);
}

bool
candidate_is_leading(const struct candidate *candidate)
{
	return election_is_leading(&candidate->election);
}
