/*
 * klammd/control_queue.h: controllers' requests to this broker, from its own
 * controller without a socket and from others through connections: one queue
 * in front of control_requests.h, which obeys one at a time.
 */
#ifndef KLAMM_KLAMMD_CONTROL_QUEUE_H
#define KLAMM_KLAMMD_CONTROL_QUEUE_H

#include "api/broker_control.h"
#include "klammd/control_requests.h"

struct control_queue {
	struct broker_control_port port;
	struct loop *control;
	struct control_requests *requests;
	struct list waiting; /* struct broker_control_call, in the order of arrival */
	struct broker_control_call *obeyed; /* NULL: none */
	bool taking;         /* turns: what is done at once does not begin the next inside itself */
};

void control_queue_init(struct control_queue *queue, struct loop *control,
    struct control_requests *requests);
/*
 * Nothing more is obeyed: what waits, and what comes, is answered with an error.
 * One that is at work may still be.
 */
void control_queue_close(struct control_queue *queue);

#endif
