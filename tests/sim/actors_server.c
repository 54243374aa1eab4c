#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/reader.h"
#include "tests/sim/actors.h"

enum { RECORD_MAGIC = 0x6b6c616d, TICK_US = 100000 };

enum event_type { EVENT_COMMAND, EVENT_RESUMED, EVENT_TICK, EVENT_FLUSH, EVENT_SYNCED, EVENT_COUNTED };

struct event {
	struct actor_event event;
	enum event_type type;
};

/* From the connection through the account and the journal, and back. */
struct command {
	struct event event;
	struct loop_message answer;
	struct server *server;
	struct account *account;
	struct loop *loop; /* of the session */
	uint64_t session;
	uint64_t sender, sequence;
	int64_t amount, balance;
	bool is_new;
	struct list link;
};

struct account {
	struct actor actor;
	struct server *server;
	uint64_t number;
	uint64_t last[ACTORS_SENDERS];
	int64_t balance;
	bool inside;
	struct event tick;
	bool tick_under_way;
};

struct journal {
	struct actor actor;
	struct disk_file *file;
	int64_t end;
	struct list unsynced, syncing; /* commands */
	struct event flush, synced;
	struct work sync;
	enum error sync_error;
	bool flush_posted, inside;
};

struct session {
	struct net_handler handler;
	struct net_connection *connection;
	struct server *server;
	struct loop *loop;
	uint64_t number;
	struct list link;
	uint8_t in[ACTORS_REQUEST_SIZE];
	size_t in_size;
	struct buffer out;
	size_t out_at;
};

struct server {
	struct sim_process *process;
	struct world *world;
	struct bank *bank;
	struct net_listener *listener;
	struct net_acceptor acceptor;
	struct list sessions;
	uint64_t next_session;
	struct account accounts[ACTORS_ACCOUNTS];
	struct journal journal;
	struct actor counter; /* pinned to the control loop */
	uint64_t counted, written;
	struct timer tick;
	struct disk_lock *lock;
};

static void
die(struct server *server, const char *why)
{
	log_error(server->world->logger, "%s", why);
	sim_process_kill(server->process);
}

/* ------------------------------------------------------------- sessions */

static void
session_close(struct session *session, bool reset)
{
	if (reset)
		net_reset(session->connection);
	else
		net_close(session->connection);
	list_remove(&session->link);
	buffer_fini(&session->out);
	free(session);
}

static void
session_send(struct session *session)
{
	while (session->out_at < session->out.size) {
		struct iovec part = { session->out.bytes + session->out_at,
			session->out.size - session->out_at };
		size_t written;
		enum error error = net_write(session->connection, &part, 1, &written);

		if (error == ERROR_WOULD_BLOCK)
			break;
		if (error != ERROR_NONE) {
			session_close(session, true);
			return;
		}
		session->out_at += written;
	}
	if (session->out_at == session->out.size) {
		session->out.size = 0;
		session->out_at = 0;
	}
	net_want(session->connection, true, session->out.size > 0);
}

static void
session_writable(struct net_handler *handler)
{
	session_send(container_of(handler, struct session, handler));
}

static void
session_take_request(struct session *session)
{
	struct server *server = session->server;
	struct command *command = memory_new(sizeof(*command));
	struct reader in;
	uint32_t account;

	reader_init(&in, slice_of(session->in, sizeof(session->in)));
	command->event.type = EVENT_COMMAND;
	command->server = server;
	command->loop = session->loop;
	command->session = session->number;
	command->sender = reader_uint32(&in);
	account = reader_uint32(&in);
	command->sequence = (uint64_t)reader_int64(&in);
	command->amount = reader_int64(&in);
	list_init(&command->link);
	assert(account < ACTORS_ACCOUNTS && command->sender < ACTORS_SENDERS);
	command->account = &server->accounts[account];
	session->in_size = 0;
	actor_post(&command->account->actor, &command->event.event);
}

