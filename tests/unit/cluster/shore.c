#include "tests/unit/cluster/shore.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

static void
sink(struct logger *logger, enum logger_level level, const char *line)
{
	struct sim_process *process = container_of(logger, struct sim_logger, logger)->process;
	struct shore_side *side = container_of(process, struct shore_side, process);
	size_t used = strlen(side->log);

	snprintf(side->log + used, sizeof(side->log) - used, "%s %s\n", logger_level_name(level),
	    line);
}

static void
boot(struct sim_process *process)
{
	struct shore_side *side = container_of(process, struct shore_side, process);
	struct shore *shore = process->scenario;
	struct net_address address = sim_coord_address(0);
	char servers[128];
	struct zk_session_options options = { .connect_string = servers,
		.session_timeout_ms = 4000, .max_in_flight = 10 };
	const char *reason;

	process->logger.logger.sink = sink;
	process->world.coord = sim_coord_attach(shore->ensemble, process);
	snprintf(servers, sizeof(servers), "%s:%d", address.host, (int)address.port);
	cr_assert_eq(zk_session_new(&process->world, &options, &side->session, &reason), ERROR_NONE);
	side->stopped = false;
}

void
shore_init(struct shore *shore, int servers)
{
	static const char *const names[SHORE_SIDES] = { "a", "b", "operator" };

	memset(shore, 0, sizeof(*shore));
	sim_init(&shore->sim, 11);
	sim_net_init(&shore->net, &shore->sim);
	shore->ensemble = sim_coord_new(&shore->sim, &(struct sim_coord_options){
		.servers = servers, .tick_us = 500000, .delay_high_us = 2000, .lag_high_us = 1000 });
	for (int i = 0; i < SHORE_SIDES; i++) {
		struct shore_side *side = &shore->sides[i];

		sim_machine_init(&side->machine, &shore->sim, &shore->net, i);
		sim_process_init(&side->process, &side->machine, names[i], i, 1, boot);
		side->process.scenario = shore;
		side->machine.wall_start_ms = 1700000000000; /* the ensemble's */
	}
	shore_start(shore, SHORE_OPERATOR);
}

void
shore_run(struct shore *shore, int64_t us)
{
	sim_run(&shore->sim, shore->sim.now_us + us);
	cr_assert_not(shore->sim.failed, "%s", shore->sim.failure);
}

void
shore_enter(struct shore *shore, int side)
{
	sim_process_enter(&shore->sides[side].process);
	loop_enter(shore->sides[side].process.world.control);
}

void
shore_leave(struct shore *shore, int side)
{
	loop_leave(shore->sides[side].process.world.control);
	sim_process_leave(&shore->sides[side].process);
}

void
shore_boot(struct shore *shore, int side)
{
	sim_process_start(&shore->sides[side].process);
	shore_run(shore, SHORE_SECOND_US / 10);
	cr_assert_not_null(shore->sides[side].session);
}

void
shore_start(struct shore *shore, int side)
{
	shore_boot(shore, side);
	shore_enter(shore, side);
	zk_session_start(shore->sides[side].session);
	shore_leave(shore, side);
	shore_run(shore, SHORE_SECOND_US);
	cr_assert(zk_session_is_established(shore->sides[side].session));
}

static void
stopped(void *context)
{
	((struct shore_side *)context)->stopped = true;
}

void
shore_stop(struct shore *shore, int number)
{
	struct shore_side *side = &shore->sides[number];

	if (side->session == NULL)
		return;
	shore_enter(shore, number);
	zk_session_stop(side->session, stopped, side);
	shore_leave(shore, number);
	shore_run(shore, SHORE_SECOND_US);
	cr_assert(side->stopped);
	shore_enter(shore, number);
	if (side->fini != NULL)
		side->fini(side);
	zk_session_free(side->session);
	shore_leave(shore, number);
	side->session = NULL;
	side->made = NULL;
	sim_process_kill(&side->process);
}

static void
bury(struct shore *shore, void *memory)
{
	cr_assert_lt(shore->grave_count, SHORE_GRAVES);
	shore->graves[shore->grave_count++] = memory;
}

