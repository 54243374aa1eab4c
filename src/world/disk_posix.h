/* world/disk_posix.h: the disk port's real end: files of the system. */
#ifndef KLAMM_WORLD_DISK_POSIX_H
#define KLAMM_WORLD_DISK_POSIX_H

#include "world/disk.h"

/* It has no state of its own; several worlds may each have one. */
void disk_posix_init(struct disk *disk);

/* The file's descriptor, for sendfile; it stays the file's. */
int disk_posix_descriptor(const struct disk_file *file);

#endif
