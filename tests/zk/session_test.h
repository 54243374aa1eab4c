/* tests/zk/session_test.h: the parts of session_test. */
#ifndef KLAMM_TESTS_ZK_SESSION_TEST_H
#define KLAMM_TESTS_ZK_SESSION_TEST_H

#include "ensemble.h"

/* Calls, watches, chroot, ACLs. */
void session_calls_test(struct ensemble *ensemble);
/* Lost connections, dead servers, expiry, slow names. */
void session_faults_test(struct ensemble *ensemble);
/* Processes that die: guardian, kept session. `folder`: an empty one. */
void session_process_test(struct ensemble *ensemble, const char *folder);
/* The process that is killed: registers, tells it, and waits. */
int session_process_main(int argc, char **argv);

/* "127.0.0.1:PORT" and what follows, in a static buffer of a few. */
const char *servers_of(const struct ensemble *ensemble, const char *rest);

#endif
