#include "base/reader.h"
#include "tests/sim/actors_server.h"

uint32_t
record_check(const uint8_t *bytes, size_t size)
{
	uint32_t check = 0x811c9dc5;

	while (size-- > 0)
		check = (check ^ *bytes++) * 0x01000193;
	return check;
}

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

enum error
server_open_journal(struct server *server)
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

void
server_check_accounts(struct server *server)
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
