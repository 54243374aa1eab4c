/*
 * partition/isr_changes.h: the changes of ISRs that this broker's leaders want
 * (Kafka's AlterPartitionManager): gathered, given to the controller in one
 * AlterPartition request at a time, and answered to the partitions. After an
 * error the next one waits a little. On the control loop.
 */
#ifndef KLAMM_PARTITION_ISR_CHANGES_H
#define KLAMM_PARTITION_ISR_CHANGES_H

#include "partition/partition_private.h"
#include "partition/isr_port.h"

enum {
	ISR_CHANGES_BACK_OFF_US = 50 * 1000,
	ISR_CHANGES_MAX = 5000, /* of one request */
};

struct isr_flight;

struct isr_changes {
	struct world *world;
	struct isr_port *port;
	int32_t broker_id;
	struct list waiting;       /* struct partition_isr_change */
	struct isr_flight *flight; /* the request that is out; NULL: none */
	struct timer back_off;
	struct loop_task send;     /* what comes in one turn goes out together */
	unsigned failures;         /* of requests, one after the other */
	bool is_backing_off;
	bool is_closed;
};

/* `port` is borrowed. */
void isr_changes_init(struct isr_changes *changes, struct world *world, struct isr_port *port,
    int32_t broker_id);
/* Takes the change. */
void isr_changes_add(struct isr_changes *changes, struct partition_isr_change *change);
/*
 * What waits and what is out is forgotten, as what is added later; the request
 * that is out may still be answered, also after this struct is gone.
 */
void isr_changes_close(struct isr_changes *changes);

#endif
