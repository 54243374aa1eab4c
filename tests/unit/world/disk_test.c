#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "base/macros.h"
#include "world/disk.h"

/* A file in memory that takes and gives at most so many bytes a call. */
static char stored[256];
static size_t stored_size, most_a_call;
static int calls, fails_at_call = -1;
static enum error failure;
static size_t taken_with_failure;

static enum error
transfer(const struct iovec *parts, int count, int64_t offset, bool to_file, size_t most,
    size_t *done)
{
	*done = 0;
	for (int i = 0; i < count; i++) {
		for (size_t at = 0; at < parts[i].iov_len && *done < most; at++, (*done)++) {
			char *stored_byte = &stored[offset + (int64_t)*done];
			char *byte = (char *)parts[i].iov_base + at;

			if (to_file)
				*stored_byte = *byte;
			else if (offset + (int64_t)*done < (int64_t)stored_size)
				*byte = *stored_byte;
			else
				return ERROR_NONE;
		}
	}
	return ERROR_NONE;
}

static enum error
read_at(struct disk_file *file, const struct iovec *parts, int count, int64_t offset,
    bool resident_only, size_t *got)
{
	(void)file;
	if (calls++ == fails_at_call)
		return failure;
	if (resident_only && offset >= 100)
		return ERROR_WOULD_BLOCK;
	return transfer(parts, count, offset, false, most_a_call, got);
}

static enum error
write_at(struct disk_file *file, const struct iovec *parts, int count, int64_t offset,
    size_t *written)
{
	(void)file;
	if (calls++ == fails_at_call) {
		transfer(parts, count, offset, true, taken_with_failure, written);
		return failure;
	}
	return transfer(parts, count, offset, true, most_a_call, written);
}

static enum error
open_file(struct disk *disk, const char *path, int flags, struct disk_file **file)
{
	static struct disk_file opened;

	(void)flags;
	if (strcmp(path, "missing") == 0)
		return ERROR_NOT_FOUND;
	opened.disk = disk;
	*file = &opened;
	return ERROR_NONE;
}

static void
prefetch(struct disk_file *file, int64_t offset, int64_t size)
{
	(void)file;
	(void)offset;
	cr_assert_gt(size, 0);
	calls++;
}

static const struct disk_ops ops = {
	.open = open_file,
	.prefetch = prefetch,
	.read_at = read_at,
	.write_at = write_at,
};

static struct disk disk = { .ops = &ops };
static struct disk_file file = { .disk = &disk };

/* ------------------------------------------------------------------ writes */

Test(disk, writes_on_after_short_writes)
{
	size_t written;

	most_a_call = 3;
	cr_assert_eq(disk_write(&file, "0123456789", 10, 5, &written), ERROR_NONE);
	cr_assert_eq(written, 10);
	cr_assert_eq(calls, 4);
	cr_assert_arr_eq(stored + 5, "0123456789", 10);
}

Test(disk, writes_on_in_the_middle_of_any_part)
{
	char one[] = "ab", two[] = "c", three[] = "defgh";
	struct iovec parts[] = { { one, 2 }, { NULL, 0 }, { two, 1 }, { three, 5 }, { NULL, 0 } };

	for (most_a_call = 1; most_a_call <= 9; most_a_call++) {
		size_t written;

		memset(stored, 0, sizeof(stored));
		cr_assert_eq(disk_write_parts(&file, parts, (int)ARRAY_LENGTH(parts), 2, &written),
		    ERROR_NONE);
		cr_assert_eq(written, 8);
		cr_assert_str_eq(stored + 2, "abcdefgh");
	}
}

Test(disk, leaves_the_callers_parts_as_they_were)
{
	char bytes[] = "abcdef";
	struct iovec part = { bytes, 6 };
	size_t written;

	most_a_call = 2;
	cr_assert_eq(disk_write_parts(&file, &part, 1, 0, &written), ERROR_NONE);
	cr_assert_eq(part.iov_base, bytes);
	cr_assert_eq(part.iov_len, 6);
}

Test(disk, tells_what_was_written_before_an_error)
{
	size_t written;

	most_a_call = 4;
	fails_at_call = 2;
	failure = ERROR_NO_SPACE;
	taken_with_failure = 1;
	cr_assert_eq(disk_write(&file, "0123456789", 10, 0, &written), ERROR_NO_SPACE);
	cr_assert_eq(written, 9);
	cr_assert_eq(calls, 3);
}

Test(disk, gives_up_when_a_write_makes_no_progress)
{
	size_t written;

	most_a_call = 0;
	cr_assert_eq(disk_write(&file, "0123456789", 10, 0, &written), ERROR_IO);
	cr_assert_eq(written, 0);
	cr_assert_eq(calls, 1);
}

