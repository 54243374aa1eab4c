/*
 * api/api.h: the broker's face: listeners, connections, and the requests of
 * clients: decoded, given to the room that knows, encoded. table.h says which
 * api key is at which stage.
 *
 * A connection lives on the loop that accepted it. A request is one counted
 * object (frame, arena; loop, slot and generation of its connection). Up to
 * klamm.produce.in.flight Produce requests of a connection are in progress,
 * any other waits for those before it; answers leave in the order of requests.
 */
#ifndef KLAMM_API_API_H
#define KLAMM_API_API_H

#include "api/broker_control.h"
#include "cluster/consumer_offsets.h"
#include "cluster/image.h"
#include "cluster/producer_ids.h"
#include "cluster/topic_configs.h"
#include "config/broker_config.h"
#include "controller/controller.h"
#include "group/groups.h"
#include "partition/lost_leaders.h"
#include "partition/replicas.h"
#include "metrics/snapshot.h"
#include "world/world.h"

struct api;

/* Makes topics that clients ask for, at the active controller wherever it is. Any loop. */
struct topic_creator {
	/* The call is of type CONTROLLER_AUTO_CREATE. */
	void (*create)(struct topic_creator *creator, struct controller_call *call);
};

/* The rooms behind it; borrowed, they outlive it. */
struct api_services {
	struct controller *controller;
	struct groups *groups;
	struct topic_configs *topic_configs;
	struct producer_ids *producer_ids;
	struct consumer_offsets *consumer_offsets;
	struct broker_control_port *control;
	struct broker_control_port *log_dirs;
	struct topic_creator *creator;
	const struct lost_leaders *lost_leaders;
};

struct api_options {
	struct world *world;
	const struct broker_config *config; /* borrowed */
	int32_t broker_id;                  /* -1: not known before api_start */
	struct api_services services;
};

/* What a loop sees of the cluster and of this broker; immutable, counted. */
struct api_view {
	struct counted counted;
	struct image *image;            /* a share */
	struct persistent_map *hosted;  /* struct hosted_topic by name; a share */
};

struct api *api_new(const struct api_options *options);
/* Stopped, or never started. */
void api_free(struct api *api);

/*
 * Blocks, on a worker: looks up names and binds all listeners; nobody is served
 * yet. `*complaint` names the one that failed, or an unknown host of
 * max.connections.per.ip.overrides.
 */
NODISCARD enum error api_listen(struct api *api, const char **complaint);
/* All from here on the control loop. */

/* The port that a listener got. */
uint16_t api_port(const struct api *api, const char *listener);
/*
 * Accepts connections, and answers what brokers ask: the first image comes from
 * a controller, maybe through a listener of ours. `cluster_id` is copied.
 */
void api_start(struct api *api, int32_t broker_id, const char *cluster_id,
    const struct api_services *services);
/* From here on clients are answered too; those that were there before have waited. */
void api_admit_clients(struct api *api);
/* Takes both shares; each loop has it before anything that is posted to it later. */
void api_publish(struct api *api, struct image *image, struct persistent_map *hosted);
/*
 * This broker leads a partition from here on: Fetches of followers that wait are
 * answered, so that the next ones name it (follower_waits.h).
 */
void api_hurry_followers(struct api *api);
/*
 * Accepts nobody, lets requests in progress end for at most `patience_ms`,
 * then closes all connections; also when it was never started. Requests that
 * other rooms hold may still be out.
 */
void api_stop(struct api *api, int64_t patience_ms, void (*stopped)(void *context), void *context);
/* After it: every request has ended and every place is given back, those of closed connections too, once all rooms have answered. */
void api_settle(struct api *api, void (*settled)(void *context), void *context);

/* Any time between api_new and api_free: connections, and memory that requests hold. */
void api_snapshot(const struct api *api, struct snapshot *snapshot);

#endif
