#include "klamm/client_command.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static const struct argument_option options[] = { CLIENT_COMMAND_OPTIONS, { .name = NULL } };

/* Meets the cluster and says for how long it would have waited. */
static enum command_status
meet(struct tool *tool, struct arguments *arguments)
{
	struct client client;
	enum command_status status = client_command_begin(tool, arguments, &client);

	if (status != COMMAND_OK)
		return status;
	if (client_learn(&client) != ERROR_NONE)
		status = client_command_failed(tool, &client);
	else {
		output_begin(tool->output, "met", NULL);
		output_int(tool->output, "timeoutMs", client.timeout_ms);
		output_end(tool->output);
	}
	client_fini(&client);
	return status;
}

Test(client_command, begins_where_the_environment_says_and_waits_15_s)
{
	struct fake_cluster cluster;

	fake_cluster_init(&cluster);
	fake_cluster_answer_metadata(&cluster);
	cr_expect_eq(fake_cluster_run(&cluster, meet, options, ""), COMMAND_OK);
	cr_expect_str_eq(cluster.output, "met timeoutMs=15000\n");
	cr_expect(fake_cluster_saw(&cluster, "connect a:1"));
	fake_cluster_fini(&cluster);
}

Test(client_command, begins_where_its_option_says)
{
	struct fake_cluster cluster;

	fake_cluster_init(&cluster);
	fake_cluster_answer_metadata(&cluster);
	cr_expect_eq(fake_cluster_run(&cluster, meet, options,
	    "--bootstrap b:2 --timeout 3 --json"), COMMAND_OK);
	cr_expect_str_eq(cluster.output, "{\"type\":\"met\",\"timeoutMs\":3000}\n");
	cr_expect(fake_cluster_saw(&cluster, "connect b:2"));
	fake_cluster_fini(&cluster);
}

Test(client_command, called_wrongly_says_so_before_it_connects)
{
	struct fake_cluster cluster;

	fake_cluster_init(&cluster);
	cr_expect_eq(fake_cluster_run(&cluster, meet, options, "--bootstrap a:x"),
	    COMMAND_WRONG_USE);
	cr_expect_str_eq(cluster.errors,
	    "klamm: it: 'a:x' is not HOST:PORT,...: 'klamm help it' tells more\n");
	cr_expect_eq(fake_cluster_run(&cluster, meet, options, "--timeout 0"), COMMAND_WRONG_USE);
	cr_expect_str_eq(cluster.errors, "klamm: it: --timeout takes a number from 1 to 86400, "
	    "not '0': 'klamm help it' tells more\n");
	cr_expect_eq(cluster.log.size, 0);
	fake_cluster_fini(&cluster);
}

Test(client_command, that_reaches_no_broker_fails_in_one_line)
{
	struct fake_cluster cluster;

	fake_cluster_init(&cluster);
	fake_cluster_host(&cluster, "a:1", FAKE_REFUSES);
	cr_expect_eq(fake_cluster_run(&cluster, meet, options, ""), COMMAND_FAILED);
	cr_expect_str_eq(cluster.output, "");
	cr_expect_str_eq(cluster.errors, "klamm: a:1: connection refused: is a broker there? "
	    "--bootstrap or KLAMM_BOOTSTRAP say where\n");
	fake_cluster_fini(&cluster);
}
