/*
 * zk/server/store_lmdb.h: the store's real end: an LMDB database in a folder
 * of its own, readable by its owner only (it has the sessions' passwords). A
 * transaction is synced before it is reported. One process at a time.
 */
#ifndef KLAMM_ZK_STORE_LMDB_H
#define KLAMM_ZK_STORE_LMDB_H

#include "base/logger.h"
#include "zk/server/store.h"

/*
 * Makes the folder (not those above it) when it is not there. ERROR_BUSY:
 * another process has it. Blocks. The logger is told what LMDB complains of.
 */
NODISCARD enum error store_lmdb_open(const char *folder, struct logger *logger,
    struct store **store);
/* No load or commit may be under way. */
void store_lmdb_close(struct store *store);

#endif
