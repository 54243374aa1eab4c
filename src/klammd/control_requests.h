/*
 * klammd/control_requests.h: what this broker does when a controller tells it
 * something: LeaderAndIsr, UpdateMetadata, StopReplica (protocol.md 14), by
 * whatever channel. One at a time, on the control loop. Requests of an older
 * controller, or meant for an earlier life of this broker, are refused (I17,
 * KIP-380).
 */
#ifndef KLAMM_KLAMMD_CONTROL_REQUESTS_H
#define KLAMM_KLAMMD_CONTROL_REQUESTS_H

#include "cluster/image.h"
#include "cluster/topic_configs.h"
#include "partition/replicas.h"

struct control_requests {
	struct world *world;
	struct topic_configs *topic_configs;
	struct replicas *replicas;
	/*
	 * A new image, the taker's. `whole`: it was replaced; topics that it lacks
	 * have been deleted while nobody told us.
	 */
	void (*updated)(void *context, struct image *image, bool whole);
	void *context;
	int32_t controller_epoch; /* the highest seen */
	int64_t broker_epoch;     /* ours; -1: not registered */
	int64_t whole_epoch;      /* the registration for which all topics were told; -1: none */
	struct image *image;      /* the newest; a share */
	bool closed;
	/* The one under way. */
	void (*done)(void *context, const void *response);
	void *done_context;
	bool awaits_settings;     /* it, or one that was answered when this was closed */
	const struct leader_and_isr_request *leader_and_isr;
	struct arena *arena;
	union {
		struct leader_and_isr_response leader_and_isr;
		struct update_metadata_response update_metadata;
		struct stop_replica_response stop_replica;
		struct list_offsets_response list_offsets;
		struct fetch_response fetch;
	} response;
};

void control_requests_init(struct control_requests *control, struct world *world,
    struct topic_configs *topic_configs, struct replicas *replicas);
void control_requests_fini(struct control_requests *control);
bool control_requests_are_idle(const struct control_requests *control);

/*
 * `key` is API_KEY_LEADER_AND_ISR, _UPDATE_METADATA or _STOP_REPLICA, or
 * _LIST_OFFSETS and _FETCH, which ask where logs end and part (partition/replicas_ends.h).
 * `request` and `arena` stay until `done`; the response lives until the next call.
 */
void control_requests_obey(struct control_requests *control, int16_t key, const void *request,
    struct arena *arena, void (*done)(void *context, const void *response), void *context);
/*
 * The broker stops: what still waits for ZooKeeper is answered with an error,
 * and what comes from now on at once.
 */
void control_requests_close(struct control_requests *control);

#endif
