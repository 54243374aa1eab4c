#include "tests/sim/actors_server.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { TICK_US = 100000 };

void
server_die(struct server *server, const char *why)
{
	log_error(server->world->logger, "%s", why);
	sim_process_kill(server->process);
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
	while (record->size < ACTORS_RECORD_SIZE)
		buffer_int8(record, (int8_t)record->size);
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
			server_die(server, "the journal cannot be written");
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
		server_die(server, "the journal cannot be synced");
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
		command->answer.run = server_answer;
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
		server_die(server, "nobody can be accepted");
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
	server->acceptor.accepted = server_accepted;
	server->acceptor.failed = server_accept_failed;
	list_init(&server->sessions);
	make_actors(server);
	if (server_open_journal(server) != ERROR_NONE) {
		server_die(server, "the journal cannot be recovered");
		return;
	}
	server_check_accounts(server);
	if (net_listen(world->net, &address, &server->listener) != ERROR_NONE) {
		server_die(server, "the port cannot be listened on");
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
	server_check_accounts(server);
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
