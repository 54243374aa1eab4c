/*
 * wire/crc32c.h: the two checksums of Kafka's record formats. Both come in
 * finished form, so a checksum of parts is made by passing the one of the
 * parts before; begin with 0.
 */
#ifndef KLAMM_WIRE_CRC32C_H
#define KLAMM_WIRE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli), of v2 batches and snapshots; by the CPU's instruction. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t size);
/* CRC-32 of IEEE 802.3, of v0 and v1 messages. */
uint32_t crc32_message(uint32_t crc, const void *bytes, size_t size);

#endif
