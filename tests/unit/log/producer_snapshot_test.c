#include "log/producer_snapshot.h"

#include <criterion/criterion.h>

#include "memory_disk.h"
#include "producer_samples.h"
#include "wire/crc32c.h"

enum { NEVER = INT32_MAX };

static const uint64_t seed[2] = { 5, 6 };
static struct producer_state state, loaded;
static struct memory_disk memory;
static struct buffer bytes;

static void
setup(void)
{
	producer_state_init(&state, seed);
	producer_state_init(&loaded, seed);
	memory_disk_init(&memory);
	buffer_init(&bytes);
}

static void
teardown(void)
{
	producer_state_fini(&state);
	producer_state_fini(&loaded);
	memory_disk_fini(&memory);
	buffer_fini(&bytes);
}

TestSuite(producer_snapshot, .init = setup, .fini = teardown);

static void
apply(struct producer_append append, int64_t offset)
{
	struct completed_transaction completed;

	sample_at(&append, offset);
	producer_state_apply(&state, &append, &completed);
}

static void
fill(void)
{
	apply(sample_data(7, 2, 40, 3), 10);
	apply(sample_data(7, 2, 43, 2), 13);
	apply(sample_transactional(3, 0, 0, 1), 15);
	apply(sample_marker(9, 4, PRODUCER_ABORT_MARKER, 6), 16);
}

static enum error
parse(void)
{
	return producer_snapshot_parse(&loaded, buffer_slice(&bytes), 2000, NEVER);
}

/* After a test changed what is checked. */
static void
seal(void)
{
	buffer_set_int32(&bytes, 2, (int32_t)crc32c(0, bytes.bytes + 6, bytes.size - 6));
}

Test(producer_snapshot, gives_back_what_it_was_made_of)
{
	struct producer_duplicate duplicate;
	struct producer_append retried = sample_data(7, 2, 43, 2);

	fill();
	producer_snapshot_format(&state, &bytes);
	cr_assert_eq(bytes.size, 10 + 3 * 46 + 4 + 9 + 24, "one has two batches");
	cr_assert_eq(parse(), ERROR_NONE);
	cr_expect_eq(producer_state_count(&loaded), 3);
	cr_expect_eq(producer_state_check(&loaded, &retried, &duplicate), PRODUCER_DUPLICATE);
	cr_expect_eq(duplicate.first_offset, 13);
	cr_expect_eq(duplicate.last_offset, 14);
	cr_expect_eq(duplicate.timestamp_ms, 1013);
	retried = sample_data(7, 2, 40, 3);
	cr_expect_eq(producer_state_check(&loaded, &retried, &duplicate), PRODUCER_DUPLICATE);
	cr_expect_eq(duplicate.first_offset, 10);
	cr_expect_eq(duplicate.timestamp_ms, 1010);
	cr_expect_eq(producer_state_first_unstable_offset(&loaded), 15);
	const struct producer_entry *marked = producer_state_find(&loaded, 9);
	cr_assert_not_null(marked);
	cr_expect_eq(marked->epoch, 4);
	cr_expect_eq(marked->coordinator_epoch, 6);
	cr_expect_eq(marked->last_timestamp_ms, 1016);
	cr_expect_null(producer_entry_last_batch(marked));
}

