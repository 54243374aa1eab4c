/*
 * partition/isr_port.h: how a broker's leaders reach the active controller
 * with changes of their ISRs (AlterPartition). The owner of struct replicas
 * gives one; called on the control loop.
 */
#ifndef KLAMM_PARTITION_ISR_PORT_H
#define KLAMM_PARTITION_ISR_PORT_H

#include "base/error.h"
#include "wire/messages.h"

enum {
	ISR_VERSION_WITH_TOPIC_IDS = 2, /* from this one on names are none */
	ISR_VERSION_WITH_EPOCHS = 3,    /* members have broker epochs (KIP-903) */
};

/* One request; its maker's again when `done` is called. */
struct isr_alteration {
	struct alter_partition_request request; /* broker_epoch is the port's to fill in */
	bool needs_names; /* a topic has no id: only versions below 2 will do */
	/*
	 * Once, not inside `alter`. `response` is borrowed for the call; NULL with an
	 * error: nobody knows what became of it.
	 */
	void (*done)(struct isr_alteration *alteration, enum error error,
	    const struct alter_partition_response *response);
};

struct isr_port {
	/* One at a time. */
	void (*alter)(struct isr_port *port, struct isr_alteration *alteration);
};

/* The request gets the form that this version has; again for another one. */
void isr_alteration_fit(struct isr_alteration *alteration, int16_t version);

#endif
