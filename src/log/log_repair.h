/*
 * log/log_repair.h: a leader's records take the place of damaged ones (F15). Nothing is
 * cut for that: what lies behind the damage may be the last good copy of it.
 */
#ifndef KLAMM_LOG_LOG_REPAIR_H
#define KLAMM_LOG_LOG_REPAIR_H

#include "base/slice.h"
#include "log/log.h"

/*
 * Exclusive, and blocks. `records`, as a leader sends them to who asks from log_damage()'s
 * offset on, are written over the damage, and synced: batch by batch, as many as there
 * are. MALFORMED: they do not fit, byte for byte, or are not sound; nothing was written.
 * Other errors are those of a write; the damage stays then.
 */
NODISCARD enum error log_repair(struct log *log, struct slice records);

#endif
