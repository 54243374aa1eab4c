#include "wire/compression_private.h"

#include <assert.h>

static enum error
copy_init(struct decompressor *decompressor UNUSED)
{
	return ERROR_NONE;
}

static void
copy_fini(struct decompressor *decompressor UNUSED)
{
}

static enum error
copy_read(struct decompressor *decompressor, uint8_t *into, size_t capacity, size_t *size)
{
	*size = MIN(capacity, decompressor->input.size);
	if (*size > 0)
		memcpy(into, decompressor->input.bytes, *size);
	compression_consume(decompressor, *size);
	decompressor->at_end = decompressor->input.size == 0;
	return ERROR_NONE;
}

static const struct decompressor_class copy_class = { copy_init, copy_fini, copy_read };

static const struct {
	const char *name;
	const struct decompressor_class *class;
	int default_level;
} codecs[COMPRESSION_CODEC_COUNT] = {
	[COMPRESSION_NONE] = { "none", &copy_class, 0 },
	[COMPRESSION_GZIP] = { "gzip", &compression_gzip_class, COMPRESSION_GZIP_LEVEL },
	[COMPRESSION_SNAPPY] = { "snappy", &compression_snappy_class, 0 },
	[COMPRESSION_LZ4] = { "lz4", &compression_lz4_class, COMPRESSION_LZ4_LEVEL },
	[COMPRESSION_ZSTD] = { "zstd", &compression_zstd_class, COMPRESSION_ZSTD_LEVEL },
};

const char *
compression_codec_name(enum compression_codec codec)
{
	assert(codec < COMPRESSION_CODEC_COUNT);
	return codecs[codec].name;
}

int
compression_default_level(enum compression_codec codec)
{
	assert(codec < COMPRESSION_CODEC_COUNT);
	return codecs[codec].default_level;
}

struct compression
compression_of(enum compression_codec codec)
{
	return (struct compression){
		.codec = codec,
		.level = compression_default_level(codec),
		.dialect = COMPRESSION_DIALECT_PLAIN,
	};
}

void
compression_write(struct buffer *out, const struct compression *compression, struct slice bytes)
{
	switch (compression->codec) {
	case COMPRESSION_NONE:
		buffer_append_slice(out, bytes);
		return;
	case COMPRESSION_GZIP:
		compression_gzip_write(out, compression->level, bytes);
		return;
	case COMPRESSION_SNAPPY:
		compression_snappy_write(out, bytes);
		return;
	case COMPRESSION_LZ4:
		compression_lz4_write(out, compression->level, compression->dialect, bytes);
		return;
	case COMPRESSION_ZSTD:
		compression_zstd_write(out, compression->level, bytes);
		return;
	case COMPRESSION_CODEC_COUNT:
		break;
	}
	assert(!"codec");
}

struct decompression_limit
decompression_limit_default(void)
{
	return (struct decompression_limit){
		.bytes = (size_t)1 << 30,
		.window_bytes = (size_t)1 << 27,
	};
}

void
decompressor_init(struct decompressor *decompressor, int codec, enum compression_dialect dialect,
    struct slice input, const struct decompression_limit *limit)
{
	*decompressor = (struct decompressor){
		.class = &copy_class,
		.input = slice_of(input.bytes, input.size),
		.limit = *limit,
		.dialect = dialect,
	};
	if (codec < 0 || codec >= COMPRESSION_CODEC_COUNT) {
		decompressor->error = ERROR_UNSUPPORTED;
		return;
	}
	decompressor->class = codecs[codec].class;
	decompressor->error = decompressor->class->init(decompressor);
}

void
decompressor_fini(struct decompressor *decompressor)
{
	decompressor->class->fini(decompressor);
	decompressor->state = NULL;
}

enum error
decompressor_read(struct decompressor *decompressor, uint8_t *into, size_t capacity, size_t *size)
{
	size_t left = decompressor->limit.bytes - decompressor->produced;

	assert(capacity > 0);
	*size = 0;
	if (decompressor->error != ERROR_NONE || decompressor->at_end)
		return decompressor->error;
	/* One byte more than is allowed is asked for, to tell the end from too much. */
	if (left < capacity)
		capacity = left + 1;
	decompressor->error = decompressor->class->read(decompressor, into, capacity, size);
	if (decompressor->error == ERROR_NONE && *size > left)
		decompressor->error = ERROR_TOO_LARGE;
	if (decompressor->error != ERROR_NONE) {
		*size = 0;
		return decompressor->error;
	}
	assert(*size > 0 || decompressor->at_end);
	decompressor->produced += *size;
	return ERROR_NONE;
}

enum error
decompress(struct buffer *out, int codec, enum compression_dialect dialect, struct slice input,
    const struct decompression_limit *limit)
{
	struct decompressor decompressor;
	enum error error;
	size_t size;

	decompressor_init(&decompressor, codec, dialect, input, limit);
	do {
		size_t before = out->size;

		error = decompressor_read(&decompressor,
		    buffer_extend(out, COMPRESSION_STEP_BYTES), COMPRESSION_STEP_BYTES, &size);
		out->size = before + size;
	} while (error == ERROR_NONE && size > 0);
	decompressor_fini(&decompressor);
	return error;
}
