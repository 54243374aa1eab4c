/* What is acknowledged is kept; what is not kept is not acknowledged. */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/world/check.h"
#include "tests/zk/server_test.h"
#include "zk/server/store_lmdb.h"

/* A store that waits until it may, and fails when it shall. */
struct slow_store {
	struct store store;
	sem_t may;
	atomic_bool fails;
	atomic_int commits;
};

static enum error
load_nothing(struct store *store UNUSED, struct store_visitor *visitor UNUSED)
{
	return ERROR_NONE;
}

static enum error
commit_slowly(struct store *store, const struct store_change *changes UNUSED, size_t count UNUSED)
{
	struct slow_store *slow = container_of(store, struct slow_store, store);

	while (sem_wait(&slow->may) != 0)
		continue;
	if (atomic_load(&slow->fails))
		return ERROR_NO_SPACE;
	atomic_fetch_add(&slow->commits, 1);
	return ERROR_NONE;
}

static const struct store_ops slow_ops = { load_nothing, commit_slowly };

static void
slow_store_init(struct slow_store *slow)
{
	slow->store.ops = &slow_ops;
	sem_init(&slow->may, 0, 0);
	atomic_init(&slow->fails, false);
	atomic_init(&slow->commits, 0);
}

static void
let_commit(struct slow_store *slow, int times)
{
	for (int i = 0; i < times; i++)
		sem_post(&slow->may);
}

static bool
open_with(struct slow_store *slow, struct client *client, int port)
{
	let_commit(slow, 1);
	return client_open(client, port, 10000);
}

static void
answers_wait_for_their_commit(void)
{
	struct zk_server_options options = server_test_options(2000);
	struct client writer = { 0 }, reader = { 0 };
	struct slow_store slow;
	struct running *running;
	int commits;

	slow_store_init(&slow);
	running = running_start_on(&options, &slow.store, &server_test_logger);
	CHECK(open_with(&slow, &writer, running_port(running)));
	CHECK(open_with(&slow, &reader, running_port(running)));
	CHECK(client_exists(&reader, "/a") == ZNODE_NO_NODE);
	client_put_create(&writer, "/a", slice_null(), 0);
	client_send(&writer, OPCODE_CREATE);
	CHECK(!client_hears(&writer, 50));
	/* Who reads may not see what could still be lost. */
	client_put_watched(&reader, "/a", false);
	client_send(&reader, OPCODE_EXISTS);
	CHECK(!client_hears(&reader, 50));
	commits = atomic_load(&slow.commits);
	for (int i = 0; i < 100; i++) {
		client_put_create(&writer, "/s", slice_null(), ZNODE_SEQUENTIAL);
		client_send(&writer, OPCODE_CREATE);
	}
	CHECK(!client_hears(&writer, 50));
	let_commit(&slow, 1);
	CHECK(client_receive(&writer) == 0 && client_receive(&reader) == 0);
	CHECK(!client_hears(&writer, 50));
	let_commit(&slow, 1);
	for (int i = 0; i < 100; i++)
		CHECK(client_receive(&writer) == 0);
	CHECK(atomic_load(&slow.commits) == commits + 2);
	client_cut(&writer);
	client_cut(&reader);
	let_commit(&slow, 10);
	running_stop(running);
	sem_destroy(&slow.may);
}

static void
nothing_is_acknowledged_that_is_not_kept(void)
{
	struct zk_server_options options = server_test_options(2000);
	struct client writer = { 0 }, reader = { 0 };
	struct slow_store slow;
	struct running *running;

	slow_store_init(&slow);
	running = running_start_on(&options, &slow.store, &server_test_logger);
	let_commit(&slow, 1000);
	CHECK(client_open(&writer, running_port(running), 10000));
	CHECK(client_open(&reader, running_port(running), 10000));
	atomic_store(&slow.fails, true);
	CHECK(client_create(&writer, "/a", slice_null(), 0) == CLIENT_ENDED);
	CHECK(client_receive(&reader) == CLIENT_ENDED);
	CHECK(server_test_logged("cannot keep what has changed: no space left on device"));
	real_close(&reader.real);
	CHECK(!client_open(&reader, running_port(running), 10000));
	atomic_store(&slow.fails, false);
	while (!client_open(&reader, running_port(running), 10000))
		real_close(&reader.real);
	CHECK(server_test_logged("is kept again"));
	/* Not acknowledged is not the same as not done. */
	CHECK(client_exists(&reader, "/a") == 0);
	CHECK(client_create(&reader, "/b", slice_null(), 0) == 0);
	client_cut(&writer);
	client_cut(&reader);
	running_stop(running);
	sem_destroy(&slow.may);
}

