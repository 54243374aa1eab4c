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

Test(reign_config, allows_nothing_when_it_cannot_be_read)
{
	given_set(&given, "unclean.leader.election.enable=true");
	cr_assert_not_null(given.config, "%s", given_print(&given));
	cr_assert_not(allows("junk"));
	cr_assert(allows("{\"version\":1,\"config\":{\"unknown\":\"a\\u0000b\"}}"));
}
