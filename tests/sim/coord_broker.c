#include "tests/sim/coord_broker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "zk/election.h"
#include "zk/ephemeral.h"
#include "zk/operations.h"
#include "zk/payload_controller.h"
#include "zk/payload_controller_epoch.h"

enum { WRITES = 4, WORK_US = 120000, RETRY_US = 300000, TEXT_SIZE = 64 };

struct write {
	struct zk_fenced_write fenced;
	struct broker *broker;
};

struct broker {
	struct coord_house *house;
	struct sim_process *process;
	struct zk_session *session;
	struct zk_listener listener;
	struct zk_create_path make;
	size_t made;
	struct zk_ephemeral ephemeral;
	char path[TEXT_SIZE];
	bool registering, registered;
	int expiries;
	struct election election;
	int32_t known;          /* who is controller */
	int32_t epoch, version; /* of ours */
	bool rechecking;
	struct zk_watch watch;
	struct zk_call call;
	struct znode_operation operations[2];
	struct buffer data[2];
	struct timer work, retry, end;
	struct write writes[WRITES];
	int written, answered;  /* of those under way; all when equal */
	char number[TEXT_SIZE];
	bool stopped;
};

static const char *const nodes[] = { "/ids", "/work" };

static void
after(struct broker *it, struct timer *timer, int64_t wait_us)
{
	timer_start(it->process->world.control, timer,
	    clock_monotonic_us(it->process->world.clock) + wait_us);
}

/* --------------------------------------------------------------- election */

static void feed(struct broker *it, struct election_event event);

static void
feed_answer(struct broker *it, struct election_event event)
{
	sim_check(it->house->sim, !it->stopped, "a call is answered after the stop");
	event.type = ELECTION_ANSWERED;
	feed(it, event);
}

/* What an expiry answers is over for the machine already. */
static bool
is_over(const struct coord_answer *answer)
{
	return answer->error == ZNODE_SESSION_EXPIRED;
}

static enum election_answer
told(enum znode_error error)
{
	if (error == ZNODE_OK)
		return ELECTION_OK;
	if (error == ZNODE_NO_NODE)
		return ELECTION_ABSENT;
	return error == ZNODE_NODE_EXISTS || error == ZNODE_BAD_VERSION ? ELECTION_TAKEN :
	    ELECTION_REFUSED;
}

static void on_controller(struct zk_call *call, const struct coord_answer *answer);

static void
on_absent(struct zk_call *call, const struct coord_answer *answer)
{
	struct broker *it = container_of(call, struct broker, call);

	if (is_over(answer))
		return;
	if (answer->error == ZNODE_OK)
		zk_get(it->session, &it->call, slice_of_text("/controller"), on_controller);
	else
		feed_answer(it, (struct election_event){ .answer = told(answer->error) });
}

static void
on_controller(struct zk_call *call, const struct coord_answer *answer)
{
	struct broker *it = container_of(call, struct broker, call);
	struct election_event event = { .answer = told(answer->error) };
	struct payload_controller controller;
	struct payload_complaint complaint;
	struct arena arena;

	if (is_over(answer))
		return;
	if (answer->error == ZNODE_NO_NODE) {
		zk_exists(it->session, &it->call, slice_of_text("/controller"), on_absent);
		return;
	}
	arena_init(&arena, SIZE_MAX);
	if (answer->error == ZNODE_OK) {
		sim_check(it->house->sim, payload_controller_decode(answer->data, &arena,
		    &controller, &complaint) == ERROR_NONE, "a bad /controller: %s", complaint.text);
		event.broker = controller.broker;
		event.is_ours = answer->stat.ephemeral_owner == zk_session_id(it->session);
	}
	arena_fini(&arena);
	feed_answer(it, event);
}

static void
on_epoch(struct zk_call *call, const struct coord_answer *answer)
{
	struct broker *it = container_of(call, struct broker, call);
	struct election_event event = { .answer = told(answer->error),
		.version = answer->stat.version };
	struct payload_complaint complaint;

	if (is_over(answer))
		return;
	if (answer->error == ZNODE_OK)
		sim_check(it->house->sim, payload_controller_epoch_decode(answer->data, &event.epoch,
		    &complaint) == ERROR_NONE, "a bad epoch: %s", complaint.text);
	it->rechecking = it->election.state == ELECTION_RECHECKING_EPOCH;
	feed_answer(it, event);
	it->rechecking = false;
}

