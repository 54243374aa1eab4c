#include "wire/compression_private.h"

#include <assert.h>
#include <zstd.h>
#include <zstd_errors.h>


static int
window_log(size_t window_bytes)
{
	ZSTD_bounds bounds = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
	int log = bounds.lowerBound;

	while (log < bounds.upperBound && (size_t)1 << (log + 1) <= window_bytes)
		log++;
	return log;
}

static enum error
zstd_init(struct decompressor *decompressor)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();
	size_t status;

	if (context == NULL)
		return ERROR_NO_MEMORY;
	status = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax,
	    window_log(decompressor->limit.window_bytes));
	assert(!ZSTD_isError(status));
	decompressor->state = context;
	return ERROR_NONE;
}

static void
zstd_fini(struct decompressor *decompressor)
{
	(void)ZSTD_freeDCtx(decompressor->state);
}

static enum error
zstd_error(size_t status)
{
	switch (ZSTD_getErrorCode(status)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return ERROR_TOO_LARGE;
	case ZSTD_error_memory_allocation:
		return ERROR_NO_MEMORY;
	default:
		return ERROR_MALFORMED;
	}
}

static enum error
zstd_read(struct decompressor *decompressor, uint8_t *into, size_t capacity, size_t *size)
{
	ZSTD_outBuffer out = { .dst = into, .size = capacity };

	while (out.pos < capacity) {
		ZSTD_inBuffer in = { .src = decompressor->input.bytes,
			.size = decompressor->input.size };
		size_t before = out.pos;
		size_t status = ZSTD_decompressStream(decompressor->state, &out, &in);

		if (ZSTD_isError(status))
			return zstd_error(status);
		compression_consume(decompressor, in.pos);
		if (status == 0 && decompressor->input.size == 0) {
			/* A frame has ended, and no other follows. */
			decompressor->at_end = true;
			break;
		}
		if (in.pos == 0 && out.pos == before)
			return ERROR_TRUNCATED;
	}
	*size = out.pos;
	return ERROR_NONE;
}

const struct decompressor_class compression_zstd_class = { zstd_init, zstd_fini, zstd_read };

void
compression_zstd_write(struct buffer *out, int level, struct slice bytes)
{
	size_t bound = ZSTD_compressBound(bytes.size);
	uint8_t *into = buffer_extend(out, bound);
	size_t size = ZSTD_compress(into, bound, bytes.bytes, bytes.size, level);

	assert(!ZSTD_isError(size));
	out->size -= bound - size;
}
