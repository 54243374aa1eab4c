#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "tests/sim/coord.h"

static const struct znode_acl_entry open_entry = { ZNODE_ALL,
	{ { (const uint8_t *)"world", 5 }, { (const uint8_t *)"anyone", 6 } } };

/* ------------------------------------------------------------------ users */

static void
go(struct coord_user *user)
{
	if (user->busy || timer_is_running(&user->timer) || !user->life->connected)
		return;
	user->go(user);
}

static void
timer_fired(struct timer *timer)
{
	go(container_of(timer, struct coord_user, timer));
}

static void
done(struct coord_call *call, const struct coord_answer *answer)
{
	struct coord_user *user = container_of(call, struct coord_user, call);

	user->busy = false;
	user->answered(user, answer);
}

void
coord_user_init(struct coord_user *user, struct coord_life *life,
    void (*begin)(struct coord_user *user),
    void (*answered)(struct coord_user *user, const struct coord_answer *answer))
{
	user->life = life;
	user->go = begin;
	user->answered = answered;
	timer_init(&user->timer, timer_fired);
}

void
coord_user_again(struct coord_user *user, int64_t delay_us)
{
	struct loop *loop = user->life->coord->loop;

	timer_start(loop, &user->timer, clock_monotonic_us(loop->clock) + delay_us);
}

void
coord_user_read(struct coord_user *user, enum coord_call_type type, const char *path, bool watch)
{
	snprintf(user->paths[0], COORD_PATH_SIZE, "%s", path);
	user->call = (struct coord_call){
		.type = type,
		.path = slice_of_text(user->paths[0]),
		.watch = watch,
		.done = done,
	};
	user->busy = true;
	coord_call(user->life->session, &user->call);
}

void
coord_user_operation(struct coord_user *user, int i, enum znode_operation_type type,
    const char *path, const char *data, int32_t flags, int32_t version)
{
	snprintf(user->paths[i], COORD_PATH_SIZE, "%s", path);
	if (data != NULL)
		snprintf(user->data[i], COORD_DATA_SIZE, "%s", data);
	user->operations[i] = (struct znode_operation){
		.type = type,
		.path = slice_of_text(user->paths[i]),
		.data = slice_of_text(data == NULL ? NULL : user->data[i]),
		.acl = { &open_entry, 1 },
		.flags = flags,
		.version = version,
	};
}

void
coord_user_write(struct coord_user *user, int count, bool multi)
{
	user->call = (struct coord_call){
		.type = COORD_WRITE,
		.operations = user->operations,
		.operation_count = (size_t)count,
		.multi = multi,
		.done = done,
	};
	user->busy = true;
	coord_call(user->life->session, &user->call);
}

/* ---------------------------------------------------------------- session */

static void
for_each_user(struct coord_life *life, void (*call)(struct coord_user *user))
{
	call(&life->registrar.user);
	call(&life->elector.user);
	for (int i = 0; i < COORD_COUNTERS; i++)
		call(&life->counters[i].user);
	call(&life->churner);
	call(&life->mirror.user);
}

static void
forget_call(struct coord_user *user)
{
	user->busy = false;
}

static void
connected(struct coord_life *life)
{
	struct coord_town *town = life->town;
	struct coord_credentials credentials;

	coord_credentials(life->session, &credentials);
	if (life->session_id != credentials.session && life->own_id_count < COORD_SESSIONS_MAX)
		life->own_ids[life->own_id_count++] = credentials.session;
	life->session_id = credentials.session;
	town->kept[life->process->number] = credentials;
	life->connected = true;
	for_each_user(life, go);
}

static void
expired(struct coord_life *life)
{
	struct loop *loop = life->coord->loop;

	if (life->session_id != 0)
		sim_check(life->town->sim,
		    !sim_coord_session_lives(life->town->ensemble, life->session_id),
		    "session %lx is said to have expired, and lives", (unsigned long)life->session_id);
	life->session_id = 0;
	life->registrar.registered = 0;
	coord_elector_expired(&life->elector);
	coord_mirror_expired(&life->mirror);
	timer_start(loop, &life->reopen, clock_monotonic_us(loop->clock) + 20000);
}

static void
state_changed(struct coord_handler *handler, enum coord_state state)
{
	struct coord_life *life = container_of(handler, struct coord_life, handler);

	life->connected = false;
	if (state == COORD_CONNECTED)
		connected(life);
	else if (state == COORD_EXPIRED)
		expired(life);
}

static void
watch_fired(struct coord_handler *handler, enum znode_event_type type, struct slice path)
{
	struct coord_life *life = container_of(handler, struct coord_life, handler);

	coord_elector_fired(&life->elector, path);
	coord_mirror_fired(&life->mirror, type, path);
}

static void
open_session(struct coord_life *life, const struct coord_credentials *credentials)
{
	struct net_address servers[SIM_COORD_SERVERS_MAX];
	struct coord_options options = {
		.servers = servers,
		.server_count = (size_t)life->town->servers,
		.timeout_ms = life->town->timeout_ms,
		.credentials = *credentials,
	};

	for (int i = 0; i < life->town->servers; i++)
		servers[i] = sim_coord_address(i);
	if (coord_open(life->coord, &options, &life->handler, &life->session) != ERROR_NONE)
		sim_fail(life->town->sim, "a session cannot be opened");
}

static void
reopen(struct timer *timer)
{
	struct coord_life *life = container_of(timer, struct coord_life, reopen);

	coord_close(life->session, false);
	for_each_user(life, forget_call);
	open_session(life, &(struct coord_credentials){ 0 });
}

/* Some begin anew, some go on with the session of the life before, some have its password wrong. */
static void
choose_credentials(struct coord_life *life, struct coord_credentials *credentials)
{
	struct prng *prng = sim_stream(life->town->sim, SIM_WORKLOAD);

	*credentials = life->town->kept[life->process->number];
	if (credentials->session != 0 && prng_chance(prng, 1, 8))
		credentials->password[3] ^= 1;
	else if (prng_chance(prng, 1, 2))
		*credentials = (struct coord_credentials){ 0 };
}

void
coord_life_boot(struct sim_process *process)
{
	struct coord_life *life = memory_new(sizeof(*life));
	struct coord_credentials credentials;

	process->application = life;
	life->town = process->scenario;
	life->process = process;
	life->coord = sim_coord_attach(life->town->ensemble, process);
	life->handler.state_changed = state_changed;
	life->handler.watch_fired = watch_fired;
	timer_init(&life->reopen, reopen);
	coord_registrar_init(&life->registrar, life);
	coord_elector_init(&life->elector, life);
	for (int i = 0; i < COORD_COUNTERS; i++)
		coord_counter_init(&life->counters[i], life, i);
	coord_churner_init(&life->churner, life);
	coord_mirror_init(&life->mirror, life);
	choose_credentials(life, &credentials);
	open_session(life, &credentials);
}
