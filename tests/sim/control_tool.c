/* What people and old tools have been seen to write into ZooKeeper. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tests/sim/control.h"

enum { TEXT_SIZE = 256 };

struct tool_write {
	struct zk_write write;
	char path[TEXT_SIZE];
	char data[TEXT_SIZE];
};

static void
on_written(struct zk_call *call, const struct coord_answer *answer UNUSED)
{
	free(container_of(call, struct tool_write, write.call));
}

static void
write_operation(struct town_broker *broker, struct znode_operation operation, const char *path,
    const char *data)
{
	struct tool_write *write = memory_new(sizeof(*write));

	snprintf(write->path, sizeof(write->path), "%s", path);
	operation.path = slice_of_text(write->path);
	if (data != NULL) {
		snprintf(write->data, sizeof(write->data), "%s", data);
		operation.data = slice_of_text(write->data);
	}
	zk_write(town_session(broker), &write->write, &operation, on_written);
}

static void
write_node(struct town_broker *broker, enum znode_operation_type type, const char *path,
    const char *data)
{
	write_operation(broker, (struct znode_operation){ .type = type, .version = -1 }, path, data);
}

static void
write_version(struct town_broker *broker, const char *path, const char *data, int32_t version)
{
	if (version >= 0)
		write_operation(broker, (struct znode_operation){ .type = ZNODE_OP_SET_DATA,
		    .version = version }, path, data);
}

void
control_use_tool(struct town_broker *broker, struct prng *prng)
{
	struct control *control = control_of(broker->town);
	int number = (int)prng_below(prng, CONTROL_NAMES);
	const char *name = control_name(number);
	char path[TEXT_SIZE], data[TEXT_SIZE];
	int first = control->town.first;

	switch (prng_below(prng, 9)) {
	case 0:
	case 1:
		snprintf(path, sizeof(path), "/brokers/topics/%s", name);
		snprintf(data, sizeof(data), "{\"version\":1,\"partitions\":{\"0\":[%d],\"1\":[%d,%d]}}",
		    first, first + 1, first + 2);
		write_node(broker, ZNODE_OP_CREATE, path, data);
		return;
	case 2:
		snprintf(path, sizeof(path), "/admin/delete_topics/%s", name);
		control->names[number].delete_asked_us = control->town.sim->now_us;
		write_node(broker, ZNODE_OP_CREATE, path, NULL);
		return;
	case 3:
		write_node(broker, ZNODE_OP_DELETE, "/controller", NULL);
		return;
	case 4:
		write_node(broker, ZNODE_OP_CREATE, "/admin/preferred_replica_election",
		    "{\"version\":1,\"partitions\":[{\"topic\":\"t0\",\"partition\":0},"
		    "{\"topic\":\"t1\",\"partition\":1}]}");
		return;
	case 5:
		snprintf(path, sizeof(path), "/log_dir_event_notification/log_dir_event_%010d",
		    (int)prng_below(prng, 1000000000));
		snprintf(data, sizeof(data), "{\"version\":1,\"broker\":%d,\"event\":1}", first);
		write_node(broker, ZNODE_OP_CREATE, path, data);
		return;
	case 6: /* to what it is, but for its version */
		write_version(broker, "/controller_epoch", town_node(&control->town, "/controller_epoch"),
		    town_version(&control->town, "/controller_epoch"));
		return;
	case 7:
		snprintf(data, sizeof(data), "{\"version\":1,\"partitions\":[{\"topic\":\"%s\","
		    "\"partition\":0,\"replicas\":[%d]},{\"topic\":\"t1\",\"partition\":%d,"
		    "\"replicas\":[%d,%d]}]}", name, first + (int)prng_below(prng, CONTROL_BROKERS),
		    (int)prng_below(prng, 4), first + 2, first + 1);
		write_node(broker, ZNODE_OP_CREATE, "/admin/reassign_partitions", data);
		return;
	default:
		return;
	}
}