static void
session_readable(struct net_handler *handler)
{
	struct session *session = container_of(handler, struct session, handler);
	enum error error = ERROR_NONE;

	for (int i = 0; i < 32 && error == ERROR_NONE; i++) {
		size_t got;

		error = net_read(session->connection, session->in + session->in_size,
		    sizeof(session->in) - session->in_size, &got);
		session->in_size += got;
		if (session->in_size == sizeof(session->in))
			session_take_request(session);
	}
	if (error != ERROR_NONE && error != ERROR_WOULD_BLOCK)
		session_close(session, error != ERROR_END_OF_STREAM);
}

static void
accepted(struct net_acceptor *acceptor, struct net_connection *connection)
{
	struct server *server = container_of(acceptor, struct server, acceptor);
	struct session *session = memory_new(sizeof(*session));

	session->handler.readable = session_readable;
	session->handler.writable = session_writable;
	session->connection = connection;
	session->server = server;
	session->loop = loop_current();
	session->number = server->next_session++;
	buffer_init(&session->out);
	list_init(&session->link);
	list_append(&server->sessions, &session->link);
	net_set_handler(connection, &session->handler);
	net_want(connection, true, false);
}

static void
accept_failed(struct net_acceptor *acceptor, enum error error)
{
	struct server *server = container_of(acceptor, struct server, acceptor);

	sim_mark(server->bank->sim, "an accept fails");
	log_warn(server->world->logger, "cannot accept: %s", error_text(error));
}

/* On the session's loop, where the session may be gone. */
static void
answer(struct loop_message *message)
{
	struct command *command = container_of(message, struct command, answer);

	LIST_FOREACH(link, &command->server->sessions) {
		struct session *session = container_of(link, struct session, link);

		if (session->number != command->session)
			continue;
		assert(session->loop == loop_current());
		buffer_int32(&session->out, (int32_t)command->sender);
		buffer_int32(&session->out, (int32_t)command->account->number);
		buffer_int64(&session->out, (int64_t)command->sequence);
		buffer_int64(&session->out, command->balance);
		session_send(session);
		break;
	}
	free(command);
}

/* -------------------------------------------------------------- accounts */

static void
apply(struct account *account, struct command *command)
{
	struct server *server = account->server;
	uint64_t *last = &account->last[command->sender];

	if (command->sequence > *last + 1) {
		sim_fail(server->bank->sim, "%s: sender %d account %d: command %d came after %d",
		    server->process->name, (int)command->sender, (int)account->number,
		    (int)command->sequence, (int)*last);
		return;
	}
	command->is_new = command->sequence == *last + 1;
	if (command->is_new) {
		*last = command->sequence;
		account->balance += command->amount;
	} else {
		sim_mark(server->bank->sim, "a command comes twice");
	}
	command->balance = account->balance;
	actor_post(&server->journal.actor, &command->event.event);
}

/* A command that waits for a worker: the actor stays busy meanwhile. */
struct slow_work {
	struct work work;
	struct command *command;
};

static void
slow_run(struct work *work)
{
	struct command *command = container_of(work, struct slow_work, work)->command;

	command->event.type = EVENT_RESUMED;
	actor_resume(&command->account->actor, &command->event.event);
}

static void
slow_done(struct work *work)
{
	free(container_of(work, struct slow_work, work));
}

static void
go_slowly(struct account *account, struct command *command)
{
	struct slow_work *slow = memory_new(sizeof(*slow));

	sim_mark(account->server->bank->sim, "an account waits for a worker");
	slow->command = command;
	slow->work.loop = account->actor.home;
	slow->work.run = slow_run;
	slow->work.done = slow_done;
	workers_submit(account->server->world->workers, &slow->work);
}

static enum actor_result
take(struct account *account, struct event *event)
{
	struct sim *sim = account->server->bank->sim;
	struct command *command;

	if (event->type == EVENT_TICK) {
		account->tick_under_way = false;
		return ACTOR_DONE;
	}
	command = container_of(event, struct command, event);
	if (event->type == EVENT_COMMAND && account->server->bank->slow_accounts &&
	    sim_chance(sim, SIM_BUGGIFY, 30)) {
		go_slowly(account, command);
		return ACTOR_BUSY;
	}
	apply(account, command);
	return ACTOR_DONE;
}

