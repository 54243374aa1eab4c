/*
 * klammd/broker_private.h: what the files of the broker share.
 *
 * Start, each step when the one before has called back (broker_start.c):
 *
 *	OPENING_DIRS   lock the log dirs, read whose they are (worker)
 *	IDENTIFYING    ZooKeeper session; paths, cluster id, broker id
 *	CLAIMING_DIRS  they are this broker's (worker)
 *	CONFIGURING    configs of all topics
 *	LOADING        logs, recovery
 *	REGISTERING    ports are bound; our znode
 *	JOINING        brokers may come, clients wait: election; the first UpdateMetadata
 *	               of whoever is controller, and that of topics if there are any
 *	SERVING
 *
 * Stop, from any of them (broker_stop.c), each step bounded: from SERVING first
 *
 *	LEAVING        what it leads is given to others, while it serves
 *
 * and then STOPPING: requests, groups, controller, logs, session.
 */
#ifndef KLAMM_KLAMMD_BROKER_PRIVATE_H
#define KLAMM_KLAMMD_BROKER_PRIVATE_H

#include "api/api.h"
#include "cluster/dir_events.h"
#include "cluster/image.h"
#include "cluster/life.h"
#include "cluster/topic_configs.h"
#include "controller/controller.h"
#include "group/groups.h"
#include "klammd/auto_creation.h"
#include "klammd/broker.h"
#include "klammd/broker_channels.h"
#include "klammd/control_queue.h"
#include "klammd/controlled_shutdown.h"
#include "klammd/controller_link.h"
#include "klammd/isr_channel.h"
#include "klammd/log_dir_requests.h"
#include "partition/replicas.h"

enum broker_stage {
	BROKER_NEW,
	BROKER_OPENING_DIRS,
	BROKER_IDENTIFYING,
	BROKER_CLAIMING_DIRS,
	BROKER_CONFIGURING,
	BROKER_LOADING,
	BROKER_REGISTERING,
	BROKER_JOINING,
	BROKER_SERVING,
	BROKER_LEAVING,
	BROKER_STOPPING,
	BROKER_STOPPED,
};

struct broker {
	struct broker_options options;
	struct world *world;
	enum broker_stage stage;
	bool told_failure;
	bool clean;              /* so far, of the stop */
	int32_t id;
	int64_t epoch;           /* czxid of our registration */
	char *cluster_id;
	struct lost_leaders lost_leaders; /* fetchers tell, Metadata asks */

	/* NULL until their step. */
	struct log_dirs *dirs;   /* until replicas has them */
	struct zk_session *session;
	struct life *life;
	struct topic_configs *topic_configs;
	struct replicas *replicas;
	struct dir_events dir_events; /* made with the replicas */
	struct groups *groups;
	struct controller *controller;
	struct broker_channels channels;
	struct isr_channel isr_channel;
	struct control_requests control;
	struct control_queue control_queue;
	struct log_dir_requests log_dir_requests;
	struct api *api;
	struct producer_ids *producer_ids;
	struct consumer_offsets *consumer_offsets; /* NULL: there is no session yet */
	/* To the active controller; NULL before it can be asked, and in the stop. */
	struct controller_link *controller_link;
	/* One more, as the controller may take its time for a topic. */
	struct controller_link *creation_link;
	struct auto_creation auto_creation;
	struct controlled_shutdown leaving;
	struct controller_link_request leave;
	struct timer telling;     /* others of what was decided */
	int64_t telling_until_us;
	int links_ending;
	bool channels_stopped;
	/* The block of producer ids that is asked for. */
	struct controller_link_request block;
	struct allocate_producer_ids_request block_body;

	struct image *image;
	struct persistent_map *hosted;

	struct life_handler life_handler;
	struct replicas_listener replicas_listener;
	struct timer patience;   /* of the step at hand */
	struct work work;        /* of the step at hand; one at a time */
	bool working;
	enum error work_error;
	struct log_dir *guilty;
	const char *listen_complaint;
	int64_t work_now_ms;
	struct zk_call offsets_topic;
	struct zk_call topics;   /* how many there are */
	int topics_reads;        /* of these two, how many are under way */
	bool awaits_topics;      /* there are some: the image has to name them before clients are told */
	struct buffer offsets_path;
	void (*after_work)(struct work *work);
	char *kept_path;
	bool groups_counted;     /* they know how many partitions their topic has */
	bool control_made;
	bool registered;         /* in the session at hand */
};

/* Tells the owner, once; nothing of the start goes on. */
void broker_fail(struct broker *broker, const char *format, ...) PRINTF_LIKE(2, 3);
/* Whether a step's call back still counts. */
static inline bool
broker_is_at(const struct broker *broker, enum broker_stage stage)
{
	return broker->stage == stage && !broker->told_failure;
}

/* One blocking step on a worker; `done` on the control loop. */
void broker_work(struct broker *broker, void (*run)(struct work *work),
    void (*done)(struct work *work));
void broker_publish(struct broker *broker);
/* From the image: how many partitions the offsets topic has. */
void broker_tell_groups(struct broker *broker);

/* ---------------------------------------------------- between its files */

void broker_timers_init(struct broker *broker);
/* The topic's znode is read: replicas and the rest of start-up. */
void broker_make_replicas(struct broker *broker);
void broker_make_controller(struct broker *broker);
void broker_config_changed(void *context, const struct broker_config *now);
void broker_settings_changed(void *context, struct slice topic, struct topic_settings *settings);
/* The image names us: clients may come. */
void broker_serve(struct broker *broker);

#endif
