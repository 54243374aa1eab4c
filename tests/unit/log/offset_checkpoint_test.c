#include "log/offset_checkpoint.h"

#include <criterion/criterion.h>

#include "memory_disk.h"

static const uint64_t seed[2] = { 1, 2 };
static struct offset_checkpoint checkpoint;
static struct text_complaint complaint;
static struct memory_disk memory;

static void
setup(void)
{
	offset_checkpoint_init(&checkpoint, seed);
	memory_disk_init(&memory);
}

static void
teardown(void)
{
	offset_checkpoint_fini(&checkpoint);
	memory_disk_fini(&memory);
}

TestSuite(offset_checkpoint, .init = setup, .fini = teardown);

static enum error
parse(const char *text)
{
	return offset_checkpoint_parse(&checkpoint, slice_of_text(text), &complaint);
}

static int64_t
offset_of(const char *topic, int32_t partition)
{
	int64_t offset = -1;

	cr_expect_eq(offset_checkpoint_get(&checkpoint, slice_of_text(topic), partition, &offset),
	    offset != -1);
	return offset;
}

static void
set(const char *topic, int32_t partition, int64_t offset)
{
	offset_checkpoint_set(&checkpoint, slice_of_text(topic), partition, offset);
}

static void
expect_text(const char *expected)
{
	struct buffer text;

	buffer_init(&text);
	offset_checkpoint_format(&checkpoint, &text);
	cr_expect(slice_equal_text(buffer_slice(&text), expected));
	buffer_fini(&text);
}

Test(offset_checkpoint, maps_topic_partitions_to_offsets)
{
	set("a", 0, 5);
	set("a", 1, 6);
	set("ab", 0, 7);
	set("a", 0, 8);
	cr_expect_eq(offset_checkpoint_count(&checkpoint), 3);
	cr_expect_eq(offset_of("a", 0), 8);
	cr_expect_eq(offset_of("a", 1), 6);
	cr_expect_eq(offset_of("ab", 0), 7);
	cr_expect_eq(offset_of("b", 0), -1);
	offset_checkpoint_remove(&checkpoint, slice_of_text("a"), 1);
	offset_checkpoint_remove(&checkpoint, slice_of_text("never"), 1);
	cr_expect_eq(offset_of("a", 1), -1);
	expect_text("0\n2\na 0 8\nab 0 7\n");
}

Test(offset_checkpoint, reads_what_it_wrote)
{
	set("topic.with-all_kinds", INT32_MAX, INT64_MAX);
	set("b", 0, 0);
	cr_assert_eq(offset_checkpoint_write(&checkpoint, &memory.disk, "d/c"), ERROR_NONE);
	offset_checkpoint_clear(&checkpoint);
	cr_assert_eq(offset_checkpoint_read(&checkpoint, &memory.disk, "d/c", &complaint), ERROR_NONE);
	cr_expect_eq(offset_of("topic.with-all_kinds", INT32_MAX), INT64_MAX);
	cr_expect_eq(offset_of("b", 0), 0);
}

Test(offset_checkpoint, the_last_line_of_a_partition_counts)
{
	cr_assert_eq(parse("0\n2\na 0 1\na 0 2\n"), ERROR_NONE);
	cr_expect_eq(offset_of("a", 0), 2);
	cr_expect_eq(offset_checkpoint_count(&checkpoint), 1);
}

Test(offset_checkpoint, is_empty_after_any_damage_and_says_where)
{
	static const struct {
		const char *text;
		int line;
		const char *reason;
	} cases[] = {
		{ "0\n2\na 0 1\na x 2\n", 4, "not a partition number" },
		{ "0\n2\na 0 1\na -1 2\n", 4, "not a partition number" },
		{ "0\n2\na 0 1\na 2147483648 2\n", 4, "not a partition number" },
		{ "0\n2\na 0 1\na 1 -1\n", 4, "not an offset" },
		{ "0\n2\na 0 1\na 1 9223372036854775808\n", 4, "not an offset" },
		{ "0\n2\na 0 1\na 1\n", 4, "another number of words than an entry has" },
		{ "0\n2\na 0 1\n", 3, "fewer entries than the count says" },
		{ "", 0, "the first line is not a version" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		cr_expect_eq(parse(cases[i].text), ERROR_MALFORMED, "%zu", i);
		cr_expect_eq(complaint.line, cases[i].line, "%zu: %d", i, complaint.line);
		cr_expect_str_eq(complaint.reason, cases[i].reason);
		cr_expect_eq(offset_checkpoint_count(&checkpoint), 0);
	}
	cr_expect_eq(parse("1\n0\n"), ERROR_UNSUPPORTED);
}

Test(offset_checkpoint, a_file_of_zeros_as_a_crash_leaves_it_is_damage)
{
	static const char zeros[32];

	memory_disk_put(&memory, "c", zeros, sizeof(zeros));
	set("a", 0, 1);
	cr_expect_eq(offset_checkpoint_read(&checkpoint, &memory.disk, "c", &complaint), ERROR_MALFORMED);
	cr_expect_eq(offset_checkpoint_count(&checkpoint), 0);
}

Test(offset_checkpoint, a_missing_file_is_not_damage)
{
	cr_expect_eq(offset_checkpoint_read(&checkpoint, &memory.disk, "c", &complaint), ERROR_NOT_FOUND);
	cr_expect_null(complaint.reason);
}

Test(offset_checkpoint, a_failed_write_keeps_the_old_file)
{
	set("a", 0, 1);
	cr_assert_eq(offset_checkpoint_write(&checkpoint, &memory.disk, "c"), ERROR_NONE);
	set("a", 0, 2);
	memory.fail_with[MEMORY_DISK_SYNC] = ERROR_IO;
	cr_expect_eq(offset_checkpoint_write(&checkpoint, &memory.disk, "c"), ERROR_IO);
	cr_assert_eq(offset_checkpoint_read(&checkpoint, &memory.disk, "c", &complaint), ERROR_NONE);
	cr_expect_eq(offset_of("a", 0), 1);
}
