#include "metrics/snapshot.h"

#include <criterion/criterion.h>

static struct snapshot it;

Test(snapshot, begins_empty_and_ends_so)
{
	cr_expect_eq(it.topic_count + it.partition_count + it.sample_count, 0);
	snapshot_add_topic(&it, slice_of_text("t"));
	snapshot_fini(&it);
	cr_expect_eq(it.topic_count, 0);
	cr_expect_null(it.topics);
	snapshot_fini(&it);
}

Test(snapshot, partitions_are_of_the_topic_before_them)
{
	for (int i = 0; i < 50; i++) {
		char name[] = "t00";

		name[1] = (char)('0' + i / 10);
		name[2] = (char)('0' + i % 10);
		snapshot_add_topic(&it, slice_of_text(name))->counters[METRIC_BYTES_IN] = (uint64_t)i;
		for (int32_t j = 0; j <= i % 3; j++)
			snapshot_add_partition(&it, j)->gauges[METRIC_PARTITION_LOG_SIZE] = i * 10 + j;
	}
	cr_expect_eq(it.topic_count, 50);
	cr_expect_eq(it.topics[31].counters[METRIC_BYTES_IN], 31);
	cr_expect_eq(it.topics[31].partition_count, 2);
	cr_expect(slice_equal_text(slice_of(it.texts.bytes + it.topics[31].name_at,
	    it.topics[31].name_size), "t31"));
	cr_expect_eq(it.partitions[0].gauges[METRIC_PARTITION_LOG_SIZE], 0);
	cr_expect_eq(it.partitions[1].gauges[METRIC_PARTITION_LOG_SIZE], 10);
	cr_expect_eq(it.partitions[2].gauges[METRIC_PARTITION_LOG_SIZE], 11);
	snapshot_fini(&it);
}

Test(snapshot, a_sample_has_the_labels_that_follow_it)
{
	snapshot_add_sample(&it, METRIC_SERIES_FETCHER_LAG, 5);
	snapshot_add_label(&it, "topic", slice_of_text("a\"b"));
	snapshot_add_label_number(&it, "partition", 7);
	snapshot_add_sample(&it, METRIC_SERIES_FETCHER_LAG, 6);
	cr_expect(slice_equal_text(slice_of(it.texts.bytes + it.samples[0].labels_at,
	    it.samples[0].labels_size), "topic=\"a\\\"b\",partition=\"7\""));
	cr_expect_eq(it.samples[1].labels_size, 0);
	cr_expect_eq(it.samples[1].value, 6);
	snapshot_fini(&it);
}
