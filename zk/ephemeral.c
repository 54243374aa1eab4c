#include "zk/ephemeral.h"

#include <inttypes.h>

enum { GRACE_MS = 2000 }; /* the ensemble expires sessions by the tick */

static void create(struct zk_ephemeral *it);
static void look(struct zk_ephemeral *it);

static struct world *
world_of(const struct zk_ephemeral *it)
{
	return zk_session_world(it->session);
}

static void
let_go(struct zk_ephemeral *it)
{
	timer_stop(world_of(it)->control, &it->timer);
	zk_watch_remove(it->session, &it->watch);
	zk_session_unlisten(it->session, &it->listener);
	it->registering = false;
}

static void
finish(struct zk_ephemeral *it, enum znode_error error)
{
	struct znode_stat stat = it->stat;

	let_go(it);
	it->done(it, error, &stat);
}

static void
on_deleted(struct zk_call *call, const struct coord_answer *answer)
{
	struct zk_ephemeral *it = container_of(call, struct zk_ephemeral, call);

	it->busy = false;
	if (answer->error == ZNODE_OK || answer->error == ZNODE_NO_NODE)
		create(it);
	else if (answer->error == ZNODE_BAD_VERSION)
		look(it);
	else
		finish(it, answer->error);
}

static void
delete_ours(struct zk_ephemeral *it)
{
	log_info(world_of(it)->logger, "%.*s of our earlier session 0x%" PRIx64 " is deleted",
	    (int)it->path.size, (const char *)it->path.bytes, (uint64_t)it->stat.ephemeral_owner);
	it->operations[0] = (struct znode_operation){ .type = ZNODE_OP_DELETE, .path = it->path,
		.version = it->stat.version };
	it->busy = true;
	zk_multi(it->session, &it->call, it->operations, 1, on_deleted);
}

static int64_t
patience_us(const struct zk_ephemeral *it)
{
	return ((int64_t)zk_session_timeout_ms(it->session) + GRACE_MS) * 1000;
}

/* Its end is told by the watch that look() has set; the timer gives up. */
static void
wait_for_owner(struct zk_ephemeral *it)
{
	int64_t now_us = clock_monotonic_us(world_of(it)->clock);

	if (it->deadline_us == 0) {
		it->deadline_us = now_us + patience_us(it);
		log_warn(world_of(it)->logger, "%.*s belongs to session 0x%" PRIx64
		    ", which may be that of a dead process: waiting for its end",
		    (int)it->path.size, (const char *)it->path.bytes,
		    (uint64_t)it->stat.ephemeral_owner);
	}
	if (now_us >= it->deadline_us)
		finish(it, ZNODE_NODE_EXISTS);
	else
		timer_start(world_of(it)->control, &it->timer, it->deadline_us);
}

static void
on_looked(struct zk_call *call, const struct coord_answer *answer)
{
	struct zk_ephemeral *it = container_of(call, struct zk_ephemeral, call);
	int64_t owner = answer->stat.ephemeral_owner;

	it->busy = false;
	if (answer->error == ZNODE_NO_NODE) {
		create(it);
		return;
	}
	it->stat = answer->stat;
	if (answer->error != ZNODE_OK)
		finish(it, answer->error);
	else if (owner == zk_session_id(it->session))
		finish(it, ZNODE_OK);
	else if (zk_session_was_ours(it->session, owner))
		delete_ours(it);
#ifdef CANARY_ZK_DELETES_FOREIGN_NODE
	else if (owner != 0)
		delete_ours(it);
#endif
	else if (owner == 0)
		finish(it, ZNODE_NODE_EXISTS);
	else
		wait_for_owner(it);
}

static void
look(struct zk_ephemeral *it)
{
	it->busy = true;
	zk_exists(it->session, &it->call, it->path, on_looked);
}

static void
on_watch(struct zk_watch *watch, enum znode_event_type type)
{
	struct zk_ephemeral *it = container_of(watch, struct zk_ephemeral, watch);

	(void)type;
	if (!it->busy)
		look(it);
}

static void
on_timer(struct timer *timer)
{
	struct zk_ephemeral *it = container_of(timer, struct zk_ephemeral, timer);

	if (!it->busy)
		look(it); /* it may be gone without a word */
}

/* A call that is under way is answered after this, with the same error. */
static void
on_expired(struct zk_listener *listener)
{
	struct zk_ephemeral *it = container_of(listener, struct zk_ephemeral, listener);

	if (!it->busy)
		finish(it, ZNODE_SESSION_EXPIRED);
}

/* A new leader of the ensemble gives each session all of its time again, and breaks all connections. */
static void
on_connection(struct zk_listener *listener, bool connected)
{
	struct zk_ephemeral *it = container_of(listener, struct zk_ephemeral, listener);

	if (!connected || it->deadline_us == 0)
		return;
	it->deadline_us = clock_monotonic_us(world_of(it)->clock) + patience_us(it);
	if (timer_is_running(&it->timer))
		timer_start(world_of(it)->control, &it->timer, it->deadline_us);
}

static void
on_created(struct zk_call *call, const struct coord_answer *answer)
{
	struct zk_ephemeral *it = container_of(call, struct zk_ephemeral, call);

	it->busy = false;
	if (answer->error == ZNODE_NODE_EXISTS) {
		look(it);
		return;
	}
	if (answer->error == ZNODE_OK)
		it->stat = answer->results[1].stat;
	finish(it, answer->error);
}

static void
create(struct zk_ephemeral *it)
{
	it->operations[0] = (struct znode_operation){ .type = ZNODE_OP_CREATE, .path = it->path,
		.data = slice_null(), .flags = ZNODE_EPHEMERAL };
	it->operations[1] = (struct znode_operation){ .type = ZNODE_OP_SET_DATA, .path = it->path,
		.data = it->data, .version = 0 };
	it->busy = true;
	zk_multi(it->session, &it->call, it->operations, 2, on_created);
}

void
zk_ephemeral_register(struct zk_ephemeral *it)
{
	it->stat = (struct znode_stat){ 0 };
	it->deadline_us = 0;
	it->busy = false;
	it->registering = true;
	timer_init(&it->timer, on_timer);
	it->watch = (struct zk_watch){ .type = ZK_WATCH_NODE, .path = it->path, .fired = on_watch };
	it->listener = (struct zk_listener){ .expired = on_expired,
		.connection_changed = on_connection };
	zk_watch_add(it->session, &it->watch);
	zk_session_listen(it->session, &it->listener);
	create(it);
}

void
zk_ephemeral_drop(struct zk_ephemeral *it)
{
	if (it->registering)
		let_go(it);
}