static void
on_written(struct zk_call *call, const struct coord_answer *answer)
{
	struct broker *it = container_of(call, struct broker, call);

	if (!is_over(answer))
		feed_answer(it, (struct election_event){ .answer = told(answer->error),
			.version = answer->error == ZNODE_OK && call->operation_count == 2 ?
			answer->results[1].stat.version : 0 });
}

static void
claim(struct broker *it, const struct election_action *action)
{
	struct payload_controller controller = { .broker = it->process->number,
		.timestamp_ms = 1, .kraft_controller_epoch = -1 };

	buffer_clear(&it->data[0]);
	buffer_clear(&it->data[1]);
	payload_controller_encode(&controller, &it->data[0]);
	payload_controller_epoch_encode(action->epoch, &it->data[1]);
	it->operations[0] = (struct znode_operation){ .type = ZNODE_OP_CREATE,
		.path = slice_of_text("/controller"), .data = buffer_slice(&it->data[0]),
		.flags = ZNODE_EPHEMERAL };
	it->operations[1] = (struct znode_operation){ .type = ZNODE_OP_SET_DATA,
		.path = slice_of_text("/controller_epoch"), .data = buffer_slice(&it->data[1]),
		.version = action->version };
	zk_multi(it->session, &it->call, it->operations, 2, on_written);
}

static void
delete_controller(struct broker *it, const struct election_action *action)
{
	it->operations[0] = (struct znode_operation){ .type = ZNODE_OP_CHECK,
		.path = slice_of_text("/controller_epoch"), .version = action->version };
	it->operations[1] = (struct znode_operation){ .type = ZNODE_OP_DELETE,
		.path = slice_of_text("/controller"), .version = -1 };
	zk_multi(it->session, &it->call, it->operations, 2, on_written);
}

static void
won(struct broker *it, const struct election_action *action)
{
	struct coord_house *house = it->house;

	sim_check(house->sim, action->epoch > 0 && action->epoch <= house->epoch &&
	    house->winner[action->epoch] == zk_session_id(it->session),
	    "broker %d takes epoch %d for its own", it->process->number, (int)action->epoch);
	if (it->rechecking)
		sim_mark(house->sim, "claim met its own success");
	it->epoch = action->epoch;
	it->version = action->version;
	after(it, &it->work, WORK_US);
}

static void
act(struct broker *it, const struct election_action *action)
{
	switch (action->type) {
	case ELECTION_READ_CONTROLLER:
		zk_get(it->session, &it->call, slice_of_text("/controller"), on_controller);
		return;
	case ELECTION_READ_EPOCH:
		zk_get(it->session, &it->call, slice_of_text("/controller_epoch"), on_epoch);
		return;
	case ELECTION_CREATE_EPOCH:
		it->operations[0] = (struct znode_operation){ .type = ZNODE_OP_CREATE,
			.path = slice_of_text("/controller_epoch"), .data = slice_of_text("0") };
		zk_multi(it->session, &it->call, it->operations, 1, on_written);
		return;
	case ELECTION_CLAIM:
		claim(it, action);
		return;
	case ELECTION_WON:
		won(it, action);
		return;
	case ELECTION_CONTROLLER_KNOWN:
		it->known = action->broker;
		return;
	case ELECTION_STAND_DOWN:
		timer_stop(it->process->world.control, &it->work);
		it->epoch = 0;
		return;
	case ELECTION_DELETE_CONTROLLER:
		delete_controller(it, action);
		return;
	case ELECTION_FAILED:
		after(it, &it->retry, RETRY_US);
		return;
	}
}

static void
feed(struct broker *it, struct election_event event)
{
	struct election_actions actions;

	election_step(&it->election, &event, &actions);
	for (size_t i = 0; i < actions.count; i++)
		act(it, &actions.entries[i]);
}

