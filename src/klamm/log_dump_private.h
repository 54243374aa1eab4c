/* klamm/log_dump_private.h: what the parts of `klamm log dump` share. */
#ifndef KLAMM_KLAMM_LOG_DUMP_PRIVATE_H
#define KLAMM_KLAMM_LOG_DUMP_PRIVATE_H

#include "base/macros.h"
#include "klamm/command.h"
#include "log/batch_scan.h"
#include "log/log_file_name.h"
#include "wire/record.h"

enum log_dump_decode { LOG_DUMP_PLAIN, LOG_DUMP_OFFSETS, LOG_DUMP_TRANSACTIONS };

struct log_dump {
	struct tool *tool;
	struct output *output;
	const char *path; /* of the file at hand */
	bool records;
	bool check;
	enum log_dump_decode decode;
	bool wrong; /* damage was found, or a file could not be read */
};

/* For people: which file comes now. */
void log_dump_heading(struct log_dump *dump);
/* An item of the file at hand. */
void log_dump_begin(struct log_dump *dump, const char *item);
/* Says what is wrong at a position of the file at hand; -1: the file as a whole. */
void log_dump_damage(struct log_dump *dump, int64_t position, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The file at hand could not be read. */
void log_dump_failed(struct log_dump *dump, enum error error);
void log_dump_close(struct log_dump *dump, struct disk_file *file);

/* The files by type; what is wrong with them is told, not returned. */
void log_dump_segment(struct log_dump *dump, struct disk_file *file, int64_t size,
    int64_t base_offset);
void log_dump_index(struct log_dump *dump, struct disk_file *file, int64_t size,
    const struct log_file_name *name);
void log_dump_snapshot(struct log_dump *dump);
/* False when the name, the path's last part, is of no small file. */
bool log_dump_small_file(struct log_dump *dump, const char *name);

/* The records of a batch whose bytes are given, shown. */
void log_dump_batch_records(struct log_dump *dump, const struct scanned_batch *batch,
    struct slice bytes);
/* Fields of the item that is open: key and value as the messages that they are. */
void log_dump_decoded(struct log_dump *dump, const struct record *record);

/* The .log that an index belongs to, opened; ERROR_NOT_FOUND. */
NODISCARD enum error log_dump_open_log(struct log_dump *dump, struct disk_file **file,
    int64_t *size);

#endif
