/* What Kafka 3.9.1 sent and received is read, and written again byte for byte. */
#include "tests/unit/wire/golden_wire.h"

#include <criterion/criterion.h>

#include "tests/unit/wire/support.h"
#include "wire/api_keys.h"
#include "wire/frame.h"

enum { EXCHANGES = 82, KNOWN_REQUESTS = 78, RESPONSES = 78, LARGEST = 1 << 20 };

static const size_t cap = 1 << 20;

static void
start(struct reader *reader, const struct buffer *frame, const char *name)
{
	size_t size;

	cr_assert_eq(frame_size(buffer_slice(frame), LARGEST, &size), ERROR_NONE, "%s", name);
	cr_assert_eq(size + FRAME_SIZE_BYTES, frame->size, "%s", name);
	reader_init(reader, buffer_slice(frame));
	reader_skip(reader, FRAME_SIZE_BYTES);
}

static void
expect_same(struct buffer_list *list, const struct frame *frame, const struct buffer *golden,
    const char *name)
{
	struct buffer ours;

	cr_assert_eq(frame_finish(list, frame), ERROR_NONE);
	ours = flatten(list);
	cr_assert(slice_equal(buffer_slice(&ours), buffer_slice(golden)), "%s", name);
	buffer_fini(&ours);
}

static bool
is_known(const struct golden_exchange *exchange)
{
	const struct message_type *type = message_type_find(exchange->key, false);

	return type != NULL && version_range_has(type->versions, exchange->version);
}

static void
check_request(const struct golden_exchange *exchange)
{
	const struct message_type *type = message_type_find(exchange->key, false);
	struct request_header header;
	struct buffer_list list;
	struct reader reader;
	struct arena arena;
	struct frame frame;
	void *request;

	start(&reader, &exchange->request, exchange->name);
	cr_assert_eq(request_header_decode(&reader, &header), ERROR_NONE, "%s", exchange->name);
	cr_assert_eq(header.request_api_key, exchange->key);
	cr_assert_eq(header.request_api_version, exchange->version);
	arena_init(&arena, cap);
	request = message_room(type, &arena);
	cr_assert_eq(message_decode(type, exchange->version, &reader, &arena, request),
	    ERROR_NONE, "%s", exchange->name);
	cr_assert_eq(reader_remaining(&reader), 0, "%s", exchange->name);
	buffer_list_init(&list);
	cr_assert_eq(request_begin(&list, &header, &frame), ERROR_NONE);
	cr_assert_eq(message_encode(type, exchange->version, request, &list), ERROR_NONE);
	expect_same(&list, &frame, &exchange->request, exchange->name);
	arena_fini(&arena);
}

static void
check_response(const struct golden_exchange *exchange)
{
	const struct message_type *type = message_type_find(exchange->key, true);
	/* KIP-511: an unknown version of ApiVersions is answered in version 0. */
	int16_t version = is_known(exchange) ? exchange->version : 0;
	struct response_header header;
	struct buffer_list list;
	struct reader reader;
	struct arena arena;
	struct frame frame;
	void *response;

	start(&reader, &exchange->response, exchange->name);
	cr_assert_eq(response_header_decode(&reader, type, version, &header), ERROR_NONE);
	arena_init(&arena, cap);
	response = message_room(type, &arena);
	cr_assert_eq(message_decode(type, version, &reader, &arena, response), ERROR_NONE,
	    "%s", exchange->name);
	cr_assert_eq(reader_remaining(&reader), 0, "%s", exchange->name);
	buffer_list_init(&list);
	cr_assert_eq(response_begin(&list, type, version, header.correlation_id, &frame),
	    ERROR_NONE);
	cr_assert_eq(message_encode(type, version, response, &list), ERROR_NONE);
	expect_same(&list, &frame, &exchange->response, exchange->name);
	arena_fini(&arena);
}

Test(golden_wire, every_known_request_is_written_again_as_it_was)
{
	struct golden_wire *golden = golden_wire_new();
	int known = 0;

	cr_assert_eq(golden->count, EXCHANGES);
	for (size_t i = 0; i < golden->count; i++) {
		if (!is_known(&golden->exchanges[i]))
			continue;
		check_request(&golden->exchanges[i]);
		known++;
	}
	cr_assert_eq(known, KNOWN_REQUESTS);
	golden_wire_free(golden);
}

