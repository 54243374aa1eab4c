#include "log/move_mark.h"

#include <criterion/criterion.h>
#include <string.h>

#include "memory_disk.h"

static struct memory_disk disk;

static void
set_up(void)
{
	memory_disk_init(&disk);
}

static void
tear_down(void)
{
	memory_disk_fini(&disk);
}

TestSuite(move_mark, .init = set_up, .fini = tear_down);

static int64_t
number(void)
{
	int64_t read = -1;

	cr_assert_eq(move_mark_read(&disk.disk, "/a/t-0", &read), ERROR_NONE);
	return read;
}

Test(move_mark, comes_back_as_it_was_written)
{
	cr_expect_eq(number(), 0);
	cr_assert_eq(move_mark_write(&disk.disk, "/a/t-0", 41), ERROR_NONE);
	cr_expect_eq(number(), 41);
	cr_assert_eq(move_mark_write(&disk.disk, "/a/t-0", 42), ERROR_NONE);
	cr_expect_eq(number(), 42);
	cr_expect_eq(move_mark_remove(&disk.disk, "/a/t-0"), ERROR_NONE);
	cr_expect_eq(move_mark_remove(&disk.disk, "/a/t-0"), ERROR_NONE);
	cr_expect_eq(number(), 0);
}

Test(move_mark, a_damaged_one_is_a_mark)
{
	static const char *const texts[] = { "", "\n", "x\n", "12", "-3\n", "0\n",
		"99999999999999999999\n" };

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		memory_disk_put(&disk, "/a/t-0/" MOVE_MARK_FILE, texts[i], strlen(texts[i]));
		cr_expect_eq(number(), 1, "number %zu", i);
	}
}

Test(move_mark, of_one_that_is_made_is_above_all_of_earlier_lives)
{
	static const int64_t epochs[] = { -1, 25, 26, INT64_C(1) << 50 };
	int64_t before = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(epochs); i++) {
		int64_t mark = move_mark_made(epochs[i]);

		cr_expect_gt(mark, before);
		cr_expect(move_mark_is_made(mark));
		cr_assert_eq(move_mark_write(&disk.disk, "/a/t-0", mark + MOVE_MARK_MOVES - 1),
		    ERROR_NONE);
		before = number();
		cr_expect_eq(before, mark + MOVE_MARK_MOVES - 1);
	}
	cr_assert_eq(move_mark_write(&disk.disk, "/a/t-0", move_mark_made(INT64_MAX)), ERROR_NONE);
	cr_expect_gt(number(), before);
	cr_expect_not(move_mark_is_made(MOVE_MARK_MOVES - 1));
}

Test(move_mark, one_that_cannot_be_read_says_so)
{
	int64_t read;

	cr_assert_eq(move_mark_write(&disk.disk, "/a/t-0", 1), ERROR_NONE);
	disk.fail_with[MEMORY_DISK_READ] = ERROR_IO;
	cr_expect_eq(move_mark_read(&disk.disk, "/a/t-0", &read), ERROR_IO);
}
