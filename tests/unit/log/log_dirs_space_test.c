/* A full disk: appends stop before the reserve (F20). */
#include <criterion/criterion.h>

#include "log_dirs_fixture.h"
#include "tests/sim/log_fixture.h"

static struct log_dirs_fixture fixture;
static struct log_dir *guilty;

static void
setup(void)
{
	log_dirs_fixture_init(&fixture);
	cr_assert_eq(log_dirs_fixture_start(&fixture, &guilty), ERROR_NONE);
}

static void
teardown(void)
{
	log_dirs_fixture_fini(&fixture);
}

TestSuite(log_dirs_space, .init = setup, .fini = teardown);

static enum error
measure(int dir)
{
	struct log_space_job job;

	log_space_prepare(&fixture.dirs->dirs[dir], &job);
	log_space_run(&job);
	return log_space_done(fixture.dirs, &job);
}

static enum error
append(struct log_partition *partition, int size, enum log_append_status *status)
{
	struct log_sample sample = { .records = 1, .value_size = size };
	struct log_append append = { .origin = LOG_FROM_CLIENT };
	struct buffer bytes;

	buffer_init(&bytes);
	log_sample_batch(&bytes, &sample, 0);
	append.bytes = bytes.bytes;
	append.size = bytes.size;
	enum error error = log_append_as_leader(partition->log, &append, 1, 1, 1);
	buffer_fini(&bytes);
	*status = append.status;
	return error;
}

Test(log_dirs_space, the_reserve_is_a_part_of_a_small_disk_and_64_mib_of_a_large_one)
{
	cr_expect_eq(log_space_reserve(0), 0);
	cr_expect_eq(log_space_reserve(64 << 10), 3276);
	cr_expect_eq(log_space_reserve(INT64_C(1) << 40), 64 << 20);
	cr_expect_eq(log_space_reserve(INT64_MAX), 64 << 20);
}

Test(log_dirs_space, room_is_what_is_free_less_the_reserve)
{
	struct sim_disk *disk = fixture.disk;

	disk->capacity = 1000 * SIM_PAGE_SIZE;
	cr_assert_eq(measure(0), ERROR_NONE);
	cr_expect_eq(log_room_left(&fixture.dirs->dirs[0].room),
	    (1000 - 50 - disk->pages_used) * SIM_PAGE_SIZE);
	cr_expect_eq(log_room_left(&fixture.dirs->dirs[1].room), INT64_MAX, "not looked at");
}

Test(log_dirs_space, an_append_that_would_touch_the_reserve_writes_nothing)
{
	struct log_partition *partition = log_dirs_fixture_create(&fixture, "orders", 0);
	enum log_append_status status;

	log_dirs_fixture_fill(&fixture, partition, 3);
	int64_t size = log_size(partition->log);
	log_room_set(&partition->dir->room, 500);
	cr_expect_eq(append(partition, 1000, &status), ERROR_NO_SPACE);
	cr_expect_eq(status, LOG_APPEND_STORAGE);
	cr_expect_eq(log_size(partition->log), size);
	cr_expect_eq(log_end_offset(partition->log), 3);
	cr_expect_eq(log_state(partition->log), ERROR_NONE);
	cr_expect_eq(append(partition, 100, &status), ERROR_NONE, "this fits");
	cr_expect_lt(log_room_left(&partition->dir->room), 400);
	cr_expect_eq(append(partition, 400, &status), ERROR_NO_SPACE, "what is there was taken");
	log_room_set(&partition->dir->room, 5000);
	cr_expect_eq(append(partition, 1000, &status), ERROR_NONE);
	cr_expect_eq(log_end_offset(partition->log), 5);
}

Test(log_dirs_space, a_follower_writes_nothing_into_the_reserve_either)
{
	struct log_partition *partition = log_dirs_fixture_create(&fixture, "orders", 0);
	struct log_sample sample = { .records = 1, .value_size = 1000 };
	struct log_append append = { .origin = LOG_FROM_LEADER };
	struct buffer bytes;

	buffer_init(&bytes);
	log_sample_batch(&bytes, &sample, 0);
	append.bytes = bytes.bytes;
	append.size = bytes.size;
	log_room_set(&partition->dir->room, 500);
	cr_expect_eq(log_append_as_follower(partition->log, &append, 1), ERROR_NO_SPACE);
	cr_expect_eq(append.status, LOG_APPEND_STORAGE);
	log_room_set(&partition->dir->room, 5000);
	cr_expect_eq(log_append_as_follower(partition->log, &append, 1), ERROR_NONE);
	buffer_fini(&bytes);
}

Test(log_dirs_space, new_partitions_go_where_there_is_room_if_anywhere)
{
	log_room_set(&fixture.dirs->dirs[0].room, 0);
	for (int i = 0; i < 3; i++)
		cr_assert_not_null(log_dirs_fixture_create(&fixture, "orders", i));
	cr_expect_eq(fixture.dirs->dirs[1].log_count, 3);
	log_room_set(&fixture.dirs->dirs[1].room, -1);
	cr_assert_not_null(log_dirs_fixture_create(&fixture, "orders", 3));
	cr_expect_eq(fixture.dirs->dirs[0].log_count, 1);
}

/* F23: who makes them would wait for it. */
Test(log_dirs_space, new_partitions_go_where_nothing_hangs_if_anywhere)
{
	log_room_set(&fixture.dirs->dirs[1].room, 0);
	fixture.dirs->dirs[0].hangs = true;
	cr_assert_not_null(log_dirs_fixture_create(&fixture, "orders", 0));
	cr_expect_eq(fixture.dirs->dirs[1].log_count, 1, "it says what has become of it");
	fixture.dirs->dirs[1].hangs = true;
	cr_assert_not_null(log_dirs_fixture_create(&fixture, "orders", 1));
	cr_expect_eq(fixture.dirs->dirs[0].log_count, 1);
}

Test(log_dirs_space, a_dir_that_cannot_be_measured_is_gone)
{
	fixture.disk->offline = true;
	cr_expect_eq(measure(1), ERROR_IO);
	cr_expect_eq(fixture.dirs->dirs[1].state, ERROR_IO);
}
