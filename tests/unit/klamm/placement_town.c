#include "tests/unit/klamm/placement_town.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

void
placement_town_init(struct placement_town *town)
{
	memset(town, 0, sizeof(*town));
	town->view.brokers = town->brokers;
	town->view.partitions = town->partitions;
}

void
placement_town_broker(struct placement_town *town, int32_t id, const char *rack)
{
	town->brokers[town->view.broker_count++] = (struct view_broker){
		.id = id, .is_there = true, .host = slice_of_text("h"), .rack = slice_of_text(rack),
	};
}

static struct view_partition *
add(struct placement_town *town)
{
	size_t at = town->view.partition_count++;
	struct view_partition *partition = &town->partitions[at];

	*partition = (struct view_partition){ .topic = slice_of_text("t"), .index = (int32_t)at,
		.replicas = { town->replicas[at], 0 }, .replica_bytes = town->bytes[at] };
	return partition;
}

static void
finish(struct view_partition *partition, int64_t bytes)
{
	partition->isr = partition->replicas;
	partition->leader = partition->replicas.items[0];
	for (int32_t i = 0; i < partition->replicas.count; i++)
		partition->replica_bytes[i] = bytes;
}

void
placement_town_partition(struct placement_town *town, const char *replicas, int64_t bytes)
{
	struct view_partition *partition = add(town);

	while (*replicas != '\0') {
		char *end;

		town->replicas[partition->index][partition->replicas.count++] =
		    (int32_t)strtol(replicas, &end, 10);
		replicas = *end == ',' ? end + 1 : end;
	}
	finish(partition, bytes);
}

static void
draw_brokers(struct placement_town *town, struct prng *prng)
{
	static const char *const racks[] = { "a", "b", "c", "d" };
	int64_t count = prng_between(prng, 2, TOWN_BROKERS_MAX), rack_count = prng_between(prng, 1, 4);
	bool have_racks = prng_chance(prng, 2, 3);

	for (int32_t id = 0; id < count; id++) {
		/* Mostly in turn, as operators do it, sometimes not. */
		uint64_t rack = prng_chance(prng, 1, 5) ? prng_below(prng, (uint64_t)rack_count)
							: (uint64_t)(id % rack_count);
		placement_town_broker(town, id * 3 + 1, have_racks ? racks[rack] : NULL);
		if (id > 1 && prng_chance(prng, 1, 12)) {
			town->brokers[id].is_there = false;
			town->brokers[id].host = town->brokers[id].rack = slice_null();
		}
	}
}

static void
draw_partition(struct placement_town *town, struct prng *prng, int64_t used, int64_t unit)
{
	struct view_partition *partition = add(town);
	int64_t factor = prng_between(prng, 1, MIN(used, TOWN_REPLICAS_MAX));

	while (partition->replicas.count < factor) {
		int32_t id = town->brokers[prng_below(prng, (uint64_t)used)].id;

		if (!view_ids_have(partition->replicas, id))
			town->replicas[partition->index][partition->replicas.count++] = id;
	}
	finish(partition, prng_chance(prng, 1, 4) ? 0
		: prng_between(prng, 1, 1000) * prng_between(prng, 1, 1000) * unit);
	if (!cluster_view_broker(&town->view, partition->leader)->is_there)
		partition->leader = -1;
	if (prng_chance(prng, 1, 30))
		partition->leader = -1;
}

void
placement_town_draw(struct placement_town *town, uint64_t seed)
{
	static const int64_t units[] = { 1, 1000, 1000000 };
	struct prng prng;

	prng_init(&prng, seed);
	placement_town_init(town);
	draw_brokers(town, &prng);
	/* Some came later, and have nothing yet. */
	int64_t used = prng_chance(&prng, 1, 2) ? (int64_t)town->view.broker_count
		: prng_between(&prng, 1, (int64_t)town->view.broker_count);
	int64_t count = prng_between(&prng, 0, TOWN_PARTITIONS_MAX);
	int64_t unit = units[prng_below(&prng, ARRAY_LENGTH(units))];
	for (int64_t i = 0; i < count; i++)
		draw_partition(town, &prng, used, unit);
	if (prng_chance(&prng, 1, 4)) { /* nobody tells sizes */
		for (int64_t i = 0; i < count; i++)
			finish(&town->partitions[i], -1);
	}
}

void
placement_town_apply(struct placement_town *town, const struct move_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct move *move = &plan->moves[i];
		int64_t bytes = view_partition_bytes(&town->partitions[move->index]);

		for (int32_t j = 0; j < move->to_count; j++) {
			town->replicas[move->index][j] = move->to[j];
			town->bytes[move->index][j] = bytes;
		}
		town->partitions[move->index].replicas.count = move->to_count;
		if (town->partitions[move->index].leader >= 0)
			town->partitions[move->index].leader = move->to[0];
	}
}

void
placement_town_text(const struct placement_town *town, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < town->view.partition_count; i++) {
		struct view_ids replicas = town->partitions[i].replicas;

		for (int32_t j = 0; j < replicas.count; j++)
			used += (size_t)snprintf(text + used, size - used, "%s%d",
			    j > 0 ? "," : i > 0 ? " " : "", replicas.items[j]);
	}
}
