/* crash/crash_loop.h: the loop over all places to die at; see crash_loop_help(). */
#ifndef KLAMM_TESTS_CRASH_CRASH_LOOP_H
#define KLAMM_TESTS_CRASH_CRASH_LOOP_H

#include <stdbool.h>

/*
 * Runs it with the command line's options. With `planted` there is a bug in
 * the log room, which has to be found: the loop ends with the first failure,
 * and without one the run has failed. Returns the exit status.
 */
int crash_loop_main(int argc, char **argv, const char *name, bool planted);

#endif
