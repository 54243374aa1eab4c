#include "check.h"

#include <stdatomic.h>

static atomic_int passed, failed;

void
check_that(bool held, const char *what, const char *file, int line)
{
	if (held) {
		atomic_fetch_add(&passed, 1);
		return;
	}
	atomic_fetch_add(&failed, 1);
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
}

int
check_summary(const char *name)
{
	printf("%s: %d passed, %d failed\n", name, passed, failed);
	return failed == 0 && passed > 0 ? 0 : 1;
}
