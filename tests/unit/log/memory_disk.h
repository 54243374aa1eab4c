/*
 * tests/unit/log/memory_disk.h: a disk in memory for the unit tests and the
 * fuzz target of this room. It keeps a trace of what was done, and fails or writes short when it
 * is told to. (What a power cut loses is the simulator's business.)
 */
#ifndef KLAMM_TESTS_MEMORY_DISK_H
#define KLAMM_TESTS_MEMORY_DISK_H

#include "base/buffer.h"
#include "base/list.h"
#include "world/disk.h"

enum memory_disk_call {
	MEMORY_DISK_OPEN,
	MEMORY_DISK_READ,
	MEMORY_DISK_WRITE,
	MEMORY_DISK_TRUNCATE,
	MEMORY_DISK_SYNC,
	MEMORY_DISK_CLOSE,
	MEMORY_DISK_RENAME,
	MEMORY_DISK_UNLINK,
	MEMORY_DISK_SYNC_DIRECTORY,
	MEMORY_DISK_CALLS,
};

struct memory_disk {
	struct disk disk;
	struct list files;
	struct buffer trace;       /* "write PATH 0+12\n" and so on, but for reads and closes */
	int open_files;
	int calls[MEMORY_DISK_CALLS];
	enum error fail_with[MEMORY_DISK_CALLS]; /* the next call of that kind; ERROR_NONE: none */
	size_t short_write;        /* a failing write writes so many bytes before */
};

void memory_disk_init(struct memory_disk *disk);
/* Asserts that no file was left open. */
void memory_disk_fini(struct memory_disk *disk);
/* Puts a file there, or replaces it, without a trace. */
void memory_disk_put(struct memory_disk *disk, const char *path, const void *bytes, size_t size);
/* What stands in a file; the null slice when there is none. */
struct slice memory_disk_get(struct memory_disk *disk, const char *path);
/* The trace so far, terminated, and begun anew; valid until the next call. */
const char *memory_disk_trace(struct memory_disk *disk);

#endif
