#include <criterion/criterion.h>
#include <string.h>

#include "tests/sim/sim_net.h"
#include "tests/sim/sim_process.h"

enum { PORT = 9000, LATER_US = 120000000, SIZE = 5000 };

/* One end of the conversation, in static memory: the processes own none here. */
struct end {
	struct net_handler handler;
	struct net_connection *connection;
	struct net_listener *listener;
	enum error connected, error;
	bool told;
	uint8_t out[SIZE], in[SIZE];
	size_t out_size, sent, got;
};

static struct sim sim;
static struct sim_net net;
static struct sim_machine machines[2];
static struct sim_process processes[2];
static struct end ends[2]; /* client, server */
static struct net_acceptor acceptor;
static bool client_waits;
static int failures;

static void
readable(struct net_handler *handler)
{
	struct end *end = container_of(handler, struct end, handler);
	size_t got;
	enum error error = net_read(end->connection, end->in + end->got, SIZE - end->got, &got);

	end->got += got;
	if (error == ERROR_NONE || error == ERROR_WOULD_BLOCK)
		return;
	end->error = error;
	net_want(end->connection, false, false);
}

static void
writable(struct net_handler *handler)
{
	struct end *end = container_of(handler, struct end, handler);
	struct iovec part = { end->out + end->sent, end->out_size - end->sent };
	size_t written;
	enum error error = net_write(end->connection, &part, 1, &written);

	end->sent += written;
	if (error != ERROR_NONE && error != ERROR_WOULD_BLOCK)
		end->error = error;
	net_want(end->connection, true, end->error == ERROR_NONE && end->sent < end->out_size);
}

static void
connected(struct net_handler *handler, enum error error)
{
	struct end *end = container_of(handler, struct end, handler);

	cr_assert_not(end->told);
	end->told = true;
	end->connected = error;
	if (error == ERROR_NONE)
		net_want(end->connection, true, end->out_size > 0);
}

static void
accepted(struct net_acceptor *unused UNUSED, struct net_connection *connection)
{
	ends[1].connection = connection;
	net_set_handler(connection, &ends[1].handler);
	net_want(connection, true, ends[1].out_size > 0);
}

static void
failed(struct net_acceptor *unused UNUSED, enum error error)
{
	ends[1].error = error;
	failures++;
}

static void
boot_server(struct sim_process *process)
{
	struct net_address address = { .port = PORT };

	cr_assert_eq(net_listen(process->world.net, &address, &ends[1].listener), ERROR_NONE);
	acceptor.accepted = accepted;
	acceptor.failed = failed;
	cr_assert_eq(net_accept_on(ends[1].listener, process->world.control, &acceptor), ERROR_NONE);
}

static void
boot_client(struct sim_process *process)
{
	struct net_address address;

	if (client_waits)
		return;
	sim_net_address(1, PORT, &address);
	ends[0].handler.connected = connected;
	cr_assert_eq(net_connect(process->world.net, process->world.control, &address,
			 &ends[0].handler, &ends[0].connection),
	    ERROR_NONE);
}

static void
set_up(void)
{
	memset(ends, 0, sizeof(ends));
	client_waits = false;
	failures = 0;
	sim_init(&sim, 11);
	sim_net_init(&net, &sim);
	for (int i = 0; i < 2; i++) {
		ends[i].handler.readable = readable;
		ends[i].handler.writable = writable;
		for (int j = 0; j < SIZE; j++)
			ends[i].out[j] = (uint8_t)(j * 7 + i);
		sim_machine_init(&machines[i], &sim, &net, i);
		sim_process_init(&processes[i], &machines[i], i == 0 ? "client" : "server", i, 1,
		    i == 0 ? boot_client : boot_server);
	}
}

static void
tear_down(void)
{
	for (int i = 0; i < 2; i++)
		sim_process_fini(&processes[i]);
	for (int i = 0; i < 2; i++)
		sim_machine_fini(&machines[i]);
	sim_net_fini(&net);
	sim_fini(&sim);
}

