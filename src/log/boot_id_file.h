/*
 * log/boot_id_file.h: klamm-boot-id of a log dir: in which start of the machine
 * it was used last (world/boot_id.h). A start that finds its own one there has
 * all that was written before in the page cache (F17).
 *
 * The file is the project's own: "0", then the id, a line each. Kafka ignores
 * files that it does not know.
 */
#ifndef KLAMM_LOG_BOOT_ID_FILE_H
#define KLAMM_LOG_BOOT_ID_FILE_H

#include "base/buffer.h"
#include "world/boot_id.h"
#include "world/disk.h"

#define BOOT_ID_FILE "klamm-boot-id"

/* Unknown, where the text is not such a file. */
void boot_id_parse(struct slice text, struct boot_id *id);
void boot_id_format(const struct boot_id *id, struct buffer *text);

/* Block. A missing or damaged file says nothing: unknown, and no error. */
NODISCARD enum error boot_id_file_read(struct disk *disk, const char *path, struct boot_id *id);
/* Synced. An unknown one removes the file. */
NODISCARD enum error boot_id_file_write(struct disk *disk, const char *path,
    const struct boot_id *id);

#endif
