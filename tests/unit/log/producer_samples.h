/* tests/unit/log/producer_samples.h: appends that tests of producer state begin with. */
#ifndef KLAMM_TESTS_PRODUCER_SAMPLES_H
#define KLAMM_TESTS_PRODUCER_SAMPLES_H

#include "log/producer_state.h"

/* A client's batch of `count` records. */
struct producer_append sample_data(int64_t producer_id, int16_t epoch, int32_t first_sequence,
    int32_t count);
/* The same within a transaction. */
struct producer_append sample_transactional(int64_t producer_id, int16_t epoch,
    int32_t first_sequence, int32_t count);
struct producer_append sample_marker(int64_t producer_id, int16_t epoch,
    enum producer_batch_type type, int32_t coordinator_epoch);
/* Gives it its place in the log; its timestamp is 1000 ms + the offset. */
void sample_at(struct producer_append *append, int64_t offset);

#endif
