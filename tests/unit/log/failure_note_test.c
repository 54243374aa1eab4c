#include "log/failure_note.h"

#include <criterion/criterion.h>
#include <string.h>

#include "memory_disk.h"

static struct failure_note note;
static struct buffer text;

static void
setup(void)
{
	failure_note_init(&note);
	buffer_init(&text);
}

static void
teardown(void)
{
	failure_note_fini(&note);
	buffer_fini(&text);
}

TestSuite(failure_note, .init = setup, .fini = teardown);

Test(failure_note, comes_back_as_it_was_written)
{
	struct failure_note again = { 0 };

	failure_note_add(&note, "/a");
	failure_note_add(&note, "/b c");
	failure_note_add(&note, "/a");
	failure_note_format(&note, &text);
	cr_expect(slice_equal_text(buffer_slice(&text), "0\n/a\n/b c\n"));
	failure_note_parse(&again, buffer_slice(&text));
	cr_expect(failure_note_has(&again, "/a"));
	cr_expect(failure_note_has(&again, "/b c"));
	cr_expect_not(failure_note_has(&again, "/b"));
	failure_note_remove(&again, "/a");
	failure_note_remove(&again, "/nowhere");
	cr_expect_not(failure_note_has(&again, "/a"));
	cr_expect(failure_note_has(&again, "/b c"));
	failure_note_fini(&again);
}

Test(failure_note, takes_over_what_another_one_says)
{
	struct failure_note other = { 0 };

	failure_note_add(&note, "/a");
	failure_note_add(&other, "/a");
	failure_note_add(&other, "/b");
	failure_note_merge(&note, &other);
	failure_note_format(&note, &text);
	cr_expect(slice_equal_text(buffer_slice(&text), "0\n/a\n/b\n"));
	other.all = true;
	failure_note_merge(&note, &other);
	cr_expect(failure_note_has(&note, "/any"));
	failure_note_fini(&other);
}

Test(failure_note, a_damaged_one_means_all_dirs)
{
	static const char *const texts[] = { "", "0", "0\n", "1\n/a\n", "0\n/a", "0\n\n", "0\n*\n" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct failure_note damaged = { 0 };

		failure_note_parse(&damaged, slice_of_text(texts[i]));
		cr_expect(failure_note_has(&damaged, "/any"), "number %zu", i);
		failure_note_fini(&damaged);
	}
}

Test(failure_note, a_path_with_a_line_break_means_all_dirs)
{
	failure_note_add(&note, "/a\n/b");
	failure_note_format(&note, &text);
	cr_expect(slice_equal_text(buffer_slice(&text), "0\n*\n"));
}

Test(failure_note, without_dirs_there_is_no_file)
{
	struct memory_disk disk;

	memory_disk_init(&disk);
	cr_expect_eq(failure_note_read(&note, &disk.disk, "/a/note"), ERROR_NONE);
	cr_expect_not(failure_note_has(&note, "/b"));
	cr_expect_eq(failure_note_write(&disk.disk, "/a/note", slice_of_text("0\n/b\n")),
	    ERROR_NONE);
	cr_expect_eq(failure_note_read(&note, &disk.disk, "/a/note"), ERROR_NONE);
	cr_expect(failure_note_has(&note, "/b"));
	cr_expect_eq(failure_note_write(&disk.disk, "/a/note", slice_null()), ERROR_NONE);
	cr_expect(slice_is_null(memory_disk_get(&disk, "/a/note")));
	cr_expect_eq(failure_note_write(&disk.disk, "/a/note", slice_null()), ERROR_NONE);
	memory_disk_fini(&disk);
}

Test(failure_note, a_file_that_cannot_be_read_is_an_error)
{
	struct memory_disk disk;

	memory_disk_init(&disk);
	memory_disk_put(&disk, "/a/note", "0\n/b\n", 5);
	disk.fail_with[MEMORY_DISK_READ] = ERROR_IO;
	cr_expect_eq(failure_note_read(&note, &disk.disk, "/a/note"), ERROR_IO);
	memory_disk_fini(&disk);
}
