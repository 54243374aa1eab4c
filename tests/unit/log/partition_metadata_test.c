#include "log/partition_metadata.h"

#include <criterion/criterion.h>

#include "memory_disk.h"

static struct uuid topic_id;
static struct text_complaint complaint;
static struct memory_disk memory;

static void
setup(void)
{
	memory_disk_init(&memory);
}

static void
teardown(void)
{
	memory_disk_fini(&memory);
}

TestSuite(partition_metadata, .init = setup, .fini = teardown);

static enum error
parse(const char *text)
{
	return partition_metadata_parse(slice_of_text(text), &topic_id, &complaint);
}

Test(partition_metadata, holds_the_topic_id)
{
	static const char text[] = "version: 0\ntopic_id: 1MTFeikKSbWvQneTKtKsPg";
	struct uuid expected;

	cr_assert_eq(uuid_parse(slice_of_text("1MTFeikKSbWvQneTKtKsPg"), &expected), ERROR_NONE);
	cr_assert_eq(parse(text), ERROR_NONE);
	cr_expect(uuid_equal(topic_id, expected));
	cr_assert_eq(partition_metadata_write(&memory.disk, "d/p", topic_id), ERROR_NONE);
	cr_expect(slice_equal_text(memory_disk_get(&memory, "d/p"), text));
	topic_id = (struct uuid){ { 0 } };
	cr_assert_eq(partition_metadata_read(&memory.disk, "d/p", &topic_id, &complaint), ERROR_NONE);
	cr_expect(uuid_equal(topic_id, expected));
}

Test(partition_metadata, may_end_in_a_newline)
{
	cr_expect_eq(parse("version: 0\r\ntopic_id: 1MTFeikKSbWvQneTKtKsPg\r\n"), ERROR_NONE);
}

Test(partition_metadata, refuses_damage)
{
	static const struct { const char *text; int line; } cases[] = {
		{ "", 1 }, { "version: \n", 1 }, { "version:0\n", 1 }, { "topic_id: x\n", 1 },
		{ "version: 0\n", 2 }, { "version: 0\ntopic_id: \n", 2 },
		{ "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA", 2 },
		{ "version: 0\ntopic_id: 1MTFeikKSbWvQneTKtKsP!", 2 },
		{ "version: 0\ntopic_id: 1MTFeikKSbWvQneTKtKsPg\nx", 3 },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		cr_expect_eq(parse(cases[i].text), ERROR_MALFORMED, "%zu", i);
		cr_expect_eq(complaint.line, cases[i].line, "%zu", i);
	}
	cr_expect_eq(parse("version: 1\ntopic_id: 1MTFeikKSbWvQneTKtKsPg"), ERROR_UNSUPPORTED);
}

Test(partition_metadata, missing_huge_and_unwritable_files_are_told)
{
	static const char huge[8192];

	cr_expect_eq(partition_metadata_read(&memory.disk, "p", &topic_id, &complaint), ERROR_NOT_FOUND);
	memory_disk_put(&memory, "p", huge, sizeof(huge));
	cr_expect_eq(partition_metadata_read(&memory.disk, "p", &topic_id, &complaint), ERROR_TOO_LARGE);
	memory.fail_with[MEMORY_DISK_RENAME] = ERROR_IO;
	cr_expect_eq(partition_metadata_write(&memory.disk, "p", topic_id), ERROR_IO);
}
