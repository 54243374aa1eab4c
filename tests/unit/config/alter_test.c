#include "config/alter.h"

#include <criterion/criterion.h>

#include "base/macros.h"

enum { ROOM = 4096 };

static struct config_map map;
static struct config_problems problems;
static struct buffer reason;

static void
setup(void)
{
	config_map_init(&map);
	config_problems_init(&problems);
	buffer_init(&reason);
}

static void
teardown(void)
{
	buffer_fini(&reason);
	config_problems_fini(&problems);
	config_map_fini(&map);
}

TestSuite(config_alter, .init = setup, .fini = teardown);

static void
put(const char *name, const char *value)
{
	config_map_set(&map, slice_of_text(name), slice_of_text(value), 0);
}

static enum error
alter(enum config_alter_operation operation, const char *name, const char *value)
{
	struct config_alteration it = { .name = slice_of_text(name),
		.value = value == NULL ? slice_null() : slice_of_text(value),
		.operation = (int8_t)operation };

	return config_alter(&map, CONFIG_SCOPE_TOPIC, &it, 1, &problems);
}

static void
expect(const char *name, const char *value)
{
	const struct config_entry *entry = config_map_find(&map, slice_of_text(name));

	cr_assert_not_null(entry, "%s", name);
	cr_expect_str_eq(entry->value, value);
}

Test(config_alter, sets_and_deletes)
{
	put("retention.ms", "1");
	put("segment.ms", "2");
	cr_assert_eq(alter(CONFIG_ALTER_SET, "retention.ms", "3"), ERROR_NONE);
	cr_assert_eq(alter(CONFIG_ALTER_SET, "no.such.key", ""), ERROR_NONE, "looked at later");
	cr_assert_eq(alter(CONFIG_ALTER_DELETE, "segment.ms", NULL), ERROR_NONE);
	cr_assert_eq(alter(CONFIG_ALTER_DELETE, "segment.ms", "7"), ERROR_NONE);
	expect("retention.ms", "3");
	expect("no.such.key", "");
	cr_expect_null(config_map_find(&map, slice_of_text("segment.ms")));
}

Test(config_alter, appends_to_a_list_what_is_not_in_it)
{
	cr_assert_eq(alter(CONFIG_ALTER_APPEND, "cleanup.policy", "compact"), ERROR_NONE);
	expect("cleanup.policy", "delete,compact");
	cr_assert_eq(alter(CONFIG_ALTER_APPEND, "cleanup.policy", "delete,compact"), ERROR_NONE);
	expect("cleanup.policy", "delete,compact");
	cr_assert_eq(alter(CONFIG_ALTER_APPEND, "leader.replication.throttled.replicas", "0:1,0:2"),
	    ERROR_NONE);
	expect("leader.replication.throttled.replicas", "0:1,0:2");
}

Test(config_alter, subtracts_from_a_list_each_element_once)
{
	put("leader.replication.throttled.replicas", "0:1,0:2,0:1,1:1");
	cr_assert_eq(alter(CONFIG_ALTER_SUBTRACT, "leader.replication.throttled.replicas",
	    "0:1,1:1,9:9"), ERROR_NONE);
	expect("leader.replication.throttled.replicas", "0:2,0:1");
	cr_assert_eq(alter(CONFIG_ALTER_SUBTRACT, "cleanup.policy", "delete"), ERROR_NONE);
	expect("cleanup.policy", "");
	cr_assert_eq(alter(CONFIG_ALTER_SUBTRACT, "follower.replication.throttled.replicas", "1:1"),
	    ERROR_NONE);
	expect("follower.replication.throttled.replicas", "");
}

Test(config_alter, refuses_lists_that_are_none)
{
	cr_assert_eq(alter(CONFIG_ALTER_APPEND, "retention.ms", "3"), ERROR_INVALID_ARGUMENT);
	cr_assert_eq(alter(CONFIG_ALTER_SUBTRACT, "retention.ms", "3"), ERROR_INVALID_ARGUMENT);
	cr_assert_eq(alter(CONFIG_ALTER_APPEND, "no.such.key", "3"), ERROR_INVALID_ARGUMENT);
	cr_expect_eq(problems.errors, 3);
}

Test(config_alter, refuses_what_cannot_be_meant)
{
	struct config_alteration zero = { .name = slice_of("a\0b", 3), .value = slice_of_text("") };
	struct config_alteration unknown = { .name = slice_of_text("retention.ms"),
		.value = slice_of_text("1"), .operation = 4 };

	cr_assert_eq(alter(CONFIG_ALTER_SET, "retention.ms", NULL), ERROR_INVALID_ARGUMENT);
	cr_assert_eq(config_alter(&map, CONFIG_SCOPE_TOPIC, &zero, 1, &problems),
	    ERROR_INVALID_ARGUMENT);
	cr_assert_eq(config_alter(&map, CONFIG_SCOPE_TOPIC, &unknown, 1, &problems),
	    ERROR_INVALID_ARGUMENT);
	unknown.operation = -1;
	cr_assert_eq(config_alter(&map, CONFIG_SCOPE_TOPIC, &unknown, 1, &problems),
	    ERROR_INVALID_ARGUMENT);
	cr_expect_eq(map.table.count, 0);
	config_alter_reason(&problems, &reason, ROOM);
	cr_expect_str_eq(problems.items[0].reason, "it may not be null");
	cr_expect_gt(reason.size, 0);
}

Test(config_alter, tells_of_errors_alone_and_no_more_than_there_is_room_for)
{
	config_problems_add(&problems, CONFIG_PROBLEM_REMARK, (struct config_place){ .key = "a" }, "x");
	config_problems_add(&problems, CONFIG_PROBLEM_INVALID, (struct config_place){ .key = "b" }, "y");
	config_problems_add(&problems, CONFIG_PROBLEM_INVALID, (struct config_place){ .key = "c" }, "z");
	config_alter_reason(&problems, &reason, ROOM);
	cr_expect(slice_equal_text(buffer_slice(&reason), "b: y; c: z"), "%.*s", (int)reason.size,
	    (const char *)reason.bytes);
	buffer_clear(&reason);
	config_alter_reason(&problems, &reason, 3);
	cr_expect_eq(reason.size, 3);
}
