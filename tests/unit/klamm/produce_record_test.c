#include "klamm/produce_record.h"

#include <criterion/criterion.h>

static void
expect(const char *line, const char *separator, const char *null_text, const char *key,
    const char *value)
{
	struct produce_record record = produce_record_split(slice_of_text(line), separator, null_text);

	cr_expect(slice_equal_text(record.key, key), "key of '%s'", line);
	cr_expect(slice_equal_text(record.value, value), "value of '%s'", line);
}

Test(produce_record, is_a_value_without_a_key)
{
	expect("a:b", NULL, NULL, NULL, "a:b");
	expect("", NULL, NULL, NULL, "");
}

Test(produce_record, key_ends_at_the_first_separator)
{
	expect("a:b:c", ":", NULL, "a", "b:c");
	expect("a", ":", NULL, NULL, "a");
	expect(":b", ":", NULL, "", "b");
	expect("a:", ":", NULL, "a", "");
	expect("a=>b", "=>", NULL, "a", "b");
	expect("a=b", "=>", NULL, NULL, "a=b");
}

Test(produce_record, null_has_a_text_of_its_own)
{
	expect("NULL:b", ":", "NULL", NULL, "b");
	expect("a:NULL", ":", "NULL", "a", NULL);
	expect("NULL", NULL, "NULL", NULL, NULL);
	expect("a:", ":", "", "a", NULL);
	expect("a:NULL ", ":", "NULL", "a", "NULL ");
}
