/* group/group_table_private.h: shared by the files of group_table.h. */
#ifndef KLAMM_GROUP_GROUP_TABLE_PRIVATE_H
#define KLAMM_GROUP_GROUP_TABLE_PRIVATE_H

#include "group/group_table.h"

/* An offset in an open transaction: committed, removed, or overtaken by its end. */
void group_table_add_pending(struct group_table *table, int64_t producer_id, struct group *group,
    const struct group_record_key *key, const struct committed_offset *committed,
    int64_t position);
/* What the transaction said of this offset so far counts no more. */
void group_table_drop_pending(struct group_table *table, int64_t producer_id,
    struct group *group, const struct group_record_key *key);

#endif
