/* tests/unit/api/produces.h: Produce requests and their answers, for the two tests of Produce. */
#ifndef KLAMM_TESTS_UNIT_API_PRODUCES_H
#define KLAMM_TESTS_UNIT_API_PRODUCES_H

#include "../wire/samples.h"
#include "replicas.h"

typedef struct produce_response_partition_produce_response told_partition;

enum { PRODUCE_LAST_VERSION = 11 };

extern struct produce_request produce_body;
/* Three records without compression. */
extern struct buffer produce_batch;

/* Topic "t" with 4 partitions is here; a request of nothing, acks 1. */
void produces_init(void);
void produces_fini(void);
/* Adds a partition of the topic that was added last, or of a new one. */
void produces_add_to(const char *name, int32_t index, struct slice records);
/* The batch for a partition of "t". */
void produces_add(int32_t index);
/* The request is of nothing again. */
void produces_clear(void);
void produces_handle(int16_t version);
/* Answers number `number` of the appends that the partitions got. */
void produces_accept(int number, int64_t base_offset);
void produces_fail(int number, enum partition_status status);
/* The answer is there. */
const told_partition *produces_told_of(int32_t topic, int32_t at);
const told_partition *produces_told(int32_t at);

#endif
