#include "klamm/assignment.h"

#include <criterion/criterion.h>

static struct create_topics_request_creatable_topic topic;

static void
set_up(void)
{
	topic = create_topics_request_creatable_topic_defaults;
}

static void
tear_down(void)
{
	assignment_fini(&topic);
}

TestSuite(assignment, .init = set_up, .fini = tear_down);

static void
expect_complaint(const char *word, const char *part)
{
	const char *complaint = assignment_read(word, &topic);

	cr_expect(complaint != NULL && strstr(complaint, part) != NULL, "%s: %s", word,
	    complaint != NULL ? complaint : "nothing");
	assignment_fini(&topic);
}

Test(assignment, names_the_brokers_of_each_partition)
{
	cr_assert_null(assignment_read("3:1,2147483647:0,1:2", &topic));
	cr_assert_eq(topic.assignments.count, 3);
	for (int32_t i = 0; i < 3; i++) {
		cr_expect_eq(topic.assignments.items[i].partition_index, i);
		cr_expect_eq(topic.assignments.items[i].broker_ids.count, 2);
	}
	cr_expect_eq(topic.assignments.items[0].broker_ids.items[0], 3);
	cr_expect_eq(topic.assignments.items[0].broker_ids.items[1], 1);
	cr_expect_eq(topic.assignments.items[1].broker_ids.items[0], INT32_MAX);
	cr_expect_eq(topic.assignments.items[1].broker_ids.items[1], 0);
}

Test(assignment, of_one_replica)
{
	cr_assert_null(assignment_read("7", &topic));
	cr_assert_eq(topic.assignments.count, 1);
	cr_expect_eq(topic.assignments.items[0].broker_ids.count, 1);
}

Test(assignment, that_makes_no_sense_is_refused)
{
	expect_complaint("", "missing");
	expect_complaint("1,", "missing");
	expect_complaint(",1", "missing");
	expect_complaint("1:", "missing");
	expect_complaint("1:-2", "missing");
	expect_complaint("2147483648", "missing");
	expect_complaint("1:2:1", "twice");
	expect_complaint("1:2,1", "different numbers");
	expect_complaint("1;2", "something else");
	expect_complaint("1 2", "something else");
}
