/* tests/world/check.h: counts what held and what did not, for programs that are no unit tests. */
#ifndef KLAMM_TESTS_WORLD_CHECK_H
#define KLAMM_TESTS_WORLD_CHECK_H

#include <stdbool.h>
#include <stdio.h>

/* Any thread. */
void check_that(bool held, const char *what, const char *file, int line);
/* NAME: N passed, N failed; the program's exit status. */
int check_summary(const char *name);

#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)
#define CHECK_ERROR(wanted, expression) \
	check_that((expression) == (wanted), #expression " is " #wanted, __FILE__, __LINE__)

#endif
