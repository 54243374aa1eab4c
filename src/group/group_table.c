#include "group/group_table.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "group/group_table_private.h"

struct transaction {
	struct hash_node node;
	int64_t producer_id;
	struct list offsets; /* struct pending_offset, in the order of the log */
};

struct pending_offset {
	struct list link;
	struct group *group;
	struct kept_offset *entry; /* held */
	struct committed_offset committed;
	int64_t position;
};

static bool
group_has_id(const struct hash_node *node, const void *key)
{
	return slice_equal(container_of(node, struct group, node)->id, *(const struct slice *)key);
}

static bool
transaction_is_of(const struct hash_node *node, const void *key)
{
	return container_of(node, struct transaction, node)->producer_id == *(const int64_t *)key;
}

struct group_table *
group_table_new(const uint64_t seed[2], const struct broker_groups *config)
{
	struct group_table *table = memory_new(sizeof(*table));

	hash_table_init(&table->groups, seed, group_has_id);
	hash_table_init(&table->producers, seed, transaction_is_of);
	memcpy(table->seed, seed, sizeof(table->seed));
	table->config = config;
	return table;
}

/* ----------------------------------------------------------------- groups */

struct group *
group_table_find(const struct group_table *table, struct slice id)
{
	struct hash_node *node =
	    hash_table_find(&table->groups, hash_table_hash(&table->groups, id), &id);

	return node == NULL ? NULL : container_of(node, struct group, node);
}

struct group *
group_table_make(struct group_table *table, struct slice id, int64_t now_ms)
{
	struct group *group = group_table_find(table, id);

	if (group != NULL)
		return group;
	group = group_new(id, table->seed, table->config, now_ms);
	hash_table_insert(&table->groups, &group->node,
	    hash_table_hash(&table->groups, group->id));
	group->is_listed = true;
	return group;
}

void
group_table_move_back(struct group_table *table, struct group *group)
{
	list_remove(&group->node.in_order);
	list_append(&table->groups.in_order, &group->node.in_order);
}

/* ----------------------------------------------------------- transactions */

static struct transaction *
find_transaction(const struct group_table *table, int64_t producer_id)
{
	struct slice bytes = slice_of(&producer_id, sizeof(producer_id));
	struct hash_node *node = hash_table_find(&table->producers,
	    hash_table_hash(&table->producers, bytes), &producer_id);

	return node == NULL ? NULL : container_of(node, struct transaction, node);
}

static struct transaction *
make_transaction(struct group_table *table, int64_t producer_id)
{
	struct slice bytes = slice_of(&producer_id, sizeof(producer_id));
	struct transaction *transaction = find_transaction(table, producer_id);

	if (transaction != NULL)
		return transaction;
	transaction = memory_new(sizeof(*transaction));
	transaction->producer_id = producer_id;
	list_init(&transaction->offsets);
	hash_table_insert(&table->producers, &transaction->node,
	    hash_table_hash(&table->producers, bytes));
	return transaction;
}

static void
end_pending(struct pending_offset *pending, bool committed)
{
	list_remove(&pending->link);
	offsets_release(&pending->group->offsets, pending->entry,
	    committed ? &pending->committed : NULL, pending->position);
	free((void *)(uintptr_t)pending->committed.metadata.bytes);
	free(pending);
}

static void
end_transaction(struct group_table *table, struct transaction *transaction, bool committed)
{
	LIST_FOREACH(link, &transaction->offsets)
		end_pending(container_of(link, struct pending_offset, link), committed);
	hash_table_remove(&table->producers, &transaction->node);
	free(transaction);
}

void
group_table_end_transaction(struct group_table *table, int64_t producer_id, bool committed)
{
	struct transaction *transaction = find_transaction(table, producer_id);

	if (transaction != NULL)
		end_transaction(table, transaction, committed);
}

void
group_table_add_pending(struct group_table *table, int64_t producer_id, struct group *group,
    const struct group_record_key *key, const struct committed_offset *committed,
    int64_t position)
{
	struct transaction *transaction = make_transaction(table, producer_id);
	struct pending_offset *pending = memory_new(sizeof(*pending));

	pending->group = group;
	pending->entry = offsets_hold(&group->offsets, key->topic, key->partition);
	pending->committed = *committed;
	pending->committed.metadata = slice_of(
	    memory_text(committed->metadata.bytes, committed->metadata.size),
	    committed->metadata.size);
	pending->position = position;
	list_append(&transaction->offsets, &pending->link);
}

void
group_table_drop_pending(struct group_table *table, int64_t producer_id, struct group *group,
    const struct group_record_key *key)
{
	struct transaction *transaction = find_transaction(table, producer_id);
	const struct kept_offset *entry =
	    offsets_find(&group->offsets, key->topic, key->partition);

	if (transaction == NULL || entry == NULL)
		return;
	LIST_FOREACH(link, &transaction->offsets) {
		struct pending_offset *pending = container_of(link, struct pending_offset, link);

		if (pending->entry == entry)
			end_pending(pending, false);
	}
}

/* A group that goes takes its part of all open transactions with it. */
static void
forget_group(struct group_table *table, const struct group *group)
{
	HASH_TABLE_FOREACH(node, &table->producers) {
		struct transaction *transaction =
		    container_of(hash_node_of(node), struct transaction, node);

		LIST_FOREACH(link, &transaction->offsets) {
			struct pending_offset *pending =
			    container_of(link, struct pending_offset, link);

			if (pending->group == group)
				end_pending(pending, false);
		}
	}
}

void
group_table_take(struct group_table *table, struct group *group)
{
	forget_group(table, group);
	hash_table_remove(&table->groups, &group->node);
	group->is_listed = false;
}

void
group_table_free(struct group_table *table)
{
	HASH_TABLE_FOREACH(link, &table->producers)
		end_transaction(table, container_of(hash_node_of(link), struct transaction, node),
		    false);
	GROUP_TABLE_FOREACH(link, table) {
		struct group *group = group_table_at(link);

		hash_table_remove(&table->groups, &group->node);
		group_free(group);
	}
	hash_table_fini(&table->groups);
	hash_table_fini(&table->producers);
	free(table);
}
