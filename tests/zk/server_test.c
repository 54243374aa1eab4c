/*
 * tests/zk/server_test: the embedded server on loopback, in this process, with
 * the real world. `server_test --speed` measures it instead.
 */
#include "tests/zk/server_test.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/world/check.h"
#include "world/lock.h"

static char log_text[1 << 16]; /* under the lock: every thread logs */
static struct lock log_lock;

static void
log_line(struct logger *logger UNUSED, enum logger_level level UNUSED, const char *line)
{
	size_t used;

	lock_take(&log_lock);
	used = strlen(log_text);
	snprintf(log_text + used, sizeof(log_text) - used, "%s\n", line);
	lock_release(&log_lock);
}

struct logger server_test_logger = { LOGGER_INFO, log_line };

bool
server_test_logged(const char *text)
{
	bool found;

	lock_take(&log_lock);
	found = strstr(log_text, text) != NULL;
	lock_release(&log_lock);
	return found;
}

struct zk_server_options
server_test_options(int64_t tick_ms)
{
	struct zk_server_options options = zk_server_options_default();

	options.address.port = 0;
	options.tick_ms = tick_ms;
	return options;
}

struct running *
server_test_start(const char *folder, int64_t tick_ms)
{
	struct zk_server_options options = server_test_options(tick_ms);
	struct running *running = folder == NULL ?
	    running_start_on(&options, NULL, &server_test_logger) :
	    running_start(&options, folder, &server_test_logger);

	if (running == NULL) {
		fputs(log_text, stderr);
		exit(2);
	}
	return running;
}

int64_t
server_test_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ------------------------------------------------------------------- frames */

