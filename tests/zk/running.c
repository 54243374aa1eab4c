#include "tests/zk/running.h"

#include <semaphore.h>
#include <stdlib.h>

#include "base/memory.h"
#include "world/world_posix.h"
#include "zk/server/store_lmdb.h"

struct running {
	struct loop_message message;
	struct world *world;
	struct store *own_store; /* NULL: somebody else's */
	struct zk_server *server;
	enum error error;
	sem_t happened;
};

static void
start_on_loop(struct loop_message *message)
{
	struct running *running = container_of(message, struct running, message);

	running->error = zk_server_start(running->server);
	sem_post(&running->happened);
}

static void
stopped(void *context)
{
	struct running *running = context;

	sem_post(&running->happened);
}

static void
stop_on_loop(struct loop_message *message)
{
	struct running *running = container_of(message, struct running, message);

	zk_server_stop(running->server, stopped, running);
}

static void
run_on_loop(struct running *running, void (*run)(struct loop_message *message))
{
	running->message.run = run;
	loop_post(running->world->control, &running->message);
	while (sem_wait(&running->happened) != 0)
		continue;
}

static void
take_down(struct running *running)
{
	if (running->server != NULL)
		zk_server_close(running->server);
	if (running->world != NULL)
		world_posix_free(running->world);
	if (running->own_store != NULL)
		store_lmdb_close(running->own_store);
	sem_destroy(&running->happened);
	free(running);
}

struct running *
running_start_on(const struct zk_server_options *options, struct store *store,
    struct logger *logger)
{
	struct running *running = memory_new(sizeof(*running));

	sem_init(&running->happened, 0, 0);
	running->world = world_posix_new(1, 1, logger);
	if (running->world != NULL && zk_server_open(running->world, running->world->control,
	    options, store, &running->server) == ERROR_NONE) {
		run_on_loop(running, start_on_loop);
		if (running->error == ERROR_NONE)
			return running;
	}
	take_down(running);
	return NULL;
}

struct running *
running_start(const struct zk_server_options *options, const char *folder, struct logger *logger)
{
	struct running *running;
	struct store *store;

	if (store_lmdb_open(folder, logger, &store) != ERROR_NONE)
		return NULL;
	running = running_start_on(options, store, logger);
	if (running == NULL)
		store_lmdb_close(store);
	else
		running->own_store = store;
	return running;
}

uint16_t
running_port(const struct running *running)
{
	return zk_server_port(running->server);
}

void
running_stop(struct running *running)
{
	run_on_loop(running, stop_on_loop);
	take_down(running);
}
