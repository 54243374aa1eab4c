/*
 * crash/mortal_disk.h: the real disk, behind which a process dies at the k-th
 * operation that changes something: as kill -9 does it, so what was written
 * before stays written.
 */
#ifndef KLAMM_TESTS_CRASH_MORTAL_DISK_H
#define KLAMM_TESTS_CRASH_MORTAL_DISK_H

#include "base/prng.h"
#include "world/disk.h"

#define MORTAL_OPERATION_TABLE(X) \
	X(WRITE, "write") \
	X(TRUNCATE, "truncate") \
	X(ALLOCATE, "allocate") \
	X(SYNC, "sync") \
	X(SYNC_DIRECTORY, "sync_directory") \
	X(SYNC_ALL, "sync_all") \
	X(RENAME, "rename") \
	X(UNLINK, "unlink") \
	X(MAKE_DIRECTORY, "mkdir") \
	X(REMOVE_DIRECTORY, "rmdir") \
	X(SET_MODIFIED, "set_modified") \
	X(CREATE, "create") /* an open that makes or empties a file, and the lock's */

#define MORTAL_OPERATION_MEMBER(name, text) MORTAL_##name,
enum mortal_operation {
	MORTAL_NONE,
	MORTAL_OPERATION_TABLE(MORTAL_OPERATION_MEMBER)
	MORTAL_OPERATION_COUNT,
};
#undef MORTAL_OPERATION_MEMBER

const char *mortal_operation_text(enum mortal_operation operation);

enum mortal_way {
	MORTAL_BEFORE,
	MORTAL_AFTER,
	MORTAL_SHORT, /* of a write only the first bytes get there */
	MORTAL_HOLED, /* of a write all but a piece does: zeros, or what stood there */
	MORTAL_WAY_COUNT,
};

const char *mortal_way_text(enum mortal_way way);

enum { MORTAL_TRACE_MAX = 4096 };

struct mortal_disk {
	struct disk port;           /* what the log is given */
	struct disk real;
	uint64_t operations;        /* so far */
	uint64_t kill_at;           /* number of an operation, from 1 on; 0: never */
	enum mortal_way way;
	struct prng prng;           /* where a write is torn */
	bool verbose;               /* tells on stderr where it died */
	uint8_t *trace;             /* kinds of the first MORTAL_TRACE_MAX; may be NULL */
};

void mortal_disk_init(struct mortal_disk *mortal, uint64_t kill_at, enum mortal_way way,
    uint64_t seed);

#endif
