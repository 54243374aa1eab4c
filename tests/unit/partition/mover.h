/* tests/unit/partition/mover.h: a depot whose replicas are moved between /a and /b. */
#ifndef KLAMM_TESTS_UNIT_PARTITION_MOVER_H
#define KLAMM_TESTS_UNIT_PARTITION_MOVER_H

#include "tests/unit/partition/depot.h"

#define HEX "0123456789abcdef0123456789abcdef"

/* Starts, and leads orders-0, which is in /a. */
void mover_begin(struct depot *depot);
/* Begins AlterReplicaLogDirs; nobody looks at the answer. */
void mover_begin_asking(struct depot *depot, const char *topic, int32_t index, const char *dir);
/* AlterReplicaLogDirs; the code. */
int mover_ask(struct depot *depot, const char *topic, int32_t index, const char *dir);
/* Until the replica has no move any more. */
void mover_wait(struct depot *depot, const char *topic, int32_t index);
/* As a listing of the dirs says it: orders-0 is in this one, and nothing is left of a move. */
void mover_expect_in(struct depot *depot, const char *dir, const char *other);
/* A start, and it leads orders-0 again. */
void mover_restart(struct depot *depot);

#endif
