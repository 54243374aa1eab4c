/*
 * tests/sim/sim_net.h: TCP streams between simulated machines. Bytes keep
 * their order in a connection and are cut anywhere; buffers are bounded, so a
 * slow reader stops its writer. Machines can be cut from each other, one way
 * or both: nothing is lost then, it waits, and connections time out. A killed
 * process' connections are closed by its system; those of a machine without
 * power are half open until their peers hear of it.
 */
#ifndef KLAMM_TESTS_SIM_SIM_NET_H
#define KLAMM_TESTS_SIM_SIM_NET_H

#include "tests/sim/sim.h"
#include "world/net.h"

enum { SIM_MACHINES_MAX = 32 };

struct sim_machine;
struct sim_process;
struct sim_net_end;

struct sim_net {
	struct sim *sim;
	/* Knobs; chances are of 1,000. */
	int64_t delay_low_us, delay_high_us;
	int64_t give_up_us;  /* an unanswered connect, or data that nobody acknowledges */
	int short_transfer;  /* a read or write takes a part */
	int cut;             /* a delivery resets its connection */
	int refuse_accept;   /* an accept fails with ERROR_TOO_MANY_FILES, the connection is closed */
	size_t buffer_size;  /* of each direction */
	size_t copied_bytes; /* what each process finds in its struct net */

	/* Private. */
	struct sim_machine *machines[SIM_MACHINES_MAX];
	struct list ends, streams;
	uint64_t next_stream;
	uint16_t next_port;
	bool blocked[SIM_MACHINES_MAX][SIM_MACHINES_MAX];
	int64_t clogged_until_us[SIM_MACHINES_MAX][SIM_MACHINES_MAX];
};

void sim_net_init(struct sim_net *net, struct sim *sim);
/* After its ends. */
void sim_net_fini(struct sim_net *net);

/* Nothing arrives from machine `from` at machine `to`. */
void sim_net_block(struct sim_net *net, int from, int to);
void sim_net_block_both(struct sim_net *net, int a, int b);
/* What goes that way arrives only after `us`. */
void sim_net_clog(struct sim_net *net, int from, int to, int64_t us);
/* All ways are open, and what waited goes on. */
void sim_net_heal(struct sim_net *net);
/* Resets all connections between two machines. */
void sim_net_reset_between(struct sim_net *net, int a, int b);

/* A process' place in the network. */
struct sim_net_end *sim_net_end_new(struct sim_process *process);
struct net *sim_net_end_port(struct sim_net_end *end);
/*
 * The process is dead: its connections are closed, or, without power, vanish.
 * What it does with them from now on has no effect.
 */
void sim_net_end_kill(struct sim_net_end *end, bool power_cut);
void sim_net_end_free(struct sim_net_end *end);

/* "10.0.0.(machine + 1)". */
void sim_net_address(int machine, uint16_t port, struct net_address *address);

#endif
