/*
 * klammd/controller_link.h: from this broker to the active controller, wherever
 * that is: AlterPartition, AllocateProducerIds, CreateTopics of automatic
 * creation, ControlledShutdown. In this process it is asked without a
 * connection; else over cluster/broker_link.h, at the control plane listener if
 * control.plane.listener.name is set, else at the listener between brokers, in
 * the newest version that both have. What another broker than the controller
 * answers, what is lost with a connection, and what finds no controller is asked
 * again 100 ms later, or as soon as there is another controller, or another life of
 * it: an earlier one may be gone without a word. On the control loop.
 *
 * Requests of one link share a connection, on which a broker answers one after
 * the other: what may not wait for others gets a link of its own.
 */
#ifndef KLAMM_KLAMMD_CONTROLLER_LINK_H
#define KLAMM_KLAMMD_CONTROLLER_LINK_H

#include "cluster/broker_link.h"
#include "cluster/image.h"
#include "controller/controller.h"

struct controller_link;
struct controller_errand;

/* Its maker's again when `done` is called; body stays until then. */
struct controller_link_request {
	int16_t key;
	const void *body;       /* of that key */
	int16_t newest_version; /* of the key that will do; 0: the newest there is */
	int64_t deadline_us;    /* after it nothing is tried any more, ERROR_TIMED_OUT; 0: never */
	/* Before each attempt: the body gets the form that this version has. NULL: it has it. */
	void (*fit)(struct controller_link_request *request, int16_t version);
	/*
	 * Once, never inside a call of the link. `response` is borrowed for the call,
	 * in the form of `version`; NULL with an error: ERROR_TIMED_OUT,
	 * ERROR_CANCELLED (the link was closed), ERROR_UNSUPPORTED (the controller
	 * has no such version) or another of message_encode's.
	 */
	void (*done)(struct controller_link_request *request, enum error error,
	    const void *response);
	int16_t version; /* of the last attempt */
	/* The link's. */
	struct controller_link *owner;
	const struct controller_errand *errand;
	struct list link;
	struct broker_link_request remote;
	struct controller_call local;
	struct arena arena; /* of `local` */
};

struct controller_link_options {
	struct world *world;
	const struct broker_config *config; /* borrowed */
	int32_t broker_id;
	struct controller *controller;      /* of this broker; freed only after the link was closed */
};

struct controller_link *controller_link_new(const struct controller_link_options *options);
/* Who is controller, and where. */
void controller_link_take_image(struct controller_link *link, const struct image *image);
void controller_link_ask(struct controller_link *link, struct controller_link_request *request);
/*
 * What is out is answered with ERROR_CANCELLED, or, in this process, as the
 * controller does; then the link is freed and `closed` called, not inside this
 * call.
 */
void controller_link_close(struct controller_link *link, void (*closed)(void *context),
    void *context);

#endif