static enum actor_result
account_step(struct actor *actor, struct actor_event *event)
{
	struct account *account = container_of(actor, struct account, actor);
	enum actor_result result;

	sim_check(account->server->bank->sim, !account->inside, "two are inside an account");
	account->inside = true;
	result = take(account, container_of(event, struct event, event));
	account->inside = false;
	return result;
}

/* --------------------------------------------------------------- journal */

static uint32_t
record_check(const uint8_t *bytes, size_t size)
{
	uint32_t check = 0x811c9dc5;

	while (size-- > 0)
		check = (check ^ *bytes++) * 0x01000193;
	return check;
}

static void
encode_record(const struct command *command, int64_t position, struct buffer *record)
{
	uint32_t check;

	buffer_int32(record, RECORD_MAGIC);
	buffer_int32(record, 0);
	buffer_int32(record, (int32_t)command->sender);
	buffer_int32(record, (int32_t)command->account->number);
	buffer_int64(record, (int64_t)command->sequence);
	buffer_int64(record, command->amount);
	buffer_int64(record, command->balance);
	buffer_int64(record, position);
	check = record_check(record->bytes + 8, ACTORS_RECORD_SIZE - 8);
	buffer_set_int32(record, 4, (int32_t)check);
}

static void
count(struct server *server)
{
	struct event *event = memory_new(sizeof(*event));

	event->type = EVENT_COUNTED;
	actor_post(&server->counter, &event->event);
}

static void
journal_append(struct server *server, struct command *command)
{
	struct journal *journal = &server->journal;
	struct buffer record;
	size_t written;
	enum error error;

	if (command->is_new) {
		buffer_init(&record);
		encode_record(command, journal->end, &record);
		error = disk_write(journal->file, record.bytes, record.size, journal->end, &written);
		buffer_fini(&record);
		if (error != ERROR_NONE) {
			die(server, "the journal cannot be written");
			return;
		}
		journal->end += ACTORS_RECORD_SIZE;
		server->written++;
	}
#ifdef CANARY_SIM_ACK_BEFORE_SYNC
	if (command->is_new)
		count(server);
	loop_post(command->loop, &command->answer);
#else
	list_append(&journal->unsynced, &command->link);
#endif
	if (!journal->flush_posted) {
		journal->flush_posted = true;
		actor_post(&journal->actor, &journal->flush.event);
	}
}

static void
sync_run(struct work *work)
{
	struct journal *journal = container_of(work, struct journal, sync);

	journal->sync_error = disk_sync(journal->file);
}

static void
sync_done(struct work *work)
{
	struct journal *journal = container_of(work, struct journal, sync);

	actor_resume(&journal->actor, &journal->synced.event);
}

/* Only now may the senders know. */
static void
journal_synced(struct server *server)
{
	struct journal *journal = &server->journal;
	struct list *link;

	if (journal->sync_error != ERROR_NONE) {
		sim_mark(server->bank->sim, "a sync fails");
		die(server, "the journal cannot be synced");
		return;
	}
	while ((link = list_take_first(&journal->syncing)) != NULL) {
		struct command *command = container_of(link, struct command, link);

		if (command->is_new)
			count(server);
		loop_post(command->loop, &command->answer);
	}
}

static enum actor_result
journal_step(struct actor *actor, struct actor_event *actor_event)
{
	struct server *server = container_of(actor, struct server, journal.actor);
	struct journal *journal = &server->journal;
	struct event *event = container_of(actor_event, struct event, event);
	struct command *command;
	struct list *link;

	sim_check(server->bank->sim, !journal->inside, "two are inside the journal");
	journal->inside = true;
	switch (event->type) {
	case EVENT_FLUSH:
		journal->flush_posted = false;
		while ((link = list_take_first(&journal->unsynced)) != NULL)
			list_append(&journal->syncing, link);
		workers_submit(server->world->workers, &journal->sync);
		journal->inside = false;
		return ACTOR_BUSY;
	case EVENT_SYNCED:
		journal_synced(server);
		break;
	default:
		command = container_of(event, struct command, event);
		command->answer.run = answer;
		journal_append(server, command);
	}
	journal->inside = false;
	return ACTOR_DONE;
}

