#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../world/check.h"
#include "client.h"
#include "session_test.h"
#include "world/guardian_private.h"

/* -------------------------------------------------------------- the expiry */

static bool
close_from_outside(struct client *client, const struct ensemble *ensemble)
{
	struct guardian_order order = { .timeout_ms = 18000, .server_count = 1,
		.servers = { { "127.0.0.1", ensemble->port } } };

	client_credentials(client, &order.credentials);
	return guardian_close_session(&order);
}

static void
expiry(struct ensemble *ensemble)
{
	struct client it;
	struct zk_session_options options = { .session_timeout_ms = 4000 };
	struct coord_credentials before, after;
	int64_t from_ms;

	client_start(&it, servers_of(ensemble, "/expiry"), &options);
	CHECK(client_comes(&it.established, 1, 10000));
	CHECK(client_create(&it, "/e", "", ZNODE_EPHEMERAL) == ZNODE_OK);
	client_credentials(&it, &before);
	from_ms = ensemble_now_ms();
	/* the client, cut off by that, may take its session back before it is closed */
	for (int i = 0; i < 10 && !client_comes(&it.established, 2, i == 0 ? 0 : 4000); i++)
		CHECK(close_from_outside(&it, ensemble));
	CHECK(it.established == 2);
	/* the server says nothing on the old connection: two thirds of the time-out pass */
	printf("closed by another, new session after %lld ms (time-out 4,000)\n", (long long)(ensemble_now_ms() - from_ms));
	CHECK(it.expired == 1);
	client_credentials(&it, &after);
	CHECK(before.session != after.session);
	CHECK(client_read(&it, COORD_EXISTS, "/e").error == ZNODE_NO_NODE);
	client_stop(&it);
}

/* ------------------------------------------------------------ the restart */

enum { SETS = 200 };

struct sets {
	struct client *client;
	struct ensemble *to_kill; /* NULL: later */
	struct zk_write writes[SETS];
	atomic_int done, wrong;
};

static struct sets *setting;

/* Each needs the one before; one may meet its own success whose reply was lost. */
static void
on_set(struct zk_call *call, const struct coord_answer *answer)
{
	int number = (int)(container_of(call, struct zk_write, call) - setting->writes);

	if (number != atomic_load(&setting->done) ||
	    (answer->error != ZNODE_OK && answer->error != ZNODE_BAD_VERSION))
		atomic_fetch_add(&setting->wrong, 1);
	atomic_fetch_add(&setting->done, 1);
}

static void
set_all(void *context)
{
	struct sets *it = context;

	if (it->to_kill != NULL) {
		/* the loop does not see it: the sends themselves fail */
		ensemble_kill(it->to_kill);
		ensemble_sleep_ms(50);
	}
	for (int i = 0; i < SETS; i++) {
		struct znode_operation operation = { .type = ZNODE_OP_SET_DATA,
			.path = slice_of_text("/n"), .data = slice_of_text("x"), .version = i };

		zk_write(it->client->session, &it->writes[i], &operation, on_set);
	}
}

static void
restart(struct ensemble *ensemble, const char *chroot, bool in_a_send)
{
	struct client it;
	int64_t from_ms;

	setting = calloc(1, sizeof(*setting));
	setting->client = &it;
	setting->to_kill = in_a_send ? ensemble : NULL;
	client_start(&it, servers_of(ensemble, chroot), NULL);
	CHECK(client_comes(&it.established, 1, 10000));
	CHECK(client_create(&it, "/n", "", 0) == ZNODE_OK);
	CHECK(client_create(&it, "/e", "", ZNODE_EPHEMERAL) == ZNODE_OK);
	client_on_loop(&it, set_all, setting);
	ensemble_kill(ensemble);
	CHECK(client_comes(&it.disconnected, 1, 10000));
	CHECK(setting->done < SETS);
	from_ms = ensemble_now_ms();
	CHECK(ensemble_restart(ensemble));
	printf("server restarted: %lld ms\n", (long long)(ensemble_now_ms() - from_ms));
	from_ms = ensemble_now_ms();
	CHECK(client_comes(&setting->done, SETS, 20000));
	printf("pending calls answered: %lld ms later\n",
	    (long long)(ensemble_now_ms() - from_ms));
	CHECK(setting->wrong == 0);
	CHECK(client_read(&it, COORD_GET_DATA, "/n").stat.version == SETS);
	CHECK(client_read(&it, COORD_EXISTS, "/e").error == ZNODE_OK);
	CHECK(it.established == 1 && it.expired == 0);
	client_stop(&it);
	free(setting);
}

/* ------------------------------------------- a connection that is taken over */

struct thief {
	struct coord_handler handler;
	struct client *client;
	struct coord_session *session;
	struct net_address server;
	struct coord_credentials credentials;
	atomic_int attached;
};

static void
on_thief(struct coord_handler *handler, enum coord_state state)
{
	if (state == COORD_CONNECTED)
		atomic_fetch_add(&container_of(handler, struct thief, handler)->attached, 1);
}

static void
steal(void *context)
{
	struct thief *it = context;
	struct coord_options options = { .servers = &it->server, .server_count = 1,
		.timeout_ms = 18000, .credentials = it->credentials };

	CHECK_ERROR(ERROR_NONE, coord_open(it->client->world->coord, &options, &it->handler,
	    &it->session));
}

static void
give_back(void *context)
{
	struct thief *it = context;

	coord_close(it->session, false);
}

static struct thief *stealing;

