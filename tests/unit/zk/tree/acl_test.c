#include <criterion/criterion.h>

#include "tests/unit/zk/tree/fixture.h"
#include "zk/tree/tree_private.h"

/* The caller, with the address and one more identity. */
static struct znode_id own_ids[2];
static struct tree_caller caller = { 1, own_ids, 2 };

static void
set_caller(const char *scheme, const char *id)
{
	own_ids[0] = fixture_id("ip", "10.1.2.3");
	own_ids[1] = fixture_id(scheme, id);
}

static struct znode_acl_entry
entry(int32_t permissions, const char *scheme, const char *id)
{
	return (struct znode_acl_entry){ permissions, fixture_id(scheme, id) };
}

static enum znode_error
check(int32_t wanted, struct znode_acl_entry one)
{
	struct znode_acl acl = { &one, 1 };

	return tree_check_acl(&acl, wanted, &caller);
}

/* What ZooKeeper would say of an ACL of this one entry. */
static enum znode_error
fix_one(const char *scheme, const char *id)
{
	struct znode_acl_entry one = entry(ZNODE_ALL, scheme, id);
	struct znode_acl acl = { &one, 1 };
	struct acl_copy copy;
	enum znode_error error = acl_fix_up(&acl, &caller, &copy);

	cr_expect_eq(copy.acl.count, error == ZNODE_OK ? 1 : 0);
	acl_copy_fini(&copy);
	return error;
}

Test(acl, lets_anyone_do_what_the_world_may)
{
	set_caller("digest", "alice:hash");
	cr_expect_eq(check(ZNODE_READ, entry(1, "world", "anyone")), ZNODE_OK);
	cr_expect_eq(check(ZNODE_WRITE, entry(1, "world", "anyone")), ZNODE_NO_AUTH);
	cr_expect_eq(check(ZNODE_READ, entry(0, "world", "anyone")), ZNODE_NO_AUTH);
}

Test(acl, is_satisfied_by_one_of_several_permissions)
{
	set_caller("digest", "alice:hash");
	cr_expect_eq(check(ZNODE_READ | ZNODE_ADMIN, entry(16, "world", "anyone")),
	    ZNODE_OK);
}

Test(acl, without_entries_lets_all_through)
{
	struct znode_acl none = { NULL, 0 };

	set_caller("digest", "alice:hash");
	cr_expect_eq(tree_check_acl(&none, ZNODE_ADMIN, &caller), ZNODE_OK);
}

Test(acl, asks_for_the_very_identity)
{
	set_caller("digest", "alice:hash");
	cr_expect_eq(check(1, entry(31, "digest", "alice:hash")), ZNODE_OK);
	cr_expect_eq(check(1, entry(31, "digest", "alice:other")), ZNODE_NO_AUTH);
	cr_expect_eq(check(1, entry(31, "digest", "alice")), ZNODE_NO_AUTH);
	cr_expect_eq(check(1, entry(31, "sasl", "alice:hash")), ZNODE_NO_AUTH);
}

Test(acl, is_no_matter_for_the_super_user)
{
	set_caller("super", "");
	cr_expect_eq(check(ZNODE_ADMIN, entry(0, "digest", "bob:x")), ZNODE_OK);
}

Test(acl, matches_addresses_by_their_first_bits)
{
	set_caller("digest", "alice:hash");
	cr_expect_eq(check(1, entry(31, "ip", "10.1.2.3")), ZNODE_OK);
	cr_expect_eq(check(1, entry(31, "ip", "10.1.2.4")), ZNODE_NO_AUTH);
	cr_expect_eq(check(1, entry(31, "ip", "10.1.9.9/16")), ZNODE_OK);
	cr_expect_eq(check(1, entry(31, "ip", "10.1.2.2/31")), ZNODE_OK);
	cr_expect_eq(check(1, entry(31, "ip", "10.1.2.0/31")), ZNODE_NO_AUTH);
	cr_expect_eq(check(1, entry(31, "ip", "99.99.99.99/0")), ZNODE_OK);
	cr_expect_eq(check(1, entry(31, "ip", "10.1.2.3/32")), ZNODE_OK);
}

Test(acl, takes_no_other_form_of_an_address)
{
	static const char *const bad[] = { "", "10.1.2", "10.1.2.3.4", "10.1.2.256", "10.1.2.x", "10.1.2.",
		"10..2.3", "10.1.2.3/", "10.1.2.3/33", "10.1.2.3/-1", "10.1.2.3/x", "10.1.2.3/8/8", "::1",
		"10.1.2.99999999999999999999", "10.1.2.-3", "+" };

	set_caller("digest", "alice:hash");
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_eq(fix_one("ip", bad[i]), ZNODE_INVALID_ACL, "%s", bad[i]);
	cr_expect_eq(fix_one("ip", "10.1.2.3"), ZNODE_OK);
	cr_expect_eq(fix_one("ip", "+10.001.2.-0/+08"), ZNODE_OK, "as ZooKeeper reads numbers");
}

