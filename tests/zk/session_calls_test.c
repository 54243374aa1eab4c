#include <stdio.h>
#include <stdlib.h>

#include "../world/check.h"
#include "client.h"
#include "session_test.h"

static void
chroot_and_calls(struct ensemble *ensemble)
{
	struct client plain, rooted;
	struct client_answer answer;

	client_start(&plain, servers_of(ensemble, ""), NULL);
	CHECK(client_comes(&plain.established, 1, 10000));
	CHECK(client_read(&plain, COORD_EXISTS, "/klamm").error == ZNODE_NO_NODE);
	client_start(&rooted, servers_of(ensemble, "/klamm/test"), NULL);
	CHECK(client_comes(&rooted.established, 1, 10000));
	CHECK(client_read(&plain, COORD_EXISTS, "/klamm/test").error == ZNODE_OK);

	CHECK(client_create(&rooted, "/a", "one", 0) == ZNODE_OK);
	CHECK(client_create(&rooted, "/a", "one", 0) == ZNODE_NODE_EXISTS);
	CHECK(client_create(&rooted, "/none/b", "", 0) == ZNODE_NO_NODE);
	answer = client_read(&plain, COORD_GET_DATA, "/klamm/test/a");
	CHECK(answer.error == ZNODE_OK && strcmp(answer.data, "one") == 0);
	CHECK(client_set(&rooted, "/a", "two", 0) == ZNODE_OK);
	CHECK(client_set(&rooted, "/a", "three", 0) == ZNODE_BAD_VERSION);
	answer = client_read(&rooted, COORD_GET_DATA, "/a");
	CHECK(strcmp(answer.data, "two") == 0 && answer.stat.version == 1);
	answer = client_read(&rooted, COORD_GET_CHILDREN, "/");
	CHECK(answer.error == ZNODE_OK && answer.child_count == 1);
	CHECK(client_read(&rooted, COORD_SYNC, "/").error == ZNODE_OK);
	answer = client_read(&rooted, COORD_GET_ACL, "/a");
	CHECK(answer.error == ZNODE_OK && answer.acl_count == 1);
	CHECK(client_read(&rooted, COORD_EXISTS, "/a//b").error == ZNODE_BAD_ARGUMENTS);
	CHECK(client_read(&rooted, COORD_EXISTS, "/a/../b").error == ZNODE_BAD_ARGUMENTS);

	struct znode_operation sequence = { .type = ZNODE_OP_CREATE,
		.path = slice_of_text("/change_"), .flags = ZNODE_SEQUENTIAL };
	answer = client_write(&rooted, &sequence, 1, false);
	CHECK(answer.error == ZNODE_OK && strcmp(answer.path, "/change_0000000001") == 0);
	CHECK(answer.stats[0].czxid > 0);
	answer = client_read(&rooted, COORD_GET_DATA, "/change_0000000001");
	CHECK(answer.error == ZNODE_OK && answer.data_is_null);
	answer = client_write(&rooted, &sequence, 1, true);
	CHECK(strcmp(answer.path, "/change_0000000002") == 0);
	client_stop(&rooted);
	client_stop(&plain);
}

static void
multis(struct ensemble *ensemble)
{
	struct client it;
	struct client_answer answer;

	client_start(&it, servers_of(ensemble, "/multi"), NULL);
	CHECK(client_create(&it, "/epoch", "1", 0) == ZNODE_OK);
	struct znode_operation good[] = {
		{ .type = ZNODE_OP_CHECK, .path = slice_of_text("/epoch"), .version = 0 },
		{ .type = ZNODE_OP_CREATE, .path = slice_of_text("/x"), .data = slice_of_text("") },
		{ .type = ZNODE_OP_SET_DATA, .path = slice_of_text("/x"),
		    .data = slice_of_text("data"), .version = 0 },
	};
	answer = client_write(&it, good, 3, true);
	CHECK(answer.error == ZNODE_OK && answer.errors[2] == ZNODE_OK);
	CHECK(answer.stats[2].version == 1 && answer.stats[2].czxid == answer.stats[2].mzxid);
	good[0].version = 7;
	good[1].path = slice_of_text("/y");
	good[2].path = slice_of_text("/y");
	answer = client_write(&it, good, 3, true);
	CHECK(answer.error == ZNODE_BAD_VERSION && answer.errors[0] == ZNODE_BAD_VERSION);
	CHECK(answer.errors[1] == ZNODE_RUNTIME_INCONSISTENCY);
	CHECK(client_read(&it, COORD_EXISTS, "/y").error == ZNODE_NO_NODE);
	good[1].path = slice_of_text("y");
	good[1].path = slice_of_text("/y/");
	CHECK(client_write(&it, good, 3, true).error == ZNODE_BAD_ARGUMENTS);
	client_stop(&it);
}