/* Connections are for the loop that they live on. */
#define ON_LOOP(machine, call) \
	do { \
		loop_enter(processes[machine].world.control); \
		call; \
		loop_leave(processes[machine].world.control); \
	} while (0)

static void
start(void)
{
	sim_process_start(&processes[1]);
	sim_run(&sim, sim.now_us + 1000000);
	sim_process_start(&processes[0]);
}

static void
expect_all_arrived(void)
{
	cr_assert_eq(ends[0].connected, ERROR_NONE);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(ends[i].got, ends[1 - i].out_size);
		cr_assert_arr_eq(ends[i].in, ends[1 - i].out, ends[i].got);
	}
}

TestSuite(sim_net, .init = set_up, .fini = tear_down);

Test(sim_net, brings_all_bytes_in_order_through_a_small_buffer)
{
	net.buffer_size = 100;
	net.short_transfer = 500;
	ends[0].out_size = SIZE;
	ends[1].out_size = SIZE;
	start();
	sim_run(&sim, LATER_US);
	expect_all_arrived();
}

Test(sim_net, refuses_where_nobody_listens)
{
	sim_process_start(&processes[0]);
	sim_run(&sim, LATER_US);
	cr_assert(ends[0].told);
	cr_assert_eq(ends[0].connected, ERROR_CONNECTION_REFUSED);
}

Test(sim_net, gives_up_a_connect_to_a_machine_that_is_cut_off)
{
	sim_net_block(&net, 1, 0);
	start();
	sim_run(&sim, LATER_US);
	cr_assert_eq(ends[0].connected, ERROR_TIMED_OUT);
	cr_assert_null(ends[1].connection);
}

Test(sim_net, holds_bytes_back_while_the_way_is_blocked)
{
	start();
	sim_run(&sim, sim.now_us + 1000000);
	cr_assert_eq(ends[0].connected, ERROR_NONE);
	sim_net_block(&net, 0, 1);
	ends[0].out_size = 100;
	ON_LOOP(0, net_want(ends[0].connection, true, true));
	sim_run(&sim, sim.now_us + 5000000);
	cr_assert_eq(ends[0].sent, 100);
	cr_assert_eq(ends[1].got, 0);
	sim_net_heal(&net);
	sim_run(&sim, LATER_US);
	cr_assert_eq(ends[1].got, 100);
}

Test(sim_net, stops_a_writer_whose_reader_is_slow)
{
	net.buffer_size = 1000;
	ends[0].out_size = SIZE;
	start();
	sim_run(&sim, sim.now_us + 100);
	while (ends[1].connection == NULL)
		sim_run(&sim, sim.now_us + 10);
	ON_LOOP(1, net_want(ends[1].connection, false, false));
	sim_run(&sim, LATER_US);
	cr_assert_leq(ends[0].sent, 1000 + ends[1].got);
}

Test(sim_net, tells_of_the_end_after_the_last_byte)
{
	ends[0].out_size = 300;
	start();
	sim_run(&sim, sim.now_us + 1000000);
	ON_LOOP(0, net_close(ends[0].connection));
	sim_run(&sim, LATER_US);
	cr_assert_eq(ends[1].got, 300);
	cr_assert_eq(ends[1].error, ERROR_END_OF_STREAM);
}

Test(sim_net, tells_of_a_reset)
{
	start();
	sim_run(&sim, sim.now_us + 1000000);
	ON_LOOP(0, net_reset(ends[0].connection));
	sim_run(&sim, LATER_US);
	cr_assert_eq(ends[1].error, ERROR_CONNECTION_RESET);
}

Test(sim_net, closes_the_connections_of_a_killed_process)
{
	start();
	sim_run(&sim, sim.now_us + 1000000);
	sim_process_kill(&processes[1]);
	sim_run(&sim, LATER_US);
	cr_assert_eq(ends[0].error, ERROR_END_OF_STREAM);
}

