#include "log/clean_shutdown_file.h"

#include <criterion/criterion.h>

#include "memory_disk.h"

static struct memory_disk memory;
static bool was_clean;
static int64_t broker_epoch;

static void
setup(void)
{
	memory_disk_init(&memory);
}

static void
teardown(void)
{
	memory_disk_fini(&memory);
}

TestSuite(clean_shutdown_file, .init = setup, .fini = teardown);

static enum error
parse(const char *text)
{
	return clean_shutdown_parse(slice_of_text(text), &broker_epoch);
}

static enum error
take(void)
{
	return clean_shutdown_file_take(&memory.disk, "d/c", &was_clean, &broker_epoch);
}

Test(clean_shutdown_file, is_written_as_kafka_does)
{
	cr_assert_eq(clean_shutdown_file_write(&memory.disk, "d/c", BROKER_EPOCH_UNKNOWN), ERROR_NONE);
	cr_expect(slice_equal_text(memory_disk_get(&memory, "d/c"),
	    "{\"version\":0,\"brokerEpoch\":-1}"));
}

Test(clean_shutdown_file, is_gone_once_it_was_taken)
{
	cr_assert_eq(clean_shutdown_file_write(&memory.disk, "d/c", 42), ERROR_NONE);
	memory_disk_trace(&memory);
	cr_assert_eq(take(), ERROR_NONE);
	cr_expect(was_clean);
	cr_expect_eq(broker_epoch, 42);
	cr_expect_str_eq(memory_disk_trace(&memory), "unlink d/c\nsync-directory d\n");
	cr_assert_eq(take(), ERROR_NONE);
	cr_expect_not(was_clean);
	cr_expect_eq(broker_epoch, BROKER_EPOCH_UNKNOWN);
}

Test(clean_shutdown_file, a_damaged_one_still_says_that_the_logs_were_closed)
{
	memory_disk_put(&memory, "d/c", "", 0);
	cr_assert_eq(take(), ERROR_NONE);
	cr_expect(was_clean);
	cr_expect_eq(broker_epoch, BROKER_EPOCH_UNKNOWN);
	cr_expect(slice_is_null(memory_disk_get(&memory, "d/c")));
}

Test(clean_shutdown_file, does_not_count_when_it_cannot_be_removed)
{
	static const enum memory_disk_call calls[] = { MEMORY_DISK_UNLINK,
		MEMORY_DISK_SYNC_DIRECTORY };

	for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
		memory_disk_put(&memory, "d/c", "", 0);
		memory.fail_with[calls[i]] = ERROR_IO;
		cr_expect_eq(take(), ERROR_IO);
		cr_expect_not(was_clean);
	}
}

Test(clean_shutdown_file, parses_its_json)
{
	cr_assert_eq(parse(" { \"brokerEpoch\" : 7 , \"version\" : 0, \"more\": 1 }\n"), ERROR_NONE);
	cr_expect_eq(broker_epoch, 7);
	cr_assert_eq(parse("{\"version\":0}"), ERROR_NONE);
	cr_expect_eq(broker_epoch, BROKER_EPOCH_UNKNOWN);
	cr_expect_eq(parse("{\"version\":1,\"brokerEpoch\":7}"), ERROR_UNSUPPORTED);
}

Test(clean_shutdown_file, refuses_other_text)
{
	static const char *const texts[] = { "", "{", "{}", "[]", "{\"version\"}", "{\"version\":}",
		"{\"version\":0", "{\"version\":0,}", "{\"version\":0}x", "{\"version\":\"0\"}",
		"{\"version\":1.5}", "{\"brokerEpoch\":1}", "{version:0}", "{\"ver\\\"sion\":0}",
		"{\"version\":99999999999999999999}" };

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		cr_expect_eq(parse(texts[i]), ERROR_MALFORMED, "%zu", i);
}
