#include "klamm/topic_names.h"

#include <criterion/criterion.h>

#include <stdio.h>

#include "tests/unit/klamm/fake_cluster.h"

static const struct argument_option options[] = { COMMAND_OPTION_HELP, { .name = NULL } };

static enum command_status
check(struct tool *tool, struct arguments *arguments)
{
	return topic_names_check(tool, arguments);
}

static enum command_status
status_of(const char *words)
{
	struct fake_cluster cluster;

	fake_cluster_init(&cluster);
	enum command_status status = fake_cluster_run(&cluster, check, options, words);
	cr_expect_eq(cluster.errors[0] == '\0', status == COMMAND_OK);
	fake_cluster_fini(&cluster);
	return status;
}

Test(topic_names, are_letters_digits_and_three_others)
{
	char name[256];

	cr_expect_eq(status_of("a b.C_d-9 __consumer_offsets ..."), COMMAND_OK);
	snprintf(name, sizeof(name), "%0249d", 0);
	cr_expect_eq(status_of(name), COMMAND_OK);
}

Test(topic_names, that_none_can_have_are_wrong_use)
{
	char name[256];

	cr_expect_eq(status_of("a b/c"), COMMAND_WRONG_USE);
	cr_expect_eq(status_of("."), COMMAND_WRONG_USE);
	cr_expect_eq(status_of(".."), COMMAND_WRONG_USE);
	cr_expect_eq(status_of("k\xc3\xa4se"), COMMAND_WRONG_USE);
	cr_expect_eq(status_of(""), COMMAND_WRONG_USE);
	snprintf(name, sizeof(name), "%0250d", 0);
	cr_expect_eq(status_of(name), COMMAND_WRONG_USE);
}
