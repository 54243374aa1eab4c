#include "config/number.h"

#include <criterion/criterion.h>
#include <float.h>

static void
expect_integer(const char *text, int64_t expected)
{
	int64_t value = 77;

	cr_expect_eq(config_number_integer(slice_of_text(text), &value), ERROR_NONE, "%s", text);
	cr_expect_eq(value, expected, "%s", text);
}

Test(config_number, reads_all_of_64_bits)
{
	expect_integer("0", 0);
	expect_integer("-0", 0);
	expect_integer("+12", 12);
	expect_integer("007", 7);
	expect_integer("9223372036854775807", INT64_MAX);
	expect_integer("-9223372036854775808", INT64_MIN);
}

Test(config_number, refuses_what_is_no_integer)
{
	static const char *const texts[] = { "", "-", "+", "1.0", "1 ", " 1", "0x10", "1e3", "--1",
		"1_000", "\xd9\xa1" };
	int64_t value;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_expect_eq(config_number_integer(slice_of_text(texts[i]), &value),
		    ERROR_MALFORMED, "%s", texts[i]);
	cr_expect_eq(config_number_integer(slice_of_text("9223372036854775808"), &value),
	    ERROR_OUT_OF_RANGE);
	cr_expect_eq(config_number_integer(slice_of_text("-9223372036854775809"), &value),
	    ERROR_OUT_OF_RANGE);
	cr_expect_eq(config_number_integer(slice_of_text("99999999999999999999999"), &value),
	    ERROR_OUT_OF_RANGE);
}

Test(config_number, reads_reals)
{
	double value;

	cr_expect_eq(config_number_real(slice_of_text("0.5"), &value), ERROR_NONE);
	cr_expect_eq(value, 0.5);
	cr_expect_eq(config_number_real(slice_of_text("-.25e2"), &value), ERROR_NONE);
	cr_expect_eq(value, -25.0);
	cr_expect_eq(config_number_real(slice_of_text("1.7976931348623157E308"), &value), ERROR_NONE);
	cr_expect_eq(value, DBL_MAX);
}

Test(config_number, refuses_what_is_no_real)
{
	static const char *const texts[] = { "", ".", "e5", "1e", "1e+", "NaN", "Infinity", "inf",
		"0x1p3", "1,5", "1.5f", "1 " };
	double value;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_expect_eq(config_number_real(slice_of_text(texts[i]), &value), ERROR_MALFORMED,
		    "%s", texts[i]);
	cr_expect_eq(config_number_real(slice_of_text("1e999"), &value), ERROR_OUT_OF_RANGE);
	cr_expect_eq(config_number_real(slice_of_text(
	    "0.00000000000000000000000000000000000000000000000000000000000000001"), &value),
	    ERROR_OUT_OF_RANGE);
}

static void
expect_print(double value, const char *expected)
{
	char text[CONFIG_NUMBER_SIZE];

	config_number_print_real(value, text);
	cr_expect_str_eq(text, expected);
}

Test(config_number, prints_reals_as_java_does)
{
	expect_print(0, "0.0");
	expect_print(1, "1.0");
	expect_print(0.5, "0.5");
	expect_print(-0.05, "-0.05");
	expect_print(0.001, "0.001");
	expect_print(0.00025, "2.5E-4");
	expect_print(1234567, "1234567.0");
	expect_print(12345678, "1.2345678E7");
	expect_print(100, "100.0");
	expect_print(1e7, "1.0E7");
	expect_print(2147483647.0, "2.147483647E9");
	expect_print(DBL_MAX, "1.7976931348623157E308");
}

Test(config_number, knows_the_versions_of_kafka)
{
	cr_expect_eq(config_number_version("3.9"), 309);
	cr_expect_eq(config_number_version("3.9-IV0"), 309);
	cr_expect_eq(config_number_version("3.9.1"), 309);
	cr_expect_eq(config_number_version("0.10.2"), 10);
	cr_expect_eq(config_number_version("0.8.2"), 8);
	cr_expect_eq(config_number_version("2.1-IV2"), 201);
	cr_expect_eq(config_number_level("3.9"), 30900);
	cr_expect_eq(config_number_level("3.7-IV2"), 30702);
	cr_expect_eq(config_number_level("3.7"), 30704);
	cr_expect_eq(config_number_level("2.8.1"), 20801);
	cr_expect_eq(config_number_level("0.9.0"), 900);
	cr_expect_eq(config_number_level("3.9-IV1"), 0);
}

Test(config_number, knows_no_other_versions)
{
	static const char *const texts[] = { "", "3", "3.", "3.10", "3.9-IV1", "3.9-", "3.99", "0.8",
		"0.12.0", "4.1", "v3.9", "2.1-IV3", "3.9-iv0" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_expect_eq(config_number_version(texts[i]), 0, "%s", texts[i]);
}
