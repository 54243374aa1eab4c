/*
 * wire/xxhash32.h: the checksum of lz4 frame headers (XXH32, seed 0), which
 * liblz4 does not export and the frames of v0 messages need.
 */
#ifndef KLAMM_WIRE_XXHASH32_H
#define KLAMM_WIRE_XXHASH32_H

#include <stddef.h>
#include <stdint.h>

uint32_t xxhash32(const void *bytes, size_t size);

#endif
