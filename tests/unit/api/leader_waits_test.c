#include "api/leader_waits.h"
#include "fixture.h"

static int gone_on;
static bool waits_again;

TestSuite(leader_waits, .init = fixture_init, .fini = fixture_fini);

static void
go_on(struct request *request)
{
	gone_on++;
	if (waits_again)
		leader_waits_add(&fixture.leader_waits, request, 100, go_on);
}

static void
wait_100_ms(struct request *request)
{
	leader_waits_add(&fixture.leader_waits, request, 100, go_on);
}

static void
begin(void)
{
	struct metadata_request body = metadata_request_defaults;

	fixture_handle(wait_100_ms, API_KEY_METADATA, 12, &body);
}

Test(leader_waits, end_with_their_time)
{
	begin();
	fixture_pass_ms(99);
	cr_assert_eq(gone_on, 0);
	fixture_pass_ms(1);
	cr_assert_eq(gone_on, 1);
	leader_waits_look(&fixture.leader_waits);
	cr_assert_eq(gone_on, 1);
}

Test(leader_waits, end_with_another_view)
{
	begin();
	leader_waits_look(&fixture.leader_waits);
	cr_assert_eq(gone_on, 1);
	fixture_pass_ms(1000);
	cr_assert_eq(gone_on, 1);
}

Test(leader_waits, may_begin_again)
{
	waits_again = true;
	begin();
	leader_waits_look(&fixture.leader_waits);
	cr_assert_eq(gone_on, 1);
	waits_again = false;
	fixture_pass_ms(100);
	cr_assert_eq(gone_on, 2);
}
