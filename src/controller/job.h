/*
 * controller/job.h: one thing that the controller does: a list of steps, of
 * which each may make many calls to ZooKeeper at once (session.h keeps them in
 * order and in bounds); the next step follows when all were answered. One job
 * at a time, so a step may take the context for what it is until it ends.
 *
 * All writes are fenced, and many go in one multi. A fence that fails ends the
 * reign: no further step runs. Writes of one step are sent in their order. A
 * multi that fails is sent again write by write, behind what was sent
 * meanwhile; what depends on it has failed too, and follows. So a step writes
 * only what can meet its own earlier success (F6). Private.
 */
#ifndef KLAMM_CONTROLLER_JOB_H
#define KLAMM_CONTROLLER_JOB_H

#include "controller/job_kinds.h"
#include "controller/reign.h"
#include "zk/paths.h"

/* Ends with job_next, job_wait, job_call or job_end. */
typedef void job_step(struct job *job);

struct job_type {
	const char *name;
	job_step *const *steps; /* NULL after the last */
	size_t size;            /* of what embeds struct job as its first member */
	/* The reign is over before the job's end. May be NULL; the job is freed after it. */
	void (*dropped)(struct job *job);
	enum job_kind kind;     /* what its time is counted as */
};

enum { JOB_DEPTH_MAX = 8 };

struct job_partitions {
	struct context_partition **items;
	size_t count;
};

struct replica {
	struct context_partition *partition;
	int32_t broker;
};

struct job_replicas {
	struct replica *items;
	size_t count;
};

struct job {
	struct list link;
	const struct job_type *type;
	struct reign *reign;
	struct arena arena; /* what is made for the job */
	int64_t made_us, begun_us; /* monotonic, for the metrics; 0: it is not begun, or nothing is counted */
	struct {
		job_step *const *steps;
		size_t at;
	} frames[JOB_DEPTH_MAX];
	int depth;
	bool in_step, is_ready;
	bool is_waiting;
	size_t calls_out;
	struct job_group *group; /* writes that are gathered */
	/* What the lists of steps below work on. */
	struct partition_changes *partition_changes;
	struct replica_changes *replica_changes;
	struct broker_list *broker_list;
	struct topic_list *topic_list;
	struct deletion_round *deletion_round;
	struct offline *offline;
	struct new_partitions *new_partitions;
	struct topic_updates *topic_updates;
	struct reassign *reassign;
	struct reassign_znode *reassign_znode;
	struct min_insync *min_insync;
};

struct job *job_new(struct reign *reign, const struct job_type *type);
/* It was never begun, or the reign is over. */
void job_free(struct job *job);
void job_run(struct job *job);

void job_next(struct job *job);
/* Runs the list, then the next step. */
void job_call(struct job *job, job_step *const *steps);
/* Runs the list, then this same step once more. */
void job_call_again(struct job *job, job_step *const *steps);
/* The next step when all calls that were made have been answered. */
void job_wait(struct job *job);

/* A path in the job's arena. */
struct slice job_path(struct job *job, const struct paths_place *place);
/* A payload that was encoded, copied into the job's arena; the buffer is freed. */
struct slice job_take_data(struct job *job, struct buffer *data);

typedef void job_answered(struct job *job, void *item, const struct coord_answer *answer);
typedef void job_written(struct job *job, void *item, enum znode_error error,
    const struct znode_result *result);

/* Paths and data are in the job's arena, or static. */
void job_get(struct job *job, struct slice path, job_answered *answered, void *item);
void job_exists(struct job *job, struct slice path, job_answered *answered, void *item);
void job_children(struct job *job, struct slice path, job_answered *answered, void *item);
/* Fenced. `written` may be NULL: whatever comes of it. */
void job_write(struct job *job, const struct znode_operation *operation, job_written *written,
    void *item);
/* A node and all below it, each delete fenced; OK also when there is none. */
void job_delete_tree(struct job *job, struct slice path, job_written *written, void *item);
/* Several writes that happen all or none; `written` is told of each. */
void job_write_together(struct job *job, const struct znode_operation *operations, size_t count,
    job_written *written, void *item);

#endif
