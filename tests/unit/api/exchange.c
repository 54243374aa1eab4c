#include "exchange.h"

#include "../wire/golden_wire.h"
#include "wire/frame.h"

static struct golden_wire *golden;
static const struct golden_exchange *exchange;
static struct request_header header;

void
exchange_ask(const char *name, void (*handler)(struct request *request))
{
	const struct message_type *type;
	struct slice frame;
	struct reader reader;
	void *body;

	golden = golden_wire_new();
	exchange = NULL;
	for (size_t i = 0; i < golden->count; i++)
		if (strcmp(golden->exchanges[i].name, name) == 0)
			exchange = &golden->exchanges[i];
	cr_assert_not_null(exchange, "there is no exchange %s", name);
	frame = buffer_slice(&exchange->request);
	reader_init(&reader, slice_of(frame.bytes + FRAME_SIZE_BYTES, frame.size - FRAME_SIZE_BYTES));
	cr_assert_eq(request_header_decode(&reader, &header), ERROR_NONE);
	type = message_type_find(exchange->key, false);
	body = fixture_array(1, type->structure->size);
	cr_assert_eq(message_decode(type, exchange->version, &reader, &fixture.arena, body),
	    ERROR_NONE);
	fixture_handle(handler, exchange->key, exchange->version, body);
}

void
exchange_expect_answer(void)
{
	const struct message_type *type = message_type_find(exchange->key, true);
	struct buffer_list list;
	struct frame frame;

	cr_assert_eq(fixture.end, FIXTURE_ANSWERED);
	buffer_list_init(&list);
	cr_assert_eq(response_begin(&list, type, exchange->version, header.correlation_id, &frame),
	    ERROR_NONE);
	cr_assert_eq(message_encode(type, exchange->version, fixture.answer, &list), ERROR_NONE);
	cr_assert_eq(frame_finish(&list, &frame), ERROR_NONE);
	cr_assert_eq(list.owned.size, exchange->response.size);
	cr_assert_arr_eq(list.owned.bytes, exchange->response.bytes, list.owned.size);
	buffer_list_fini(&list);
	golden_wire_free(golden);
}