Test(sim_net, leaves_the_connections_of_a_machine_without_power_half_open)
{
	start();
	sim_run(&sim, sim.now_us + 1000000);
	sim_process_power_cut(&processes[1], SIM_DISK_KEEP_NOTHING);
	sim_run(&sim, sim.now_us + 60000000);
	cr_assert_eq(ends[0].error, ERROR_NONE);
	ends[0].out_size = 10;
	ON_LOOP(0, net_want(ends[0].connection, true, true));
	sim_run(&sim, sim.now_us + 60000000);
	cr_assert_eq(ends[0].error, ERROR_TIMED_OUT);
}

Test(sim_net, resets_what_a_machine_does_not_remember)
{
	start();
	sim_run(&sim, sim.now_us + 1000000);
	sim_process_power_cut(&processes[1], SIM_DISK_KEEP_NOTHING);
	sim_process_start(&processes[1]);
	ends[0].out_size = 10;
	ON_LOOP(0, net_want(ends[0].connection, true, true));
	sim_run(&sim, LATER_US);
	cr_assert_eq(ends[0].error, ERROR_CONNECTION_RESET);
}

Test(sim_net, sends_a_file_from_the_disk)
{
	struct disk_file *file;
	size_t size;

	start();
	sim_run(&sim, sim.now_us + 1000000);
	cr_assert_eq(disk_open(processes[0].world.disk, "a", DISK_READ | DISK_WRITE | DISK_CREATE,
			 &file),
	    ERROR_NONE);
	cr_assert_eq(disk_write(file, "content", 7, 0, &size), ERROR_NONE);
	loop_enter(processes[0].world.control);
	cr_assert_eq(net_send_file(ends[0].connection, file, 3, 100, &size), ERROR_NONE);
	cr_assert_eq(size, 4);
	cr_assert_eq(net_send_file(ends[0].connection, file, 7, 1, &size), ERROR_END_OF_STREAM);
	loop_leave(processes[0].world.control);
	sim_run(&sim, LATER_US);
	cr_assert_eq(ends[1].got, 4);
	cr_assert_arr_eq(ends[1].in, "tent", 4);
}

Test(sim_net, takes_one_listener_a_port)
{
	struct net_listener *second;
	struct net_address address = { .port = PORT };

	client_waits = true;
	start();
	cr_assert_eq(net_listen(processes[1].world.net, &address, &second), ERROR_ADDRESS_IN_USE);
	cr_assert_eq(net_listen(processes[0].world.net, &address, &second), ERROR_NONE);
	address.port = 0;
	cr_assert_eq(net_listen(processes[0].world.net, &address, &second), ERROR_NONE);
	cr_assert_neq(second->address.port, 0);
}

Test(sim_net, keeps_connections_until_somebody_accepts)
{
	start();
	sim_run(&sim, sim.now_us + 10);
	ON_LOOP(1, net_stop_accepting(ends[1].listener, processes[1].world.control));
	sim_run(&sim, sim.now_us + 1000000);
	cr_assert_eq(ends[0].connected, ERROR_NONE);
	cr_assert_null(ends[1].connection);
	loop_enter(processes[1].world.control);
	cr_assert_eq(net_accept_on(ends[1].listener, processes[1].world.control, &acceptor),
	    ERROR_NONE);
	loop_leave(processes[1].world.control);
	sim_run(&sim, LATER_US);
	cr_assert_not_null(ends[1].connection);
}

Test(sim_net, knows_its_addresses)
{
	struct net_address peer, local, found;
	size_t count;

	start();
	sim_run(&sim, sim.now_us + 1000000);
	ON_LOOP(1, net_peer(ends[1].connection, &peer));
	ON_LOOP(0, net_local(ends[0].connection, &local));
	cr_assert_str_eq(peer.host, "10.0.0.1");
	cr_assert_eq(peer.port, local.port);
	cr_assert_eq(net_resolve(processes[0].world.net, "10.0.0.2", &found, 1, &count), ERROR_NONE);
	cr_assert_str_eq(found.host, "10.0.0.2");
	cr_assert_eq(net_resolve(processes[0].world.net, "nobody", &found, 1, &count),
	    ERROR_NOT_FOUND);
}

