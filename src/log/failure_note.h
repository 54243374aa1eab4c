/*
 * log/failure_note.h: which log dirs have seen a failed write or sync, or could not
 * be used by a start. The kernel tells of a lost write once; the next sync succeeds
 * and the page cache may still show what the disk has not got (F21). So the failure
 * is noted in the other log dirs, and as long as it stands there, a start syncs the
 * dir's files first and reads them past the page cache.
 *
 * The file is the project's own: "0", then a path of a dir in each line. Kafka
 * ignores files that it does not know.
 */
#ifndef KLAMM_LOG_FAILURE_NOTE_H
#define KLAMM_LOG_FAILURE_NOTE_H

#include "base/buffer.h"
#include "world/disk.h"

#define FAILURE_NOTE_FILE "klamm-failed-log-dirs"

struct failure_note {
	char **paths;
	int count;
	bool all; /* a note could not be read: it may have named any dir */
};

void failure_note_init(struct failure_note *note);
void failure_note_fini(struct failure_note *note);
bool failure_note_has(const struct failure_note *note, const char *path);
/* A path with a line break cannot be told from two: then all dirs are meant. */
void failure_note_add(struct failure_note *note, const char *path);
/* What the other one says, too. */
void failure_note_merge(struct failure_note *note, const struct failure_note *other);
void failure_note_remove(struct failure_note *note, const char *path);

void failure_note_format(const struct failure_note *note, struct buffer *text);
/* Adds what a note says; a damaged one means all dirs. */
void failure_note_parse(struct failure_note *note, struct slice text);

/* Blocks. Adds what the file says; a missing one says nothing. */
NODISCARD enum error failure_note_read(struct failure_note *note, struct disk *disk,
    const char *path);
/* Blocks. Replaces the file, synced; empty text removes it. */
NODISCARD enum error failure_note_write(struct disk *disk, const char *path, struct slice text);

#endif
