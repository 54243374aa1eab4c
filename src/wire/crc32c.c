#include "wire/crc32c.h"

#include <isa-l/crc.h>

#include "base/macros.h"

/* isa-l counts in int. */
static const size_t LONGEST_RUN = (size_t)1 << 30;

uint32_t
crc32c(uint32_t crc, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	/* isa-l neither inverts the seed nor the result. */
	uint32_t state = ~crc;

	while (size > 0) {
		size_t run = MIN(size, LONGEST_RUN);

		/* isa-l's prototype lacks const; it only reads. */
		state = crc32_iscsi((unsigned char *)(uintptr_t)at, (int)run, state);
		at += run;
		size -= run;
	}
	return ~state;
}

uint32_t
crc32_message(uint32_t crc, const void *bytes, size_t size)
{
	/* This one of isa-l's is zlib's crc32 with its inversions. */
	return crc32_gzip_refl(crc, bytes, size);
}
