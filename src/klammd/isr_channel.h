/*
 * klammd/isr_channel.h: from this broker's leaders to the controller with
 * changes of ISRs (partition/isr_port.h), over a controller_link of its own:
 * what else is asked of the controller is not waited for.
 */
#ifndef KLAMM_KLAMMD_ISR_CHANNEL_H
#define KLAMM_KLAMMD_ISR_CHANNEL_H

#include "klammd/controller_link.h"
#include "partition/isr_port.h"

struct isr_channel {
	struct isr_port port;
	struct controller_link *link; /* the owner's, who sets it before the first LeaderAndIsr */
	int64_t broker_epoch;         /* the owner sets it at each registration */
	/* The one that is out. */
	struct isr_alteration *alteration;
	struct controller_link_request request;
};

void isr_channel_init(struct isr_channel *channel);

#endif
