/*
 * tests/sim/control_requests.h: what brokers of scenario `control` ask the
 * controller for, one row a kind of request.
 */
#ifndef KLAMM_TESTS_SIM_CONTROL_REQUESTS_H
#define KLAMM_TESTS_SIM_CONTROL_REQUESTS_H

#include "tests/sim/control.h"

struct control_kind;

/* In the memory of the process that asks; one for each call. */
struct control_asked {
	struct controller_call call;
	const struct control_kind *kind;
	struct town_broker *broker; /* who asks */
	struct arena arena;
	int name;
	int64_t asked_us;
	struct town_broker *about;  /* whom it speaks for; NULL: nobody */
	int64_t about_epoch;
	int32_t partition, leader_epoch;
	union {
		struct create_topics_request create;
		struct delete_topics_request delete;
		struct create_partitions_request grow;
		struct allocate_producer_ids_request ids;
		struct alter_partition_request alter;
		struct controlled_shutdown_request shutdown;
		struct elect_leaders_request elect;
		struct alter_partition_reassignments_request move;
		struct list_partition_reassignments_request list;
	} request;
	union {
		struct create_topics_response create;
		struct delete_topics_response delete;
		struct create_partitions_response grow;
		struct allocate_producer_ids_response ids;
		struct alter_partition_response alter;
		struct controlled_shutdown_response shutdown;
		struct elect_leaders_response elect;
		struct alter_partition_reassignments_response move;
		struct list_partition_reassignments_response list;
	} response;
};

struct control_kind {
	enum controller_call_type type;
	/* False: there is nothing to be asked now. */
	bool (*fill)(struct control_asked *asked, struct prng *prng);
	int16_t (*code)(const struct control_asked *asked);
	bool (*is_expected)(int16_t code);
	void (*done)(struct control_asked *asked, int16_t code); /* what else is to be looked at */
};

static inline struct control *
control_by(const struct control_asked *asked)
{
	return control_of(asked->broker->town);
}

/* control_topics.c */
extern const struct control_kind control_create_topics, control_auto_create,
    control_delete_topics, control_grow, control_allocate_ids;
/* control_isr.c */
extern const struct control_kind control_alter_partition, control_shut_down;
/* control_moves.c */
extern const struct control_kind control_elect, control_move, control_list_moves;

#endif
