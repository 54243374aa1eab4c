/* The table of the tool's commands, and the process around the one that is run. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "klamm/bootstrap.h"
#include "klamm/broker_decommission.h"
#include "klamm/broker_drain.h"
#include "klamm/broker_list.h"
#include "klamm/cluster.h"
#include "klamm/cluster_health.h"
#include "klamm/command.h"
#include "klamm/consume.h"
#include "klamm/groups_describe.h"
#include "klamm/groups_list.h"
#include "klamm/log_dump.h"
#include "klamm/partition_elect.h"
#include "klamm/partition_move.h"
#include "klamm/partition_reassign.h"
#include "klamm/produce.h"
#include "klamm/rebalance.h"
#include "klamm/topic_create.h"
#include "klamm/topic_delete.h"
#include "klamm/topic_describe.h"
#include "klamm/topic_list.h"
#include "klamm/transport_posix.h"
#include "world/clock_posix.h"
#include "world/disk_posix.h"
#include "world/entropy_posix.h"

static const struct command commands[] = {
	{ "topic create", "TOPIC...", "make topics", TOPIC_CREATE_DETAILS, topic_create_options,
	    topic_create },
	{ "topic list", "", "list the topics", TOPIC_LIST_DETAILS, topic_list_options,
	    topic_list },
	{ "topic describe", "TOPIC...", "show partitions and configs of topics",
	    TOPIC_DESCRIBE_DETAILS, topic_describe_options, topic_describe },
	{ "topic delete", "TOPIC...", "delete topics", TOPIC_DELETE_DETAILS, topic_delete_options,
	    topic_delete },
	{ "produce", "TOPIC [FILE...]", "make records of lines", PRODUCE_DETAILS, produce_options,
	    produce },
	{ "consume", "TOPIC", "show records", CONSUME_DETAILS, consume_options, consume },
	{ "group list", "", "list the consumer groups", NULL, groups_list_options, groups_list },
	{ "group describe", "GROUP...", "show members, offsets and lag of groups",
	    GROUPS_DESCRIBE_DETAILS, groups_describe_options, groups_describe },
	{ "partition elect", "TOPIC[:PARTITION]...", "have leaders elected", PARTITION_ELECT_DETAILS,
	    partition_elect_options, partition_elect },
	{ "partition move", "TOPIC[:PARTITION]...", "move replicas from one broker to another",
	    PARTITION_MOVE_DETAILS, partition_move_options, partition_move },
	{ "partition reassign", "[TOPIC[:PARTITION]...]", "give partitions other replicas",
	    PARTITION_REASSIGN_DETAILS, partition_reassign_options, partition_reassign },
	{ "broker list", "", "list the brokers with what they lead and store", BROKER_LIST_DETAILS,
	    broker_list_options, broker_list },
	{ "broker drain", "BROKER", "have others lead what a broker leads", BROKER_DRAIN_DETAILS,
	    broker_drain_options, broker_drain },
	{ "broker decommission", "BROKER", "move all replicas off a broker",
	    BROKER_DECOMMISSION_DETAILS, broker_decommission_options, broker_decommission },
	{ "cluster health", "", "tell whether all is well; status 1 if not", CLUSTER_HEALTH_DETAILS,
	    cluster_health_options, cluster_health },
	{ "cluster", "", "show the cluster: id, controller, brokers", NULL, cluster_options,
	    cluster },
	{ "rebalance", "", "even out disks, replicas and leaders, moving the least data", REBALANCE_DETAILS,
	    rebalance_options, rebalance },
	{ "log dump", "FILE|DIR...", "show what stands in the files of a log", LOG_DUMP_DETAILS,
	    log_dump_options, log_dump },
	{ .name = NULL },
};

static enum error
write_all(void *context, struct slice bytes)
{
	const int *fd = context;

	while (bytes.size > 0) {
		ssize_t written = write(*fd, bytes.bytes, bytes.size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return errno == EPIPE ? ERROR_CONNECTION_CLOSED : error_from_errno(errno);
		bytes = slice_of(bytes.bytes + written, bytes.size - (size_t)written);
	}
	return ERROR_NONE;
}

static bool
reader_is_gone(void *context)
{
	const int *fd = context;
	struct pollfd poll_fd = { .fd = *fd };

	return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLERR) != 0;
}

int
main(int argc, char **argv)
{
	int output_fd = STDOUT_FILENO, errors_fd = STDERR_FILENO;
	struct output output, errors;
	struct disk disk;
	struct entropy entropy;
	struct clock clock;
	struct transport transport;

	signal(SIGPIPE, SIG_IGN); /* write() tells of it, and the buffers are given back */
	disk_posix_init(&disk);
	entropy_posix_init(&entropy);
	output_init(&output, write_all, &output_fd);
	output.reader_is_gone = reader_is_gone;
	output_init(&errors, write_all, &errors_fd);
	clock_posix_init(&clock);
	transport_posix_init(&transport, &clock);
	const char *bootstrap = getenv("KLAMM_BOOTSTRAP");
	struct tool tool = {
		.disk = &disk,
		.entropy = &entropy,
		.transport = &transport,
		.bootstrap = bootstrap != NULL && bootstrap[0] != '\0' ? bootstrap : BOOTSTRAP_DEFAULT,
		.output = &output,
		.errors = &errors,
		.output_is_terminal = isatty(output_fd),
		.errors_are_terminal = isatty(errors_fd),
	};
	enum command_status status = commands_run(commands, &tool, argv + 1, argc > 0 ? argc - 1 : 0);
	enum error error = output_flush(&output);
	if (error != ERROR_NONE && error != ERROR_CONNECTION_CLOSED) {
		tool_complain(&tool, "standard output: %s", error_text(error));
		status = COMMAND_FAILED;
	}
	output_fini(&output);
	output_fini(&errors);
	return (int)status;
}
