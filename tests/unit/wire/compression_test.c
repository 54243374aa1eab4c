#include "wire/compression.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/unit/wire/samples.h"

static const size_t sizes[] = { 0, 1, 2, 15, 100, 1000, 32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1,
	64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 100 * 1000, 1000 * 1000 };

static void
check_round_trip(enum compression_codec codec, enum compression_dialect dialect, size_t size,
    bool compressible)
{
	struct compression compression = compression_of(codec);
	struct decompression_limit limit = { .bytes = size, .window_bytes = 1 << 27 };
	struct prng prng;
	struct buffer in;
	struct buffer packed;
	struct buffer out;

	prng_init(&prng, size);
	buffer_init(&in);
	buffer_init(&packed);
	buffer_init(&out);
	compression.dialect = dialect;
	sample_bytes(&in, &prng, size, compressible);
	compression_write(&packed, &compression, buffer_slice(&in));
	cr_assert_eq(decompress(&out, (int)codec, dialect, buffer_slice(&packed), &limit),
	    ERROR_NONE, "%s %zu", compression_codec_name(codec), size);
	cr_assert(slice_equal(buffer_slice(&in), buffer_slice(&out)));
	if (codec != COMPRESSION_NONE && compressible && size >= 1000)
		cr_assert_lt(packed.size, size);
	buffer_fini(&in);
	buffer_fini(&packed);
	buffer_fini(&out);
}

Test(compression, gives_back_what_every_codec_took_at_its_exact_limit)
{
	for (int codec = 0; codec < COMPRESSION_CODEC_COUNT; codec++)
		for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
			check_round_trip(codec, COMPRESSION_DIALECT_PLAIN, sizes[i], true);
			check_round_trip(codec, COMPRESSION_DIALECT_PLAIN, sizes[i], false);
		}
}

Test(compression, gives_back_what_the_dialect_of_v0_took)
{
	for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++)
		check_round_trip(COMPRESSION_LZ4, COMPRESSION_DIALECT_MESSAGE_V0, sizes[i], true);
}

static void
pack(struct buffer *packed, enum compression_codec codec, size_t size)
{
	struct compression compression = compression_of(codec);
	struct buffer zeros;

	buffer_init(&zeros);
	memset(buffer_extend(&zeros, size), 0, size);
	compression_write(packed, &compression, buffer_slice(&zeros));
	buffer_fini(&zeros);
}

Test(compression, stops_at_the_limit_and_holds_no_more_than_it)
{
	for (int codec = 0; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct decompression_limit limit = { .bytes = 99999, .window_bytes = 1 << 27 };
		struct buffer packed;
		struct buffer out;

		buffer_init(&packed);
		buffer_init(&out);
		pack(&packed, codec, 100000);
		cr_assert_eq(decompress(&out, codec, COMPRESSION_DIALECT_PLAIN,
		                 buffer_slice(&packed), &limit),
		    ERROR_TOO_LARGE, "%s", compression_codec_name(codec));
		cr_assert_leq(out.size, limit.bytes);
		buffer_fini(&packed);
		buffer_fini(&out);
	}
}

Test(compression, refuses_a_bomb_of_every_codec_without_unpacking_it)
{
	for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct decompression_limit limit = { .bytes = 1 << 20, .window_bytes = 1 << 27 };
		struct buffer packed;
		struct buffer out;

		buffer_init(&packed);
		buffer_init(&out);
		pack(&packed, codec, 64 << 20);
		cr_assert_eq(decompress(&out, codec, COMPRESSION_DIALECT_PLAIN,
		                 buffer_slice(&packed), &limit),
		    ERROR_TOO_LARGE, "%s", compression_codec_name(codec));
		cr_assert_leq(out.capacity, (size_t)4 << 20);
		buffer_fini(&packed);
		buffer_fini(&out);
	}
}