/* ---------------------------------------------------------------- watches */

struct watching {
	struct client *client;
	struct zk_watch node, children;
	atomic_int node_fired, children_fired;
};

static void
node_fired(struct zk_watch *watch, enum znode_event_type type)
{
	(void)type;
	atomic_fetch_add(&container_of(watch, struct watching, node)->node_fired, 1);
}

static void
children_fired(struct zk_watch *watch, enum znode_event_type type)
{
	(void)type;
	atomic_fetch_add(&container_of(watch, struct watching, children)->children_fired, 1);
}

static void
add_watches(void *context)
{
	struct watching *it = context;

	zk_watch_add(it->client->session, &it->node);
	zk_watch_add(it->client->session, &it->children);
}

static void
remove_watches(void *context)
{
	struct watching *it = context;

	zk_watch_remove(it->client->session, &it->node);
	zk_watch_remove(it->client->session, &it->children);
}

static void
watches(struct ensemble *ensemble)
{
	struct client it, other;
	struct watching watching = { .client = &it,
		.node = { ZK_WATCH_NODE, slice_of_text("/n"), node_fired, { 0 } },
		.children = { ZK_WATCH_CHILDREN, slice_of_text("/"), children_fired, { 0 } } };

	client_start(&it, servers_of(ensemble, "/watch"), NULL);
	client_start(&other, servers_of(ensemble, "/watch"), NULL);
	CHECK(client_comes(&it.established, 1, 10000) && client_comes(&other.established, 1, 10000));
	client_on_loop(&it, add_watches, &watching);
	CHECK(client_read(&it, COORD_EXISTS, "/n").error == ZNODE_NO_NODE);
	CHECK(client_read(&it, COORD_GET_CHILDREN, "/").error == ZNODE_OK);
	CHECK(client_create(&other, "/n", "", 0) == ZNODE_OK);
	CHECK(client_comes(&watching.node_fired, 1, 5000));
	CHECK(client_comes(&watching.children_fired, 1, 5000));
	CHECK(client_set(&other, "/n", "1", -1) == ZNODE_OK);
	CHECK(client_create(&other, "/m", "", 0) == ZNODE_OK);
	CHECK(client_read(&it, COORD_GET_DATA, "/n").error == ZNODE_OK); /* not set before this */
	CHECK(atomic_load(&watching.node_fired) == 1 && atomic_load(&watching.children_fired) == 1);
	CHECK(client_set(&other, "/n", "2", -1) == ZNODE_OK);
	CHECK(client_comes(&watching.node_fired, 2, 5000));
	client_on_loop(&it, remove_watches, &watching);
	CHECK(client_read(&it, COORD_GET_DATA, "/n").error == ZNODE_OK);
	CHECK(client_set(&other, "/n", "3", -1) == ZNODE_OK);
	CHECK(client_read(&it, COORD_GET_DATA, "/n").error == ZNODE_OK);
	CHECK(atomic_load(&watching.node_fired) == 2);
	client_stop(&other);
	client_stop(&it);
}

/* ------------------------------------------------------------------- ACLs */

static void
acls(struct ensemble *ensemble)
{
	struct zk_session_options options = { .set_acl = true,
		.digest = slice_of_text("klamm:secret") };
	struct client owner, stranger;

	client_start(&owner, servers_of(ensemble, "/acl"), &options);
	CHECK(client_comes(&owner.established, 1, 10000));
	client_start(&stranger, servers_of(ensemble, "/acl"), NULL);
	CHECK(client_create(&owner, "/config", "c", 0) == ZNODE_OK);
	CHECK(client_create(&owner, "/config/users", "secret", 0) == ZNODE_OK);
	CHECK(client_create(&owner, "/consumers", "", 0) == ZNODE_OK);
	CHECK(client_read(&owner, COORD_GET_ACL, "/config").acl_count == 2);
	CHECK(client_read(&owner, COORD_GET_ACL, "/config/users").acl_count == 1);
	CHECK(client_read(&stranger, COORD_GET_DATA, "/config").error == ZNODE_OK);
	CHECK(client_read(&stranger, COORD_GET_DATA, "/config/users").error == ZNODE_NO_AUTH);
	CHECK(client_set(&stranger, "/config", "mine", -1) == ZNODE_NO_AUTH);
	CHECK(client_set(&stranger, "/consumers", "ours", -1) == ZNODE_OK);
	CHECK(client_read(&owner, COORD_GET_DATA, "/config/users").error == ZNODE_OK);
	client_stop(&stranger);
	client_stop(&owner);
}

