#include "log/leader_epoch_file.h"

#include <criterion/criterion.h>

#include "memory_disk.h"

static struct leader_epochs epochs;
static struct text_complaint complaint;
static struct memory_disk memory;

static void
setup(void)
{
	leader_epochs_init(&epochs);
	memory_disk_init(&memory);
}

static void
teardown(void)
{
	leader_epochs_fini(&epochs);
	memory_disk_fini(&memory);
}

TestSuite(leader_epoch_file, .init = setup, .fini = teardown);

static enum error
parse(const char *text)
{
	return leader_epochs_parse(&epochs, slice_of_text(text), &complaint);
}

Test(leader_epoch_file, holds_a_line_for_each_epoch)
{
	leader_epochs_assign(&epochs, 0, 0);
	leader_epochs_assign(&epochs, INT32_MAX, INT64_MAX);
	cr_assert_eq(leader_epoch_file_write(&epochs, &memory.disk, "p/e"), ERROR_NONE);
	cr_expect(slice_equal_text(memory_disk_get(&memory, "p/e"),
	    "0\n2\n0 0\n2147483647 9223372036854775807\n"));
	leader_epochs_clear(&epochs);
	cr_assert_eq(leader_epoch_file_read(&epochs, &memory.disk, "p/e", &complaint), ERROR_NONE);
	cr_expect_eq(epochs.count, 2);
	cr_expect_eq(leader_epochs_latest(&epochs)->start_offset, INT64_MAX);
}

Test(leader_epoch_file, may_be_empty_or_missing)
{
	cr_expect_eq(parse("0\n0\n"), ERROR_NONE);
	cr_expect_eq(epochs.count, 0);
	leader_epochs_assign(&epochs, 1, 1);
	cr_expect_eq(leader_epoch_file_read(&epochs, &memory.disk, "e", &complaint), ERROR_NOT_FOUND);
	cr_expect_eq(epochs.count, 0);
}

Test(leader_epoch_file, refuses_entries_that_do_not_ascend)
{
	static const char *const texts[] = { "0\n2\n1 5\n1 6\n", "0\n2\n2 5\n1 6\n",
		"0\n2\n1 5\n2 5\n", "0\n2\n1 5\n2 4\n" };

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		cr_expect_eq(parse(texts[i]), ERROR_MALFORMED, "%zu", i);
		cr_expect_eq(complaint.line, 4);
		cr_expect_str_eq(complaint.reason, "epochs and offsets do not ascend");
		cr_expect_eq(epochs.count, 0);
	}
}

Test(leader_epoch_file, refuses_other_damage)
{
	static const char *const texts[] = { "", "0\n", "0\n1\n", "0\n1\n1\n", "0\n1\n1 2 3\n",
		"0\n1\n-1 2\n", "0\n1\n1 -2\n", "0\n1\n2147483648 2\n", "0\n1\nx 2\n" };

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		leader_epochs_assign(&epochs, 1, 1);
		cr_expect_eq(parse(texts[i]), ERROR_MALFORMED, "%zu", i);
		cr_expect_not_null(complaint.reason);
		cr_expect_eq(epochs.count, 0);
	}
	cr_expect_eq(parse("2\n0\n"), ERROR_UNSUPPORTED);
}

Test(leader_epoch_file, a_failed_write_is_told)
{
	memory.fail_with[MEMORY_DISK_WRITE] = ERROR_NO_SPACE;
	cr_expect_eq(leader_epoch_file_write(&epochs, &memory.disk, "e"), ERROR_NO_SPACE);
	memory.fail_with[MEMORY_DISK_READ] = ERROR_IO;
	memory_disk_put(&memory, "e", "0\n0\n", 4);
	cr_expect_eq(leader_epoch_file_read(&epochs, &memory.disk, "e", &complaint), ERROR_IO);
}