Test(compression, never_takes_cut_data_for_whole_data)
{
	for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct decompression_limit limit = decompression_limit_default();
		struct buffer packed;
		struct buffer out;

		buffer_init(&packed);
		buffer_init(&out);
		pack(&packed, codec, 70000);
		for (size_t cut = 0; cut < packed.size; cut++) {
			enum error error;

			buffer_clear(&out);
			error = decompress(&out, codec, COMPRESSION_DIALECT_PLAIN,
			    slice_of(packed.bytes, cut), &limit);
			/* Snappy's framing has no end: a cut between blocks shows not. */
			cr_assert(error != ERROR_NONE || out.size < 70000, "%s cut at %zu",
			    compression_codec_name(codec), cut);
			cr_assert(codec == COMPRESSION_SNAPPY || error != ERROR_NONE);
		}
		buffer_fini(&packed);
		buffer_fini(&out);
	}
}

Test(compression, survives_any_change_of_its_bytes)
{
	struct prng prng;

	prng_init(&prng, 13);
	for (int round = 0; round < 4000; round++) {
		int codec = 1 + round % (COMPRESSION_CODEC_COUNT - 1);
		struct decompression_limit limit = { .bytes = 1 << 20, .window_bytes = 1 << 23 };
		struct buffer packed;
		struct buffer out;

		buffer_init(&packed);
		buffer_init(&out);
		pack(&packed, codec, 3000);
		for (uint64_t changes = 1 + prng_below(&prng, 4); changes > 0; changes--)
			packed.bytes[prng_below(&prng, packed.size)] = (uint8_t)prng_next(&prng);
		if (decompress(&out, codec, COMPRESSION_DIALECT_PLAIN, buffer_slice(&packed),
		        &limit) == ERROR_NONE)
			cr_assert_leq(out.size, limit.bytes);
		buffer_fini(&packed);
		buffer_fini(&out);
	}
}

Test(compression, refuses_unknown_codecs)
{
	struct decompression_limit limit = decompression_limit_default();
	struct buffer out;

	buffer_init(&out);
	for (int codec = COMPRESSION_CODEC_COUNT; codec < 8; codec++)
		cr_assert_eq(decompress(&out, codec, COMPRESSION_DIALECT_PLAIN,
		                 slice_of("abc", 3), &limit),
		    ERROR_UNSUPPORTED);
	cr_assert_eq(decompress(&out, -1, COMPRESSION_DIALECT_PLAIN, slice_of("", 0), &limit),
	    ERROR_UNSUPPORTED);
	buffer_fini(&out);
}

Test(compression, keeps_saying_what_went_wrong)
{
	struct decompression_limit limit = decompression_limit_default();
	struct decompressor decompressor;
	uint8_t into[16];
	size_t size;

	decompressor_init(&decompressor, COMPRESSION_GZIP, COMPRESSION_DIALECT_PLAIN,
	    slice_of("no gzip at all", 14), &limit);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(decompressor_read(&decompressor, into, sizeof(into), &size),
		    ERROR_MALFORMED);
		cr_assert_eq(size, 0);
	}
	decompressor_fini(&decompressor);
}

Test(compression, gives_the_same_in_small_steps)
{
	for (int codec = 0; codec < COMPRESSION_CODEC_COUNT; codec++) {
		struct decompression_limit limit = decompression_limit_default();
		struct decompressor decompressor;
		struct buffer packed;
		uint8_t into[7];
		size_t total = 0;
		size_t size;

		buffer_init(&packed);
		pack(&packed, codec, 70000);
		decompressor_init(&decompressor, codec, COMPRESSION_DIALECT_PLAIN,
		    buffer_slice(&packed), &limit);
		do {
			cr_assert_eq(decompressor_read(&decompressor, into, sizeof(into), &size),
			    ERROR_NONE);
			for (size_t i = 0; i < size; i++)
				cr_assert_eq(into[i], 0);
			total += size;
		} while (size > 0);
		cr_assert_eq(total, 70000);
		decompressor_fini(&decompressor);
		buffer_fini(&packed);
	}
}

Test(compression, names_codecs_as_the_configuration_does)
{
	cr_assert_str_eq(compression_codec_name(COMPRESSION_NONE), "none");
	cr_assert_str_eq(compression_codec_name(COMPRESSION_GZIP), "gzip");
	cr_assert_str_eq(compression_codec_name(COMPRESSION_SNAPPY), "snappy");
	cr_assert_str_eq(compression_codec_name(COMPRESSION_LZ4), "lz4");
	cr_assert_str_eq(compression_codec_name(COMPRESSION_ZSTD), "zstd");
	cr_assert_eq(compression_default_level(COMPRESSION_ZSTD), 3);
}
