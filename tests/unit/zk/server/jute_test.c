#include "zk/server/jute.h"

#include <criterion/criterion.h>

#include "tests/unit/zk/tree/fixture.h"

static struct reader
reader_of(struct slice bytes)
{
	struct reader reader;

	reader_init(&reader, bytes);
	return reader;
}

static struct slice
read_bytes_of(const void *bytes, size_t size, enum error expected)
{
	struct reader reader = reader_of(slice_of(bytes, size));
	struct slice read = jute_read_bytes(&reader);

	cr_expect_eq(reader.error, expected);
	return read;
}

Test(jute, reads_a_string_of_its_length)
{
	cr_expect(slice_equal_text(read_bytes_of("\0\0\0\2abc", 7, ERROR_NONE), "ab"));
	cr_expect(slice_equal_text(read_bytes_of("\0\0\0\0", 4, ERROR_NONE), ""));
}

Test(jute, reads_the_length_minus_one_as_null)
{
	cr_expect(slice_is_null(read_bytes_of("\xff\xff\xff\xff", 4, ERROR_NONE)));
}

Test(jute, refuses_a_string_that_does_not_fit)
{
	cr_expect_eq(read_bytes_of("\0\0\0\4abc", 7, ERROR_TRUNCATED).size, 0);
	cr_expect_eq(read_bytes_of("\xff\xff\xff\xfe", 4, ERROR_MALFORMED).size, 0);
	cr_expect_eq(read_bytes_of("\x7f\xff\xff\xff", 4, ERROR_TRUNCATED).size, 0);
	cr_expect_eq(read_bytes_of("\0\0", 2, ERROR_TRUNCATED).size, 0);
}

static size_t
read_count_of(const void *bytes, size_t size, size_t least_size, enum error expected)
{
	struct reader reader = reader_of(slice_of(bytes, size));
	size_t count = jute_read_count(&reader, least_size);

	cr_expect_eq(reader.error, expected);
	return count;
}

Test(jute, reads_a_count_that_the_bytes_can_hold)
{
	cr_expect_eq(read_count_of("\0\0\0\2aaaabbbb", 12, 4, ERROR_NONE), 2);
	cr_expect_eq(read_count_of("\xff\xff\xff\xff", 4, 4, ERROR_NONE), 0);
	cr_expect_eq(read_count_of("\0\0\0\3aaaabbbb", 12, 4, ERROR_MALFORMED), 0);
	cr_expect_eq(read_count_of("\xff\xff\xff\xfe", 4, 4, ERROR_MALFORMED), 0);
	cr_expect_eq(read_count_of("\x7f\xff\xff\xff", 4, 4, ERROR_MALFORMED), 0);
	cr_expect_eq(read_count_of("\0", 1, 4, ERROR_TRUNCATED), 0);
}

Test(jute, writes_what_it_reads)
{
	struct znode_acl_entry entries[] = { { 31, { slice_of_text("world"), slice_of_text("anyone") } },
		{ 1, { slice_null(), slice_of_text("") } } };
	struct znode_acl acl = { entries, 2 }, read;
	struct znode_stat stat = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, read_stat;
	struct buffer buffer;
	struct reader reader;
	struct arena arena;

	buffer_init(&buffer);
	arena_init(&arena, 1024);
	jute_bytes(&buffer, slice_null());
	jute_bool(&buffer, true);
	jute_acl(&buffer, &acl);
	jute_stat(&buffer, &stat);
	reader = reader_of(buffer_slice(&buffer));
	cr_expect(slice_is_null(jute_read_bytes(&reader)));
	cr_expect(jute_read_bool(&reader));
	read = jute_read_acl(&reader, &arena);
	read_stat = jute_read_stat(&reader);
	cr_assert_not(reader_failed(&reader));
	cr_expect_eq(reader_remaining(&reader), 0);
	cr_assert_eq(read.count, 2);
	cr_expect_eq(read.entries[0].permissions, 31);
	cr_expect(slice_equal_text(read.entries[0].id.id, "anyone"));
	cr_expect(slice_is_null(read.entries[1].id.scheme));
	cr_expect(fixture_stat_equal(&read_stat, &stat));
	arena_fini(&arena);
	buffer_fini(&buffer);
}

Test(jute, puts_a_stat_into_68_bytes_in_zookeepers_order)
{
	struct znode_stat stat = { .version = 0x01020304, .pzxid = 5 };
	struct buffer buffer;

	buffer_init(&buffer);
	jute_stat(&buffer, &stat);
	cr_assert_eq(buffer.size, 68);
	cr_expect_eq(memcmp(buffer.bytes + 32, "\1\2\3\4", 4), 0);
	cr_expect_eq(buffer.bytes[67], 5);
	buffer_fini(&buffer);
}

Test(jute, does_not_pass_the_cap_of_the_arena)
{
	uint8_t bytes[4 + 100 * 12] = { 0, 0, 0, 100 };
	struct reader reader = reader_of(slice_of(bytes, sizeof(bytes)));
	struct arena arena;

	arena_init(&arena, 64);
	cr_expect_eq(jute_read_acl(&reader, &arena).count, 0);
	cr_expect_eq(reader.error, ERROR_NO_MEMORY);
	arena_fini(&arena);
}

Test(jute, refuses_an_acl_that_is_cut_anywhere)
{
	static const uint8_t whole[] = { 0, 0, 0, 1, 0, 0, 0, 31, 0, 0, 0, 2, 'i', 'p', 0, 0, 0, 1, 'x' };
	struct arena arena;

	arena_init(&arena, 4096);
	for (size_t size = 0; size <= sizeof(whole); size++) {
		struct reader reader = reader_of(slice_of(whole, size));

		(void)jute_read_acl(&reader, &arena);
		cr_expect_eq(reader_failed(&reader), size < sizeof(whole), "%zu bytes", size);
	}
	arena_fini(&arena);
}
