/*
 * controller/call_job.h: calls of clients as jobs of the reign, and how they are
 * answered. Private.
 */
#ifndef KLAMM_CONTROLLER_CALL_JOB_H
#define KLAMM_CONTROLLER_CALL_JOB_H

#include "controller/job.h"
#include "wire/kafka_error.h"

struct call_job {
	struct job job;
	struct controller_call *call;
	int64_t deadline_us;
	void *plan; /* the type's own, in the job's arena */
};

struct call_type {
	struct job_type job;
	/* NULL: it waits for nothing. */
	int32_t (*timeout_ms)(const struct controller_call *call);
	/* All items, or the response, say NOT_CONTROLLER. */
	void (*refuse)(struct controller_call *call);
	/* The item's result is an error. The message is kept, or NULL. NULL where nothing waits. */
	void (*fail_item)(struct controller_call *call, int32_t index, int16_t code,
	    const char *message);
};

/* create_topics_call.c, delete_topics_call.c, create_partitions_call.c, producer_ids_call.c,
 * alter_partition_call.c, controlled_shutdown_call.c, elect_leaders_call.c,
 * alter_reassignments_call.c, list_reassignments_call.c */
extern const struct call_type call_create_topics;
extern const struct call_type call_auto_create;
extern const struct call_type call_delete_topics;
extern const struct call_type call_create_partitions;
extern const struct call_type call_allocate_producer_ids;
extern const struct call_type call_alter_partition;
extern const struct call_type call_controlled_shutdown;
extern const struct call_type call_elect_leaders;
extern const struct call_type call_alter_reassignments;
extern const struct call_type call_list_reassignments;

/* As a job at the end of the queue. */
void call_begin(struct reign *reign, struct controller_call *call);
void call_refuse(struct controller_call *call);
void call_fail_item(struct controller_call *call, int32_t index, int16_t code,
    const char *message);
/* On the call's loop. */
void call_answer(struct controller_call *call);
/* The job has not answered: it was dropped. */
void call_dropped(struct job *job);
/* The call is answered, or waits, so the job's end says nothing. */
struct controller_call *call_take(struct job *job);

#endif
