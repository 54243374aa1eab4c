#include "wire/kafka_error.h"

#include <criterion/criterion.h>
#include <string.h>

Test(kafka_error, every_code_has_a_name_and_a_text_of_its_own)
{
	for (int a = KAFKA_ERROR_FIRST; a <= KAFKA_ERROR_LAST; a++) {
		cr_assert_str_neq(kafka_error_name((int16_t)a), "UNKNOWN_ERROR_CODE");
		for (int b = KAFKA_ERROR_FIRST; b < a; b++) {
			cr_assert_str_neq(kafka_error_name((int16_t)a), kafka_error_name((int16_t)b));
			cr_assert_str_neq(kafka_error_text((int16_t)a), kafka_error_text((int16_t)b));
		}
	}
	cr_assert_eq(KAFKA_ERROR_LAST - KAFKA_ERROR_FIRST + 1, 129);
}

Test(kafka_error, codes_are_kafkas)
{
	cr_assert_eq(KAFKA_ERROR_UNKNOWN_SERVER_ERROR, -1);
	cr_assert_eq(KAFKA_ERROR_NONE, 0);
	cr_assert_eq(KAFKA_ERROR_UNSUPPORTED_VERSION, 35);
	cr_assert_eq(KAFKA_ERROR_KAFKA_STORAGE_ERROR, 56);
	cr_assert_eq(KAFKA_ERROR_UNKNOWN_TOPIC_ID, 100);
	cr_assert_str_eq(kafka_error_name(87), "INVALID_RECORD");
	cr_assert_str_eq(kafka_error_name(-1), "UNKNOWN_SERVER_ERROR");
}

Test(kafka_error, tells_what_a_client_may_try_again)
{
	cr_assert(kafka_error_is_retriable(KAFKA_ERROR_REQUEST_TIMED_OUT));
	cr_assert_not(kafka_error_refreshes_metadata(KAFKA_ERROR_REQUEST_TIMED_OUT));
	cr_assert(kafka_error_is_retriable(KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER));
	cr_assert(kafka_error_refreshes_metadata(KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER));
	cr_assert_not(kafka_error_is_retriable(KAFKA_ERROR_NONE));
	cr_assert_not(kafka_error_is_retriable(KAFKA_ERROR_INVALID_RECORD));
}

Test(kafka_error, a_foreign_code_is_named_as_such)
{
	static const int16_t foreign[] = { -2, 128, INT16_MIN, INT16_MAX };

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		cr_assert_str_eq(kafka_error_name(foreign[i]), "UNKNOWN_ERROR_CODE");
		cr_assert_not_null(kafka_error_text(foreign[i]));
		cr_assert_not(kafka_error_is_retriable(foreign[i]));
		cr_assert_not(kafka_error_refreshes_metadata(foreign[i]));
	}
}
