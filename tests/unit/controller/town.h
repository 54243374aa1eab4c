/*
 * tests/unit/controller/town.h: brokers with a controller each
 * (tests/sim/control_town.h), and calls to whoever is the controller.
 */
#ifndef KLAMM_TESTS_UNIT_CONTROLLER_TOWN_H
#define KLAMM_TESTS_UNIT_CONTROLLER_TOWN_H

#include "controller/reign.h"
#include "tests/sim/control_town.h"
#include "wire/kafka_error.h"

enum { TOWN_SECOND_US = 1000000, TOWN_TOPICS_MAX = 16 };

struct town_fixture {
	struct sim sim;
	struct control_town town;
};

/* Starts that many brokers, ids from 1 on, and waits until one is controller. */
void town_begin(struct town_fixture *it, int brokers, const char *properties);
/* The same, but for the start. */
void town_begin_down(struct town_fixture *it, int brokers, const char *properties);
void town_end(struct town_fixture *it);
void town_run(struct town_fixture *it, int64_t us);
/* The active controller. */
struct town_broker *town_leader(struct town_fixture *it);
/* One that is not, so many places behind it, from 1 on; and a broker's id. */
struct town_broker *town_another(struct town_fixture *it, int more);
int32_t town_id(const struct town_broker *broker);

/* A call, made of JSON-like parts by the test; answered within its time, or the test fails. */
struct town_call {
	struct controller_call call;
	struct arena arena;
	struct town_broker *broker;
	bool is_answered;
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

void town_call_init(struct town_call *call, enum controller_call_type type, int16_t version);
void town_call_fini(struct town_call *call);
/* Asks the broker, and does not wait. */
void town_ask(struct town_broker *broker, struct town_call *call);
/* Asks the controller and waits for the answer, at most that long. */
void town_ask_and_wait(struct town_fixture *it, struct town_call *call, int64_t us);

/* A topic more in a CREATE_TOPICS request; -1: as configured. */
struct create_topics_request_creatable_topic *town_add_topic(struct town_call *call,
    const char *name, int32_t partitions, int16_t factor);
/* Of the topic: partition `index` on the brokers, ended by -1. */
void town_add_assignment(struct town_call *call, struct create_topics_request_creatable_topic *topic,
    int32_t index, const int32_t *brokers);
void town_add_config(struct town_call *call, struct create_topics_request_creatable_topic *topic,
    const char *name, const char *value);
/* Creates one topic, and is told its code. */
int16_t town_create(struct town_fixture *it, const char *name, int32_t partitions,
    int16_t factor);
int16_t town_delete(struct town_fixture *it, const char *name);
int16_t town_grow(struct town_fixture *it, const char *name, int32_t count);
/* What the leader of the partition asks for, in the epochs that the controller knows; ends with -1. */
int16_t town_set_isr(struct town_fixture *it, const char *name, int32_t index,
    const int32_t *isr);
/* Moves one partition, NULL: not any more; the replicas end with -1. */
int16_t town_reassign(struct town_fixture *it, const char *name, int32_t index,
    const int32_t *replicas);
/* As the controller has it. */
struct context_partition *town_partition(struct town_fixture *it, const char *name,
    int32_t index);
const char *town_text(struct slice slice);

#endif