/* --------------------------------------------------------------- pipeline */

enum { READS = 1000 };

struct reads {
	struct client *client;
	struct zk_call calls[READS];
	atomic_int done, out_of_order, failed;
};

static struct reads *reading;

static void
on_read(struct zk_call *call, const struct coord_answer *answer)
{
	int number = (int)(call - reading->calls);

	if (answer->error != ZNODE_OK)
		atomic_fetch_add(&reading->failed, 1);
	if (number != atomic_load(&reading->done))
		atomic_fetch_add(&reading->out_of_order, 1);
	atomic_fetch_add(&reading->done, 1);
}

static void
read_all(void *context)
{
	struct reads *it = context;

	for (int i = 0; i < READS; i++)
		zk_get(it->client->session, &it->calls[i], slice_of_text("/n"), on_read);
}

static void
pipelined(struct ensemble *ensemble, int in_flight)
{
	struct zk_session_options options = { .max_in_flight = in_flight };
	struct client it;
	int64_t from_ms;

	reading = calloc(1, sizeof(*reading));
	reading->client = &it;
	client_start(&it, servers_of(ensemble, "/watch"), &options);
	CHECK(client_comes(&it.established, 1, 10000));
	from_ms = ensemble_now_ms();
	client_on_loop(&it, read_all, reading);
	CHECK(client_comes(&reading->done, READS, 10000));
	printf("%d reads, %d in flight: %lld ms\n", READS, in_flight,
	    (long long)(ensemble_now_ms() - from_ms));
	CHECK(reading->out_of_order == 0 && reading->failed == 0);
	client_stop(&it);
	free(reading);
}

/* ------------------------------------------------------------- operations */

struct work_to_do {
	struct client *client;
	struct zk_create_path create;
	struct zk_delete_tree deletion;
	struct zk_fence fence;
	enum znode_error error;
	bool fenced;
	atomic_int done;
};

static void
on_created(struct zk_create_path *create, enum znode_error error)
{
	struct work_to_do *it = container_of(create, struct work_to_do, create);

	it->error = error;
	atomic_fetch_add(&it->done, 1);
}

static void
on_deleted(struct zk_delete_tree *deletion, enum znode_error error, bool fenced)
{
	struct work_to_do *it = container_of(deletion, struct work_to_do, deletion);

	it->error = error;
	it->fenced = fenced;
	atomic_fetch_add(&it->done, 1);
}

static void
create_deep(void *context)
{
	struct work_to_do *it = context;

	zk_create_path(it->client->session, &it->create, slice_of_text("/t/partitions/0/state"),
	    slice_of_text("{}"), on_created);
}

static void
delete_all(void *context)
{
	struct work_to_do *it = context;

	zk_delete_tree(it->client->session, &it->deletion, &it->fence, slice_of_text("/t"),
	    on_deleted);
}

static void
operations(struct ensemble *ensemble)
{
	struct client it;
	struct work_to_do work = { .client = &it };

	client_start(&it, servers_of(ensemble, "/operations"), NULL);
	client_on_loop(&it, create_deep, &work);
	CHECK(client_comes(&work.done, 1, 5000) && work.error == ZNODE_OK);
	client_on_loop(&it, create_deep, &work);
	CHECK(client_comes(&work.done, 2, 5000) && work.error == ZNODE_NODE_EXISTS);
	CHECK(client_create(&it, "/t/partitions/1", "", 0) == ZNODE_OK);
	CHECK(client_create(&it, "/epoch", "1", 0) == ZNODE_OK);
	work.fence = (struct zk_fence){ slice_of_text("/epoch"), 3 };
	client_on_loop(&it, delete_all, &work);
	CHECK(client_comes(&work.done, 3, 5000) && work.error == ZNODE_BAD_VERSION && work.fenced);
	work.fence.version = 0;
	client_on_loop(&it, delete_all, &work);
	CHECK(client_comes(&work.done, 4, 5000) && work.error == ZNODE_OK);
	CHECK(client_read(&it, COORD_EXISTS, "/t").error == ZNODE_NO_NODE);
	client_on_loop(&it, delete_all, &work);
	CHECK(client_comes(&work.done, 5, 5000) && work.error == ZNODE_OK);
	client_stop(&it);
}

void
session_calls_test(struct ensemble *ensemble)
{
	chroot_and_calls(ensemble);
	multis(ensemble);
	watches(ensemble);
	acls(ensemble);
	pipelined(ensemble, 10);
	pipelined(ensemble, READS);
	operations(ensemble);
}
