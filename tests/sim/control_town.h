/*
 * tests/sim/control_town.h: brokers that are nothing but a registration and a
 * controller (src/controller) each, over the simulated ensemble. What they are
 * told by whoever is controller they obey in a model of a broker: replicas
 * that it hosts, metadata that it has. Used by scenario `control` and by unit
 * tests.
 */
#ifndef KLAMM_TESTS_SIM_CONTROL_TOWN_H
#define KLAMM_TESTS_SIM_CONTROL_TOWN_H

#include "controller/controller.h"
#include "tests/sim/sim_coord.h"
#include "tests/sim/sim_net.h"

enum { TOWN_BROKERS_MAX = 5, TOWN_ENTRIES_MAX = 4096, TOWN_NAME_SIZE = 64 };

/* A partition as a broker has it. */
struct town_entry {
	char topic[TOWN_NAME_SIZE];
	int32_t index;
	int32_t leader;
	int32_t leader_epoch;
	int32_t version; /* partition epoch */
	int32_t isr_count;
	bool was_new;    /* told by LeaderAndIsr with isNew */
	/* Of those that it hosts. */
	int leaderships; /* in how many epochs it was told to lead */
	struct uuid id;
	int32_t replicas[TOWN_BROKERS_MAX];
	int32_t replica_count;
};

struct town_entries {
	struct town_entry items[TOWN_ENTRIES_MAX];
	int count;
};

struct control_town;

struct town_broker {
	struct control_town *town;
	struct sim_machine machine;
	struct sim_process process;
	int64_t epoch;            /* registered; -1: not */
	int32_t controller_epoch; /* the highest that was seen */
	struct town_entries replicas; /* on disk */
	struct town_entries metadata; /* of this life */
	int32_t alive[TOWN_BROKERS_MAX + 1]; /* by its metadata */
	int alive_count;
	int leader_and_isr, update_metadata, stop_replica; /* requests obeyed */
	int first_heard;          /* partitions in the first UpdateMetadata of this life; -1: none yet */
	bool is_tool;             /* no broker: has a session, registers nothing */
	bool is_mute;             /* answers nothing */
	bool doubts_t;            /* its registrations say that its log of t-0 may lack records */
	/* Where its logs end, as ListOffsets is told; the code of the answer. */
	int32_t last_epoch;
	int64_t end_offset;
	int16_t ends_code;
	int asked_for_ends;       /* how often */
	int64_t parts_at;         /* from all others' logs; 0: nowhere */
	int16_t prefix_code;      /* of the answer to that */
	int asked_for_prefixes;
	bool has_failed_dir;      /* KAFKA_STORAGE_ERROR to all */
	int32_t known;            /* who is controller */
	bool is_leaving;          /* it has been said that it shuts down, in which of its lives */
	int leaves_life;
	int answers;              /* of calls */
};

struct control_town {
	struct sim *sim;
	struct sim_net net;
	struct sim_coord *ensemble;
	struct broker_config *config;
	int servers;
	int broker_count;
	int first;                /* id of the first broker */
	int32_t session_timeout_ms;
	struct town_broker brokers[TOWN_BROKERS_MAX];
	/* Each commit; may be NULL. */
	void (*committed)(struct control_town *town, const struct sim_coord_commit *commit);
	/* The broker has registered, or the tool has a session; in its control loop; may be NULL. */
	void (*registered)(struct town_broker *broker);
	/* A replica is about to be deleted; may be NULL. */
	void (*deleted)(struct town_broker *broker, const char *topic,
	    const struct stop_replica_request_stop_replica_partition_state *state);
	/* A process has died; may be NULL. */
	void (*died)(struct sim_process *process);
	void *context;
};

/* `properties`: lines of server.properties over the defaults; NULL: none. */
void control_town_init(struct control_town *town, struct sim *sim,
    const struct sim_coord_options *options, int brokers, const char *properties);
void control_town_fini(struct control_town *town);
void control_town_start(struct control_town *town, int broker);
/* In good order: calls are refused, the session ends. Then it is down. */
void control_town_stop(struct control_town *town, int broker);

struct controller *town_controller(const struct town_broker *broker); /* NULL: not up */
struct zk_session *town_session(const struct town_broker *broker);
/* Who is the active controller, as it believes itself; -1: nobody. */
int town_active(const struct control_town *town);
/* How often its channel to the broker of that id was told of another registration. */
int town_changed(const struct town_broker *broker, int32_t to);
/* As an event of its control loop; leave with town_leave. */
void town_enter(struct town_broker *broker);
void town_leave(struct town_broker *broker);
struct town_entry *town_find(struct town_entries *entries, const char *topic, int32_t index);
/* What the tree has, as text in a static buffer; NULL: no such node. */
const char *town_node(const struct control_town *town, const char *path);
/* -1: no such node. */
int32_t town_version(const struct control_town *town, const char *path);
/* As an old tool would write, fenced by nothing; through the session of the broker. */
void town_write(struct town_broker *broker, enum znode_operation_type type, const char *path,
    const char *data);

#endif
