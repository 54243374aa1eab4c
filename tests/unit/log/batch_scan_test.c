#include "log/batch_scan.h"

#include <criterion/criterion.h>

#include "tests/sim/log_fixture.h"

static struct sim_disk *disk;
static struct sim_mount *mount;
static struct disk_file *file;
static struct buffer bytes, spill;
static uint8_t window[100];
static struct batch_scan scan;
static struct scanned_batch batch;

static void
setup(void)
{
	disk = sim_disk_new(1, NULL);
	mount = sim_disk_mount(disk);
	buffer_init(&bytes);
	buffer_init(&spill);
	cr_assert_eq(disk_open(sim_mount_port(mount), "/file",
	    DISK_READ | DISK_WRITE | DISK_CREATE, &file), ERROR_NONE);
	for (int i = 0; i < 3; i++) {
		struct log_sample sample = { .records = 2, .value_size = 30 * i };
		log_sample_batch(&bytes, &sample, 0);
	}
}

static void
teardown(void)
{
	cr_assert_eq(disk_close(file), ERROR_NONE);
	buffer_fini(&bytes);
	buffer_fini(&spill);
	sim_mount_free(mount);
	sim_disk_free(disk);
}

TestSuite(batch_scan, .init = setup, .fini = teardown);

static void
begin(size_t size)
{
	size_t written;

	cr_assert_eq(disk_write(file, bytes.bytes, bytes.size, 0, &written), ERROR_NONE);
	batch_scan_init(&scan, file, 0, (int64_t)size, false, window, sizeof(window));
}

Test(batch_scan, walks_from_header_to_header)
{
	int64_t position = 0;

	begin(bytes.size);
	for (int i = 0; i < 3; i++) {
		struct slice whole;

		cr_assert_eq(batch_scan_next(&scan, &batch), ERROR_NONE);
		cr_expect_eq(batch.position, position);
		cr_expect_eq(batch.count, 2);
		cr_expect_eq(batch.last_offset, 1);
		cr_expect_eq(batch.max_timestamp, 1000001);
		cr_assert_eq(batch_scan_bytes(&scan, &batch, &spill, &whole), ERROR_NONE);
		cr_expect(slice_equal(whole, slice_of(bytes.bytes + position,
		    (size_t)batch.size)));
		position += batch.size;
	}
	cr_expect_eq(batch_scan_next(&scan, &batch), ERROR_END_OF_STREAM);
}

Test(batch_scan, a_partial_batch_at_the_end_is_truncated)
{
	for (size_t size = 1; size < 80; size++) {
		begin(bytes.size - size);
		cr_assert_eq(batch_scan_next(&scan, &batch), ERROR_NONE);
		cr_assert_eq(batch_scan_next(&scan, &batch), ERROR_NONE);
		int64_t position = scan.position;
		cr_expect_eq(batch_scan_next(&scan, &batch), ERROR_TRUNCATED);
		cr_expect_eq(scan.position, position);
	}
}

Test(batch_scan, impossible_headers_are_corrupt)
{
	static const struct { size_t at; uint8_t byte; } changes[] = {
		{ BATCH_AT_BASE_OFFSET, 0x80 },
		{ BATCH_AT_LENGTH, 0x80 },
		{ BATCH_AT_LENGTH + 3, 48 },
		{ BATCH_AT_MAGIC, 3 },
		{ BATCH_AT_MAGIC, 0xff },
		{ BATCH_AT_LAST_OFFSET_DELTA, 0x80 },
		{ BATCH_AT_COUNT, 0xff },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(changes); i++) {
		uint8_t before = bytes.bytes[changes[i].at];

		bytes.bytes[changes[i].at] = changes[i].byte;
		begin(bytes.size);
		cr_expect_eq(batch_scan_next(&scan, &batch), ERROR_CORRUPT, "change %zu", i);
		bytes.bytes[changes[i].at] = before;
	}
}

Test(batch_scan, a_last_offset_has_one_after_it)
{
	batch_set_base_offset(bytes.bytes, INT64_MAX - 2);
	begin(bytes.size);
	cr_expect_eq(batch_scan_next(&scan, &batch), ERROR_NONE);
	cr_expect_eq(batch.last_offset, INT64_MAX - 1);
	batch_set_base_offset(bytes.bytes, INT64_MAX - 1);
	begin(bytes.size);
	cr_expect_eq(batch_scan_next(&scan, &batch), ERROR_CORRUPT);
}

Test(batch_scan, zeros_are_corrupt)
{
	memset(bytes.bytes, 0, bytes.size);
	begin(bytes.size);
	cr_expect_eq(batch_scan_next(&scan, &batch), ERROR_CORRUPT);
}

Test(batch_scan, does_not_wait_for_the_disk_when_told_so)
{
	begin(bytes.size);
	cr_assert_eq(disk_sync(file), ERROR_NONE);
	sim_disk_drop_cache(disk);
	scan.resident_only = true;
	cr_expect_eq(batch_scan_next(&scan, &batch), ERROR_WOULD_BLOCK);
	scan.resident_only = false;
	cr_expect_eq(batch_scan_next(&scan, &batch), ERROR_NONE);
}

Test(batch_scan, finds_a_batch_from_wherever_an_index_points)
{
	size_t at = 0;

	for (int64_t offset = 0; at < bytes.size; offset += 2) {
		batch_set_base_offset(bytes.bytes + at, offset);
		cr_assert_eq(batch_scan_header(slice_of(bytes.bytes + at, bytes.size - at),
		    &batch), ERROR_NONE);
		at += (size_t)batch.size;
	}
	for (int64_t from = 0; from <= (int64_t)bytes.size; from++) {
		begin(bytes.size);
		scan.position = from;
		cr_assert_eq(batch_scan_find(&scan, 3, &batch), ERROR_NONE, "%d", (int)from);
		cr_expect_eq(batch.base_offset, 2, "%d", (int)from);
	}
	begin(bytes.size);
	cr_expect_eq(batch_scan_find(&scan, 6, &batch), ERROR_END_OF_STREAM);
	begin(0);
	cr_expect_eq(batch_scan_find(&scan, 0, &batch), ERROR_END_OF_STREAM);
}
