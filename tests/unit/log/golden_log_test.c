/*
 * Partitions that Kafka 3.9.1 wrote (tests/golden/segments), opened as a broker
 * opens them: every batch is served where the .json says it is.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>

#include "log/batch_scan.h"
#include "tests/sim/log_fixture.h"

static struct log_fixture fixture;

static void
read_file(const char *path, struct buffer *contents)
{
	FILE *file = fopen(path, "rb");
	int byte;

	cr_assert_not_null(file, "%s", path);
	while ((byte = fgetc(file)) != EOF)
		buffer_int8(contents, (int8_t)byte);
	cr_assert(!ferror(file));
	fclose(file);
}

static void
copy_partition(const char *folder)
{
	char name[1200];
	struct dirent *entry;

	snprintf(name, sizeof(name), TESTS_DIR "/golden/segments/%s", folder);
	DIR *directory = opendir(name);
	cr_assert_not_null(directory, "%s", name);
	while ((entry = readdir(directory)) != NULL) {
		struct disk_file *file;
		struct buffer contents;
		size_t written;

		if (entry->d_name[0] == '.')
			continue;
		buffer_init(&contents);
		snprintf(name, sizeof(name), TESTS_DIR "/golden/segments/%s/%s", folder,
		    entry->d_name);
		read_file(name, &contents);
		snprintf(name, sizeof(name), LOG_FIXTURE_PATH "/%s", entry->d_name);
		cr_assert_eq(disk_open(fixture.port, name, DISK_WRITE | DISK_CREATE, &file),
		    ERROR_NONE);
		cr_assert_eq(disk_write(file, contents.bytes, contents.size, 0, &written),
		    ERROR_NONE);
		cr_assert_eq(disk_close(file), ERROR_NONE);
		buffer_fini(&contents);
	}
	closedir(directory);
}

static json_t *
load_json(const char *name)
{
	char path[600];
	json_error_t complaint;

	snprintf(path, sizeof(path), TESTS_DIR "/golden/segments/%s.json", name);
	json_t *json = json_load_file(path, 0, &complaint);
	cr_assert_not_null(json, "%s: %s", path, complaint.text);
	return json;
}

/* The batch that a fetch from `offset` begins with. */
static void
expect_served(const char *name, int64_t offset, int64_t position, int64_t base_offset)
{
	uint8_t bytes[BATCH_HEADER_BYTES];
	struct scanned_batch batch;
	struct log_read read = {
		.offset = offset,
		.upper_bound = log_end_offset(fixture.log),
		.max_bytes = 1,
		.at_least_one = true,
	};

	cr_assert_eq(log_read(fixture.log, &read, false), ERROR_NONE, "%s %d", name, (int)offset);
	cr_assert_not_null(read.slice.segment, "%s %d", name, (int)offset);
	cr_expect_eq(read.slice.position, position, "%s %d", name, (int)offset);
	size_t size = MIN((size_t)read.slice.size, sizeof(bytes));
	cr_assert_eq(disk_read_all(read.slice.file, bytes, size, position), ERROR_NONE);
	cr_assert_eq(batch_scan_header(slice_of(bytes, size), &batch), ERROR_NONE);
	cr_expect_eq(batch.base_offset, base_offset, "%s %d", name, (int)offset);
	log_slice_release(&read.slice);
}

static void
check_batch(const char *name, json_t *batch, int64_t *end)
{
	int64_t position = json_integer_value(json_object_get(batch, "position"));
	json_t *base = json_object_get(batch, "baseOffset");
	json_t *records = json_object_get(batch, "records");
	json_t *record;
	size_t i;

	cr_assert(json_is_integer(base) || json_is_integer(json_object_get(batch, "offset")));
	if (!json_is_integer(base))
		base = json_object_get(batch, "offset");
	json_array_foreach(records, i, record) {
		int64_t offset = json_integer_value(json_object_get(record, "offset"));
		expect_served(name, offset, position, json_integer_value(base));
		*end = MAX(*end, offset + 1);
	}
}

static int64_t
check_log(const char *name, json_t *json)
{
	const char *base;
	json_t *segment, *batch;
	int64_t end = 0;
	size_t i;

	json_object_foreach(json_object_get(json, "segments"), base, segment)
		json_array_foreach(json_object_get(segment, "batches"), i, batch)
			check_batch(name, batch, &end);
	return end;
}

static void
check_case(const char *name, bool clean)
{
	char folder[300];
	json_t *json = load_json(name);

	log_fixture_init(&fixture, 1);
	snprintf(folder, sizeof(folder), "%s/%s", name,
	    json_string_value(json_object_get(json, "partition")));
	copy_partition(folder);
	fixture.options.clean_shutdown = clean;
	fixture.options.recovery_point_unknown = true;
	fixture.options.high_watermark = INT64_MAX;
	cr_assert_eq(log_fixture_open(&fixture), ERROR_NONE, "%s", name);
	cr_expect_eq(log_state(fixture.log), ERROR_NONE, "%s", name);
	int64_t end = check_log(name, json);
	cr_expect_leq(end, log_end_offset(fixture.log), "%s", name);
	cr_expect_gt(log_end_offset(fixture.log), 0, "%s", name);
	json_decref(json);
	log_fixture_fini(&fixture);
}

static void
check_all(bool clean)
{
	DIR *directory = opendir(TESTS_DIR "/golden/segments");
	struct dirent *entry;
	int count = 0;

	cr_assert_not_null(directory);
	while ((entry = readdir(directory)) != NULL) {
		char name[256];
		size_t length = strlen(entry->d_name);

		if (length < 6 || strcmp(entry->d_name + length - 5, ".json") != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)length - 5, entry->d_name);
		check_case(name, clean);
		count++;
	}
	closedir(directory);
	cr_expect_geq(count, 20);
}

Test(golden_log, serves_every_record_of_kafkas_partitions)
{
	check_all(true);
}

Test(golden_log, serves_every_record_after_a_recovery_too)
{
	check_all(false);
}
