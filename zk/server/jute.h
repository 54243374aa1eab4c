/*
 * zk/server/jute.h: the encoding of ZooKeeper's protocol: big-endian numbers,
 * strings, byte fields and lists after a 32-bit length, -1 for null. Reads are
 * bounded by the bytes that there are; the reader remembers what was wrong.
 * Slices that are read point into the reader's bytes.
 */
#ifndef KLAMM_ZK_JUTE_H
#define KLAMM_ZK_JUTE_H

#include "base/reader.h"
#include "zk/tree/tree.h"

/* A string or a byte field; null for the length -1. */
struct slice jute_read_bytes(struct reader *reader);
bool jute_read_bool(struct reader *reader);
/*
 * The length of a list whose elements take at least `least_size` bytes; 0 for
 * null. One that the remaining bytes cannot hold is ERROR_MALFORMED.
 */
size_t jute_read_count(struct reader *reader, size_t least_size);
/* Entries are in the arena; its cap is ERROR_NO_MEMORY. */
struct znode_acl jute_read_acl(struct reader *reader, struct arena *arena);
struct znode_stat jute_read_stat(struct reader *reader);

void jute_bytes(struct buffer *buffer, struct slice bytes);
void jute_bool(struct buffer *buffer, bool value);
void jute_acl(struct buffer *buffer, const struct znode_acl *acl);
void jute_stat(struct buffer *buffer, const struct znode_stat *stat);

#endif
