/*
 * wire/batch_verdict.h: what a broker thinks of records that it was given, as
 * one table with the error code that Kafka's protocol has for it.
 */
#ifndef KLAMM_WIRE_BATCH_VERDICT_H
#define KLAMM_WIRE_BATCH_VERDICT_H

#include <stdint.h>

/*
 * X(name, Kafka's code). NEEDS_WORKER never leaves the broker: nothing was
 * decided, the records must be looked at again by a worker.
 */
#define BATCH_VERDICT_TABLE(X) \
	X(ACCEPTED, 0) \
	X(NEEDS_WORKER, -1) \
	X(NO_MEMORY, -1) \
	X(CORRUPT_MESSAGE, 2) \
	X(MESSAGE_TOO_LARGE, 10) \
	X(RECORD_LIST_TOO_LARGE, 18) \
	X(INVALID_TIMESTAMP, 32) \
	X(UNSUPPORTED_COMPRESSION_TYPE, 76) \
	X(INVALID_RECORD, 87)

#define BATCH_VERDICT_MEMBER(name, code) BATCH_VERDICT_##name,
enum batch_verdict { BATCH_VERDICT_TABLE(BATCH_VERDICT_MEMBER) BATCH_VERDICT_COUNT };
#undef BATCH_VERDICT_MEMBER

int16_t batch_verdict_kafka_code(enum batch_verdict verdict);
const char *batch_verdict_name(enum batch_verdict verdict);

#endif
