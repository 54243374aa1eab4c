#include "wire/batch_verdict.h"

#include <criterion/criterion.h>

Test(batch_verdict, has_the_codes_of_kafka_s_protocol)
{
	cr_assert_eq(batch_verdict_kafka_code(BATCH_VERDICT_ACCEPTED), 0);
	cr_assert_eq(batch_verdict_kafka_code(BATCH_VERDICT_CORRUPT_MESSAGE), 2);
	cr_assert_eq(batch_verdict_kafka_code(BATCH_VERDICT_MESSAGE_TOO_LARGE), 10);
	cr_assert_eq(batch_verdict_kafka_code(BATCH_VERDICT_RECORD_LIST_TOO_LARGE), 18);
	cr_assert_eq(batch_verdict_kafka_code(BATCH_VERDICT_INVALID_TIMESTAMP), 32);
	cr_assert_eq(batch_verdict_kafka_code(BATCH_VERDICT_UNSUPPORTED_COMPRESSION_TYPE), 76);
	cr_assert_eq(batch_verdict_kafka_code(BATCH_VERDICT_INVALID_RECORD), 87);
	cr_assert_str_eq(batch_verdict_name(BATCH_VERDICT_INVALID_RECORD), "INVALID_RECORD");
}
