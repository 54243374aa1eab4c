#include <criterion/criterion.h>

#include "recode.h"

Test(payload_controller_epoch, begins_at_zero)
{
	cr_expect_str_eq(recode_text(PATHS_CONTROLLER_EPOCH,
	    "0"),
	    "0");
}

Test(payload_controller_epoch, is_decimal_text)
{
	cr_expect_str_eq(recode_text(PATHS_CONTROLLER_EPOCH,
	    "2147483646"),
	    "2147483646");
}

Test(payload_controller_epoch, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "", "!not a number in range" },
		{ "-1", "!not a number in range" },
		{ "2147483647", "!not a number in range" },
		{ "01", "!not a number in range" },
		{ "1 ", "!not a number in range" },
		{ "x", "!not a number in range" },
		{ "99999999999999999999", "!not a number in range" },
		{ "-", "!not a number in range" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_CONTROLLER_EPOCH, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}
