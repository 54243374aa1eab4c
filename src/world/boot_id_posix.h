/* world/boot_id_posix.h: the kernel's boot id. */
#ifndef KLAMM_WORLD_BOOT_ID_POSIX_H
#define KLAMM_WORLD_BOOT_ID_POSIX_H

#include "world/boot_id.h"

/* Reads /proc; unknown where that is not mounted. */
void boot_id_posix_init(struct boot_id *id);

#endif
