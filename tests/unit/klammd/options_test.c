#include "klammd/options.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"

enum { ARGUMENTS_MAX = 16 };

static char folder[] = "/tmp/klamm-options-XXXXXX";
static char path[64];
static struct options options;

static void
setup(void)
{
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/server.properties", folder);
	cr_redirect_stderr();
	cr_redirect_stdout();
}

static void
teardown(void)
{
	options_fini(&options);
	unlink(path);
	rmdir(folder);
}

TestSuite(options, .init = setup, .fini = teardown);

/* Each argument in memory of its own, as a process has them. */
static enum options_verdict
parse(const char *const arguments[])
{
	static char memory[ARGUMENTS_MAX][96];
	static char *argv[ARGUMENTS_MAX];
	int argc = 0;

	for (; arguments[argc] != NULL; argc++) {
		snprintf(memory[argc], sizeof(memory[argc]), "%s", arguments[argc]);
		argv[argc] = memory[argc];
	}
	argv[argc] = NULL;
	optind = 0;
	return options_parse(&options, argc, argv);
}

#define PARSE(...) parse((const char *const[]){ "klammd", __VA_ARGS__, NULL })

static void
write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static bool
said(const char *words)
{
	static char text[1 << 13];
	FILE *error = cr_get_redirected_stderr();

	fflush(stderr);
	text[fread(text, 1, sizeof(text) - 1, error)] = '\0';
	return strstr(text, words) != NULL;
}

Test(options, one_file_and_what_wins_over_it)
{
	struct broker_config *config;

	write_file("zookeeper.connect=there:2181\nnum.partitions=3\nbroker.id=7\n");
	cr_assert_eq(PARSE("--override", "num.partitions=5", path, "--override", "broker.id=8"),
	    OPTIONS_RUN);
	cr_assert_str_eq(options.file, path);
	cr_assert(!options.dev && options.override_count == 2 && options.level == LOGGER_INFO);
	config = options_config(&options);
	cr_assert_not_null(config);
	cr_expect_eq(config->topics.partitions, 5);
	cr_expect_eq(config->identity.id, 8);
	cr_expect_str_eq(config->zookeeper.connect, "there:2181");
	broker_config_free(config);
}

Test(options, dev_needs_no_file_and_makes_its_folder)
{
	char data[96];
	struct broker_config *config;
	struct stat status;

	snprintf(data, sizeof(data), "%s/data", folder);
	cr_assert_eq(PARSE("--dev", "--data", data, "--log-level", "debug"), OPTIONS_RUN);
	cr_assert(options.dev && options.file == NULL && options.level == LOGGER_DEBUG);
	config = options_config(&options);
	cr_assert_not_null(config);
	cr_expect_not_null(config->zookeeper.embedded);
	cr_expect(stat(data, &status) == 0 && S_ISDIR(status.st_mode));
	broker_config_free(config);
	rmdir(data);
}

Test(options, what_does_not_fit_together_is_told)
{
	cr_expect_eq(PARSE("--log-level", "info"), OPTIONS_WRONG);
	cr_expect(said("server.properties or --dev is missing"));
	cr_expect_eq(PARSE("a", "b"), OPTIONS_WRONG);
	cr_expect_eq(PARSE("--dev", "a"), OPTIONS_WRONG);
	cr_expect_eq(PARSE("--data", "/d", "a"), OPTIONS_WRONG);
	cr_expect_eq(PARSE("--log-level", "loud", "a"), OPTIONS_WRONG);
	cr_expect_eq(PARSE("--what", "a"), OPTIONS_WRONG);
	cr_expect_eq(PARSE("a", "--override"), OPTIONS_WRONG);
}

Test(options, help_and_version_need_nothing_else)
{
	cr_expect_eq(PARSE("--help"), OPTIONS_TOLD);
	cr_expect_eq(PARSE("--version"), OPTIONS_TOLD);
}

Test(options, a_file_that_cannot_be_read_is_named)
{
	cr_assert_eq(PARSE("/nowhere/server.properties"), OPTIONS_RUN);
	cr_expect_null(options_config(&options));
	cr_expect(said("/nowhere/server.properties: No such file"));
}

Test(options, a_wrong_value_is_told_with_its_line)
{
	write_file("zookeeper.connect=x\n\nnum.partitions=none\n");
	cr_assert_eq(PARSE(path), OPTIONS_RUN);
	cr_expect_null(options_config(&options));
	cr_expect(said("server.properties:3: num.partitions=none"));
}

Test(options, an_override_without_a_value_is_an_error)
{
	write_file("zookeeper.connect=x\n");
	cr_expect_eq(PARSE("--override", "num.partitions", path), OPTIONS_WRONG);
	cr_expect(said("--override takes key=value, not 'num.partitions'"));
	cr_expect_eq(PARSE("--override", "=5", path), OPTIONS_WRONG);
}