static void
step(struct broker *it, enum election_event_type type)
{
	feed(it, (struct election_event){ .type = type });
}

static void
on_watch(struct zk_watch *watch, enum znode_event_type type)
{
	struct broker *it = container_of(watch, struct broker, watch);

	if (it->registered)
		step(it, type == ZNODE_EVENT_DELETED ? ELECTION_CONTROLLER_DELETED :
		    ELECTION_CONTROLLER_CHANGED);
}

/* ------------------------------------------------------------------- work */

static void
on_fenced(struct zk_fenced_write *fenced, enum znode_error error, bool is_fenced,
    const struct znode_result *result UNUSED)
{
	struct write *write = container_of(fenced, struct write, fenced);
	struct broker *it = write->broker;
	struct sim *sim = it->house->sim;

	sim_check(sim, !it->stopped, "a write is answered after the stop");
	sim_check(sim, write == &it->writes[it->answered], "write %d is answered, not %d",
	    (int)(write - it->writes), it->answered);
	it->answered++;
	sim_check(sim, error == ZNODE_OK || error == ZNODE_SESSION_EXPIRED || is_fenced,
	    "a fenced write has error %d", (int)error);
	if (is_fenced) {
		sim_mark(sim, "fenced write refused");
		step(it, ELECTION_RESIGN);
	}
}

static void
on_stopped(void *context)
{
	struct broker *it = context;

	zk_session_free(it->session);
	sim_process_kill(it->process);
}

static void
stop_in_good_order(struct broker *it)
{
	it->stopped = true;
	timer_stop(it->process->world.control, &it->work);
	timer_stop(it->process->world.control, &it->retry);
	zk_session_stop(it->session, on_stopped, it);
}

/* Several at once, so that their order shows. */
static void
write_fenced(struct broker *it)
{
	struct zk_fence fence = { slice_of_text("/controller_epoch"), it->version };
	struct znode_operation operation = { .type = ZNODE_OP_SET_DATA,
		.path = slice_of_text("/work"), .version = -1 };

	snprintf(it->number, sizeof(it->number), "%d", (int)it->epoch);
	operation.data = slice_of_text(it->number);
	it->answered = 0;
	it->written = WRITES;
	for (int i = 0; i < WRITES; i++) {
		it->writes[i].broker = it;
		zk_fenced_write(it->session, &it->writes[i].fenced, &fence, &operation, on_fenced);
	}
}

static void
on_work(struct timer *timer)
{
	struct broker *it = container_of(timer, struct broker, work);
	struct prng *prng = sim_stream(it->house->sim, SIM_WORKLOAD);

	if (!it->house->silent && it->written == it->answered)
		write_fenced(it);
	if (!it->house->quiet && prng_chance(prng, 1, 40))
		step(it, ELECTION_RESIGN);
	else
		after(it, &it->work, WORK_US);
}

static void
on_retry(struct timer *timer)
{
	struct broker *it = container_of(timer, struct broker, retry);

	if (!it->registered && !it->registering && zk_session_is_established(it->session)) {
		it->registering = true;
		zk_ephemeral_register(&it->ephemeral);
	} else if (it->registered) {
		step(it, ELECTION_RETRY);
	}
}

/* The clean end of a life, now and then. */
static void
on_end(struct timer *timer)
{
	struct broker *it = container_of(timer, struct broker, end);
	struct prng *prng = sim_stream(it->house->sim, SIM_WORKLOAD);

	if (!it->house->quiet && prng_chance(prng, 1, 8))
		stop_in_good_order(it);
	else
		after(it, &it->end, 2000000);
}

/* ---------------------------------------------------------------- session */

