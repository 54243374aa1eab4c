/*
 * log/log_file_name.h: names of the files of a segment: the base offset in 20
 * digits, a suffix that says what it is, and one that says in what state.
 */
#ifndef KLAMM_LOG_LOG_FILE_NAME_H
#define KLAMM_LOG_LOG_FILE_NAME_H

#include "base/error.h"
#include "base/slice.h"

enum log_file_type {
	LOG_FILE_RECORDS,    /* .log */
	LOG_FILE_INDEX,      /* .index */
	LOG_FILE_TIMEINDEX,  /* .timeindex */
	LOG_FILE_TXNINDEX,   /* .txnindex */
	LOG_FILE_SNAPSHOT,   /* .snapshot; its offset is where the producer state ends */
	LOG_FILE_TYPE_COUNT,
};

enum log_file_state {
	LOG_FILE_LIVE,
	LOG_FILE_DELETED, /* .deleted: will be removed */
	LOG_FILE_CLEANED, /* .cleaned: the cleaner's, incomplete */
	LOG_FILE_SWAP,    /* .swap: a complete replacement */
	LOG_FILE_STATE_COUNT,
};

enum { LOG_FILE_NAME_SIZE = 40 }; /* the longest name and its zero fit */

struct log_file_name {
	int64_t offset;
	enum log_file_type type;
	enum log_file_state state;
};

/* False: not the name of a segment's file (20 digits within int64, both suffixes known). */
bool log_file_name_parse(struct slice text, struct log_file_name *name);
/* Returns the length; the offset is >= 0. */
size_t log_file_name_format(struct log_file_name name, char text[LOG_FILE_NAME_SIZE]);
/* ".log", ".deleted"; "" for LOG_FILE_LIVE. */
const char *log_file_type_suffix(enum log_file_type type);
const char *log_file_state_suffix(enum log_file_state state);

#endif
