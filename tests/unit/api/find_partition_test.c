#include "api/find_partition.h"
#include "replicas.h"

TestSuite(find_partition, .init = fixture_init, .fini = fixture_fini);

static struct partition_absence absence;

static struct partition *
find(const char *topic, int32_t index)
{
	absence = (struct partition_absence){ -77, -77, -77 };
	return find_partition(&fixture.request, slice_of_text(topic), index, &absence);
}

static void
see_the_image(void)
{
	fixture.request.view = &fixture.view;
	fixture_publish(1);
}

static void
expect_absence(const char *topic, int32_t index, int16_t code, int32_t leader)
{
	cr_assert_null(find(topic, index));
	cr_assert_eq(absence.code, code, "%s-%d: %d", topic, index, absence.code);
	cr_assert_eq(absence.leader, leader);
	cr_assert_eq(absence.leader_epoch, leader < 0 ? -1 : 7);
}

Test(find_partition, gives_what_is_here)
{
	replicas_host("t", 2, "");
	see_the_image();
	cr_assert_not_null(find("t", 0));
	cr_assert_not_null(find("t", 1));
	cr_assert_neq(find("t", 0), find("t", 1));
}

Test(find_partition, does_not_know_what_nobody_has)
{
	replicas_host("t", 1, "");
	fixture_add_partition("t", 0, 1, NULL, NULL, NULL);
	see_the_image();
	expect_absence("u", 0, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION, -1);
	expect_absence("t", 1, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION, -1);
	expect_absence("t", -1, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION, -1);
	expect_absence("t", INT32_MAX, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION, -1);
	expect_absence("t", INT32_MIN, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION, -1);
	cr_assert_null(find_partition(&fixture.request, slice_null(), 0, &absence));
	cr_assert_eq(absence.code, KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
}

Test(find_partition, sends_away_who_wants_what_others_have)
{
	static const int32_t others[] = { 2, 3, -1 };

	fixture_add_partition("t", 0, 2, others, others, NULL);
	see_the_image();
	expect_absence("t", 0, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER, 2);
}

Test(find_partition, tells_that_the_disk_of_our_replica_is_offline)
{
	static const int32_t both[] = { 1, 2, -1 }, own[] = { 1, -1 }, other[] = { 2, -1 };

	fixture_add_partition("t", 0, 2, both, other, own);
	fixture_add_partition("t", 1, 2, both, other, other);
	see_the_image();
	expect_absence("t", 0, KAFKA_ERROR_KAFKA_STORAGE_ERROR, 2);
	expect_absence("t", 1, KAFKA_ERROR_NOT_LEADER_OR_FOLLOWER, 2);
}