static void
on_registered(struct zk_ephemeral *ephemeral, enum znode_error error,
    const struct znode_stat *stat)
{
	struct broker *it = container_of(ephemeral, struct broker, ephemeral);
	struct sim *sim = it->house->sim;

	sim_check(sim, !it->stopped, "a registration ends after the stop");
	it->registering = false;
	if (error == ZNODE_NODE_EXISTS)
		after(it, &it->retry, RETRY_US);
	if (error == ZNODE_NODE_EXISTS || error == ZNODE_SESSION_EXPIRED)
		return;
	sim_check(sim, error == ZNODE_OK && stat->version == 1 && stat->czxid == stat->mzxid &&
	    stat->czxid > 0, "a registration ends with error %d, version %d", (int)error,
	    (int)stat->version);
	if (it->expiries > 0)
		sim_mark(sim, "broker registered again after an expiry");
	if (ephemeral->deadline_us != 0)
		sim_mark(sim, "broker waited for the node of a foreign session");
	it->registered = true;
	step(it, ELECTION_SESSION_ESTABLISHED);
}

static void
on_made(struct zk_create_path *make, enum znode_error error)
{
	struct broker *it = container_of(make, struct broker, make);

	if (error == ZNODE_SESSION_EXPIRED)
		return;
	sim_check(it->house->sim, error == ZNODE_OK || error == ZNODE_NODE_EXISTS,
	    "a node cannot be made: %d", (int)error);
	if (++it->made < ARRAY_LENGTH(nodes)) {
		zk_create_path(it->session, &it->make, slice_of_text(nodes[it->made]),
		    slice_of_text("0"), on_made);
		return;
	}
	it->registering = true;
	zk_ephemeral_register(&it->ephemeral);
}

static void
established(struct zk_listener *listener)
{
	struct broker *it = container_of(listener, struct broker, listener);
	struct coord_house *house = it->house;

	if (house->session_count < COORD_BROKER_SESSIONS)
		house->sessions[house->session_count++] = (struct coord_broker_session){
			zk_session_id(it->session), it->process->number, it->process->lives };
	it->made = 0;
	zk_create_path(it->session, &it->make, slice_of_text(nodes[0]), slice_of_text("0"), on_made);
}

static void
expired(struct zk_listener *listener)
{
	struct broker *it = container_of(listener, struct broker, listener);

	sim_check(it->house->sim, !it->stopped, "an expiry is told after the stop");
	it->expiries++;
	timer_stop(it->process->world.control, &it->retry);
	if (it->registered)
		step(it, ELECTION_SESSION_EXPIRED);
	it->registered = false;
}

static void
open_session(struct broker *it)
{
	char servers[512];
	size_t size = 0;
	struct zk_session_options options = { .connect_string = servers,
		.session_timeout_ms = it->house->timeout_ms, .max_in_flight = 3,
		.kept_path = "/kept-session" };
	const char *reason;

	for (int i = 0; i < it->house->servers; i++) {
		struct net_address address = sim_coord_address(i);

		size += (size_t)snprintf(servers + size, sizeof(servers) - size, "%s%s:%d",
		    i == 0 ? "" : ",", address.host, (int)address.port);
	}
	snprintf(servers + size, sizeof(servers) - size, "/house");
	if (zk_session_new(&it->process->world, &options, &it->session, &reason) != ERROR_NONE)
		sim_fail(it->house->sim, "a session cannot be made: %s", reason);
	it->listener = (struct zk_listener){ .established = established, .expired = expired };
	zk_session_listen(it->session, &it->listener);
	it->watch = (struct zk_watch){ .type = ZK_WATCH_NODE, .path = slice_of_text("/controller"),
		.fired = on_watch };
	zk_watch_add(it->session, &it->watch);
	it->ephemeral = (struct zk_ephemeral){ .session = it->session,
		.path = slice_of_text(it->path), .data = slice_of_text("{}"), .done = on_registered };
	zk_session_start(it->session);
}

void
coord_broker_boot(struct sim_process *process)
{
	struct broker *it = memory_new(sizeof(*it));

	process->application = it;
	it->house = process->scenario;
	it->process = process;
	process->world.coord = sim_coord_attach(it->house->ensemble, process);
	snprintf(it->path, sizeof(it->path), "/ids/%d", process->number);
	election_init(&it->election, process->number);
	it->known = -1;
	buffer_init(&it->data[0]);
	buffer_init(&it->data[1]);
	timer_init(&it->work, on_work);
	timer_init(&it->retry, on_retry);
	timer_init(&it->end, on_end);
	open_session(it);
	after(it, &it->end, 2000000);
}

