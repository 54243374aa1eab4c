#include "controller/reign_config.h"

#include <criterion/criterion.h>

#include "../config/given.h"

static struct given given;

static void
set_up(void)
{
	given_init(&given);
	given_set(&given, "");
}

static void
tear_down(void)
{
	given_fini(&given);
}

TestSuite(reign_config, .init = set_up, .fini = tear_down);

static bool
allows(const char *text)
{
	return reign_config_allows_unclean(given.config, slice_of_text(text));
}

Test(reign_config, asks_the_topic_then_the_broker)
{
	cr_assert(allows("{\"version\":1,\"config\":{\"unclean.leader.election.enable\":\"true\"}}"));
	cr_assert_not(allows("{\"version\":1,\"config\":{\"unclean.leader.election.enable\":\"false\"}}"));
	cr_assert_not(allows("{\"version\":1,\"config\":{}}"));
	given_set(&given, "unclean.leader.election.enable=true");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	cr_assert(allows("{\"version\":1,\"config\":{}}"));
	cr_assert_not(allows("{\"version\":1,\"config\":{\"unclean.leader.election.enable\":\"false\"}}"));
}

Test(reign_config, asks_what_stands_in_zookeeper_before_the_file)
{
	static const char on[] = "{\"version\":1,\"config\":{\"unclean.leader.election.enable\":\"true\"}}";
	static const char off[] = "{\"version\":1,\"config\":{\"unclean.leader.election.enable\":\"false\"}}";
	static const struct {
		const char *cluster_wide, *own;
		bool allows;
	} cases[] = { { NULL, NULL, false }, { on, NULL, true }, { on, off, false }, { off, on, true } };

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct broker_config *config = reign_config_of_brokers(given.config,
		    slice_of_text(cases[i].cluster_wide), slice_of_text(cases[i].own));

		cr_assert_not_null(config);
		cr_assert_eq(reign_config_allows_unclean(config,
		    slice_of_text("{\"version\":1,\"config\":{}}")), cases[i].allows, "case %zu", i);
		broker_config_free(config);
	}
	cr_assert_null(reign_config_of_brokers(given.config, slice_of_text("junk"), slice_null()));
	cr_assert_null(reign_config_of_brokers(given.config, slice_null(), slice_of_text("junk")));
}

Test(reign_config, allows_nothing_when_it_cannot_be_read)
{
	given_set(&given, "unclean.leader.election.enable=true");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	cr_assert_not(allows("junk"));
	cr_assert(allows("{\"version\":1,\"config\":{\"unknown\":\"a\\u0000b\"}}"));
}

static int32_t
min_insync(const char *text)
{
	return reign_config_min_insync(slice_of_text(text));
}

Test(reign_config, has_how_many_are_to_be_in_sync)
{
	cr_expect_eq(min_insync("{\"version\":1,\"config\":{\"min.insync.replicas\":\"3\"}}"), 3);
	cr_expect_eq(min_insync("{\"version\":1,\"config\":{\"retention.ms\":\"1\"}}"), 0);
	cr_expect_eq(min_insync("{\"version\":1,\"config\":{\"min.insync.replicas\":\"0\"}}"), 0);
	cr_expect_eq(min_insync("{\"version\":1,\"config\":{\"min.insync.replicas\":\"2x\"}}"), 0);
	cr_expect_eq(min_insync("junk"), -1);
}
