/*
 * tests/crash/crash_disk.h: the disk of the system, counting every change that
 * is made through it, and killing the process (SIGKILL) at a given one.
 */
#ifndef KLAMM_TESTS_CRASH_DISK_H
#define KLAMM_TESTS_CRASH_DISK_H

#include "world/disk.h"

struct crash_disk {
	struct disk disk;
	struct disk inner;
	uint64_t changes; /* write, truncate, allocate, sync, create, rename, unlink, mkdir, rmdir */
	uint64_t kill_at; /* the process dies before this change; 0: never */
	bool partly;      /* a write is half done then */
	/* Told before the process dies; may be NULL. */
	void (*dying)(struct crash_disk *disk, bool in_write);
	int pipe;         /* for `dying` */
};

void crash_disk_init(struct crash_disk *disk);

#endif
