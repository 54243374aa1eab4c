#include "zk/paths.h"

#include <criterion/criterion.h>

static struct buffer out;

static void
setup(void)
{
	buffer_init(&out);
}

static void
teardown(void)
{
	buffer_fini(&out);
}

TestSuite(paths, .init = setup, .fini = teardown);

static void
expect_out(const char *text)
{
	cr_expect(slice_equal_text(buffer_slice(&out), text), "%.*s", (int)out.size, out.bytes);
	buffer_clear(&out);
}

Test(paths, of_topics_and_brokers)
{
	struct slice topic = slice_of_text("a.b");

	paths_broker(&out, 7);
	expect_out("/brokers/ids/7");
	paths_topic(&out, topic);
	expect_out("/brokers/topics/a.b");
	paths_topic_partitions(&out, topic);
	expect_out("/brokers/topics/a.b/partitions");
	paths_partition(&out, topic, 0);
	expect_out("/brokers/topics/a.b/partitions/0");
	paths_partition_state(&out, topic, INT32_MAX);
	expect_out("/brokers/topics/a.b/partitions/2147483647/state");
	paths_delete_topic(&out, topic);
	expect_out("/admin/delete_topics/a.b");
	paths_topic_config(&out, topic);
	expect_out("/config/topics/a.b");
	cr_expect_str_eq(paths_text(PATHS_CONTROLLER_EPOCH), "/controller_epoch");
}

Test(paths, of_sequential_nodes_end_in_ten_digits)
{
	struct paths_place place = { .kind = PATHS_CONFIG_CHANGE, .sequence = 12 };

	paths_format(&out, &place);
	expect_out("/config/changes/config_change_0000000012");
	place.sequence = -1;
	paths_format(&out, &place);
	expect_out("/config/changes/config_change_");
	cr_assert_eq(paths_parse(slice_of_text("/isr_change_notification/isr_change_2147483647"), &place),
	    ERROR_NONE);
	cr_expect_eq(place.kind, PATHS_ISR_CHANGE);
	cr_expect_eq(place.sequence, INT32_MAX);
}

Test(paths, are_read_back)
{
	struct paths_place place;

	cr_assert_eq(paths_parse(slice_of_text("/brokers/topics/t/partitions/12/state"), &place),
	    ERROR_NONE);
	cr_expect_eq(place.kind, PATHS_PARTITION_STATE);
	cr_expect(slice_equal_text(place.name, "t"));
	cr_expect_eq(place.id, 12);
	cr_assert_eq(paths_parse(slice_of_text("/config/users/u/clients/c"), &place), ERROR_NONE);
	cr_expect_eq(place.kind, PATHS_CONFIG_USER_CLIENT);
	cr_expect(slice_equal_text(place.second_name, "c"));
	cr_assert_eq(paths_parse(slice_of_text("/consumers/g/offsets/t/0"), &place), ERROR_NONE);
	cr_expect_eq(place.kind, PATHS_CONSUMER_OFFSET);
}

Test(paths, that_kafka_does_not_have_are_told)
{
	static const char *const foreign[] = { "", "/", "brokers", "/brokers/", "/brokers/ids/", "/brokers/ids/01",
		"/brokers/ids/-1", "/brokers/ids/+1", "/brokers/ids/2147483648", "/brokers/ids/12345678901234567890",
		"/brokers/topics/", "/brokers/topics/a/b", "/brokers/topics/a/partitions/x",
		"/brokers/topics/a/partitions/0/state/x", "/config/changes/config_change_1",
		"/config/changes/config_change_9999999999", "/config/changes/config_change_00000000001",
		"/admin/delete_topics//", "/zookeeper" };
	struct paths_place place;

	for (size_t i = 0; i < ARRAY_LENGTH(foreign); i++)
		cr_expect_eq(paths_parse(slice_of_text(foreign[i]), &place), ERROR_NOT_FOUND, "%s", foreign[i]);
}

