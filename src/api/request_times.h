/*
 * api/request_times.h: what is counted of a request on its way, for the metrics
 * of its kind. Where nothing is counted the clock is not even looked at.
 *
 *	arrived --queue--> begun --local--> handed on --remote--> ended --response
 *	queue--> sending --send--> sent
 */
#ifndef KLAMM_API_REQUEST_TIMES_H
#define KLAMM_API_REQUEST_TIMES_H

#include "api/api_private.h"

/* It is decoded, and about to be handled. */
void request_times_begin(struct api_request *it, int64_t arrived_us);
/* Its handler has come back. */
void request_times_handled(struct api_request *it);
/* It has its answer; the response is whole. */
void request_times_answered(struct api_request *it);
void request_times_ended(struct api_request *it);
/* All of it is gone, at `sent_us`; of what was begun to be sent at `sending_us`. */
void request_times_sent(struct api_request *it, int64_t sending_us, int64_t sent_us);

#endif
