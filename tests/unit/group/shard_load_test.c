#include "tests/unit/group/house.h"

#include <criterion/criterion.h>

#include "wire/batch.h"

static struct house house;
static const struct slice no_id = { (const uint8_t *)"", 0 };

static void
setup(void)
{
	house_init(&house);
}

static void
teardown(void)
{
	house_fini(&house);
}

#define LOAD_TEST(name) Test(shard_load, name, .init = setup, .fini = teardown)

static void
commit(const char *group, const char *topic, int64_t offset)
{
	struct asked *asked = house_commit(&house, group, no_id, -1, topic, offset);

	cr_assert_eq(house_commit_error(asked), KAFKA_ERROR_NONE);
	asked_free(asked);
}

LOAD_TEST(long_log_is_read_in_pieces)
{
	char metadata[4000];
	struct asked *asked;

	memset(metadata, 'm', sizeof(metadata));
	house_open(&house);
	for (int i = 0; i < 800; i++) {
		asked = asked_new(&house, API_KEY_OFFSET_COMMIT, 8);
		struct offset_commit_request_offset_commit_request_partition partition =
		    offset_commit_request_offset_commit_request_partition_defaults;
		struct offset_commit_request_offset_commit_request_topic topic = {
			.name = slice_of_text("t"), .partitions = { &partition, 1 } };
		struct offset_commit_request *request = asked->request;

		partition.committed_offset = i;
		partition.committed_metadata = slice_of(metadata, sizeof(metadata));
		request->group_id = slice_of_text("g");
		request->topics.items = &topic;
		request->topics.count = 1;
		house_ask(&house, asked);
		house_run(&house);
		asked_free(asked);
	}
	cr_assert_gt(house_partition_of(&house, "g")->log.size, 3 * 1024 * 1024);
	house_restart(&house);
	cr_assert_eq(house_fetch(&house, "g", "t"), 799);
}

