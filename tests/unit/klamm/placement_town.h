/* tests/unit/klamm/placement_town.h: clusters for planners, drawn from a seed or written down. */
#ifndef KLAMM_TESTS_UNIT_KLAMM_PLACEMENT_TOWN_H
#define KLAMM_TESTS_UNIT_KLAMM_PLACEMENT_TOWN_H

#include "base/prng.h"
#include "klamm/placement.h"

enum { TOWN_BROKERS_MAX = 12, TOWN_PARTITIONS_MAX = 120, TOWN_REPLICAS_MAX = 5 };

struct placement_town {
	struct cluster_view view;
	struct view_broker brokers[TOWN_BROKERS_MAX];
	struct view_partition partitions[TOWN_PARTITIONS_MAX];
	int32_t replicas[TOWN_PARTITIONS_MAX][TOWN_REPLICAS_MAX];
	int64_t bytes[TOWN_PARTITIONS_MAX][TOWN_REPLICAS_MAX];
};

void placement_town_init(struct placement_town *town);
/* By rising ids; rack may be NULL. */
void placement_town_broker(struct placement_town *town, int32_t id, const char *rack);
/* The next partition of topic "t": replicas as "1,2", led by the first. */
void placement_town_partition(struct placement_town *town, const char *replicas, int64_t bytes);
/* 2 to 12 brokers, some away, on racks or not, with what an uneven history leaves: kB to TB. */
void placement_town_draw(struct placement_town *town, uint64_t seed);
/* As if the plan had been carried out. */
void placement_town_apply(struct placement_town *town, const struct move_plan *plan);
/* "1,2 2,3": the replicas of all partitions. */
void placement_town_text(const struct placement_town *town, char *text, size_t size);

#endif
