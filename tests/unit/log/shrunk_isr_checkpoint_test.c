#include "log/shrunk_isr_checkpoint.h"

#include <criterion/criterion.h>

#include "memory_disk.h"

static struct shrunk_isr_checkpoint checkpoint;
static struct text_complaint complaint;

static void
setup(void)
{
	static const uint64_t seed[2] = { 1, 2 };

	shrunk_isr_checkpoint_init(&checkpoint, seed);
}

static void
teardown(void)
{
	shrunk_isr_checkpoint_fini(&checkpoint);
}

TestSuite(shrunk_isr_checkpoint, .init = setup, .fini = teardown);

static const struct shrunk_isr_entry *
find(const char *topic, int32_t partition)
{
	return shrunk_isr_checkpoint_find(&checkpoint, slice_of_text(topic), partition);
}

static enum error
parse(const char *text)
{
	return shrunk_isr_checkpoint_parse(&checkpoint, slice_of_text(text), &complaint);
}

Test(shrunk_isr_checkpoint, has_a_line_for_each_partition)
{
	struct buffer text;

	shrunk_isr_checkpoint_set(&checkpoint, slice_of_text("orders"), 0, 4, 17);
	shrunk_isr_checkpoint_set(&checkpoint, slice_of_text("orders"), 12, -1, SHRUNK_ISR_NEVER);
	shrunk_isr_checkpoint_set(&checkpoint, slice_of_text("orders"), 0, 5, 18);
	buffer_init(&text);
	shrunk_isr_checkpoint_format(&checkpoint, &text);
	cr_expect(slice_equal_text(buffer_slice(&text),
	    "0\n2\norders 0 5 18\norders 12 -1 9223372036854775807\n"));
	buffer_fini(&text);
}

Test(shrunk_isr_checkpoint, comes_back_as_it_was_written)
{
	cr_assert_eq(parse("0\n2\norders 0 5 18\norders 12 -1 9223372036854775807\n"), ERROR_NONE);
	cr_assert_not_null(find("orders", 0));
	cr_expect_eq(find("orders", 0)->leader_epoch, 5);
	cr_expect_eq(find("orders", 0)->end_offset, 18);
	cr_expect_eq(find("orders", 12)->end_offset, SHRUNK_ISR_NEVER);
	cr_expect_null(find("orders", 1));
	cr_expect_null(find("other", 0));
	cr_expect(shrunk_isr_checkpoint_remove(&checkpoint, slice_of_text("orders"), 0));
	cr_expect_not(shrunk_isr_checkpoint_remove(&checkpoint, slice_of_text("orders"), 0));
	cr_expect_null(find("orders", 0));
}

Test(shrunk_isr_checkpoint, that_is_damaged_is_empty_and_says_why)
{
	static const char *const bad[] = { "1\n0\n", "0\n2\norders 0 5 18\n", "0\n1\norders 0 5\n",
		"0\n1\norders x 5 18\n", "0\n1\norders 0 -2 18\n", "0\n1\norders 0 5 -1\n" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_neq(parse(bad[i]), ERROR_NONE, "%s", bad[i]);
		cr_expect_not_null(complaint.reason);
		cr_expect_eq(checkpoint.entries.count, 0);
	}
}

Test(shrunk_isr_checkpoint, is_read_from_a_file)
{
	static const char text[] = "0\n1\norders 3 5 18\n";
	struct memory_disk disk;

	memory_disk_init(&disk);
	cr_expect_eq(shrunk_isr_checkpoint_read(&checkpoint, &disk.disk, "/d/it", &complaint),
	    ERROR_NOT_FOUND);
	memory_disk_put(&disk, "/d/it", text, strlen(text));
	cr_expect_eq(shrunk_isr_checkpoint_read(&checkpoint, &disk.disk, "/d/it", &complaint),
	    ERROR_NONE);
	cr_expect_eq(find("orders", 3)->end_offset, 18);
	memory_disk_fini(&disk);
}
