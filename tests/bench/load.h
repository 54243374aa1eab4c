/*
 * tests/bench/load.h: a client that loads a broker with requests made once: its
 * own cost matters little, so that a broker's can be measured beside it.
 */
#ifndef KLAMM_TESTS_BENCH_LOAD_H
#define KLAMM_TESTS_BENCH_LOAD_H

#include "base/buffer.h"
#include "wire/frame.h"

struct load_options {
	const char *host;
	int port;
	const char *topic;
	int partitions;
	int connections;
	int in_flight;      /* requests of one connection */
	int64_t requests;   /* of all connections; 0: as many as `bytes` need */
	int64_t bytes;      /* of record batches, or of what is fetched */
	int batch_records;
	int record_bytes;
	int acks;
};

/* A whole frame; the correlation id is written into it at each sending. */
void load_frame_produce(struct buffer *out, const struct load_options *options, int32_t partition);
void load_frame_fetch(struct buffer *out, const struct load_options *options, int32_t partition,
    int64_t offset);
void load_frame_set_correlation(uint8_t *frame, int32_t correlation);

/* What an answer says; ends the program when it is an error. */
struct load_answer {
	int32_t correlation;
	int64_t bytes;       /* of records */
	int64_t next_offset; /* after the last whole batch fetched */
};
struct load_answer load_answer_read(struct slice frame, bool fetch);

#endif
