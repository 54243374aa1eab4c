/*
 * group/group_table.h: the groups of one partition of __consumer_offsets, and
 * how they are made out of its log: the last record under a key wins, offsets
 * of a transaction count with the marker that commits it (storage.md 11). A
 * table belongs to one thread at a time: a worker builds it, a shard keeps it.
 */
#ifndef KLAMM_GROUP_GROUP_TABLE_H
#define KLAMM_GROUP_GROUP_TABLE_H

#include "group/group.h"

struct group_table {
	struct hash_table groups;    /* struct group by id */
	struct hash_table producers; /* with offsets in an open transaction */
	uint64_t seed[2];
	const struct broker_groups *config;
};

/* On the heap. `config` is borrowed. */
struct group_table *group_table_new(const uint64_t seed[2], const struct broker_groups *config);
/* With all its groups, whose appends are over. */
void group_table_free(struct group_table *table);

#define GROUP_TABLE_FOREACH(link, table) HASH_TABLE_FOREACH(link, &(table)->groups)
static inline struct group *
group_table_at(struct list *link)
{
	return container_of(hash_node_of(link), struct group, node);
}

struct group *group_table_find(const struct group_table *table, struct slice id);
struct group *group_table_make(struct group_table *table, struct slice id, int64_t now_ms);
/* Out of the table; the group is the caller's. */
void group_table_take(struct group_table *table, struct group *group);
/* To the end of the order. */
void group_table_move_back(struct group_table *table, struct group *group);

/*
 * The end of the producer's transaction: its offsets count, or are forgotten.
 */
void group_table_end_transaction(struct group_table *table, int64_t producer_id, bool committed);

/* What loading has met. */
struct group_table_load {
	int64_t now_ms;          /* in: groups without a record came into being then */
	int64_t next_offset;     /* behind the last whole batch */
	uint64_t records;
	uint64_t unknown_keys;   /* of other protocols: skipped */
	uint64_t bad_records;    /* that cannot be read: skipped, as nothing else would help */
	int64_t bad_offset;      /* of the first of them */
	uint64_t bad_batches;    /* damaged: skipped */
	int64_t bad_batch_offset;
};

/*
 * Takes in the next piece of the log: whole batches, of any format; a last one
 * that is cut off is left. CORRUPT when there is not even one whole batch.
 */
NODISCARD enum error group_table_read(struct group_table *table, struct slice bytes,
    struct group_table_load *load);
/* All was read: groups of which nothing is left go. */
void group_table_finish(struct group_table *table);

#endif
