/* tests/world/posix_test.h: the parts of posix_test. */
#ifndef KLAMM_TESTS_WORLD_POSIX_TEST_H
#define KLAMM_TESTS_WORLD_POSIX_TEST_H

#include "world/world.h"

enum { PATH_SIZE = 512 };

/* `folder`: an empty one, to be left as it likes. */
void posix_disk_test(struct disk *disk, const char *folder);
void posix_lock_test(struct disk *disk, const char *folder);
/* With two data loops and two workers at least; files to be sent stand in `folder`. */
void posix_net_test(struct world *world, const char *folder);
void posix_threads_test(struct world *world);

/* Has `call` run on the loop, and waits until it has. */
void run_on_loop(struct loop *loop, void (*call)(void *argument), void *argument);
/* Waits until it is true; false after 10 s. */
bool comes_true(atomic_int *counter, int value);

/* folder/name in a static buffer of a few, for one call's arguments. */
const char *path_in(const char *folder, const char *name);

#endif
