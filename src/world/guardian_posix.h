/*
 * world/guardian_posix.h: the guardian as a process: a child that holds one end
 * of a socket pair, has a session of its own, no other file and no signal that
 * a terminal or an init script sends. When the other end closes, the parent is
 * dead, by whatever cause.
 */
#ifndef KLAMM_WORLD_GUARDIAN_POSIX_H
#define KLAMM_WORLD_GUARDIAN_POSIX_H

#include <sys/types.h>

#include "world/guardian.h"

/*
 * Before the process makes its first thread, and after it has become a daemon.
 * `argv`, where not NULL, is main()'s: the child writes its name over it.
 * NULL, with errno set, when the system has no process or file left.
 */
struct guardian *guardian_posix_start(char **argv);
pid_t guardian_posix_process(const struct guardian *guardian);
/*
 * Lets it go and frees it. One that was not dismissed ends the session that it
 * was told of last, as after a death.
 */
void guardian_posix_free(struct guardian *guardian);

#endif
