/*
 * tests/zk/describe.h: a frame of ZooKeeper's as text, so that two can be
 * compared and shown. What has no order there (children, ACL entries,
 * identities, a session's ephemerals) is sorted; times are taken out, since
 * the tree's are counted and the server's are read from a clock.
 */
#ifndef KLAMM_TESTS_ZK_DESCRIBE_H
#define KLAMM_TESTS_ZK_DESCRIBE_H

#include <stdio.h>

#include "base/slice.h"

enum { DESCRIPTION_TIMES = 256 };

struct description {
	char *text;                       /* freed by the caller */
	int64_t times[DESCRIPTION_TIMES]; /* in the order of the frame */
	size_t time_count;
};

/* `opcode` says what was asked; it does not matter for an event. */
void describe_reply(struct description *description, struct slice frame, int32_t opcode);
/* Bytes with what is not printable escaped. */
void describe_bytes(FILE *out, struct slice bytes);

#endif