Test(disk, writes_nothing_without_a_call)
{
	size_t written = 7;

	cr_assert_eq(disk_write(&file, "", 0, 0, &written), ERROR_NONE);
	cr_assert_eq(written, 0);
	cr_assert_eq(calls, 0);
}

Test(disk, takes_1024_parts)
{
	static struct iovec parts[1024];
	char byte = 'x';
	size_t written;

	parts[0] = parts[1023] = (struct iovec){ &byte, 1 };
	most_a_call = 1;
	cr_assert_eq(disk_write_parts(&file, parts, 1024, 0, &written), ERROR_NONE);
	cr_assert_eq(written, 2);
}

Test(disk, does_not_take_1025_parts, .signal = SIGABRT)
{
	static struct iovec parts[1025];
	char byte = 'x';
	size_t written;

	parts[0] = (struct iovec){ &byte, 1 };
	(void)!disk_write_parts(&file, parts, 1025, 0, &written);
}

/* ------------------------------------------------------------------- reads */

Test(disk, reads_on_after_short_reads_up_to_the_end)
{
	char bytes[20];
	size_t got;

	most_a_call = 3;
	memcpy(stored, "0123456789", 10);
	stored_size = 10;
	cr_assert_eq(disk_read(&file, bytes, sizeof(bytes), 2, &got), ERROR_NONE);
	cr_assert_eq(got, 8);
	cr_assert_arr_eq(bytes, "23456789", 8);
	cr_assert_eq(disk_read(&file, bytes, sizeof(bytes), 10, &got), ERROR_NONE);
	cr_assert_eq(got, 0);
}

Test(disk, tells_what_was_read_before_an_error)
{
	char bytes[20];
	size_t got;

	most_a_call = 3;
	stored_size = 10;
	fails_at_call = 1;
	failure = ERROR_IO;
	cr_assert_eq(disk_read(&file, bytes, sizeof(bytes), 0, &got), ERROR_IO);
	cr_assert_eq(got, 3);
}

Test(disk, reads_all_or_says_that_it_is_truncated)
{
	char bytes[20];

	most_a_call = 4;
	stored_size = 10;
	cr_assert_eq(disk_read_all(&file, bytes, 10, 0), ERROR_NONE);
	cr_assert_eq(disk_read_all(&file, bytes, 11, 0), ERROR_TRUNCATED);
	cr_assert_eq(disk_read_all(&file, bytes, 1, 10), ERROR_TRUNCATED);
	fails_at_call = calls;
	failure = ERROR_IO;
	cr_assert_eq(disk_read_all(&file, bytes, 10, 0), ERROR_IO);
}

Test(disk, reads_what_is_resident_in_one_call)
{
	char bytes[20];
	size_t got = 99;

	most_a_call = 4;
	stored_size = 200;
	cr_assert_eq(disk_read_resident(&file, bytes, 10, 0, &got), ERROR_NONE);
	cr_assert_eq(got, 4);
	cr_assert_eq(calls, 1);
	cr_assert_eq(disk_read_resident(&file, bytes, 10, 100, &got), ERROR_WOULD_BLOCK);
	cr_assert_eq(got, 0);
}

Test(disk, is_resident_from_the_first_byte_to_the_last)
{
	stored_size = 200;
	cr_expect(disk_is_resident(&file, 10, 90));
	cr_expect_eq(calls, 2, "no more is looked at");
	cr_expect_not(disk_is_resident(&file, 10, 91));
	cr_expect_not(disk_is_resident(&file, 100, 1));
}

/* -------------------------------------------------------------------- open */

Test(disk, gives_no_file_with_an_error)
{
	struct disk_file *opened = &file;

	cr_assert_eq(disk_open(&disk, "missing", DISK_READ, &opened), ERROR_NOT_FOUND);
	cr_assert_null(opened);
	cr_assert_eq(disk_open(&disk, "there", DISK_READ, &opened), ERROR_NONE);
	cr_assert_not_null(opened);
}

Test(disk, opens_nothing_for_nothing, .signal = SIGABRT)
{
	struct disk_file *opened;

	(void)!disk_open(&disk, "there", DISK_CREATE, &opened);
}

Test(disk, creates_only_for_writing, .signal = SIGABRT)
{
	struct disk_file *opened;

	(void)!disk_open(&disk, "there", DISK_READ | DISK_CREATE, &opened);
}

/* To the system a size of 0 means up to the end of the file. */
Test(disk, prefetches_nothing_without_a_call)
{
	disk_prefetch(&file, 100, 0);
	cr_assert_eq(calls, 0);
	disk_prefetch(&file, 100, 1);
	cr_assert_eq(calls, 1);
}
