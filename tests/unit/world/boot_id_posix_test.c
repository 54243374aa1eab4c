#include "world/boot_id_posix.h"

#include <criterion/criterion.h>

Test(boot_id_posix, of_the_kernel_is_the_same_each_time)
{
	struct boot_id first, second;

	boot_id_posix_init(&first);
	boot_id_posix_init(&second);
	cr_expect_str_eq(first.text, second.text);
	cr_expect(first.text[0] == '\0' || boot_id_is_sound(first.text));
}