Test(producer_snapshot, is_byte_for_byte_kafkas)
{
	static const uint8_t expected[] = { 0, 1, 0, 0, 0, 0, 0, 0, 0, 1,
		0, 0, 0, 0, 0, 0, 0, 9, 0, 4, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 3, 0xf8, 0, 0, 0, 6,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	apply(sample_marker(9, 4, PRODUCER_ABORT_MARKER, 6), 16);
	producer_snapshot_format(&state, &bytes);
	buffer_set_int32(&bytes, 2, 0);
	cr_expect(slice_equal(buffer_slice(&bytes), slice_of(expected, sizeof(expected))));
}

Test(producer_snapshot, keeps_all_batches_that_may_be_in_flight)
{
	for (int32_t i = 0; i < 7; i++)
		apply(sample_data(7, 2, i, 1), i);
	apply(sample_data(8, 0, 0, 1), 7);
	producer_snapshot_format(&state, &bytes);
	cr_assert_eq(parse(), ERROR_NONE);
	const struct producer_entry *entry = producer_state_find(&loaded, 7);
	cr_assert_eq(entry->batch_count, PRODUCER_BATCHES_KEPT);
	for (int32_t i = 0; i < PRODUCER_BATCHES_KEPT; i++) {
		cr_expect_eq(entry->batches[i].last_sequence, i + 2);
		cr_expect_eq(entry->batches[i].last_offset, i + 2);
		cr_expect_eq(entry->batches[i].timestamp_ms, 1000 + i + 2);
	}
	cr_expect_eq(producer_state_find(&loaded, 8)->batch_count, 1);
}

/* Kafka passes over what stands behind its entries, and its own have nothing there. */
Test(producer_snapshot, reads_kafkas_which_has_the_newest_batch_alone)
{
	fill();
	producer_snapshot_format(&state, &bytes);
	bytes.size = 10 + 3 * 46;
	seal();
	cr_assert_eq(parse(), ERROR_NONE);
	cr_expect_eq(producer_state_find(&loaded, 7)->batch_count, 1);
}

Test(producer_snapshot, leaves_out_expired_producers_but_not_their_open_transactions)
{
	fill(); /* last timestamps: 7 at 1013, 3 at 1015 with a transaction, 9 at 1016 */
	producer_snapshot_format(&state, &bytes);
	cr_assert_eq(producer_snapshot_parse(&loaded, buffer_slice(&bytes), 1116, 101), ERROR_NONE);
	cr_expect_null(producer_state_find(&loaded, 7));
	cr_expect_not_null(producer_state_find(&loaded, 3));
	cr_expect_not_null(producer_state_find(&loaded, 9));
	producer_state_reset(&loaded, 0);
	cr_assert_eq(producer_snapshot_parse(&loaded, buffer_slice(&bytes), 9999, 101), ERROR_NONE);
	cr_expect_eq(producer_state_count(&loaded), 1);
}

Test(producer_snapshot, every_flipped_bit_is_found)
{
	fill();
	producer_snapshot_format(&state, &bytes);
	for (size_t bit = 0; bit < bytes.size * 8; bit++) {
		bytes.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_expect_neq(parse(), ERROR_NONE, "bit %zu", bit);
		cr_expect_eq(producer_state_count(&loaded), 0);
		bytes.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	cr_expect_eq(parse(), ERROR_NONE);
}

Test(producer_snapshot, every_shorter_file_is_found)
{
	fill();
	producer_snapshot_format(&state, &bytes);
	for (size_t size = 0; size < bytes.size; size++) {
		enum error error = producer_snapshot_parse(&loaded, slice_of(bytes.bytes, size), 2000, NEVER);
		cr_expect(error == ERROR_TRUNCATED || error == ERROR_CORRUPT, "size %zu", size);
	}
}

Test(producer_snapshot, a_sealed_lie_about_the_count_is_found)
{
	static const int32_t counts[] = { -1, 2, 4, INT32_MAX, INT32_MIN };

	fill();
	producer_snapshot_format(&state, &bytes);
	for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
		buffer_set_int32(&bytes, 6, counts[i]);
		seal();
		enum error error = parse();
		cr_expect(error == ERROR_MALFORMED || error == ERROR_TRUNCATED, "%d", counts[i]);
	}
}

Test(producer_snapshot, sealed_fields_that_cannot_be_are_found)
{
	enum { ENTRY = 10, ID = ENTRY, EPOCH = ENTRY + 8, SEQUENCE = ENTRY + 10,
		OFFSET = ENTRY + 14, DELTA = ENTRY + 22, TRANSACTION = ENTRY + 38 };
	static const size_t places[] = { ID, EPOCH, SEQUENCE, OFFSET, DELTA, TRANSACTION };

	fill();
	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		buffer_clear(&bytes);
		producer_snapshot_format(&state, &bytes);
		buffer_set_int16(&bytes, places[i], INT16_MIN);
		seal();
		cr_expect_eq(parse(), ERROR_MALFORMED, "at %zu", places[i]);
		cr_expect_eq(producer_state_count(&loaded), 0);
	}
	buffer_clear(&bytes);
	producer_snapshot_format(&state, &bytes);
	buffer_set_int32(&bytes, DELTA, 15); /* more than there are offsets below */
	seal();
	cr_expect_eq(parse(), ERROR_MALFORMED);
	buffer_clear(&bytes);
	producer_snapshot_format(&state, &bytes);
	buffer_set_int64(&bytes, ENTRY + 46, 7); /* an id twice */
	seal();
	cr_expect_eq(parse(), ERROR_MALFORMED);
}

Test(producer_snapshot, a_sealed_tail_that_cannot_be_is_found)
{
	enum { TAIL = 10 + 3 * 46, ID = TAIL + 4, COUNT = ID + 8, SEQUENCE = COUNT + 1,
		OFFSET = SEQUENCE + 4, DELTA = OFFSET + 8, END = DELTA + 12 };
	static const struct {
		size_t at;
		int8_t value;
	} wrong[] = { { TAIL, 1 }, { COUNT, 0 }, { COUNT, -1 }, { COUNT, 5 }, { COUNT, 2 },
		{ SEQUENCE, -1 }, { OFFSET, -1 }, { OFFSET + 7, 13 }, { DELTA, -1 }, { DELTA + 3, 13 } };

	fill();
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		buffer_clear(&bytes);
		producer_snapshot_format(&state, &bytes);
		cr_assert_eq(bytes.size, END);
		bytes.bytes[wrong[i].at] = (uint8_t)wrong[i].value;
		seal();
		cr_expect_eq(parse(), wrong[i].value == 2 ? ERROR_TRUNCATED : ERROR_MALFORMED,
		    "number %zu", i);
		cr_expect_eq(producer_state_count(&loaded), 0);
	}
}

Test(producer_snapshot, another_version_is_not_supported)
{
	producer_snapshot_format(&state, &bytes);
	buffer_set_int16(&bytes, 0, 2);
	cr_expect_eq(parse(), ERROR_UNSUPPORTED);
}

Test(producer_snapshot, is_written_in_place_and_synced)
{
	fill();
	cr_assert_eq(producer_snapshot_write(&state, &memory.disk, "d/s"), ERROR_NONE);
	cr_expect_str_eq(memory_disk_trace(&memory),
	    "create d/s\nwrite d/s 0+185\nsync d/s\nsync-directory d\n");
	cr_assert_eq(producer_snapshot_read(&loaded, &memory.disk, "d/s", 2000, NEVER), ERROR_NONE);
	cr_expect_eq(producer_state_count(&loaded), 3);
}

Test(producer_snapshot, a_failed_write_leaves_none)
{
	static const enum memory_disk_call calls[] = { MEMORY_DISK_WRITE, MEMORY_DISK_SYNC,
		MEMORY_DISK_CLOSE };

	fill();
	for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
		memory.fail_with[calls[i]] = ERROR_NO_SPACE;
		memory.short_write = 20;
		cr_expect_eq(producer_snapshot_write(&state, &memory.disk, "s"), ERROR_NO_SPACE);
		cr_expect(slice_is_null(memory_disk_get(&memory, "s")));
	}
	cr_expect_eq(producer_snapshot_read(&loaded, &memory.disk, "s", 0, 0), ERROR_NOT_FOUND);
}
