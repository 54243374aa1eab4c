#include "wire/frame.h"

#include <criterion/criterion.h>

#include "tests/unit/wire/support.h"

static enum error
size_of(const char *hex, size_t *size)
{
	struct buffer bytes = from_hex(hex);
	enum error error = frame_size(buffer_slice(&bytes), 1000, size);

	buffer_fini(&bytes);
	return error;
}

Test(frame, size_is_what_follows_the_first_four_bytes)
{
	size_t size = 99;

	cr_assert_eq(size_of("000003e8 00", &size), ERROR_NONE);
	cr_assert_eq(size, 1000);
	cr_assert_eq(size_of("00000000", &size), ERROR_NONE);
	cr_assert_eq(size, 0);
}

Test(frame, size_beyond_the_limit_or_below_zero_is_refused)
{
	size_t size = 99;

	cr_assert_eq(size_of("000003e9", &size), ERROR_TOO_LARGE);
	cr_assert_eq(size_of("7fffffff", &size), ERROR_TOO_LARGE);
	cr_assert_eq(size_of("ffffffff", &size), ERROR_MALFORMED);
	cr_assert_eq(size_of("80000000", &size), ERROR_MALFORMED);
	cr_assert_eq(size_of("000000", &size), ERROR_TRUNCATED);
	cr_assert_eq(size_of("", &size), ERROR_TRUNCATED);
	cr_assert_eq(size, 99);
}

Test(frame, header_versions_follow_the_flexible_ones)
{
	cr_assert_eq(request_header_version(&produce_request_type, 8), 1);
	cr_assert_eq(request_header_version(&produce_request_type, 9), 2);
	cr_assert_eq(response_header_version(&produce_response_type, 8), 0);
	cr_assert_eq(response_header_version(&produce_response_type, 9), 1);
	cr_assert_eq(request_header_version(&sasl_handshake_request_type, 1), 1);
	cr_assert_eq(request_header_version(&sasl_handshake_request_type, 99), 1);
	cr_assert_eq(response_header_version(&sasl_handshake_response_type, 1), 0);
	cr_assert_eq(request_header_version(&metadata_request_type, INT16_MAX), 2);
	cr_assert_eq(request_header_version(&metadata_request_type, -1), 1);
}

Test(frame, header_versions_have_two_exceptions)
{
	cr_assert_eq(request_header_version(&api_versions_request_type, 3), 2);
	cr_assert_eq(response_header_version(&api_versions_response_type, 3), 0);
	cr_assert_eq(request_header_version(&controlled_shutdown_request_type, 0), 0);
	cr_assert_eq(request_header_version(&controlled_shutdown_request_type, 1), 1);
	cr_assert_eq(request_header_version(&controlled_shutdown_request_type, 3), 2);
	cr_assert_eq(response_header_version(&controlled_shutdown_response_type, 0), 0);
}

static struct buffer bytes;

static enum error
decode_header(const char *hex, struct request_header *header, size_t *left)
{
	struct reader reader;
	enum error error;

	buffer_fini(&bytes);
	bytes = from_hex(hex);
	reader_init(&reader, buffer_slice(&bytes));
	error = request_header_decode(&reader, header);
	*left = reader_remaining(&reader);
	return error;
}

Test(frame, request_headers_of_three_versions_are_read)
{
	struct request_header header;
	size_t left;

	cr_assert_eq(decode_header("0007 0000 00000005 aa", &header, &left), ERROR_NONE);
	cr_assert_eq(left, 1, "ControlledShutdown v0 has no client id");
	cr_assert_eq(header.correlation_id, 5);
	cr_assert_eq(decode_header("0012 0000 00000006 0002 6962 aa", &header, &left), ERROR_NONE);
	cr_assert(slice_equal_text(header.client_id, "ib"));
	cr_assert_eq(left, 1);
	cr_assert_eq(decode_header("0012 0003 00000007 ffff 01 09 02 0000 aa", &header, &left),
	    ERROR_NONE);
	cr_assert(slice_is_null(header.client_id));
	cr_assert_eq(header.request_api_version, 3);
	cr_assert_eq(left, 1);
	buffer_fini(&bytes);
}

