#include <criterion/criterion.h>

#include "world/coord_zookeeper_private.h"

Test(coord_zookeeper_log, takes_the_librarys_own_head_off)
{
	enum logger_level level;

	cr_assert_str_eq(zookeeper_log_parse("2026-01-01 10:00:00,123:99:ZOO_INFO@check@12: on: it",
	    &level), "on: it");
	cr_assert(level == LOGGER_DEBUG);
	cr_assert_str_eq(zookeeper_log_parse("x:ZOO_ERROR@f@1: no", &level), "no");
	cr_assert(level == LOGGER_WARN);
}

Test(coord_zookeeper_log, a_line_of_another_shape_is_shown_whole)
{
	enum logger_level level;

	cr_assert_str_eq(zookeeper_log_parse("who: knows", &level), "who: knows");
	cr_assert(level == LOGGER_WARN);
	cr_assert_str_eq(zookeeper_log_parse(":ZOO_INFO@f", &level), ":ZOO_INFO@f");
}

Test(coord_zookeeper_log, nobody_speaks_outside_a_session)
{
	zookeeper_log_speaker(NULL);
	zookeeper_log_line("x:ZOO_ERROR@f@1: no"); /* lives */
}

static int warnings, others;

static void
sink(struct logger *logger, enum logger_level level, const char *line)
{
	(void)logger;
	cr_assert_str_eq(line, "zookeeper client: no");
	*(level <= LOGGER_WARN ? &warnings : &others) += 1;
}

Test(coord_zookeeper_log, repeated_complaints_are_heard_once_until_there_is_a_connection)
{
	struct logger logger = { LOGGER_DEBUG, sink };
	struct zookeeper_session session = { .logger = &logger };

	zookeeper_log_speaker(&session);
	for (int i = 0; i < 3; i++)
		zookeeper_log_line("x:ZOO_ERROR@f@1: no");
	cr_assert(warnings == 1 && others == 2);
	session.complained = false;
	zookeeper_log_line("x:ZOO_WARN@f@1: no");
	cr_assert(warnings == 2);
	zookeeper_log_speaker(NULL);
}