static enum actor_result
counter_step(struct actor *actor, struct actor_event *actor_event)
{
	struct server *server = container_of(actor, struct server, counter);

	sim_check(server->bank->sim, loop_current() == server->world->control,
	    "a pinned actor is stepped elsewhere");
	server->counted++;
	free(container_of(actor_event, struct event, event));
	return ACTOR_DONE;
}

/* --------------------------------------------------------------- recovery */

static bool
record_is_whole(const uint8_t *bytes, int64_t position)
{
	struct reader in;
	uint32_t check;

	reader_init(&in, slice_of(bytes, ACTORS_RECORD_SIZE));
	if (reader_uint32(&in) != RECORD_MAGIC)
		return false;
#ifdef CANARY_SIM_SKIP_TORN_CHECK
	(void)check;
	(void)position;
	return true;
#endif
	check = reader_uint32(&in);
	if (check != record_check(bytes + 8, ACTORS_RECORD_SIZE - 8))
		return false;
	reader_skip(&in, 32);
	return reader_int64(&in) == position;
}

static void
replay_record(struct server *server, const uint8_t *bytes)
{
	struct reader in;
	uint32_t sender, account;
	uint64_t sequence;

	reader_init(&in, slice_of(bytes + 8, ACTORS_RECORD_SIZE - 8));
	sender = reader_uint32(&in);
	account = reader_uint32(&in);
	sequence = (uint64_t)reader_int64(&in);
	if (sender >= ACTORS_SENDERS || account >= ACTORS_ACCOUNTS) {
		sim_fail(server->bank->sim, "%s: a record of nobody", server->process->name);
		return;
	}
	sim_check(server->bank->sim, sequence == server->accounts[account].last[sender] + 1,
	    "%s: sender %u account %u: record %d follows %d", server->process->name, sender, account,
	    (int)sequence, (int)server->accounts[account].last[sender]);
	server->accounts[account].last[sender] = sequence;
	server->accounts[account].balance += reader_int64(&in);
}

/* What is on the disk, not what the cache pretends: a sync may have failed before. */
static enum error
replay(struct server *server)
{
	struct journal *journal = &server->journal;
	uint8_t record[ACTORS_RECORD_SIZE];
	struct disk_file *direct;
	size_t got = 0;
	enum error error = disk_open(server->world->disk, "/data/journal", DISK_READ | DISK_DIRECT,
	    &direct);

	if (error != ERROR_NONE)
		return error;
	for (;;) {
		error = disk_read(direct, record, sizeof(record), journal->end, &got);
		if (error != ERROR_NONE || got < sizeof(record) ||
		    !record_is_whole(record, journal->end))
			break;
		replay_record(server, record);
		journal->end += ACTORS_RECORD_SIZE;
	}
	if (error == ERROR_NONE && got > 0)
		sim_mark(server->bank->sim, "a torn record is cut");
	if (disk_close(direct) != ERROR_NONE)
		return ERROR_IO;
	return error;
}

static enum error
open_journal(struct server *server)
{
	struct journal *journal = &server->journal;
	struct disk *disk = server->world->disk;
	enum error error = disk_make_directory(disk, "/data");

	if (error != ERROR_NONE && error != ERROR_EXISTS)
		return error;
	error = disk_lock(disk, "/data/.lock", &server->lock);
	if (error == ERROR_NONE)
		error = disk_open(disk, "/data/journal", DISK_READ | DISK_WRITE | DISK_CREATE,
		    &journal->file);
	if (error == ERROR_NONE)
		error = disk_sync(journal->file);
	if (error == ERROR_NONE)
		error = disk_sync_directory(disk, "/data");
	if (error == ERROR_NONE)
		error = disk_sync_directory(disk, "/");
	if (error == ERROR_NONE)
		error = replay(server);
	if (error == ERROR_NONE)
		error = disk_truncate(journal->file, journal->end);
	if (error == ERROR_NONE)
		error = disk_sync(journal->file);
	return error;
}

