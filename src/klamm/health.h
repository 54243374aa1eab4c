/* klamm/health.h: how well a cluster is, counted from a view of it. */
#ifndef KLAMM_KLAMM_HEALTH_H
#define KLAMM_KLAMM_HEALTH_H

#include "klamm/cluster_view.h"
#include "klamm/output.h"

struct health {
	int64_t brokers;          /* that are there */
	int64_t missing_brokers;  /* that partitions have replicas on, and that are not there */
	int64_t topics;
	int64_t partitions;
	int64_t offline;          /* partitions that nobody leads */
	int64_t under_min_isr;    /* of those that somebody leads, as the brokers' metrics have it */
	int64_t under_replicated; /* the same */
	int64_t reassigning;
	int64_t not_preferred;    /* led by another replica than the first */
	bool has_controller;
	bool knows_min_isr;       /* of all partitions */
};

/* The view has to have min ISR and reassignments. */
void health_count(struct health *health, const struct cluster_view *view);
bool health_is_good(const struct health *health);
/* For people one screen with the first of the sick partitions; in JSON objects "health", "partition". */
void health_show(const struct health *health, const struct cluster_view *view,
    struct output *output);

#endif
