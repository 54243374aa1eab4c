/*
 * controller/topic_update.h: assignments of partitions change in the znodes of
 * their topics: read, changed, written on the condition that it is still what
 * was read; what others have put there stays. Private.
 */
#ifndef KLAMM_CONTROLLER_TOPIC_UPDATE_H
#define KLAMM_CONTROLLER_TOPIC_UPDATE_H

#include "controller/job.h"
#include "controller/reassignment.h"

struct topic_update_change {
	struct context_partition *partition;
	struct reassignment to;
	void *item;      /* the caller's, as the changes are sorted */
	bool is_written; /* set; else it is told to the log why not */
};

/*
 * One write a partition, as Kafka does, all of a topic together; one for all of
 * them where that would be too much for ZooKeeper. The changes are sorted by
 * topic and number. Ends the step.
 */
void topic_update_write(struct job *job, struct topic_update_change *changes, size_t count);

#endif
