/*
 * log/checkpoint_file.h: the text format that Kafka's checkpoints share: line
 * 1 the version (0), line 2 the number of entries, then an entry a line, its
 * words divided by blanks. Parsers are strict: a wrong version or count, a
 * line with another number of words, a number out of range is an error that
 * names its line. Pure.
 */
#ifndef KLAMM_LOG_CHECKPOINT_FILE_H
#define KLAMM_LOG_CHECKPOINT_FILE_H

#include "base/buffer.h"
#include "base/error.h"

enum {
	CHECKPOINT_VERSION = 0,
	/* Checkpoint files larger than this are not read: 1 million partitions stay below. */
	CHECKPOINT_SIZE_MAX = 256 * 1024 * 1024,
	CHECKPOINT_WORDS_MAX = 4,
};

/* Where and why a text file did not parse, for the log line of who read it. */
struct text_complaint {
	int line;           /* from 1; 0: the file as a whole */
	const char *reason; /* static text; NULL: none */
};

/* Goes through the entries of a checkpoint. */
struct checkpoint_reader {
	struct slice rest;
	int line;
	int64_t left; /* entries that the count still promises */
	struct text_complaint complaint;
};

/* Reads the head. ERROR_UNSUPPORTED for another version, ERROR_MALFORMED. */
NODISCARD enum error checkpoint_reader_init(struct checkpoint_reader *reader, struct slice text);
/*
 * The next entry's words, which must be `count` many (at most
 * CHECKPOINT_WORDS_MAX). ERROR_END_OF_STREAM after the last one, when the
 * count was right and nothing follows; else ERROR_MALFORMED.
 */
NODISCARD enum error checkpoint_reader_next(struct checkpoint_reader *reader, struct slice *words,
    int count);
/* The complaint is about the entry read last; ERROR_MALFORMED is returned. */
NODISCARD enum error checkpoint_reader_reject(struct checkpoint_reader *reader, const char *reason);

/* A decimal integer in [low, high], nothing else in the word. */
bool checkpoint_number(struct slice word, int64_t low, int64_t high, int64_t *number);

/* The two head lines; entries are appended by the caller, each ended by '\n'. */
void checkpoint_begin(struct buffer *text, size_t count);
void checkpoint_append_number(struct buffer *text, int64_t number);

#endif
