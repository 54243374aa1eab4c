#include "wire/xxhash32.h"

static const uint32_t PRIME_1 = 0x9e3779b1;
static const uint32_t PRIME_2 = 0x85ebca77;
static const uint32_t PRIME_3 = 0xc2b2ae3d;
static const uint32_t PRIME_4 = 0x27d4eb2f;
static const uint32_t PRIME_5 = 0x165667b1;

enum { LANES = 4, STRIPE_BYTES = 16 };

static uint32_t
rotate(uint32_t value, int bits)
{
	return value << bits | value >> (32 - bits);
}

static uint32_t
load(const uint8_t *at)
{
	return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static uint32_t
hash_stripes(const uint8_t *at, size_t stripes)
{
	uint32_t lanes[LANES] = { PRIME_1 + PRIME_2, PRIME_2, 0, 0 - PRIME_1 };

	for (size_t stripe = 0; stripe < stripes; stripe++)
		for (int lane = 0; lane < LANES; lane++, at += 4)
			lanes[lane] = rotate(lanes[lane] + load(at) * PRIME_2, 13) * PRIME_1;
	return rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12)
	    + rotate(lanes[3], 18);
}

static uint32_t
avalanche(uint32_t hash)
{
	hash = (hash ^ hash >> 15) * PRIME_2;
	hash = (hash ^ hash >> 13) * PRIME_3;
	return hash ^ hash >> 16;
}

uint32_t
xxhash32(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	size_t stripes = size / STRIPE_BYTES;
	size_t left = size % STRIPE_BYTES;
	uint32_t hash = stripes > 0 ? hash_stripes(at, stripes) : PRIME_5;

	hash += (uint32_t)size;
	at += stripes * STRIPE_BYTES;
	for (; left >= 4; left -= 4, at += 4)
		hash = rotate(hash + load(at) * PRIME_3, 17) * PRIME_4;
	for (; left > 0; left--, at++)
		hash = rotate(hash + *at * PRIME_5, 11) * PRIME_1;
	return avalanche(hash);
}
