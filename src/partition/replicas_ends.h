/*
 * partition/replicas_ends.h: where the logs of this broker end, and whether they part
 * from another one, as this broker's own controller asks it without a connection
 * (controller/doubts_ask.h, doubts_prefix.h). On the control loop.
 */
#ifndef KLAMM_PARTITION_REPLICAS_ENDS_H
#define KLAMM_PARTITION_REPLICAS_ENDS_H

#include "partition/replicas.h"

/*
 * ListOffsets, but for the timestamp, which is taken for LATEST, of any replica: log
 * end, and epoch of the last record. Fills in the response; `request` and `arena`
 * stay until `done`, which may be called before it returns.
 */
void replicas_log_ends(struct replicas *replicas, const struct list_offsets_request *request,
    struct arena *arena, struct list_offsets_response *response, void (*done)(void *context),
    void *context);

/*
 * Fetch, of any replica and without records: whether a log that ends where the request
 * asks from, in its last fetched epoch, is a prefix of what is here (KIP-595). As above.
 */
void replicas_log_prefixes(struct replicas *replicas, const struct fetch_request *request,
    struct arena *arena, struct fetch_response *response, void (*done)(void *context),
    void *context);

#endif
