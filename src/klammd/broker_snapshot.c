/* What HTTP asks: whether this broker serves, and what it has for the metrics. */
#include "klammd/broker_private.h"

/* Kafka's numbers. */
enum {
	STATE_NOT_RUNNING = 0,
	STATE_STARTING = 1,
	STATE_RECOVERY = 2,
	STATE_RUNNING = 3,
	STATE_PENDING_CONTROLLED_SHUTDOWN = 6,
	STATE_SHUTTING_DOWN = 7,
};

static const struct {
	int state;
	const char *reason; /* why it is not ready; NULL: it is */
} stages[] = {
	[BROKER_NEW] = { STATE_NOT_RUNNING, "not started yet" },
	[BROKER_OPENING_DIRS] = { STATE_STARTING, "opening the log dirs" },
	[BROKER_IDENTIFYING] = { STATE_STARTING, "waiting for ZooKeeper" },
	[BROKER_CLAIMING_DIRS] = { STATE_STARTING, "opening the log dirs" },
	[BROKER_CONFIGURING] = { STATE_STARTING, "reading configurations from ZooKeeper" },
	[BROKER_LOADING] = { STATE_RECOVERY, "loading and recovering logs" },
	[BROKER_REGISTERING] = { STATE_STARTING, "registering in ZooKeeper" },
	[BROKER_JOINING] = { STATE_STARTING, "waiting for the controller" },
	[BROKER_SERVING] = { STATE_RUNNING, NULL },
	[BROKER_LEAVING] = { STATE_PENDING_CONTROLLED_SHUTDOWN, "giving away what it leads" },
	[BROKER_STOPPING] = { STATE_SHUTTING_DOWN, "stopping" },
	[BROKER_STOPPED] = { STATE_NOT_RUNNING, "stopped" },
};

const char *
broker_not_ready(const struct broker *it)
{
	if (it->told_failure)
		return "failed";
	if (stages[it->stage].reason != NULL)
		return stages[it->stage].reason;
	return it->registered ? NULL : "not registered in ZooKeeper: its session has expired";
}

void
broker_snapshot(const struct broker *it, struct snapshot *snapshot)
{
	double *gauges = snapshot->gauges;

	gauges[METRIC_BROKER_STATE] = stages[it->stage].state;
	gauges[METRIC_REGISTERED] = it->registered;
	gauges[METRIC_ZOOKEEPER_CONNECTED] = it->session != NULL &&
	    zk_session_is_connected(it->session);
	api_snapshot(it->api, snapshot);
	if (it->controller != NULL)
		controller_snapshot(it->controller, snapshot);
	if (it->replicas != NULL && it->stage != BROKER_STOPPED)
		replicas_snapshot(it->replicas, it->options.config->http.metrics_of_partitions,
		    snapshot);
}