static void
sessions_outlive_a_stop(void)
{
	char folder[] = "/tmp/klamm-server-store-XXXXXX";
	struct zk_server_options options = server_test_options(2000);
	struct client client = { 0 }, stranger = { 0 };
	char path[3000];
	struct running *running;

	CHECK(mkdtemp(folder) != NULL);
	running = server_test_start(folder, 2000);
	CHECK(running_start(&options, folder, &server_test_logger) == NULL);
	CHECK(server_test_logged("another process is using it"));
	CHECK(client_open(&client, running_port(running), 10000));
	CHECK(client_create(&client, "/kept", slice_of_text("data"), ZNODE_EPHEMERAL) == 0);
	/* Too long for a key of the database, each longer than its parent. */
	for (size_t size = 500; size < sizeof(path); size += 500) {
		memset(path, 'x', size);
		path[size] = '\0';
		for (size_t at = 0; at < size; at += 490)
			path[at] = '/';
		for (size_t at = 490; at < size; at += 490) {
			path[at] = '\0';
			(void)client_create(&client, path, slice_null(), 0);
			path[at] = '/';
		}
		CHECK(client_create(&client, path, slice_of_text("long"), 0) == 0);
	}
	running_stop(running);
	CHECK(client_receive(&client) == CLIENT_ENDED);
	real_close(&client.real);
	running = server_test_start(folder, 2000);
	stranger.session = client.session;
	CHECK(!client_open(&stranger, running_port(running), 10000));
	CHECK(client_open(&client, running_port(running), 10000));
	CHECK(client_exists(&client, "/kept") == 0);
	CHECK(client_exists(&client, path) == 0);
	CHECK(client_ask(&client, OPCODE_CLOSE) == 0);
	client_cut(&client);
	client_cut(&stranger);
	running_stop(running);
	running = server_test_start(folder, 2000);
	client = (struct client){ 0 };
	CHECK(client_open(&client, running_port(running), 10000));
	CHECK(client_exists(&client, "/kept") == ZNODE_NO_NODE);
	client_cut(&client);
	running_stop(running);
	server_test_remove(folder);
}

/* More than the database's first map holds, in values of a mebibyte. */
static void
the_database_grows(void)
{
	enum { SIZE = 1000000, NODES = 40 };
	char folder[] = "/tmp/klamm-server-grow-XXXXXX", path[16];
	struct client client = { 0 };
	uint8_t *data = memory_new(SIZE);
	struct running *running;

	CHECK(mkdtemp(folder) != NULL);
	running = server_test_start(folder, 2000);
	CHECK(client_open(&client, running_port(running), 10000));
	for (int i = 0; i < NODES; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		CHECK(client_create(&client, path, slice_of(data, SIZE), 0) == 0);
	}
	client_cut(&client);
	running_stop(running);
	running = server_test_start(folder, 2000);
	client = (struct client){ 0 };
	CHECK(client_open(&client, running_port(running), 10000));
	for (int i = 0; i < NODES; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		client_put_watched(&client, path, false);
		CHECK(client_ask(&client, OPCODE_GET_DATA) == 0 && client.frame.size > SIZE);
	}
	client_cut(&client);
	running_stop(running);
	server_test_remove(folder);
	free(data);
}

static bool
all_are_there(struct client *client, int nodes)
{
	char path[16];
	bool all = true;

	for (int i = 0; i < nodes; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		all = all && client_exists(client, path) == 0;
	}
	return all;
}

/* How many nodes were acknowledged before the connection was closed. */
static int
fill(struct client *client)
{
	enum { SIZE = 50000 };
	uint8_t *data = memory_new(SIZE);
	int nodes = 0, answer = 0;
	char path[16];

	while (answer == 0 && nodes < 1000) {
		snprintf(path, sizeof(path), "/%d", nodes);
		answer = client_create(client, path, slice_of(data, SIZE), 0);
		nodes += answer == 0;
	}
	CHECK(answer == CLIENT_ENDED);
	free(data);
	return nodes;
}

static void
fill_and_recover(const char *folder, const char *disk)
{
	struct running *running = server_test_start(folder, 2000);
	struct client client = { 0 }, again = { 0 };
	int nodes;

	CHECK(client_open(&client, running_port(running), 10000));
	nodes = fill(&client);
	CHECK(nodes > 5 && nodes < 1000);
	CHECK(server_test_logged("cannot be written: No space left on device"));
	CHECK(!client_open(&again, running_port(running), 10000));
	CHECK(mount(NULL, disk, NULL, MS_REMOUNT, "size=16m") == 0);
	while (!client_open(&again, running_port(running), 10000))
		real_close(&again.real);
	CHECK(all_are_there(&again, nodes));
	CHECK(client_create(&again, "/after", slice_null(), 0) == 0);
	client_cut(&client);
	client_cut(&again);
	running_stop(running);
	running = server_test_start(folder, 2000);
	again = (struct client){ 0 };
	CHECK(client_open(&again, running_port(running), 10000));
	CHECK(all_are_there(&again, nodes) && client_exists(&again, "/after") == 0);
	client_cut(&again);
	running_stop(running);
}

static void
a_full_disk_is_no_lie(void)
{
	char disk[] = "/tmp/klamm-server-full-XXXXXX", folder[64];

	CHECK(mkdtemp(disk) != NULL);
	if (mount("klamm", disk, "tmpfs", 0, "size=1m") != 0) {
		printf("SKIP server_test/full_disk it takes root to mount a small file system\n");
	} else {
		snprintf(folder, sizeof(folder), "%s/data", disk);
		fill_and_recover(folder, disk);
		CHECK(umount(disk) == 0);
	}
	CHECK(rmdir(disk) == 0);
}

static void
damage_is_told(void)
{
	static const struct store_change damaged = { { (const uint8_t *)"n/a/b", 5 },
		{ (const uint8_t *)"junk", 4 } };
	char folder[] = "/tmp/klamm-server-damage-XXXXXX";
	struct zk_server_options options = server_test_options(2000);
	struct store *store;

	CHECK(mkdtemp(folder) != NULL);
	CHECK_ERROR(ERROR_NONE, store_lmdb_open(folder, &server_test_logger, &store));
	CHECK_ERROR(ERROR_NONE, store_commit(store, &damaged, 1));
	store_lmdb_close(store);
	CHECK(running_start(&options, folder, &server_test_logger) == NULL);
	CHECK(server_test_logged("its data cannot be read"));
	server_test_remove(folder);
}

void
store_tests(void)
{
	answers_wait_for_their_commit();
	nothing_is_acknowledged_that_is_not_kept();
	sessions_outlive_a_stop();
	the_database_grows();
	a_full_disk_is_no_lie();
	damage_is_told();
}
