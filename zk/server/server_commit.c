/* From what was gathered to what is kept. */
#include "zk/server/server_private.h"

enum { RETRY_US = 1000000 };

bool
zk_server_is_kept(const struct zk_server *server)
{
	return server->journal == NULL || (!server->is_committing && !server->is_failing &&
	    !journal_is_dirty(server->journal));
}

static void
count_latency(struct zk_server *server)
{
	struct server_statistics *statistics = &server->statistics;
	int64_t latency_us = clock_monotonic_us(server->world->clock) - server->held_since_us;

	if (server->held_answers == 0)
		return;
	statistics->answers += server->held_answers;
	statistics->latency_sum_us += latency_us * (int64_t)server->held_answers;
	statistics->latency_largest_us = MAX(statistics->latency_largest_us, latency_us);
	server->held_answers = 0;
}

static void
submit(struct zk_server *server)
{
	server->is_committing = true;
	workers_submit(server->world->workers, &server->commit);
}

static void
begin(struct zk_server *server)
{
	journal_take(server->journal, &server->bunch);
	server->held_since_us = server->gathered_since_us;
	server->held_answers = server->gathered_answers;
	server->gathered_since_us = 0;
	server->gathered_answers = 0;
	LIST_FOREACH(link, &server->connections) {
		struct connection *connection = container_of(link, struct connection, link);
		struct buffer empty = connection->held;

		connection->held = connection->gathered;
		connection->gathered = empty;
	}
	submit(server);
}

void
zk_server_commit_if_due(struct zk_server *server)
{
	if (server->journal == NULL || server->is_committing || server->is_failing ||
	    !journal_is_dirty(server->journal))
		return;
	begin(server);
}

/* On a worker. */
static void
commit(struct work *work)
{
	struct zk_server *server = container_of(work, struct zk_server, commit);

	server->commit_error = store_commit(server->store, server->bunch.changes,
	    server->bunch.count);
}

static void
release(struct zk_server *server)
{
	LIST_FOREACH(link, &server->connections) {
		struct connection *connection = container_of(link, struct connection, link);

		if (connection->held.size == 0)
			continue;
		buffer_append_slice(&connection->out, buffer_slice(&connection->held));
		buffer_clear(&connection->held);
		if (list_is_empty(&connection->to_settle))
			list_append(&server->to_settle, &connection->to_settle);
	}
}

/* Nobody may hear of what is not kept, and none of it can be taken back. */
static void
fail(struct zk_server *server)
{
	int64_t now_us = clock_monotonic_us(server->world->clock);

	if (!server->is_failing) {
		log_error(server->world->logger, "embedded ZooKeeper: cannot keep what has "
		    "changed: %s. All %zu connections are closed; it is tried again each second",
		    error_text(server->commit_error), server->connection_count);
		server->failing_since_ms = now_us / 1000;
	}
	server->is_failing = true;
	server->gathered_answers = server->held_answers = 0;
	LIST_FOREACH(link, &server->connections)
		connection_doom(container_of(link, struct connection, link));
	if (!server->is_stopping)
		timer_start(server->loop, &server->retry, now_us + RETRY_US);
}

static void
recover(struct zk_server *server)
{
	if (!server->is_failing)
		return;
	server->is_failing = false;
	leases_prolong(server->leases, zk_server_now_ms(server) - server->failing_since_ms);
	log_info(server->world->logger, "embedded ZooKeeper: what has changed is kept again");
}

static void
done(struct work *work)
{
	struct zk_server *server = container_of(work, struct zk_server, commit);

	server->is_committing = false;
	if (server->commit_error != ERROR_NONE) {
		fail(server);
	} else {
		journal_bunch_fini(&server->bunch);
		count_latency(server);
		release(server);
		recover(server);
	}
	zk_server_settle(server);
}

static void
retry(struct timer *timer)
{
	submit(container_of(timer, struct zk_server, retry));
}

void
zk_server_commit_init(struct zk_server *server)
{
	server->commit = (struct work){ .loop = server->loop, .run = commit, .done = done,
		.queue = server };
	timer_init(&server->retry, retry);
}
