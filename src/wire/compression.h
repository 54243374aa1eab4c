/*
 * wire/compression.h: the codecs of record batches. Decompression streams: it
 * is pulled in pieces, and what a peer claims about sizes is never allocated
 * beyond the limit that the caller gives (faults.md F36).
 *
 * A codec's own number is the one in a batch's attributes.
 */
#ifndef KLAMM_WIRE_COMPRESSION_H
#define KLAMM_WIRE_COMPRESSION_H

#include "base/buffer.h"
#include "base/error.h"

enum compression_codec {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_SNAPPY,
	COMPRESSION_LZ4,
	COMPRESSION_ZSTD,
	COMPRESSION_CODEC_COUNT,
};

enum {
	/* How much the streaming users of this room pull at a time. */
	COMPRESSION_STEP_BYTES = 64 * 1024,
	/* Defaults of Kafka's compression.*.level. LZ4's 9 means its fast compressor there. */
	COMPRESSION_GZIP_LEVEL = -1,
	COMPRESSION_LZ4_LEVEL = 9,
	COMPRESSION_ZSTD_LEVEL = 3,
};

/* As in compression.type: none, gzip, snappy, lz4, zstd. */
const char *compression_codec_name(enum compression_codec codec);
/* Kafka's default level; 0 for codecs without levels. */
int compression_default_level(enum compression_codec codec);

/*
 * How lz4 frames of v0 messages differ: their header checksum was computed
 * over the frame's magic number too (KIP-57).
 */
enum compression_dialect { COMPRESSION_DIALECT_PLAIN, COMPRESSION_DIALECT_MESSAGE_V0 };

struct compression {
	enum compression_codec codec;
	int level;
	enum compression_dialect dialect;
};

/* The codec with its default level. */
struct compression compression_of(enum compression_codec codec);

/* Appends the compressed bytes. The level is one that Kafka's configuration allows. */
void compression_write(struct buffer *out, const struct compression *compression,
    struct slice bytes);

struct decompression_limit {
	size_t bytes;        /* of output */
	size_t window_bytes; /* what a zstd frame may demand as its window */
};

/* 1 GiB of output; windows as large as zstd's level 22 makes (128 MiB). */
struct decompression_limit decompression_limit_default(void);

struct decompressor_class;

struct decompressor {
	const struct decompressor_class *class;
	struct slice input; /* what is left of it; borrowed */
	struct decompression_limit limit;
	size_t produced;
	enum compression_dialect dialect;
	void *state;
	bool at_end;
	enum error error; /* the first one; sticks */
};

/* Borrows `input` until _fini. An unknown codec number fails when first read (UNSUPPORTED). */
void decompressor_init(struct decompressor *decompressor, int codec,
    enum compression_dialect dialect, struct slice input,
    const struct decompression_limit *limit);
void decompressor_fini(struct decompressor *decompressor);
/*
 * Fills up to `capacity` (> 0) bytes; *size is 0 only at the end of the data.
 * MALFORMED, TRUNCATED, UNSUPPORTED; TOO_LARGE at the limit.
 */
NODISCARD enum error decompressor_read(struct decompressor *decompressor, uint8_t *into,
    size_t capacity, size_t *size);

/* The whole, appended; what was appended before an error stays. Errors as above. */
NODISCARD enum error decompress(struct buffer *out, int codec, enum compression_dialect dialect,
    struct slice input, const struct decompression_limit *limit);

#endif
