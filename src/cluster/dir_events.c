#include "cluster/dir_events.h"

#include "zk/error_text.h"
#include "zk/paths.h"
#include "zk/payload_log_dir_event.h"

static void send(struct dir_events *it);

/* A write that was made twice over a lost connection has the controller ask twice. */
static void
written(struct zk_call *call, const struct coord_answer *answer)
{
	struct dir_events *it = container_of(call, struct dir_events, write.call);

	it->is_out = false;
	if (answer->error == ZNODE_SESSION_EXPIRED)
		it->is_due = true;
	else if (answer->error != ZNODE_OK)
		log_error(it->world->logger, "the controller cannot be told of the log dirs: %s",
		    zk_error_text(answer->error));
	if (it->is_due)
		send(it);
}

static void
send(struct dir_events *it)
{
	it->is_out = true;
	it->is_due = false;
	zk_write(it->session, &it->write, &(struct znode_operation){
		.type = ZNODE_OP_CREATE,
		.path = buffer_slice(&it->path),
		.data = buffer_slice(&it->data),
		.flags = ZNODE_SEQUENTIAL,
	}, written);
}

void
dir_events_init(struct dir_events *it, struct zk_session *session, struct world *world,
    int32_t broker_id)
{
	*it = (struct dir_events){ .session = session, .world = world, .broker_id = broker_id };
	buffer_init(&it->data);
	/* ZooKeeper puts a number behind it. */
	buffer_init(&it->path);
	buffer_append_slice(&it->path, slice_of_text(paths_text(PATHS_LOG_DIR_EVENTS)));
	buffer_append_slice(&it->path, slice_of_text("/log_dir_event_"));
	payload_log_dir_event_encode(&(struct payload_log_dir_event){
		.broker = broker_id, .event = PAYLOAD_LOG_DIR_FAILED }, &it->data);
}

void
dir_events_fini(struct dir_events *it)
{
	buffer_fini(&it->data);
	buffer_fini(&it->path);
}

void
dir_events_tell(struct dir_events *it)
{
	if (it->is_out)
		it->is_due = true;
	else
		send(it);
}
