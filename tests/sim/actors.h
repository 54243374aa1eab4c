/*
 * tests/sim/actors.h: a bank of small actors, for scenario `actors`. Senders
 * post commands (add an amount to an account) over the network; a server's
 * account actors apply them, its journal actor writes them ahead and
 * acknowledges them after a sync. What was acknowledged must be there after
 * any crash, applied once and in its sender's order.
 */
#ifndef KLAMM_TESTS_SIM_ACTORS_H
#define KLAMM_TESTS_SIM_ACTORS_H

#include "tests/sim/sim_net.h"
#include "tests/sim/sim_process.h"

enum {
	ACTORS_SERVERS = 2,
	ACTORS_SENDERS = 4,
	ACTORS_ACCOUNTS = 4,
	ACTORS_PORT = 7000,
	ACTORS_WORK_US = 20000000, /* commands are issued, and faults happen, so long */
	ACTORS_REQUEST_SIZE = 32,
	ACTORS_ANSWER_SIZE = 24,
	ACTORS_RECORD_SIZE = 200, /* so that many lie across sectors */
};

/* What everybody may know: which commands were issued, and acknowledged, of each server. */
struct bank {
	struct sim *sim;
	uint64_t issued[ACTORS_SENDERS][ACTORS_ACCOUNTS];
	uint64_t acknowledged[ACTORS_SENDERS][ACTORS_ACCOUNTS];
	bool slow_accounts; /* some steps wait for a worker */
};

/* What a command adds; the same whoever asks. */
int64_t bank_amount(uint64_t sender, uint64_t account, uint64_t sequence);
/* Of all commands up to `last[sender]` on the account. */
int64_t bank_balance(uint64_t account, const uint64_t last[ACTORS_SENDERS]);

/* process->scenario is its struct bank. */
void bank_server_boot(struct sim_process *process);
/* When all is quiet: everything that was issued is applied, once. */
void bank_server_check(struct sim_process *process);

/* Sends commands to one server from its own connection; lives on over restarts. */
struct sender {
	struct bank *bank;
	int number;
	int server_machine;
	uint64_t commands; /* to issue in all */
	uint64_t window;   /* unacknowledged ones at a time */
};

struct sender_group {
	struct sender senders[ACTORS_SENDERS * ACTORS_SERVERS];
	int count;
};

/* process->scenario is its struct sender_group. */
void sender_boot(struct sim_process *process);
bool sender_is_done(const struct sender *sender);

#endif