static void
send_raw(struct client *client, const void *bytes, size_t size)
{
	CHECK(send(client->real.socket, bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
}

static void
frames_in_pieces(int port)
{
	struct client client = { 0 };
	struct buffer bytes = { 0 };

	CHECK(client_open(&client, port, 10000));
	for (int32_t i = 0; i < 3; i++) {
		buffer_int32(&bytes, 8);
		buffer_int32(&bytes, -2);
		buffer_int32(&bytes, OPCODE_PING);
	}
	for (size_t i = 0; i < bytes.size; i++)
		send_raw(&client, bytes.bytes + i, 1);
	send_raw(&client, bytes.bytes, bytes.size);
	for (int i = 0; i < 6; i++)
		CHECK(client_receive(&client) == 0);
	CHECK(!client_hears(&client, 20));
	buffer_fini(&bytes);
	client_cut(&client);
}

static void
frames_that_must_not_be(int port)
{
	static const int32_t sizes[] = { 1048576, INT32_MAX, -1, INT32_MIN };
	struct client other = { 0 };

	CHECK(client_open(&other, port, 10000));
	for (size_t i = 0; i < 2 * ARRAY_LENGTH(sizes); i++) {
		struct client client = { 0 };
		uint8_t size[4];

		if (i % 2 == 0)
			CHECK(client_open(&client, port, 10000));
		else
			real_open(&client.real, port);
		store_int32(size, sizes[i / 2]);
		send_raw(&client, size, sizeof(size));
		CHECK(client_receive(&client) == CLIENT_ENDED);
		client_cut(&client);
	}
	CHECK(client_ask(&other, OPCODE_PING) == 0);
	client_cut(&other);
}

static void
requests_that_must_not_be(int port)
{
	struct client client = { 0 };

	CHECK(client_open(&client, port, 10000));
	real_send(&client.real, slice_of("", 0));
	CHECK(client_receive(&client) == CLIENT_ENDED);
	client_cut(&client);
	real_open(&client.real, port);
	real_send(&client.real, slice_of("abc", 3));
	CHECK(client_receive(&client) == CLIENT_ENDED);
	client_cut(&client);
}

/* ----------------------------------------------------------------- sessions */

static void
session_comes_back(int port)
{
	struct client first = { 0 }, second = { 0 }, wrong;

	CHECK(client_open(&first, port, 10000));
	CHECK(client_create(&first, "/mine", slice_of_text("x"), ZNODE_EPHEMERAL) == 0);
	wrong = (struct client){ .session = first.session };
	CHECK(!client_open(&wrong, port, 10000));
	CHECK(wrong.session == 0 && wrong.timeout_ms == 0);
	CHECK(client_receive(&wrong) == CLIENT_ENDED);
	CHECK(client_ask(&first, OPCODE_PING) == 0);
	second.session = first.session;
	memcpy(second.password, first.password, sizeof(second.password));
	CHECK(client_open(&second, port, 10000));
	CHECK(second.session == first.session);
	CHECK(client_receive(&first) == CLIENT_ENDED);
	CHECK(client_exists(&second, "/mine") == 0);
	CHECK(client_ask(&second, OPCODE_CLOSE) == 0);
	CHECK(client_receive(&second) == CLIENT_ENDED);
	CHECK(!client_open(&first, port, 10000));
	client_cut(&first);
	client_cut(&second);
	client_cut(&wrong);
	second = (struct client){ 0 };
	CHECK(client_open(&second, port, 10000));
	CHECK(client_exists(&second, "/mine") == ZNODE_NO_NODE);
	client_cut(&second);
}

static void
session_ends_in_time(void)
{
	enum { TICK_MS = 200, TIMEOUT_MS = 1000 };
	struct running *running = server_test_start(NULL, TICK_MS);
	int port = running_port(running);
	struct client silent = { 0 }, other = { 0 };
	int64_t began_ms, took_ms;

	CHECK(client_open(&other, port, 1));
	CHECK(other.timeout_ms == 2 * TICK_MS);
	client_cut(&other);
	other = (struct client){ 0 };
	CHECK(client_open(&other, port, 1000000));
	CHECK(other.timeout_ms == 20 * TICK_MS);
	CHECK(client_open(&silent, port, TIMEOUT_MS));
	CHECK(silent.timeout_ms == TIMEOUT_MS);
	CHECK(client_create(&silent, "/silent", slice_null(), ZNODE_EPHEMERAL) == 0);
	for (int i = 0; i < 6; i++) {
		CHECK(!client_hears(&silent, TICK_MS));
		CHECK(client_ask(&silent, OPCODE_PING) == 0);
	}
	client_put_watched(&other, "/silent", true);
	CHECK(client_ask(&other, OPCODE_EXISTS) == 0);
	began_ms = server_test_now_ms();
	CHECK(client_ask(&silent, OPCODE_PING) == 0);
	CHECK(client_receive(&silent) == CLIENT_ENDED);
	took_ms = server_test_now_ms() - began_ms;
	CHECK(took_ms >= TIMEOUT_MS);
	CHECK(client_receive(&other) == CLIENT_EVENT);
	CHECK(client_exists(&other, "/silent") == ZNODE_NO_NODE);
	client_cut(&silent);
	CHECK(!client_open(&silent, port, TIMEOUT_MS));
	client_cut(&silent);
	client_cut(&other);
	running_stop(running);
}

/* ------------------------------------------------------------------- limits */

static void
slow_reader_waits(int port)
{
	enum { SIZE = 500000, READS = 200 };
	struct client slow = { 0 }, other = { 0 };
	uint8_t *data = calloc(1, SIZE);

	CHECK(client_open(&slow, port, 10000));
	CHECK(client_open(&other, port, 10000));
	CHECK(client_create(&slow, "/slow", slice_of(data, SIZE), 0) == 0);
	for (int i = 0; i < READS; i++) {
		client_put_watched(&slow, "/slow", false);
		client_send(&slow, OPCODE_GET_DATA);
	}
	for (int i = 0; i < 100; i++)
		CHECK(client_ask(&other, OPCODE_PING) == 0);
	for (int i = 0; i < READS; i++) {
		CHECK(client_receive(&slow) == 0);
		CHECK(slow.frame.size > SIZE);
	}
	CHECK(client_ask(&slow, OPCODE_PING) == 0);
	client_cut(&slow);
	client_cut(&other);
	free(data);
}

/*
 * Another's changes go on and on, and their events are not read. Sessions may be long
 * there: a slow machine shall not end this one before the server does.
 */
static void
deaf_watcher_is_closed(void)
{
	enum { PATH_SIZE = 900000, CHANGES = 120, TICK_MS = 30000, SESSION_MS = 20 * TICK_MS };
	struct running *running = server_test_start(NULL, TICK_MS);
	int port = running_port(running);
	struct client deaf = { 0 }, other = { 0 };
	char *path = calloc(1, PATH_SIZE + 1);

	memset(path, 'p', PATH_SIZE);
	path[0] = '/';
	CHECK(client_open(&deaf, port, SESSION_MS));
	CHECK(client_open(&other, port, SESSION_MS));
	jute_bytes(&deaf.body, slice_of_text("/"));
	buffer_int32(&deaf.body, 1);
	CHECK(client_ask(&deaf, OPCODE_ADD_WATCH) == 0);
	CHECK(client_create(&other, path, slice_null(), 0) == 0);
	for (int i = 0; i < CHANGES && !server_test_logged("does not read what it is sent"); i++)
		CHECK(client_set(&other, path, slice_null()) == 0);
	CHECK(server_test_logged("does not read what it is sent"));
	while (client_receive(&deaf) == CLIENT_EVENT)
		continue;
	CHECK(client_ask(&other, OPCODE_PING) == 0);
	client_cut(&deaf);
	client_cut(&other);
	free(path);
	running_stop(running);
}

static void
connections_have_a_limit(void)
{
	struct zk_server_options options = server_test_options(2000);
	struct client clients[3] = { 0 };
	struct running *running;

	options.connections = 2;
	running = running_start_on(&options, NULL, &server_test_logger);
	CHECK(client_open(&clients[0], running_port(running), 10000));
	CHECK(client_open(&clients[1], running_port(running), 10000));
	CHECK(!client_open(&clients[2], running_port(running), 10000));
	CHECK(server_test_logged("there are 2 connections"));
	client_cut(&clients[2]);
	client_cut(&clients[1]);
	do
		client_cut(&clients[2]);
	while (!client_open(&clients[2], running_port(running), 10000));
	CHECK(client_ask(&clients[0], OPCODE_PING) == 0);
	client_cut(&clients[0]);
	client_cut(&clients[2]);
	running_stop(running);
}

static void
all_tests(void)
{
	char folder[] = "/tmp/klamm-server-test-XXXXXX";
	struct running *running;

	CHECK(mkdtemp(folder) != NULL);
	running = server_test_start(folder, 2000);
	frames_in_pieces(running_port(running));
	frames_that_must_not_be(running_port(running));
	requests_that_must_not_be(running_port(running));
	session_comes_back(running_port(running));
	slow_reader_waits(running_port(running));
	deaf_watcher_is_closed();
	running_stop(running);
	session_ends_in_time();
	connections_have_a_limit();
	store_tests();
	server_test_remove(folder);
}

void
server_test_remove(const char *folder)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/data.mdb", folder);
	(void)unlink(path);
	CHECK(rmdir(folder) == 0);
}

int
main(int count, char **words)
{
	int status;

	lock_init(&log_lock);
	if (count == 2 && strcmp(words[1], "--speed") == 0) {
		speed_measure();
		status = 0;
	} else {
		all_tests();
		status = check_summary("server_test");
	}
	lock_fini(&log_lock);
	return status;
}
