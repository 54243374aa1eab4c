/*
 * base/error.h: what the world (peers, disks, ZooKeeper, operators) can do to
 * us, as values. Mistakes of our own are asserts, not errors. Kafka's wire
 * codes are another type (wire/kafka_error.h); only api/ translates.
 */
#ifndef KLAMM_BASE_ERROR_H
#define KLAMM_BASE_ERROR_H

#include "base/macros.h"

/* X(name, text): the one list of errors. */
#define ERROR_TABLE(X) \
	X(NONE, "no error") \
	X(MALFORMED, "malformed data") \
	X(TRUNCATED, "data end too early") \
	X(CORRUPT, "checksum does not match") \
	X(UNSUPPORTED, "not supported") \
	X(OUT_OF_RANGE, "value out of range") \
	X(TOO_LARGE, "larger than the limit") \
	X(NO_MEMORY, "memory limit reached") \
	X(NOT_FOUND, "not found") \
	X(EXISTS, "exists already") \
	X(NOT_EMPTY, "not empty") \
	X(NOT_DIRECTORY, "not a directory") \
	X(IS_DIRECTORY, "is a directory") \
	X(PERMISSION, "permission denied") \
	X(READ_ONLY, "read-only file system") \
	X(BUSY, "in use") \
	X(NO_SPACE, "no space left on device") \
	X(IO, "input/output error") \
	X(TOO_MANY_FILES, "too many open files") \
	X(NAME_TOO_LONG, "file name too long") \
	X(INVALID_ARGUMENT, "invalid argument") \
	X(WOULD_BLOCK, "would block") \
	X(END_OF_STREAM, "end of stream") \
	X(CONNECTION_REFUSED, "connection refused") \
	X(CONNECTION_RESET, "connection reset") \
	X(CONNECTION_CLOSED, "connection closed") \
	X(UNREACHABLE, "host unreachable") \
	X(ADDRESS_IN_USE, "address already in use") \
	X(ADDRESS_NOT_AVAILABLE, "address not available") \
	X(TIMED_OUT, "timed out") \
	X(CANCELLED, "cancelled") \
	X(OFFLINE, "offline") \
	X(UNEXPECTED, "unexpected system error")

#define ERROR_ENUM_MEMBER(name, text) ERROR_##name,
enum error { ERROR_TABLE(ERROR_ENUM_MEMBER) ERROR_COUNT };
#undef ERROR_ENUM_MEMBER

/* The text of the table; never NULL, "unknown error" for a foreign value. */
const char *error_text(enum error error);

/* The error for a POSIX errno; ERROR_UNEXPECTED when the table has none. */
enum error error_from_errno(int system_error);

#endif
