#include "wire/message_errors.h"

#include <criterion/criterion.h>

#include "base/macros.h"
#include "wire/kafka_error.h"
#include "wire/messages.h"

static int16_t codes[16];
static int count;

static void
found(void *context, int16_t code)
{
	cr_assert_eq(context, &count);
	cr_assert_lt(count, (int)ARRAY_LENGTH(codes));
	codes[count++] = code;
}

static void
look(int16_t key, int16_t version, const void *response)
{
	count = 0;
	message_errors(message_type_find(key, true), version, response, found, &count);
}

Test(message_errors, are_found_in_arrays_of_arrays)
{
	struct produce_response_partition_produce_response partitions[2];
	struct produce_response_topic_produce_response topics[2];
	struct produce_response response = produce_response_defaults;

	for (size_t i = 0; i < 2; i++) {
		partitions[i] = produce_response_partition_produce_response_defaults;
		topics[i] = produce_response_topic_produce_response_defaults;
		topics[i].partition_responses.items = &partitions[i];
		topics[i].partition_responses.count = 1;
	}
	partitions[1].error_code = KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER;
	response.responses.items = topics;
	response.responses.count = 2;
	look(API_KEY_PRODUCE, 9, &response);
	cr_expect_eq(count, 2);
	cr_expect_eq(codes[0], KAFKA_ERROR_NONE);
	cr_expect_eq(codes[1], KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER);
}

Test(message_errors, of_the_message_itself_count_where_the_version_has_them)
{
	struct fetch_response response = fetch_response_defaults;

	response.error_code = KAFKA_ERROR_FETCH_SESSION_ID_NOT_FOUND;
	look(API_KEY_FETCH, 6, &response);
	cr_expect_eq(count, 0);
	look(API_KEY_FETCH, 7, &response);
	cr_expect_eq(count, 1);
	cr_expect_eq(codes[0], KAFKA_ERROR_FETCH_SESSION_ID_NOT_FOUND);
}

Test(message_errors, an_array_that_is_null_has_none)
{
	struct metadata_response response = metadata_response_defaults;

	response.topics.count = -1;
	look(API_KEY_METADATA, 12, &response);
	cr_expect_eq(count, 0);
}

Test(message_errors, are_looked_for_in_every_response)
{
	const struct message_type *type;

	for (size_t i = 0; (type = message_type_at(i)) != NULL; i++) {
		if (type->kind != MESSAGE_RESPONSE)
			continue;
		count = 0;
		message_errors(type, type->versions.last, type->structure->defaults, found, &count);
		cr_expect_leq(count, 2, "%s", type->name);
	}
}
