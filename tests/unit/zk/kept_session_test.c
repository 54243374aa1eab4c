#include <criterion/criterion.h>

#include "zk/kept_session.h"

static const struct kept_session example = {
	.credentials = { .session = (int64_t)0xf000a2b3c4d5e6f0, .password = { 0, 1, 254, 255 } },
	.boot = 0x12,
};

Test(kept_session, comes_back_as_it_was_written)
{
	char text[KEPT_SESSION_TEXT_SIZE];
	size_t size = kept_session_encode(&example, text);
	struct kept_session kept;

	cr_assert(kept_session_decode(slice_of(text, size), &kept) == ERROR_NONE);
	cr_assert(kept.credentials.session == example.credentials.session &&
	    kept.boot == example.boot);
	cr_assert(memcmp(kept.credentials.password, example.credentials.password,
	    COORD_PASSWORD_SIZE) == 0);
}

Test(kept_session, is_the_text_that_the_header_shows)
{
	char text[KEPT_SESSION_TEXT_SIZE];
	size_t size = kept_session_encode(&example, text);

	cr_assert(slice_equal_text(slice_of(text, size), "klamm-session 1\n"
	    "session 0xf000a2b3c4d5e6f0\npassword 0001feff000000000000000000000000\n"
	    "boot 0000000000000012\n"));
}

Test(kept_session, a_file_that_was_cut_or_changed_anywhere_is_malformed)
{
	char text[KEPT_SESSION_TEXT_SIZE];
	size_t size = kept_session_encode(&example, text);
	struct kept_session kept;

	for (size_t i = 0; i < size; i++) {
		char before = text[i];

		cr_assert(kept_session_decode(slice_of(text, i), &kept) == ERROR_MALFORMED);
		text[i] = 'G';
		cr_assert(kept_session_decode(slice_of(text, size), &kept) == ERROR_MALFORMED);
		text[i] = before;
	}
	text[size] = '\n';
	cr_assert(kept_session_decode(slice_of(text, size + 1), &kept) == ERROR_MALFORMED);
	cr_assert(kept_session_decode(slice_null(), &kept) == ERROR_MALFORMED);
}

Test(kept_session, a_session_of_0_is_none)
{
	char text[KEPT_SESSION_TEXT_SIZE];
	struct kept_session kept = { .boot = 1 };
	size_t size = kept_session_encode(&kept, text);

	cr_assert(kept_session_decode(slice_of(text, size), &kept) == ERROR_MALFORMED);
}