LOAD_TEST(log_that_cannot_be_read_is_tried_again)
{
	struct partition *partition = house_partition_of(&house, "g");

	house_open(&house);
	commit("g", "t", 5);
	house_resign(&house, partition->index, 2);
	partition->read_errors = 2;
	house_elect(&house, partition->index, 3);
	cr_assert_eq(house_fetch(&house, "g", "t"), -1000 - KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS,
	    "nothing half loaded is served");
	cr_assert(house_logged(&house, "cannot be loaded"));
	house_elapse(&house, 1000);
	cr_assert_eq(house_fetch(&house, "g", "t"), -1000 - KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
	house_elapse(&house, 2000);
	cr_assert_eq(house_fetch(&house, "g", "t"), 5);
}

/* Commits for t and u, one of which is damaged when they are loaded. */
static void
load_damaged(int64_t offset)
{
	struct partition *partition = house_partition_of(&house, "g");

	house_open(&house);
	commit("g", "t", 5);
	commit("g", "u", 6);
	cr_assert_eq(partition->end_offset, 2);
	house_resign(&house, partition->index, 2);
	partition->damage_from = offset;
	partition->damage_end = offset + 1;
	house_elect(&house, partition->index, 3);
	house_elapse(&house, 10000);
	cr_assert(house_logged(&house, "1 damaged batches were left out"));
}

/* F15: nobody else can lead, so what is left is served, and an operator hears of the rest. */
LOAD_TEST(damage_that_no_other_replica_can_make_good_is_left_out)
{
	load_damaged(0);
	cr_assert_eq(house_fetch(&house, "g", "t"), -1);
	cr_assert_eq(house_fetch(&house, "g", "u"), 6);
}

/* Nobody appends before it is served: it stays the last one. */
LOAD_TEST(damage_at_the_end_is_left_out_as_well)
{
	load_damaged(1);
	cr_assert_eq(house_fetch(&house, "g", "t"), 5);
	cr_assert_eq(house_fetch(&house, "g", "u"), -1);
}

LOAD_TEST(partition_that_fails_is_asked_again)
{
	struct partition *partition = house_partition_of(&house, "g");

	partition->fails = PARTITION_STORAGE;
	house_elect(&house, partition->index, 1);
	house_elapse(&house, 10000);
	cr_assert_eq(house_fetch(&house, "g", "t"), -1000 - KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
	partition->fails = PARTITION_OK;
	house_elapse(&house, 30000);
	cr_assert_eq(house_fetch(&house, "g", "t"), -1);
}

LOAD_TEST(resigning_gives_the_load_up_at_every_stage)
{
	struct partition *partition = house_partition_of(&house, "g");

	house_open(&house);
	commit("g", "t", 5);
	house_resign(&house, partition->index, 2);
	/* While work is held, while it waits after an error, and at once. */
	house.holds_work = true;
	house_elect(&house, partition->index, 3);
	house_resign(&house, partition->index, 4);
	house.holds_work = false;
	house_run(&house);
	partition->read_errors = 1;
	house_elect(&house, partition->index, 5);
	house_resign(&house, partition->index, 6);
	partition->leads = true;
	partition->leader_epoch = 7;
	groups_elected(house.groups, partition, 7);
	groups_resigned(house.groups, partition->index, 8);
	house_run(&house);
	cr_assert_eq(house_fetch(&house, "g", "t"), -1000 - KAFKA_ERROR_NOT_COORDINATOR);
	house_elect(&house, partition->index, 9);
	cr_assert_eq(house_fetch(&house, "g", "t"), 5);
}

LOAD_TEST(log_whose_beginning_is_removed_meanwhile_is_begun_anew)
{
	struct partition *partition = house_partition_of(&house, "g");

	house_open(&house);
	commit("g", "t", 5);
	commit("g", "u", 6);
	house_resign(&house, partition->index, 2);
	partition->leads = true;
	partition->leader_epoch = 3;
	groups_elected(house.groups, partition, 3);
	loop_run(house.world_loops[partition->index % HOUSE_LOOPS]); /* it has looked up the start */
	partition->start_offset = 1;
	house_elapse(&house, 1000);
	cr_assert_eq(house_fetch(&house, "g", "u"), 6);
}

LOAD_TEST(log_that_leads_nowhere_is_not_read_for_ever)
{
	struct partition *partition = house_partition_of(&house, "g");

	house_open(&house);
	commit("g", "t", 5);
	house_resign(&house, partition->index, 2);
	partition->is_stuck = true;
	house_elect(&house, partition->index, 3);
	cr_assert(house_logged(&house, "cannot be loaded"));
	partition->is_stuck = false;
	house_elapse(&house, 1000);
	cr_assert_eq(house_fetch(&house, "g", "t"), 5);
}

LOAD_TEST(damage_is_told_to_the_operator)
{
	struct partition *partition = house_partition_of(&house, "g");

	house_open(&house);
	commit("g", "t", 5);
	commit("g", "u", 6);
	partition->log.bytes[BATCH_HEADER_BYTES + 5] ^= 1;
	house_resign(&house, partition->index, 2);
	house_elect(&house, partition->index, 3);
	cr_assert(house_logged(&house, "1 damaged batches were left out, the first at offset 0"));
	cr_assert_eq(house_fetch(&house, "g", "t"), -1);
	cr_assert_eq(house_fetch(&house, "g", "u"), 6);
}

/* ----------------------------------------- what not all in sync have yet */

static struct partition *
load_before_all_have_it(void)
{
	struct partition *partition = house_partition_of(&house, "g");

	house_open(&house);
	commit("g", "t", 5);
	house_resign(&house, partition->index, 2);
	partition->settles_late = true;
	house_elect(&house, partition->index, 3);
	cr_assert_not_null(partition->settles);
	cr_assert_eq(partition->settles->offset, partition->end_offset - 1);
	cr_assert_eq(house_fetch(&house, "g", "t"), -1000 - KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
	return partition;
}

LOAD_TEST(what_is_loaded_is_served_once_all_in_sync_have_it)
{
	struct partition *partition = load_before_all_have_it();

	house_elapse(&house, 4000);
	cr_assert_eq(house_fetch(&house, "g", "t"), -1000 - KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
	house_settle(partition);
	cr_assert_eq(house_fetch(&house, "g", "t"), 5);
	house_elapse(&house, 10000);
	cr_assert_eq(partition->cancelled, 0);
}

/* Seed 260680 of scenario cluster: one generation was given twice. */
Test(shard_load, what_not_all_in_sync_have_is_never_served, .init = setup, .fini = teardown)
{
	struct partition *partition = load_before_all_have_it();

	house_elapse(&house, 5000);
	cr_assert(house_logged(&house, "wait until all in sync have offset"));
	house_elapse(&house, 60000);
	cr_assert_eq(partition->cancelled, 0);
	cr_assert_eq(house_fetch(&house, "g", "t"), -1000 - KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
	house_settle(partition);
	cr_assert_eq(house_fetch(&house, "g", "t"), 5);
}

LOAD_TEST(resigning_gives_up_what_waits_for_those_in_sync)
{
	struct partition *partition = load_before_all_have_it();

	house_resign(&house, partition->index, 4);
	cr_assert_eq(partition->cancelled, 1);
	partition->settles_late = false;
	house_elect(&house, partition->index, 5);
	cr_assert_eq(house_fetch(&house, "g", "t"), 5);
}

LOAD_TEST(an_empty_log_waits_for_nobody)
{
	struct partition *partition = house_partition_of(&house, "g");

	house_elect(&house, partition->index, 1);
	cr_assert_eq(partition->settling, 0);
	cr_assert_eq(house_fetch(&house, "g", "t"), -1);
}
