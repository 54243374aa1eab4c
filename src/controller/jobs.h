/* controller/jobs.h: what the controller does by itself, one job a file. Private. */
#ifndef KLAMM_CONTROLLER_JOBS_H
#define KLAMM_CONTROLLER_JOBS_H

#include "controller/job.h"

/* failover.c: takes over: zookeeper.md 5.3. */
extern const struct job_type job_failover;
/* broker_changes.c: brokers came, went, changed: 5.9. */
extern const struct job_type job_broker_changes;
/* topic_changes.c: the list of topics; what stands in a topic's znode: 5.5, 5.6. */
extern const struct job_type job_topic_changes;
extern const struct job_type job_assignment_changes;
/* deletion_marks.c: /admin/delete_topics; deletion.c: what waited can go on: 5.7. */
extern const struct job_type job_deletion_changes;
extern const struct job_type job_deletion_resume;
/* notifications.c: 5.13, 5.8. */
extern const struct job_type job_log_dir_events;
extern const struct job_type job_isr_changes;
/* config_changes.c: a topic that is offline may be allowed an unclean election: 5.14. */
extern const struct job_type job_config_changes;
/* doubts_ask.c: replicas have said where their logs end: F17. */
extern const struct job_type job_doubts;
void config_changes_skip(struct job *job); /* a step: those of before count as seen */
/* admin_znodes.c, reassign_znode.c: what old tools ask for: 5.11, 5.12. */
extern const struct job_type job_preferred_election;
extern const struct job_type job_reassignment;
/* reassign_znode.c: a broker has answered for the first time: reassignment_waits. */
extern const struct job_type job_reassignments_go_on;

#endif
