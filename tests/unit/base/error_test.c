#include "base/error.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(error, every_value_has_its_own_text)
{
	for (int i = 0; i < ERROR_COUNT; i++) {
		cr_assert_not_null(error_text((enum error)i));
		cr_expect_gt(strlen(error_text((enum error)i)), 0);
		for (int k = 0; k < i; k++)
			cr_expect_str_neq(error_text((enum error)i), error_text((enum error)k));
	}
	cr_expect_str_eq(error_text(ERROR_NONE), "no error");
	cr_expect_str_eq(error_text(ERROR_UNEXPECTED), "unexpected system error");
}

Test(error, a_foreign_value_has_a_text_too)
{
	cr_expect_str_eq(error_text(ERROR_COUNT), "unknown error");
	cr_expect_str_eq(error_text((enum error)-1), "unknown error");
	cr_expect_str_eq(error_text((enum error)100000), "unknown error");
}

Test(error, none_is_zero)
{
	cr_expect_eq((int)ERROR_NONE, 0);
	cr_expect_eq(error_from_errno(0), ERROR_NONE);
}

Test(error, knows_what_the_system_says)
{
	cr_expect_eq(error_from_errno(ENOENT), ERROR_NOT_FOUND);
	cr_expect_eq(error_from_errno(EEXIST), ERROR_EXISTS);
	cr_expect_eq(error_from_errno(ENOSPC), ERROR_NO_SPACE);
	cr_expect_eq(error_from_errno(EDQUOT), ERROR_NO_SPACE);
	cr_expect_eq(error_from_errno(EIO), ERROR_IO);
	cr_expect_eq(error_from_errno(EAGAIN), ERROR_WOULD_BLOCK);
	cr_expect_eq(error_from_errno(EWOULDBLOCK), ERROR_WOULD_BLOCK);
	cr_expect_eq(error_from_errno(EMFILE), ERROR_TOO_MANY_FILES);
	cr_expect_eq(error_from_errno(ENFILE), ERROR_TOO_MANY_FILES);
	cr_expect_eq(error_from_errno(ECONNRESET), ERROR_CONNECTION_RESET);
	cr_expect_eq(error_from_errno(EPIPE), ERROR_CONNECTION_RESET);
	cr_expect_eq(error_from_errno(EACCES), ERROR_PERMISSION);
	cr_expect_eq(error_from_errno(EROFS), ERROR_READ_ONLY);
}

Test(error, no_failure_of_the_system_becomes_a_success)
{
	for (int system_error = -200; system_error <= 200; system_error++) {
		if (system_error != 0)
			cr_expect_neq(error_from_errno(system_error), ERROR_NONE);
	}
	cr_expect_eq(error_from_errno(-1), ERROR_UNEXPECTED);
	cr_expect_eq(error_from_errno(9999), ERROR_UNEXPECTED);
}
