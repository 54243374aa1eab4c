/*
 * cluster/dir_events.h: tells the controller, by a znode below
 * /log_dir_event_notification (zookeeper.md 5.13), that something has changed
 * with the log dirs of this broker: it asks again which replicas are here. On
 * the control loop.
 */
#ifndef KLAMM_CLUSTER_DIR_EVENTS_H
#define KLAMM_CLUSTER_DIR_EVENTS_H

#include "base/buffer.h"
#include "zk/session.h"

struct dir_events {
	struct zk_session *session;
	struct world *world;
	int32_t broker_id;
	struct zk_write write;
	struct buffer path, data;
	bool is_out; /* the write */
	bool is_due; /* something has changed since it was made */
};

void dir_events_init(struct dir_events *events, struct zk_session *session, struct world *world,
    int32_t broker_id);
/* After the session was stopped. */
void dir_events_fini(struct dir_events *events);
/*
 * A dir has failed, or can do what it could not do before. Sent again after a
 * session that was lost; any other error is told in the log.
 */
void dir_events_tell(struct dir_events *events);

#endif