Test(golden_wire, every_response_is_written_again_as_it_was)
{
	struct golden_wire *golden = golden_wire_new();
	int responses = 0;

	for (size_t i = 0; i < golden->count; i++) {
		if (golden->exchanges[i].response.size == 0)
			continue;
		check_response(&golden->exchanges[i]);
		responses++;
	}
	cr_assert_eq(responses, RESPONSES);
	golden_wire_free(golden);
}

/* The four that the tests above leave out: what of them can be known is read. */
Test(golden_wire, headers_of_unknown_keys_and_versions_are_read)
{
	struct golden_wire *golden = golden_wire_new();
	struct request_header header;
	struct reader reader;
	int keys = 0, versions = 0;

	for (size_t i = 0; i < golden->count; i++) {
		const struct golden_exchange *exchange = &golden->exchanges[i];
		enum error error;

		if (is_known(exchange))
			continue;
		start(&reader, &exchange->request, exchange->name);
		error = request_header_decode(&reader, &header);
		cr_assert_eq(header.request_api_key, exchange->key);
		cr_assert_eq(header.request_api_version, exchange->version);
		if (api_key_find(exchange->key) == NULL) {
			cr_assert_eq(error, ERROR_UNSUPPORTED);
			keys++;
		} else if (exchange->key == API_KEY_API_VERSIONS) {
			cr_assert_eq(error, ERROR_NONE);
			cr_assert(slice_equal_text(header.client_id, "golden"));
			versions++;
		}
	}
	cr_assert_eq(keys, 2);
	cr_assert_eq(versions, 1);
	golden_wire_free(golden);
}

static const struct golden_exchange *
find_exchange(const struct golden_wire *golden, const char *name)
{
	for (size_t i = 0; i < golden->count; i++) {
		if (strcmp(golden->exchanges[i].name, name) == 0)
			return &golden->exchanges[i];
	}
	cr_assert_fail("no exchange %s", name);
	return NULL;
}

Test(golden_wire, api_keys_are_those_that_kafka_lists)
{
	struct golden_wire *golden = golden_wire_new();
	const struct golden_exchange *exchange = find_exchange(golden, "ApiVersions v1");
	struct api_versions_response response;
	struct response_header header;
	struct reader reader;
	struct arena arena;

	arena_init(&arena, cap);
	start(&reader, &exchange->response, exchange->name);
	cr_assert_eq(response_header_decode(&reader, &api_versions_response_type, 1, &header),
	    ERROR_NONE);
	cr_assert_eq(message_decode(&api_versions_response_type, 1, &reader, &arena, &response),
	    ERROR_NONE);
	cr_assert_eq((size_t)response.api_keys.count, api_key_count);
	for (int32_t i = 0; i < response.api_keys.count; i++) {
		cr_assert_eq(response.api_keys.items[i].api_key, api_key_table[i].key);
		cr_assert_eq(response.api_keys.items[i].min_version,
		    api_key_table[i].first_version);
		cr_assert_eq(response.api_keys.items[i].max_version,
		    api_key_table[i].last_version);
	}
	arena_fini(&arena);
	golden_wire_free(golden);
}

Test(golden_wire, records_are_the_bytes_of_the_frame)
{
	struct golden_wire *golden = golden_wire_new();
	const struct golden_exchange *exchange = find_exchange(golden, "Fetch v4 idem-0 @3");
	struct response_header header;
	struct fetch_response response;
	struct wire_records *records;
	struct reader reader;
	struct arena arena;

	arena_init(&arena, cap);
	start(&reader, &exchange->response, exchange->name);
	cr_assert_eq(response_header_decode(&reader, &fetch_response_type, 4, &header),
	    ERROR_NONE);
	cr_assert_eq(message_decode(&fetch_response_type, 4, &reader, &arena, &response),
	    ERROR_NONE);
	cr_assert_eq(response.responses.count, 1);
	cr_assert(slice_equal_text(response.responses.items[0].topic, "idem"));
	records = &response.responses.items[0].partitions.items[0].records;
	cr_assert_eq(records->kind, WIRE_RECORDS_BYTES);
	cr_assert_gt(records->bytes.size, 500);
	cr_assert_eq(records->bytes.bytes + records->bytes.size,
	    exchange->response.bytes + exchange->response.size);
	arena_fini(&arena);
	golden_wire_free(golden);
}
