#include "log/meta_properties.h"

#include <criterion/criterion.h>

#include "memory_disk.h"

static struct meta_properties meta;
static struct text_complaint complaint;
static struct memory_disk memory;

static void
setup(void)
{
	memory_disk_init(&memory);
}

static void
teardown(void)
{
	memory_disk_fini(&memory);
}

TestSuite(meta_properties, .init = setup, .fini = teardown);

static enum error
parse(const char *text)
{
	return meta_properties_parse(&meta, slice_of_text(text), &complaint);
}

static void
expect_text(const char *expected)
{
	struct buffer text;

	buffer_init(&text);
	meta_properties_format(&meta, 0, &text);
	cr_expect(slice_equal_text(buffer_slice(&text), expected), "%.*s", (int)text.size,
	    (const char *)text.bytes);
	buffer_fini(&text);
}

Test(meta_properties, of_a_zookeeper_broker)
{
	cr_assert_eq(parse("#\n#date\nbroker.id=1\nversion=0\ncluster.id=oBIAbEoVTIeVmoYpof1XuA\n"), ERROR_NONE);
	cr_expect_eq(meta.version, 0);
	cr_expect_eq(meta.broker_id, 1);
	cr_expect_str_eq(meta.cluster_id, "oBIAbEoVTIeVmoYpof1XuA");
	cr_expect_str_eq(meta.directory_id, "");
	expect_text("#\n#Thu Jan 01 00:00:00 UTC 1970\nbroker.id=1\nversion=0\n"
	    "cluster.id=oBIAbEoVTIeVmoYpof1XuA\n");
}

Test(meta_properties, keeps_the_directory_id_of_a_migration)
{
	cr_assert_eq(parse("version=0\nbroker.id=0\ndirectory.id=abc\ncluster.id=c\nother=x\n"), ERROR_NONE);
	cr_expect_str_eq(meta.directory_id, "abc");
	expect_text("#\n#Thu Jan 01 00:00:00 UTC 1970\nbroker.id=0\ndirectory.id=abc\nversion=0\n"
	    "cluster.id=c\n");
}

Test(meta_properties, version_0_may_know_nothing)
{
	cr_assert_eq(parse("version=0\n"), ERROR_NONE);
	cr_expect_eq(meta.broker_id, -1);
	cr_expect_str_eq(meta.cluster_id, "");
	expect_text("#\n#Thu Jan 01 00:00:00 UTC 1970\nversion=0\n");
}

Test(meta_properties, version_1_is_a_kraft_nodes)
{
	cr_assert_eq(parse("version=1\nnode.id=3\ncluster.id=c\nbroker.id=9\n"), ERROR_NONE);
	cr_expect_eq(meta.broker_id, 3);
	expect_text("#\n#Thu Jan 01 00:00:00 UTC 1970\nnode.id=3\nversion=1\ncluster.id=c\n");
	cr_expect_eq(meta_properties_verify(&meta, 3, "c"), META_PROPERTIES_WRONG_VERSION);
}

Test(meta_properties, damage_is_told_by_name)
{
	static const struct { const char *text; const char *reason; } cases[] = {
		{ "", "version is missing" },
		{ "broker.id=1\ncluster.id=c\n", "version is missing" },
		{ "version=x\n", "version is not a number" },
		{ "version=-1\n", "version is not a number" },
		{ "version=0\nbroker.id=-1\n", "broker.id is not a broker's id" },
		{ "version=0\nbroker.id=2147483648\n", "broker.id is not a broker's id" },
		{ "version=0\ncluster.id=\n", "cluster.id is empty or too long" },
		{ "version=0\ncluster.id=a\\u0000b\n", "cluster.id is empty or too long" },
		{ "version=0\ndirectory.id=\n", "directory.id is empty or too long" },
		{ "version=0\nx=\\u1\n", "bad escape" },
		{ "version=1\ncluster.id=c\n", "node.id is missing" },
		{ "version=1\nnode.id=1\n", "cluster.id is missing" },
		{ "version=1\nnode.id=x\ncluster.id=c\n", "node.id is not a node's id" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		cr_expect_eq(parse(cases[i].text), ERROR_MALFORMED, "%zu", i);
		cr_expect_str_eq(complaint.reason, cases[i].reason);
	}
	cr_expect_eq(parse("version=2\n"), ERROR_UNSUPPORTED);
}

Test(meta_properties, a_text_too_long_is_damage)
{
	char text[META_PROPERTIES_TEXT_MAX + 64] = "version=0\ncluster.id=";
	size_t length = strlen(text);

	memset(text + length, 'a', META_PROPERTIES_TEXT_MAX - 1);
	cr_expect_eq(parse(text), ERROR_NONE);
	memset(text + length, 'a', META_PROPERTIES_TEXT_MAX);
	cr_expect_eq(parse(text), ERROR_MALFORMED);
}

Test(meta_properties, must_fit_broker_and_cluster)
{
	cr_assert_eq(parse("version=0\nbroker.id=1\ncluster.id=c\n"), ERROR_NONE);
	cr_expect_eq(meta_properties_verify(&meta, 1, "c"), META_PROPERTIES_FIT);
	cr_expect_eq(meta_properties_verify(&meta, 2, "c"), META_PROPERTIES_WRONG_BROKER);
	cr_expect_eq(meta_properties_verify(&meta, 1, "d"), META_PROPERTIES_WRONG_CLUSTER);
	cr_expect_eq(meta_properties_verify(&meta, -1, ""), META_PROPERTIES_FIT);
	meta_properties_init(&meta);
	cr_expect_eq(meta_properties_verify(&meta, 2, "d"), META_PROPERTIES_FIT);
}

Test(meta_properties, is_read_and_replaced_on_disk)
{
	cr_expect_eq(meta_properties_read(&meta, &memory.disk, "m", &complaint), ERROR_NOT_FOUND);
	cr_assert_eq(parse("version=0\nbroker.id=5\ncluster.id=c\n"), ERROR_NONE);
	cr_assert_eq(meta_properties_write(&meta, 0, &memory.disk, "m"), ERROR_NONE);
	meta_properties_init(&meta);
	cr_assert_eq(meta_properties_read(&meta, &memory.disk, "m", &complaint), ERROR_NONE);
	cr_expect_eq(meta.broker_id, 5);
	memory.fail_with[MEMORY_DISK_WRITE] = ERROR_NO_SPACE;
	cr_expect_eq(meta_properties_write(&meta, 0, &memory.disk, "m"), ERROR_NO_SPACE);
}
