/*
 * group/offsets.h: the committed offsets of one group. An offset counts once
 * its record is in the log; until then it is pending: its entry is held by
 * what is under way, and is not yet what is read. Of two commits the one that
 * lies later in the log wins, in whatever order they are told.
 */
#ifndef KLAMM_GROUP_OFFSETS_H
#define KLAMM_GROUP_OFFSETS_H

#include "base/hash_table.h"
#include "group/group_records.h"

struct offsets {
	struct hash_table entries; /* struct kept_offset, in the order they came */
};

struct kept_offset {
	struct hash_node node;
	bool is_committed;         /* `committed` and `position` are set */
	bool is_removed;           /* it is in no table; freed with its last holder */
	int32_t holders;           /* commits under way, and of open transactions */
	int32_t partition;
	struct committed_offset committed; /* its own */
	int64_t position;          /* base offset of the batch that decided it; -1: none yet */
	struct slice topic;        /* behind the entry */
};

void offsets_init(struct offsets *offsets, const uint64_t seed[2]);
/* Entries that are held stay until they are released. */
void offsets_fini(struct offsets *offsets);

size_t offsets_count(const struct offsets *offsets);
/* NULL when there is none, not even a pending one. */
struct kept_offset *offsets_find(const struct offsets *offsets, struct slice topic,
    int32_t partition);
struct kept_offset *kept_offset_of(struct list *link);
#define OFFSETS_FOREACH(link, offsets) HASH_TABLE_FOREACH(link, &(offsets)->entries)

/* The entry, made when it is not there; held by the caller. */
struct kept_offset *offsets_hold(struct offsets *offsets, struct slice topic, int32_t partition);
/*
 * The holder is done: `committed` (NULL: nothing, as it failed or was aborted)
 * stands at `position` of the log. Nothing happens to an entry that was removed
 * meanwhile.
 */
void offsets_release(struct offsets *offsets, struct kept_offset *entry,
    const struct committed_offset *committed, int64_t position);
/*
 * The holder is done: a tombstone stands at `position`. What was committed behind
 * it stays, and what was committed before it does not come back.
 */
void offsets_delete(struct offsets *offsets, struct kept_offset *entry, int64_t position);
/* What is in the log, as a log is loaded: the last one wins. */
void offsets_load(struct offsets *offsets, struct slice topic, int32_t partition,
    const struct committed_offset *committed, int64_t position);
/* As a log is loaded: a tombstone; offsets of open transactions stay pending. */
void offsets_forget(struct offsets *offsets, struct kept_offset *entry);
/* The entry is gone, whatever is still under way for it. */
void offsets_remove(struct offsets *offsets, struct kept_offset *entry);

static inline bool
kept_offset_is_pending(const struct kept_offset *entry)
{
	return entry->holders > 0;
}

#endif
