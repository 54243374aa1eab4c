#include "world/boot_id.h"

#include <criterion/criterion.h>

Test(boot_id, an_unknown_one_is_equal_to_none)
{
	struct boot_id unknown = { "" }, one = { "1f-2" }, same = { "1f-2" }, other = { "1f-3" };

	cr_expect_not(boot_id_equal(&unknown, &unknown));
	cr_expect_not(boot_id_equal(&unknown, &one));
	cr_expect_not(boot_id_equal(&one, &unknown));
	cr_expect_not(boot_id_equal(&one, &other));
	cr_expect(boot_id_equal(&one, &same));
}

Test(boot_id, is_a_word_of_letters_digits_and_lines)
{
	cr_expect(boot_id_is_sound("f3a5c1de-0000-4000-8000-00112233aabb"));
	cr_expect_not(boot_id_is_sound(""));
	cr_expect_not(boot_id_is_sound("a b"));
	cr_expect_not(boot_id_is_sound("a\n"));
	cr_expect_not(boot_id_is_sound("0123456789012345678901234567890123456789"));
}