/* ----------------------------------------------------------------- oracle */

static const struct coord_broker_session *
find_session(const struct coord_house *house, int64_t id)
{
	for (int i = house->session_count - 1; i >= 0; i--)
		if (house->sessions[i].id == id)
			return &house->sessions[i];
	return NULL;
}

/* The node of an earlier session of the same life may be deleted, and no other. */
static void
node_written(struct coord_house *house, int broker, const struct znode_operation *operation,
    int64_t session)
{
	const struct coord_broker_session *by = find_session(house, session);
	const struct coord_broker_session *of = find_session(house, house->owner[broker]);

	sim_check(house->sim, by != NULL && by->broker == broker + house->first,
	    "session %lx writes the node of broker %d", (unsigned long)session, broker);
	if (operation->type == ZNODE_OP_CREATE) {
		house->owner[broker] = session;
	} else if (operation->type == ZNODE_OP_DELETE) {
		sim_check(house->sim, of != NULL && by != NULL && of->broker == by->broker &&
		    of->life == by->life, "session %lx deletes the node of session %lx",
		    (unsigned long)session, (unsigned long)house->owner[broker]);
		house->owner[broker] = 0;
	}
}

static int
number_of(struct slice text)
{
	char copy[TEXT_SIZE];

	snprintf(copy, sizeof(copy), "%.*s", (int)text.size, (const char *)text.bytes);
	return (int)strtol(copy, NULL, 10);
}

static void
operation_done(struct coord_house *house, const struct sim_coord_commit *commit, size_t i)
{
	const struct znode_operation *operation = &commit->operations[i];
	char path[TEXT_SIZE];
	int broker;

	snprintf(path, sizeof(path), "%.*s", (int)operation->path.size,
	    (const char *)operation->path.bytes);
	if (sscanf(path, "/house/ids/%d", &broker) == 1) {
		node_written(house, broker - house->first, operation, commit->session);
	} else if (strcmp(path, "/house/controller_epoch") == 0 &&
	    operation->type == ZNODE_OP_SET_DATA) {
		int epoch = number_of(operation->data);

		sim_check(house->sim, epoch == house->epoch + 1 && epoch < COORD_BROKER_EPOCHS,
		    "epoch %d is claimed after %d", epoch, house->epoch);
		house->epoch = epoch;
		house->winner[epoch] = commit->session;
	} else if (strcmp(path, "/house/work") == 0 && operation->type == ZNODE_OP_SET_DATA) {
		int epoch = number_of(operation->data);

		sim_check(house->sim, epoch == house->epoch &&
		    house->winner[epoch] == commit->session,
		    "session %lx writes as controller of epoch %d, and session %lx is of epoch %d",
		    (unsigned long)commit->session, epoch,
		    (unsigned long)house->winner[house->epoch], house->epoch);
	}
}

void
coord_broker_committed(struct coord_house *house, const struct sim_coord_commit *commit)
{
	for (size_t i = 0; commit->succeeded && i < commit->count; i++)
		operation_done(house, commit, i);
}

bool
coord_broker_is_settled(struct coord_house *house, const struct sim_process *process)
{
	const struct tree *tree = sim_coord_tree(house->ensemble);
	const struct broker *it = process->application;
	const struct coord_broker_session *leader;
	struct znode_stat stat;
	char path[TEXT_SIZE + 8];

	if (process->state != SIM_PROCESS_UP || it == NULL || !it->registered)
		return false;
	snprintf(path, sizeof(path), "/house%s", it->path);
	if (tree_exists(tree, slice_of_text(path), &stat) != ZNODE_OK ||
	    stat.ephemeral_owner != zk_session_id(it->session) ||
	    tree_exists(tree, slice_of_text("/house/controller"), &stat) != ZNODE_OK ||
	    stat.ephemeral_owner != house->winner[house->epoch])
		return false;
	leader = find_session(house, stat.ephemeral_owner);
	return leader != NULL && it->known == leader->broker &&
	    it->election.state == (leader->broker == process->number ? ELECTION_LEADING :
	    ELECTION_FOLLOWING);
}