Test(sim_net, closes_what_it_cannot_accept_and_tells_of_it_once)
{
	net.refuse_accept = 1000;
	start();
	sim_run(&sim, sim.now_us + 5000000);
	cr_assert_eq(ends[0].error, ERROR_END_OF_STREAM);
	cr_assert_eq(failures, 1);
	ON_LOOP(0, net_close(ends[0].connection));
	ends[0].told = false;
	ON_LOOP(0, boot_client(&processes[0]));
	sim_run(&sim, sim.now_us + 5000000);
	cr_assert(ends[0].told);
	cr_assert_null(ends[1].connection);
	cr_assert_eq(failures, 1);
}

static void
connect_and_send_through_a_cut(int from, int to)
{
	start();
	sim_run(&sim, sim.now_us + 1000000);
	cr_assert_eq(ends[0].connected, ERROR_NONE);
	sim_net_block(&net, from, to);
	ends[0].out_size = 100;
	ON_LOOP(0, net_want(ends[0].connection, true, true));
}

Test(sim_net, gives_up_when_nobody_says_that_its_bytes_came)
{
	connect_and_send_through_a_cut(1, 0);
	sim_run(&sim, sim.now_us + 5000000);
	cr_assert_eq(ends[1].got, 100);
	cr_assert_eq(ends[0].error, ERROR_NONE);
	sim_run(&sim, LATER_US);
	cr_assert_eq(ends[0].error, ERROR_TIMED_OUT);
}

Test(sim_net, resets_who_writes_to_a_peer_that_has_given_up)
{
	connect_and_send_through_a_cut(0, 1);
	sim_run(&sim, sim.now_us + 30000000);
	cr_assert_eq(ends[0].error, ERROR_TIMED_OUT);
	ON_LOOP(0, net_close(ends[0].connection));
	sim_net_heal(&net);
	sim_run(&sim, sim.now_us + 1000000);
	cr_assert_eq(ends[1].error, ERROR_NONE, "nothing told it");
	ends[1].out_size = 100;
	ON_LOOP(1, net_want(ends[1].connection, true, true));
	sim_run(&sim, LATER_US);
	cr_assert_eq(ends[1].error, ERROR_CONNECTION_RESET);
}

Test(sim_net, brings_what_was_written_before_a_close_when_the_cut_is_short)
{
	connect_and_send_through_a_cut(0, 1);
	sim_run(&sim, sim.now_us + 1000000);
	cr_assert_eq(ends[0].sent, 100);
	ON_LOOP(0, net_close(ends[0].connection));
	sim_run(&sim, sim.now_us + 1000000);
	sim_net_heal(&net);
	sim_run(&sim, sim.now_us + 1000000);
	cr_assert_eq(ends[1].got, 100);
	cr_assert_eq(ends[1].error, ERROR_END_OF_STREAM);
}

Test(sim_net, a_clog_is_over_when_all_is_healed)
{
	start();
	sim_run(&sim, sim.now_us + 1000000);
	sim_net_clog(&net, 0, 1, 60000000);
	ends[0].out_size = 100;
	ON_LOOP(0, net_want(ends[0].connection, true, true));
	sim_run(&sim, sim.now_us + 1000000);
	cr_assert_eq(ends[1].got, 0);
	sim_net_heal(&net);
	sim_run(&sim, sim.now_us + 1000000);
	cr_assert_eq(ends[1].got, 100);
}

static uint64_t
hash_of_sending(uint8_t byte)
{
	ends[0].out[50] = byte;
	ends[0].out_size = 100;
	start();
	sim_run(&sim, LATER_US);
	expect_all_arrived();
	return sim.hash;
}

Test(sim_net, gives_another_hash_to_other_bytes)
{
	uint64_t hash = hash_of_sending(1);

	tear_down();
	set_up();
	cr_assert_eq(hash_of_sending(1), hash);
	tear_down();
	set_up();
	cr_assert_neq(hash_of_sending(2), hash);
}
