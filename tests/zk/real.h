/* tests/zk/real.h: a connection to a real ZooKeeper; frames in and out. */
#ifndef KLAMM_TESTS_ZK_REAL_H
#define KLAMM_TESTS_ZK_REAL_H

#include <stdbool.h>

#include "base/buffer.h"

struct real {
	int socket; /* -1: not connected */
};

/* Ends the program when nobody listens there. */
void real_open(struct real *real, int port);
void real_close(struct real *real);
void real_send(struct real *real, struct slice frame);
/* False when the server has closed, or says nothing for 10 s. */
bool real_receive(struct real *real, struct buffer *frame);

#endif