Test(paths, of_children_are_read_by_their_names)
{
	struct paths_place place;

	cr_assert_eq(paths_parse_child(PATHS_BROKER, slice_of_text("5"), &place), ERROR_NONE);
	cr_expect_eq(place.id, 5);
	cr_assert_eq(paths_parse_child(PATHS_LOG_DIR_EVENT, slice_of_text("log_dir_event_0000000003"),
	    &place), ERROR_NONE);
	cr_expect_eq(place.sequence, 3);
	cr_expect_eq(paths_parse_child(PATHS_BROKER, slice_of_text("x"), &place), ERROR_NOT_FOUND);
	cr_expect_eq(paths_parse_child(PATHS_TOPIC, slice_of_text("a/b"), &place), ERROR_NOT_FOUND);
}

Test(paths, all_of_the_table_are_told_apart)
{
	struct paths_place place, found;

	for (int kind = 0; kind < PATHS_KINDS; kind++) {
		place = (struct paths_place){ (enum paths_kind)kind, slice_of_text("n"), slice_of_text("m"), 3, 4 };
		paths_format(&out, &place);
		cr_assert_eq(paths_parse(buffer_slice(&out), &found), ERROR_NONE);
		cr_expect_eq(found.kind, kind, "%.*s", (int)out.size, out.bytes);
		buffer_clear(&out);
	}
}

Test(paths, at_startup_are_made_in_the_order_of_kafka)
{
	static const char *const order[] = { "/consumers", "/brokers/ids", "/brokers/topics", "/config/changes",
		"/admin/delete_topics", "/brokers/seqid", "/isr_change_notification", "/latest_producer_id_block",
		"/log_dir_event_notification", "/config/topics", "/config/clients", "/config/users",
		"/config/brokers", "/config/ips" };

	cr_assert_eq(ARRAY_LENGTH(order), PATHS_STARTUP_COUNT);
	for (size_t i = 0; i < ARRAY_LENGTH(order); i++)
		cr_expect_str_eq(paths_text(paths_startup[i]), order[i]);
}

Test(paths, sanitize_names_as_kafka_does)
{
	paths_sanitize(&out, slice_of_text("b%b @x"));
	expect_out("b%25b%20%40x");
	paths_sanitize(&out, slice_of_text("*+~/\xc3\xa9<default>A-z_.9"));
	expect_out("%2A%2B%7E%2F%C3%A9%3Cdefault%3EA-z_.9");
	paths_sanitize(&out, slice_null());
	expect_out("<default>");
}

Test(paths, desanitize_names)
{
	cr_assert_eq(paths_desanitize(&out, slice_of_text("b%25b%20%40x+%c3%A9")), ERROR_NONE);
	expect_out("b%b @x \xc3\xa9");
}

Test(paths, desanitize_no_broken_escapes)
{
	static const char *const broken[] = { "%", "a%2", "a%2g", "%%20", "x%-1" };

	for (size_t i = 0; i < ARRAY_LENGTH(broken); i++) {
		cr_expect_eq(paths_desanitize(&out, slice_of_text(broken[i])), ERROR_MALFORMED, "%s", broken[i]);
		cr_expect_eq(out.size, 0);
	}
}

Test(paths, of_entities_are_read_and_made)
{
	static const char *const texts[] = { "topics/t", "clients/<default>", "users/u", "users/u/clients/c",
		"brokers/1", "ips/127.0.0.1" };
	static const char *const bad[] = { "", "topics", "topics/", "topics/a/b", "users/u/clients",
		"users/u/clients/", "users/u/clients/c/d", "topic/t", "/topics/t" };
	struct paths_entity entity;

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		cr_assert_eq(paths_entity_parse(slice_of_text(texts[i]), &entity), ERROR_NONE, "%s", texts[i]);
		paths_entity_format(&out, &entity);
		expect_out(texts[i]);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_eq(paths_entity_parse(slice_of_text(bad[i]), &entity), ERROR_MALFORMED, "%s", bad[i]);
	entity = (struct paths_entity){ PATHS_ENTITY_USER, slice_of_text("u"), slice_of_text("c") };
	paths_entity_config(&out, &entity);
	expect_out("/config/users/u/clients/c");
}
