#include "klamm/data_client.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static const struct argument_option options[] = { DATA_CLIENT_OPTIONS, { .name = NULL } };

/* Prints two settings as librdkafka has them then. */
static enum command_status
set_up(struct tool *tool, struct arguments *arguments)
{
	static const char *const names[] = { "bootstrap.servers", "linger.ms" };
	struct data_client client;
	rd_kafka_conf_t *conf = data_client_conf(&client, tool, arguments);
	enum command_status status = data_client_properties(conf, tool, arguments);

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		char value[64];
		size_t size = sizeof(value);

		cr_assert_eq(rd_kafka_conf_get(conf, names[i], value, &size), RD_KAFKA_CONF_OK);
		output_plain(tool->output, value);
		output_plain(tool->output, "\n");
	}
	rd_kafka_conf_destroy(conf);
	return status;
}

Test(data_client, is_set_up_from_the_options)
{
	struct fake_cluster cluster;

	fake_cluster_init(&cluster);
	cr_expect_eq(fake_cluster_run(&cluster, set_up, options, ""), COMMAND_OK);
	cr_expect_eq(strncmp(cluster.output, "a:1\n", 4), 0);
	cr_expect_eq(fake_cluster_run(&cluster, set_up, options,
	    "--bootstrap b:2,c:3 --property linger.ms=77"), COMMAND_OK);
	cr_expect_str_eq(cluster.output, "b:2,c:3\n77\n");
	fake_cluster_fini(&cluster);
}

Test(data_client, does_not_take_settings_that_there_are_not)
{
	struct fake_cluster cluster;

	fake_cluster_init(&cluster);
	cr_expect_eq(fake_cluster_run(&cluster, set_up, options, "--property no.such=1"),
	    COMMAND_WRONG_USE);
	cr_expect_eq(strncmp(cluster.errors, "klamm: it: --property no.such=1: ", 33), 0, "%s",
	    cluster.errors);
	cr_expect_eq(fake_cluster_run(&cluster, set_up, options, "--property linger.ms=soon"),
	    COMMAND_WRONG_USE);
	cr_expect_eq(fake_cluster_run(&cluster, set_up, options, "--property linger.ms"),
	    COMMAND_WRONG_USE);
	cr_expect_str_eq(cluster.errors, "klamm: it: --property takes KEY=VALUE, not 'linger.ms': "
	    "'klamm help it' tells more\n");
	fake_cluster_fini(&cluster);
}

Test(data_client, gives_errors_of_brokers_kafkas_names)
{
	char text[DATA_CLIENT_TEXT_SIZE];

	data_client_error(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, text);
	cr_expect_eq(strncmp(text, "MESSAGE_TOO_LARGE: ", 19), 0);
	data_client_error(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, text);
	cr_expect_str_eq(text, "Message timed out");
}
