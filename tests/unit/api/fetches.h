/* tests/unit/api/fetches.h: Fetch requests and their answers, for the two tests of Fetch. */
#ifndef KLAMM_TESTS_UNIT_API_FETCHES_H
#define KLAMM_TESTS_UNIT_API_FETCHES_H

#include "replicas.h"

typedef struct fetch_response_partition_data told_partition;

enum { FETCH_FIRST_VERSION = 4, FETCH_LAST_VERSION = 17 };

extern struct fetch_request fetch_body;

/* Topic "t" with 4 partitions is here; a request of nothing that waits 500 ms for 1 byte. */
void fetches_init(void);
/* Expects that each slice was let go or sent, once. */
void fetches_fini(void);
/* Asks for a partition, from offset 100 on, for 1,000,000 bytes. */
struct fetch_request_fetch_partition *fetches_add_to(const char *topic, int32_t index);
struct fetch_request_fetch_partition *fetches_add(int32_t index);
void fetches_handle(int16_t version);
/* Number `at` of the fetches that the partitions got, and how many there were. */
struct partition_fetch *fetches_at(int at);
int fetches_count(void);
/* Answers one with so many bytes. */
void fetches_give(int at, int64_t bytes);
void fetches_fail(int at, enum partition_status status);
/* The only topic's; the answer is there. */
const told_partition *fetches_told(int32_t at);
const told_partition *fetches_told_of(int32_t topic, int32_t at);
const struct fetch_response *fetches_response(void);

#endif
