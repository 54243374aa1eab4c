/*
 * world/boot_id.h: which start of the machine this is: another one after each
 * loss of what only memory had. As long as it is the same, whatever a process
 * has written is still in the page cache, however the process has ended.
 */
#ifndef KLAMM_WORLD_BOOT_ID_H
#define KLAMM_WORLD_BOOT_ID_H

#include <stdbool.h>

enum { BOOT_ID_SIZE = 40 }; /* with its end: Linux's has 36 characters */

/* A text without blanks and line breaks; empty: unknown, and equal to none. */
struct boot_id {
	char text[BOOT_ID_SIZE];
};

/* Letters, digits and '-' alone, and not too many. */
bool boot_id_is_sound(const char *text);
bool boot_id_equal(const struct boot_id *id, const struct boot_id *other);

#endif