/* The server closes the old connection of a session that comes in by a new one. */
static void
set_all_of_stolen(void *context)
{
	client_on_loop(stealing->client, steal, stealing);
	CHECK(client_comes(&stealing->attached, 1, 10000));
	ensemble_sleep_ms(50);
	client_on_loop(stealing->client, give_back, stealing);
	set_all(context);
}

/* The sends fail, and the server is there: nothing is lost, and the session goes on. */
static void
stolen(struct ensemble *ensemble)
{
	struct client it, other;
	struct thief thief = { .handler = { .state_changed = on_thief }, .client = &other,
		.server = { "127.0.0.1", ensemble->port } };
	int64_t from_ms;

	setting = calloc(1, sizeof(*setting));
	setting->client = &it;
	stealing = &thief;
	client_start(&it, servers_of(ensemble, "/stolen"), NULL);
	client_prepare(&other, servers_of(ensemble, ""), NULL);
	CHECK(client_comes(&it.established, 1, 10000));
	CHECK(client_create(&it, "/n", "", 0) == ZNODE_OK);
	client_credentials(&it, &thief.credentials);
	from_ms = ensemble_now_ms();
	client_on_loop(&it, set_all_of_stolen, setting);
	CHECK(client_comes(&setting->done, SETS, 10000));
	printf("a connection closed by the server: all answered after %lld ms\n",
	    (long long)(ensemble_now_ms() - from_ms));
	CHECK(setting->wrong == 0 && it.expired == 0);
	CHECK(client_read(&it, COORD_GET_DATA, "/n").stat.version == SETS);
	client_begin(&other);
	client_stop(&other);
	client_stop(&it);
	free(setting);
}

/* ------------------------------------------------------------ the servers */

/* A port that takes no connection: its queue is full, and nobody accepts. */
static int
black_hole(uint16_t *port, int fillers[4])
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 0) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		abort();
	for (int i = 0; i < 4; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
	}
	*port = ntohs(address.sin_port);
	return fd;
}

static void
dead_servers(struct ensemble *ensemble)
{
	struct zk_session_options options = { .session_timeout_ms = 4000 };
	struct client it;
	char text[128];
	int fillers[4];
	uint16_t hole;
	int fd = black_hole(&hole, fillers);
	int64_t from_ms, worst_ms = 0;

	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "127.0.0.1:%u,127.0.0.1:%u", ensemble_free_port(),
		    ensemble->port);
		from_ms = ensemble_now_ms();
		client_start(&it, text, &options);
		CHECK(client_comes(&it.established, 1, 10000));
		worst_ms = MAX(worst_ms, ensemble_now_ms() - from_ms);
		client_stop(&it);
	}
	printf("established with a dead server in the list, the worst of 4: %lld ms\n",
	    (long long)worst_ms);
	worst_ms = 0;
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "127.0.0.1:%u,127.0.0.1:%u", hole, ensemble->port);
		from_ms = ensemble_now_ms();
		client_start(&it, text, &options);
		CHECK(client_comes(&it.established, 1, 10000));
		worst_ms = MAX(worst_ms, ensemble_now_ms() - from_ms);
		client_stop(&it);
	}
	printf("established with a silent server in the list, the worst of 4: %lld ms "
	    "(time-out 4,000)\n", (long long)worst_ms);
	CHECK(worst_ms < 4000);
	for (int i = 0; i < 4; i++)
		close(fillers[i]);
	close(fd);
}

/* --------------------------------------------------------- the name server */

static atomic_bool name_server_works;
static atomic_int look_ups;

static enum error
slow_resolve(struct net *net, const char *name, struct net_address *addresses, size_t capacity,
    size_t *count)
{
	(void)net;
	(void)capacity;
	atomic_fetch_add(&look_ups, 1);
	while (!atomic_load(&name_server_works))
		ensemble_sleep_ms(10);
	snprintf(addresses[0].host, sizeof(addresses[0].host), "127.0.0.1");
	*count = 1;
	return strcmp(name, "zookeeper.test") == 0 ? ERROR_NONE : ERROR_NOT_FOUND;
}

static void
slow_names(struct ensemble *ensemble)
{
	struct client it;
	struct net_ops ops;
	char text[128];

	/* the name hangs, the number is used */
	snprintf(text, sizeof(text), "zookeeper.test:%u,127.0.0.1:%u", ensemble->port,
	    ensemble->port);
	client_prepare(&it, text, NULL);
	ops = *it.world->net->ops;
	ops.resolve = slow_resolve;
	it.world->net->ops = &ops;
	client_begin(&it);
	CHECK(client_comes(&it.established, 1, 10000));
	CHECK(look_ups == 1);
	ensemble_kill(ensemble);
	CHECK(client_comes(&it.disconnected, 1, 10000));
	CHECK(ensemble_restart(ensemble));
	CHECK(client_comes(&it.connected, 2, 15000));
	CHECK(it.expired == 0 && it.established == 1 && look_ups == 1);
	atomic_store(&name_server_works, true);
	client_stop(&it);

	/* nothing but a name, whose server answers late */
	atomic_store(&name_server_works, false);
	snprintf(text, sizeof(text), "zookeeper.test:%u", ensemble->port);
	client_prepare(&it, text, NULL);
	it.world->net->ops = &ops;
	client_begin(&it);
	ensemble_sleep_ms(200);
	CHECK(it.established == 0);
	atomic_store(&name_server_works, true);
	CHECK(client_comes(&it.established, 1, 10000));
	client_stop(&it);
}

void
session_faults_test(struct ensemble *ensemble)
{
	expiry(ensemble);
	restart(ensemble, "/restart", false);
	restart(ensemble, "/send", true);
	stolen(ensemble);
	dead_servers(ensemble);
	slow_names(ensemble);
}
