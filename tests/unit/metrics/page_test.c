#include "metrics/page.h"

#include <criterion/criterion.h>

static struct buffer page;

static void
expect(const char *text)
{
	cr_expect_eq(page.size, strlen(text));
	cr_expect(slice_equal_text(buffer_slice(&page), text), "%.*s", (int)page.size,
	    (const char *)page.bytes);
	buffer_fini(&page);
}

Test(page, a_family_says_what_it_is)
{
	page_family(&page, "a_total", "counter", "How many.");
	expect("# HELP a_total How many.\n# TYPE a_total counter\n");
}

Test(page, a_sample_has_a_line)
{
	page_sample(&page, "a", slice_null(), 3);
	page_sample(&page, "a", slice_of_text("x=\"y\""), 0.25);
	expect("a 3\na{x=\"y\"} 0.25\n");
}

Test(page, labels_follow_each_other)
{
	page_label(&page, false, "topic", slice_of_text("t"));
	page_label(&page, true, "partition", slice_of_text("0"));
	expect("topic=\"t\",partition=\"0\"");
}

Test(page, what_would_end_a_label_is_escaped)
{
	page_label(&page, false, "host", slice_of_text("a\"b\\c\nd"));
	expect("host=\"a\\\"b\\\\c\\nd\"");
}

Test(page, offsets_are_written_in_full)
{
	page_sample(&page, "a", slice_null(), 123456789012345.0);
	page_sample(&page, "a", slice_null(), -1);
	page_sample(&page, "a", slice_null(), 1e300);
	expect("a 123456789012345\na -1\na 1e+300\n");
}
