#include "wire/compression_private.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/memory.h"

enum {
	GZIP_WRAPPER = 16, /* added to the window's bits: gzip header and trailer */
	WINDOW_BITS = 15,
	MEMORY_LEVEL = 8,
};

static enum error
gzip_init(struct decompressor *decompressor)
{
	z_stream *stream = memory_new(sizeof(*stream));
	int status = inflateInit2(stream, WINDOW_BITS + GZIP_WRAPPER);

	assert(status == Z_OK);
	decompressor->state = stream;
	return ERROR_NONE;
}

static void
gzip_fini(struct decompressor *decompressor)
{
	if (decompressor->state == NULL)
		return;
	(void)inflateEnd(decompressor->state);
	free(decompressor->state);
}

/* One call of inflate; *size grows by what came out. */
static int
inflate_some(struct decompressor *decompressor, uint8_t *into, size_t capacity, size_t *size)
{
	z_stream *stream = decompressor->state;
	size_t given = MIN(decompressor->input.size, (size_t)UINT_MAX);
	size_t room = MIN(capacity - *size, (size_t)UINT_MAX);
	int status;

	/* zlib's field lacks const; it only reads. */
	stream->next_in = (Bytef *)(uintptr_t)decompressor->input.bytes;
	stream->avail_in = (uInt)given;
	stream->next_out = into + *size;
	stream->avail_out = (uInt)room;
	status = inflate(stream, Z_NO_FLUSH);
	compression_consume(decompressor, given - stream->avail_in);
	*size += room - stream->avail_out;
	return status;
}

static enum error
gzip_read(struct decompressor *decompressor, uint8_t *into, size_t capacity, size_t *size)
{
	while (*size < capacity) {
		int status = inflate_some(decompressor, into, capacity, size);

		if (status == Z_STREAM_END) {
			if (decompressor->input.size == 0) {
				decompressor->at_end = true;
				return ERROR_NONE;
			}
			/* Another member follows. */
			(void)inflateReset(decompressor->state);
		} else if (status == Z_BUF_ERROR) {
			return ERROR_TRUNCATED;
		} else if (status == Z_MEM_ERROR) {
			return ERROR_NO_MEMORY;
		} else if (status != Z_OK) {
			return ERROR_MALFORMED;
		}
	}
	return ERROR_NONE;
}

const struct decompressor_class compression_gzip_class = { gzip_init, gzip_fini, gzip_read };

void
compression_gzip_write(struct buffer *out, int level, struct slice bytes)
{
	z_stream stream = { 0 };
	int status;
	size_t bound;

	assert(bytes.size <= UINT_MAX / 2);
	status = deflateInit2(&stream, level, Z_DEFLATED, WINDOW_BITS + GZIP_WRAPPER,
	    MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
	assert(status == Z_OK);
	bound = deflateBound(&stream, bytes.size);
	stream.next_in = (Bytef *)(uintptr_t)bytes.bytes;
	stream.avail_in = (uInt)bytes.size;
	stream.next_out = buffer_extend(out, bound);
	stream.avail_out = (uInt)bound;
	status = deflate(&stream, Z_FINISH);
	assert(status == Z_STREAM_END);
	out->size -= stream.avail_out;
	(void)deflateEnd(&stream);
}
