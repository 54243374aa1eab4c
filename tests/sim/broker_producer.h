/* tests/sim/broker_producer.h: a producer, and what it has sent. */
#ifndef KLAMM_TESTS_SIM_BROKER_PRODUCER_H
#define KLAMM_TESTS_SIM_BROKER_PRODUCER_H

#include "tests/sim/broker_town.h"
#include "wire/batch_builder.h"

enum { LANES = 8 };

struct lane;

/* One record batch, from its making to its acknowledgement. */
struct production_batch {
	struct client_request request;
	struct list in_lane;
	struct lane *lane;
	uint64_t number; /* of the batches of its lane, from 1 on */
	uint64_t first; /* of its values */
	uint64_t before; /* the last value of the batch before it in the lane; 0: none */
	int count;
	int32_t sequence;
	struct buffer bytes;
	bool is_out;
	/* How often brokers had been started when it was sent, the first time (0: not yet) and now. */
	int first_life, life;
	int first_broker; /* that it was sent to, of a cluster */
	uint64_t small_isr; /* cluster_small_isr, when it was sent */
};

/* What a producer sends to one partition. */
struct lane {
	struct town_producer *producer;
	const char *topic;
	int partition;
	struct ledger_log *log; /* NULL: of a topic that comes and goes */
	uint64_t made; /* batches */
	int32_t next_sequence;
	uint64_t newest, acked; /* newest value of this producer id, and acknowledged; 0: none yet */
	struct list batches; /* struct production_batch, oldest first */
	int out;
	bool goes_back;      /* all that is not acknowledged is sent again, in order */
	int64_t goes_back_us; /* not before */
	/* Under this producer id: before it a broker takes any sequence for the first one. */
	bool is_known;
	int unclean; /* ledger_log.unclean, then */
	int rots;    /* the same */
};

struct town_producer {
	struct broker_town *town;
	int number;
	char name[24];
	struct town_links links;
	struct sim_process *process;
	struct loop *loop;
	struct timer pace;
	bool is_idempotent;
	int16_t acks, version;
	int window, records_max, size_max;
	enum compression_codec codec;
	int64_t pause_us;
	/* Of an idempotent one; -1: none. */
	int64_t producer_id;
	int16_t epoch;
	int id_life;
	bool asks_id;
	struct client_request id_request;
	uint32_t writer;
	struct lane lanes[LANES];
	int lane_count;
	int out;
};

#endif
