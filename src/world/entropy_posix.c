#include "world/entropy_posix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* A broker without random bytes would give out ids that are not unique. */
static void
fill(struct entropy *entropy, void *bytes, size_t size)
{
	char *at = bytes;

	(void)entropy;
	while (size > 0) {
		ssize_t got = getrandom(at, size, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			perror("getrandom");
			abort();
		}
		at += got;
		size -= (size_t)got;
	}
}

void
entropy_posix_init(struct entropy *entropy)
{
	entropy->fill = fill;
}