Test(acl, takes_digests_with_one_colon)
{
	set_caller("ip", "10.1.2.3");
	cr_expect_eq(fix_one("digest", "a:b"), ZNODE_OK);
	cr_expect_eq(fix_one("digest", ":b"), ZNODE_OK);
	cr_expect_eq(fix_one("digest", "a:b::"), ZNODE_OK, "those at the end do not count");
	cr_expect_eq(fix_one("digest", "a"), ZNODE_INVALID_ACL);
	cr_expect_eq(fix_one("digest", "a:"), ZNODE_INVALID_ACL);
	cr_expect_eq(fix_one("digest", "a:b:c"), ZNODE_INVALID_ACL);
	cr_expect_eq(fix_one("digest", ""), ZNODE_INVALID_ACL);
	cr_expect_eq(fix_one("digest", "::"), ZNODE_INVALID_ACL);
}

Test(acl, takes_only_schemes_that_it_knows)
{
	set_caller("ip", "10.1.2.3");
	cr_expect_eq(fix_one("world", "anyone"), ZNODE_OK);
	cr_expect_eq(fix_one("world", "someone"), ZNODE_INVALID_ACL);
	cr_expect_eq(fix_one("sasl", "alice"), ZNODE_INVALID_ACL);
	cr_expect_eq(fix_one("super", ""), ZNODE_INVALID_ACL);
	cr_expect_eq(fix_one(NULL, "anyone"), ZNODE_INVALID_ACL);
}

Test(acl, that_is_empty_is_invalid)
{
	struct znode_acl none = { NULL, 0 };
	struct acl_copy copy;

	set_caller("ip", "10.1.2.3");
	cr_expect_eq(acl_fix_up(&none, &caller, &copy), ZNODE_INVALID_ACL);
	cr_expect_eq(copy.memory, NULL);
}

Test(acl, gives_the_proven_identities_for_auth)
{
	struct znode_acl_entry one = entry(5, "auth", "whoever");
	struct znode_acl acl = { &one, 1 };
	struct acl_copy copy;

	set_caller("digest", "alice:hash");
	cr_assert_eq(acl_fix_up(&acl, &caller, &copy), ZNODE_OK);
	cr_assert_eq(copy.acl.count, 1, "the address is no proof");
	cr_expect_eq(copy.acl.entries[0].permissions, 5);
	cr_expect(slice_equal_text(copy.acl.entries[0].id.scheme, "digest"));
	cr_expect(slice_equal_text(copy.acl.entries[0].id.id, "alice:hash"));
	acl_copy_fini(&copy);
}

Test(acl, with_auth_is_invalid_for_who_has_proven_nothing)
{
	set_caller("ip", "10.1.2.4");
	cr_expect_eq(fix_one("auth", ""), ZNODE_INVALID_ACL);
}

Test(acl, drops_what_was_sent_twice)
{
	struct znode_acl_entry sent[] = { entry(1, "world", "anyone"), entry(31, "digest", "alice:hash"),
		entry(1, "world", "anyone"), entry(2, "world", "anyone"), entry(31, "auth", "") };
	struct znode_acl acl = { sent, ARRAY_LENGTH(sent) };
	struct acl_copy copy;

	set_caller("digest", "alice:hash");
	cr_assert_eq(acl_fix_up(&acl, &caller, &copy), ZNODE_OK);
	cr_assert_eq(copy.acl.count, 4, "what auth stands for is not compared");
	cr_expect_eq(copy.acl.entries[2].permissions, 2);
	cr_expect(slice_equal_text(copy.acl.entries[3].id.id, "alice:hash"));
	acl_copy_fini(&copy);
}

Test(acl, copy_does_not_borrow)
{
	char scheme[] = "digest", id[] = "a:b";
	struct znode_acl_entry one = entry(3, scheme, id);
	struct znode_acl acl = { &one, 1 };
	struct acl_copy copy;

	acl_copy_init(&copy, &acl);
	memset(scheme, 'x', sizeof(scheme));
	memset(id, 'x', sizeof(id));
	cr_expect(slice_equal_text(copy.acl.entries[0].id.scheme, "digest"));
	cr_expect(slice_equal_text(copy.acl.entries[0].id.id, "a:b"));
	acl_copy_fini(&copy);
}