void
shore_kill(struct shore *shore, int number)
{
	struct shore_side *side = &shore->sides[number];

	bury(shore, side->session);
	bury(shore, side->made);
	sim_process_kill(&side->process);
	side->session = NULL;
	side->made = NULL;
}

void
shore_fini(struct shore *shore)
{
	for (int i = 0; i < SHORE_SIDES; i++)
		shore_stop(shore, i);
	for (int i = 0; i < SHORE_SIDES; i++)
		sim_process_fini(&shore->sides[i].process);
	sim_coord_free(shore->ensemble);
	for (int i = 0; i < SHORE_SIDES; i++)
		sim_machine_fini(&shore->sides[i].machine);
	sim_net_fini(&shore->net);
	sim_fini(&shore->sim);
}

void
shore_cut(struct shore *shore, int side)
{
	sim_coord_block(shore->ensemble, side, 0, true, true);
}

void
shore_mend(struct shore *shore, int side)
{
	sim_coord_unblock(shore->ensemble, side, 0);
}

void
shore_expire(struct shore *shore, int side)
{
	shore_cut(shore, side);
	shore_run(shore, 10 * SHORE_SECOND_US);
	shore_mend(shore, side);
	shore_run(shore, 5 * SHORE_SECOND_US);
	cr_assert(zk_session_is_established(shore->sides[side].session));
}

int
shore_log_count(const struct shore *shore, int side, const char *words)
{
	int count = 0;

	for (const char *at = shore->sides[side].log; (at = strstr(at, words)) != NULL; at++)
		count++;
	return count;
}

bool
shore_has_logged(const struct shore *shore, int side, const char *words)
{
	return shore_log_count(shore, side, words) > 0;
}

/* ---------------------------------------------------------- the operator */

struct asked {
	struct zk_write write;
	bool answered;
	enum znode_error error;
};

static void
done(struct zk_call *call, const struct coord_answer *answer)
{
	struct asked *asked = container_of(call, struct asked, write.call);

	asked->answered = true;
	asked->error = answer->error;
}

static enum znode_error
write_node(struct shore *shore, const struct znode_operation *operation)
{
	struct asked asked = { .answered = false };

	shore_enter(shore, SHORE_OPERATOR);
	zk_write(shore->sides[SHORE_OPERATOR].session, &asked.write, operation, done);
	shore_leave(shore, SHORE_OPERATOR);
	for (int i = 0; i < 100 && !asked.answered; i++)
		shore_run(shore, SHORE_SECOND_US / 100);
	cr_assert(asked.answered);
	shore_run(shore, SHORE_SECOND_US / 10); /* the others have heard of it */
	return asked.error;
}

enum znode_error
shore_create(struct shore *shore, const char *path, const char *data, int32_t flags)
{
	return write_node(shore, &(struct znode_operation){ .type = ZNODE_OP_CREATE,
		.path = slice_of_text(path), .data = slice_of_text(data), .flags = flags });
}

enum znode_error
shore_set(struct shore *shore, const char *path, const char *data)
{
	return write_node(shore, &(struct znode_operation){ .type = ZNODE_OP_SET_DATA,
		.path = slice_of_text(path), .data = slice_of_text(data), .version = -1 });
}

enum znode_error
shore_delete(struct shore *shore, const char *path)
{
	return write_node(shore, &(struct znode_operation){ .type = ZNODE_OP_DELETE,
		.path = slice_of_text(path), .version = -1 });
}

bool
shore_exists(struct shore *shore, const char *path, struct znode_stat *stat)
{
	struct znode_stat other;

	return tree_exists(sim_coord_tree(shore->ensemble), slice_of_text(path),
	    stat == NULL ? &other : stat) == ZNODE_OK;
}

const char *
shore_data(struct shore *shore, const char *path)
{
	static char text[4096];
	struct tree_image image;

	if (!tree_image(sim_coord_tree(shore->ensemble), slice_of_text(path), &image))
		return "-";
	snprintf(text, sizeof(text), "%.*s", (int)image.data.size, (const char *)image.data.bytes);
	return text;
}

int32_t
shore_child_count(struct shore *shore, const char *path)
{
	struct znode_stat stat;

	return shore_exists(shore, path, &stat) ? stat.child_count : -1;
}