static void
check_recovered(struct server *server)
{
	struct bank *bank = server->bank;

	for (int a = 0; a < ACTORS_ACCOUNTS; a++) {
		struct account *account = &server->accounts[a];

		for (int s = 0; s < ACTORS_SENDERS; s++) {
			sim_check(bank->sim, account->last[s] >= bank->acknowledged[s][a],
			    "%s: sender %d account %d: %d was acknowledged, %d is there",
			    server->process->name, s, a, (int)bank->acknowledged[s][a],
			    (int)account->last[s]);
			sim_check(bank->sim, account->last[s] <= bank->issued[s][a],
			    "%s: a command is there that nobody issued", server->process->name);
		}
		sim_check(bank->sim, account->balance == bank_balance((uint64_t)a, account->last),
		    "%s: account %d has a wrong balance", server->process->name, a);
	}
}

/* ------------------------------------------------------------------ life */

/* From the control loop, which never steps an account itself. */
static void
tick(struct timer *timer)
{
	struct server *server = container_of(timer, struct server, tick);

	for (int a = 0; a < ACTORS_ACCOUNTS; a++) {
		struct account *account = &server->accounts[a];

		if (account->tick_under_way)
			continue;
		account->tick_under_way = true;
		actor_post(&account->actor, &account->tick.event);
	}
	timer_start(server->world->control, timer,
	    clock_monotonic_us(server->world->clock) + TICK_US);
}

static void
make_actors(struct server *server)
{
	struct world *world = server->world;
	struct journal *journal = &server->journal;

	for (int a = 0; a < ACTORS_ACCOUNTS; a++) {
		struct account *account = &server->accounts[a];

		account->server = server;
		account->number = (uint64_t)a;
		account->tick.type = EVENT_TICK;
		actor_init(&account->actor, world->loops[a % world->loop_count], false, account_step);
	}
	actor_init(&journal->actor, world->loops[0], false, journal_step);
	actor_init(&server->counter, world->control, true, counter_step);
	journal->flush.type = EVENT_FLUSH;
	journal->synced.type = EVENT_SYNCED;
	journal->sync.run = sync_run;
	journal->sync.done = sync_done;
	journal->sync.loop = world->loops[0];
	journal->sync.queue = journal;
	list_init(&journal->unsynced);
	list_init(&journal->syncing);
}

/* Each data loop accepts for itself; this carries the call there. */
struct begin {
	struct loop_message message;
	struct server *server;
};

static void
begin_accepting(struct loop_message *message)
{
	struct begin *begin = container_of(message, struct begin, message);
	struct server *server = begin->server;

	if (net_accept_on(server->listener, loop_current(), &server->acceptor) != ERROR_NONE)
		die(server, "nobody can be accepted");
	free(begin);
}

void
bank_server_boot(struct sim_process *process)
{
	struct server *server = memory_new(sizeof(*server));
	struct world *world = &process->world;
	struct net_address address = { .port = ACTORS_PORT };

	server->process = process;
	server->world = world;
	server->bank = process->scenario;
	server->acceptor.accepted = accepted;
	server->acceptor.failed = accept_failed;
	list_init(&server->sessions);
	make_actors(server);
	if (open_journal(server) != ERROR_NONE) {
		die(server, "the journal cannot be recovered");
		return;
	}
	check_recovered(server);
	if (net_listen(world->net, &address, &server->listener) != ERROR_NONE) {
		die(server, "the port cannot be listened on");
		return;
	}
	for (int i = 0; i < world->loop_count; i++) {
		struct begin *begin = memory_new(sizeof(*begin));

		begin->message.run = begin_accepting;
		begin->server = server;
		loop_post(world->loops[i], &begin->message);
	}
	timer_init(&server->tick, tick);
	tick(&server->tick);
	process->application = server;
}

void
bank_server_check(struct sim_process *process)
{
	struct server *server = process->application;
	struct bank *bank = process->scenario;

	if (server == NULL) {
		sim_fail(bank->sim, "%s is not up at the end", process->name);
		return;
	}
	check_recovered(server);
	for (int a = 0; a < ACTORS_ACCOUNTS; a++) {
		for (int s = 0; s < ACTORS_SENDERS; s++)
			sim_check(bank->sim,
			    server->accounts[a].last[s] == bank->issued[s][a],
			    "%s: a command was not applied", process->name);
	}
	sim_check(bank->sim, server->counted == server->written,
	    "%s: %d commands were written, %d counted", process->name, (int)server->written,
	    (int)server->counted);
}
