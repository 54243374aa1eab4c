#include <criterion/criterion.h>

#include "fake_zk.h"
#include "zk/servers.h"

static struct fake_zk fake;
static struct zk_servers *servers;
static int changes;

static void
changed(void *owner)
{
	cr_assert(owner == &fake);
	changes++;
}

static void
begin(const char *text)
{
	struct zk_connect_string names;

	changes = 0;
	fake_zk_init(&fake);
	fake.resolved = "10.0.0.1";
	cr_assert(zk_connect_string_parse(&names, text) == ERROR_NONE);
	servers = zk_servers_new(&fake.world, &names, changed, &fake);
	zk_connect_string_fini(&names);
	zk_servers_resolve(servers);
}

static size_t
known(const char *first)
{
	size_t count;
	const struct net_address *addresses = zk_servers_addresses(servers, &count);

	if (count > 0)
		cr_assert_str_eq(addresses[0].host, first);
	return count;
}

static void
end(void)
{
	zk_servers_free(servers);
	fake_zk_fini(&fake);
}

Test(servers, numbers_are_known_at_once_and_never_looked_up)
{
	begin("127.0.0.1:1,[::1]:2,127.0.0.1:1");
	cr_assert(known("127.0.0.1") == 2 && fake.work_count == 0);
	zk_servers_set_connected(servers, true);
	zk_servers_set_connected(servers, false);
	cr_assert(fake.work_count == 0 && changes == 0);
	end();
}

Test(servers, names_are_looked_up_one_after_the_other)
{
	begin("a:1,b:2");
	cr_assert(known("") == 0 && fake.work_count == 1);
	zk_servers_resolve(servers);
	cr_assert(fake.work_count == 1);
	fake_zk_work(&fake);
	cr_assert(changes == 1 && known("10.0.0.1") == 1 && fake.work_count == 1);
	fake_zk_work(&fake);
	cr_assert(changes == 2 && known("10.0.0.1") == 2 && fake.work_count == 0);
	end();
}

Test(servers, what_is_known_stays_when_a_look_up_fails_and_time_brings_another)
{
	begin("a:1");
	fake_zk_work(&fake);
	fake.resolve_error = ERROR_TIMED_OUT;
	fake_zk_elapse(&fake, 10000);
	cr_assert(fake.work_count == 1);
	fake_zk_work(&fake);
	cr_assert(changes == 1 && known("10.0.0.1") == 1 && fake.warnings == 1);
	fake_zk_elapse(&fake, 10000);
	fake_zk_work(&fake);
	cr_assert(fake.warnings == 1);
	fake.resolve_error = ERROR_NONE;
	fake.resolved = "10.0.0.2";
	fake_zk_elapse(&fake, 10000);
	fake_zk_work(&fake);
	cr_assert(changes == 2 && known("10.0.0.2") == 1);
	end();
}

Test(servers, while_connected_they_are_looked_up_less_often_and_at_once_when_it_is_lost)
{
	begin("a:1");
	zk_servers_set_connected(servers, true);
	fake_zk_work(&fake);
	fake_zk_elapse(&fake, 299999);
	cr_assert(fake.work_count == 0);
	zk_servers_set_connected(servers, false);
	cr_assert(fake.work_count == 1);
	fake_zk_work(&fake);
	end();
}

Test(servers, a_look_up_that_hangs_outlives_them)
{
	begin("a:1");
	zk_servers_free(servers);
	fake_zk_work(&fake);
	cr_assert(changes == 0);
	fake_zk_fini(&fake);
}
