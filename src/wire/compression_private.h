/* wire/compression_private.h: what a codec gives to compression.c. */
#ifndef KLAMM_WIRE_COMPRESSION_PRIVATE_H
#define KLAMM_WIRE_COMPRESSION_PRIVATE_H

#include "wire/compression.h"

/*
 * `read` takes from decompressor->input, writes at most `capacity` bytes and
 * sets at_end when the data are complete. It may give 0 bytes only at the end
 * or with an error. The limit is the caller's, but for what a codec allocates
 * by a claimed size.
 */
struct decompressor_class {
	enum error (*init)(struct decompressor *decompressor);
	void (*fini)(struct decompressor *decompressor);
	enum error (*read)(struct decompressor *decompressor, uint8_t *into, size_t capacity,
	    size_t *size);
};

extern const struct decompressor_class compression_gzip_class;
extern const struct decompressor_class compression_snappy_class;
extern const struct decompressor_class compression_lz4_class;
extern const struct decompressor_class compression_zstd_class;

void compression_gzip_write(struct buffer *out, int level, struct slice bytes);
void compression_snappy_write(struct buffer *out, struct slice bytes);
void compression_lz4_write(struct buffer *out, int level, enum compression_dialect dialect,
    struct slice bytes);
void compression_zstd_write(struct buffer *out, int level, struct slice bytes);

static inline void
compression_consume(struct decompressor *decompressor, size_t size)
{
	decompressor->input.bytes += size;
	decompressor->input.size -= size;
}

#endif
