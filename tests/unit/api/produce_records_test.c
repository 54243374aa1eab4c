/* What Produce makes of records, beside produce_test.c. */
#include "produces.h"

TestSuite(produce_records, .init = produces_init, .fini = produces_fini);

Test(produce_records, in_a_transaction_is_refused)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct buffer transactional;

	produces_add(0);
	produce_body.transactional_id = fixture_text("mine");
	produces_handle(9);
	cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_INVALID_TXN_STATE);
	cr_assert_not(slice_is_null(produces_told(0)->error_message));
	options.transactional = true;
	options.producer_id = 5;
	options.base_sequence = 0;
	buffer_init(&transactional);
	sample_batch(&transactional, &options, 1);
	produce_body.transactional_id = slice_null();
	produces_clear();
	produces_add_to("t", 0, buffer_slice(&transactional));
	produces_handle(9);
	cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_INVALID_TXN_STATE);
	cr_assert_eq(shelf.append_count, 0);
	buffer_fini(&transactional);
}

Test(produce_records, of_damaged_records_is_refused_alone)
{
	struct buffer damaged;

	buffer_init(&damaged);
	sample_batch_of(&damaged, COMPRESSION_NONE, 3);
	damaged.bytes[damaged.size - 1] ^= 1;
	produces_add_to("t", 0, buffer_slice(&damaged));
	produces_add(1);
	produces_handle(9);
	cr_assert_eq(shelf.append_count, 1);
	produces_accept(0, 3);
	cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_CORRUPT_MESSAGE);
	cr_assert_not(slice_is_null(produces_told(0)->error_message));
	cr_assert_eq(produces_told(1)->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(shelf.refused_count, 1);
	cr_assert_eq(shelf.refused[0], KAFKA_ERROR_CORRUPT_MESSAGE);
	buffer_fini(&damaged);
}

Test(produce_records, of_null_records_is_refused)
{
	for (int16_t version = 3; version <= PRODUCE_LAST_VERSION; version++) {
		produces_clear();
		produces_add_to("t", 0, slice_null());
		produces_handle(version);
		cr_assert_neq(produces_told(0)->error_code, KAFKA_ERROR_NONE);
		cr_assert_eq(produces_told(0)->base_offset, -1);
	}
	cr_assert_eq(shelf.append_count, 0);
}

Test(produce_records, of_no_records_is_taken_in_old_versions_alone)
{
	for (int16_t version = 0; version <= PRODUCE_LAST_VERSION; version++) {
		produces_clear();
		produces_add_to("t", 0, slice_of("", 0));
		produces_handle(version);
		cr_assert_eq(produces_told(0)->error_code,
		    version < 3 ? KAFKA_ERROR_NONE : KAFKA_ERROR_INVALID_RECORD, "%d", version);
		cr_assert_eq(produces_told(0)->base_offset, -1);
	}
	cr_assert_eq(shelf.append_count, 0);
}

Test(produce_records, of_zstd_needs_version_7)
{
	struct buffer zstd;

	buffer_init(&zstd);
	sample_batch_of(&zstd, COMPRESSION_ZSTD, 3);
	produces_add_to("t", 0, buffer_slice(&zstd));
	produces_handle(6);
	cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_UNSUPPORTED_COMPRESSION_TYPE);
	produces_handle(7);
	cr_assert_eq(shelf.append_count, 1);
	produces_accept(0, 1);
	cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_NONE);
	buffer_fini(&zstd);
}

Test(produce_records, of_a_batch_that_is_too_large_is_refused)
{
	replicas_host("small", 1, "max.message.bytes=80");
	produces_add_to("small", 0, buffer_slice(&produce_batch));
	produces_handle(9);
	cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_MESSAGE_TOO_LARGE);
}

/* KIP-467 */
Test(produce_records, tells_from_version_8_on_which_records_were_refused)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct record keyless = sample_record(NULL, "value", 1000);
	struct record keyed = sample_record("key", "value", 1000);
	struct batch_builder builder;
	struct buffer out;

	batch_builder_init(&builder, &options);
	cr_assert_eq(batch_builder_add(&builder, &keyed), ERROR_NONE);
	cr_assert_eq(batch_builder_add(&builder, &keyless), ERROR_NONE);
	buffer_init(&out);
	cr_assert_eq(batch_builder_finish(&builder, &out), ERROR_NONE);
	replicas_host("compacted", 1, "cleanup.policy=compact");
	produces_add_to("compacted", 0, buffer_slice(&out));
	for (int16_t version = 7; version <= PRODUCE_LAST_VERSION; version++) {
		produces_handle(version);
		cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_INVALID_RECORD);
		cr_assert_eq(produces_told(0)->record_errors.count, version >= 8 ? 1 : 0);
		cr_assert_eq(slice_is_null(produces_told(0)->error_message), version < 8);
		if (version < 8)
			continue;
		cr_assert_eq(produces_told(0)->record_errors.items[0].batch_index, 1);
		cr_assert_gt(produces_told(0)->record_errors.items[0].batch_index_error_message.size, 0);
	}
	batch_builder_fini(&builder);
	buffer_fini(&out);
}

/* ------------------------------------------------------------------- workers */

static struct buffer large;

/* A batch of one partition that takes more unpacking than the loop does. */
static void
add_large(void)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct batch_builder builder;
	struct buffer value;
	struct record record;
	struct prng prng;

	prng_init(&prng, 1);
	buffer_init(&value);
	sample_bytes(&value, &prng, 900 * 1000, true);
	buffer_append(&value, "", 1);
	options.compression.codec = COMPRESSION_LZ4;
	batch_builder_init(&builder, &options);
	record = sample_record("key", (const char *)value.bytes, 1000);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(batch_builder_add(&builder, &record), ERROR_NONE);
	buffer_init(&large);
	cr_assert_eq(batch_builder_finish(&builder, &large), ERROR_NONE);
	batch_builder_fini(&builder);
	buffer_fini(&value);
	replicas_host("large", 1, "max.message.bytes=10000000");
	produces_add_to("large", 0, buffer_slice(&large));
}

Test(produce_records, lets_a_worker_unpack_what_is_large)
{
	add_large();
	produces_handle(9);
	cr_assert_eq(shelf.append_count, 0);
	replicas_work();
	cr_assert_eq(shelf.append_count, 1);
	produces_accept(0, 4);
	cr_assert_eq(produces_told(0)->base_offset, 4);
	buffer_fini(&large);
}

Test(produce_records, that_a_worker_unpacks_until_the_time_is_over_do_not_wait)
{
	produce_body.acks = -1;
	add_large();
	produces_handle(9);
	fixture_pass_ms(1000);
	cr_assert_eq(fixture.end, FIXTURE_NO_END);
	replicas_work();
	cr_assert_eq(shelf.append_count, 1);
	cr_assert_eq(shelf.cancels, 1);
	produces_fail(0, PARTITION_TIMED_OUT);
	cr_assert_eq(produces_told(0)->error_code, KAFKA_ERROR_REQUEST_TIMED_OUT);
	buffer_fini(&large);
}

Test(produce_records, that_a_worker_refuses_are_answered_once)
{
	add_large();
	large.bytes[large.size - 1] ^= 1;
	produces_handle(9);
	if (shelf.work != NULL)
		replicas_work();
	cr_assert_eq(shelf.append_count, 0);
	cr_assert_neq(produces_told(0)->error_code, KAFKA_ERROR_NONE);
	buffer_fini(&large);
}