Test(frame, a_broken_request_header_is_refused)
{
	struct request_header header;
	size_t left;

	cr_assert_eq(decode_header("0012 0000 000000", &header, &left), ERROR_TRUNCATED);
	cr_assert_eq(decode_header("0012 0000 00000006", &header, &left), ERROR_TRUNCATED);
	cr_assert_eq(decode_header("0012 0000 00000006 0003 6962", &header, &left),
	    ERROR_TRUNCATED);
	cr_assert_eq(decode_header("0012 0000 00000006 fffe", &header, &left), ERROR_MALFORMED);
	cr_assert_eq(decode_header("0012 0003 00000007 ffff 02 09 00 09 00", &header, &left),
	    ERROR_MALFORMED);
	buffer_fini(&bytes);
}

Test(frame, a_request_of_an_unknown_key_still_says_who_sent_it)
{
	struct request_header header;
	size_t left;

	cr_assert_eq(decode_header("03e7 0002 00000005 0001 61", &header, &left),
	    ERROR_UNSUPPORTED);
	cr_assert_eq(header.request_api_key, 999);
	cr_assert_eq(header.request_api_version, 2);
	cr_assert_eq(header.correlation_id, 5);
	buffer_fini(&bytes);
}

static void
expect_list(struct buffer_list *list, const char *hex)
{
	struct buffer ours = flatten(list);
	struct buffer wanted = from_hex(hex);

	cr_assert(slice_equal(buffer_slice(&ours), buffer_slice(&wanted)), "not %s", hex);
	buffer_fini(&ours);
	buffer_fini(&wanted);
}

Test(frame, a_response_gets_its_size_when_it_ends)
{
	struct heartbeat_response response = { .error_code = 3 };
	struct buffer_list list;
	struct frame frame;

	buffer_list_init(&list);
	buffer_int8(buffer_list_bytes(&list), 0x55);
	cr_assert_eq(response_begin(&list, &heartbeat_response_type, 0, 9, &frame), ERROR_NONE);
	cr_assert_eq(message_encode(&heartbeat_response_type, 0, &response, &list), ERROR_NONE);
	cr_assert_eq(frame_finish(&list, &frame), ERROR_NONE);
	cr_assert_eq(response_begin(&list, &heartbeat_response_type, 4, 10, &frame), ERROR_NONE);
	cr_assert_eq(message_encode(&heartbeat_response_type, 4, &response, &list), ERROR_NONE);
	cr_assert_eq(frame_finish(&list, &frame), ERROR_NONE);
	expect_list(&list, "55 00000006 00000009 0003 0000000c 0000000a 00 00000000 0003 00");
}

static void
release_nothing(struct buffer_owner *owner)
{
	(void)owner;
}

Test(frame, size_counts_what_is_not_in_memory)
{
	struct buffer_owner owner = { release_nothing };
	struct buffer_list list;
	struct frame frame;

	buffer_list_init(&list);
	cr_assert_eq(response_begin(&list, &fetch_response_type, 0, 9, &frame), ERROR_NONE);
	buffer_list_external(&list, &owner, 0, 0x1234);
	cr_assert_eq(frame_finish(&list, &frame), ERROR_NONE);
	cr_assert_eq(memcmp(buffer_list_front(&list)->bytes, "\0\0\x12\x38", 4), 0);
	buffer_list_fini(&list);
	cr_assert_eq(response_begin(&list, &fetch_response_type, 0, 9, &frame), ERROR_NONE);
	buffer_list_external(&list, &owner, 0, INT32_MAX - 3);
	cr_assert_eq(frame_finish(&list, &frame), ERROR_TOO_LARGE);
	buffer_list_fini(&list);
}

Test(frame, a_request_begins_with_the_header_of_its_version)
{
	struct request_header header = { API_KEY_HEARTBEAT, 4, 8, slice_of_text("k") };
	struct buffer_list list;
	struct frame frame;

	buffer_list_init(&list);
	cr_assert_eq(request_begin(&list, &header, &frame), ERROR_NONE);
	cr_assert_eq(frame_finish(&list, &frame), ERROR_NONE);
	expect_list(&list, "0000000c 000c 0004 00000008 0001 6b 00");
}

Test(frame, a_response_header_is_read)
{
	struct response_header header;
	struct reader reader;

	bytes = from_hex("0000000a 01 02 01 ff");
	reader_init(&reader, buffer_slice(&bytes));
	cr_assert_eq(response_header_decode(&reader, &heartbeat_response_type, 4, &header),
	    ERROR_NONE);
	cr_assert_eq(header.correlation_id, 10);
	cr_assert_eq(reader_remaining(&reader), 0);
	reader_init(&reader, slice_of(bytes.bytes, 3));
	cr_assert_eq(response_header_decode(&reader, &heartbeat_response_type, 0, &header),
	    ERROR_TRUNCATED);
	buffer_fini(&bytes);
}
