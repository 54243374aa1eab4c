#include "log/log_file_name.h"

#include <criterion/criterion.h>

static struct log_file_name name;

static bool
parse(const char *text)
{
	return log_file_name_parse(slice_of_text(text), &name);
}

Test(log_file_name, reads_what_it_wrote_of_every_type_and_state)
{
	for (int type = 0; type < LOG_FILE_TYPE_COUNT; type++) {
		for (int state = 0; state < LOG_FILE_STATE_COUNT; state++) {
			struct log_file_name in = { INT64_MAX - 1, (enum log_file_type)type,
				(enum log_file_state)state };
			char text[LOG_FILE_NAME_SIZE];
			cr_expect_eq(log_file_name_format(in, text), strlen(text));
			cr_assert(parse(text), "%s", text);
			cr_expect_eq(name.offset, in.offset);
			cr_expect_eq(name.type, in.type);
			cr_expect_eq(name.state, in.state);
		}
	}
}

Test(log_file_name, has_twenty_digits)
{
	char text[LOG_FILE_NAME_SIZE];

	log_file_name_format((struct log_file_name){ 38, LOG_FILE_TXNINDEX, LOG_FILE_LIVE }, text);
	cr_expect_str_eq(text, "00000000000000000038.txnindex");
	log_file_name_format((struct log_file_name){ 0, LOG_FILE_RECORDS, LOG_FILE_SWAP }, text);
	cr_expect_str_eq(text, "00000000000000000000.log.swap");
}

Test(log_file_name, other_names_are_not_segments)
{
	static const char *const texts[] = { "", "00000000000000000038", "0.log", "38.index",
		"00000000000000000038.", "00000000000000000038.lo", "00000000000000000038.logs",
		"00000000000000000038.log.", "00000000000000000038.log.deleted.deleted",
		"00000000000000000038.log.tmp", "0000000000000000003x.log", "000000000000000000038.log",
		"-0000000000000000038.log", "99999999999999999999.log", "09223372036854775808.log",
		"leader-epoch-checkpoint", "partition.metadata", ".deleted" };

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		cr_expect_not(parse(texts[i]), "%zu", i);
	cr_expect(parse("09223372036854775807.log"));
}

Test(log_file_name, gives_its_suffixes)
{
	cr_expect_str_eq(log_file_type_suffix(LOG_FILE_SNAPSHOT), ".snapshot");
	cr_expect_str_eq(log_file_state_suffix(LOG_FILE_LIVE), "");
	cr_expect_str_eq(log_file_state_suffix(LOG_FILE_CLEANED), ".cleaned");
}
