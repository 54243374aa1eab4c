#include "api/leader_endpoints.h"

#include "fixture.h"

static struct leader_endpoints leaders;

static void
add(struct request *request)
{
	static const int32_t ids[] = { 3, 1, 3, 2, 9, -1, 1 };

	leaders = (struct leader_endpoints){ 0 };
	for (size_t i = 0; i < ARRAY_LENGTH(ids); i++)
		leader_endpoints_add(&leaders, request, ids[i]);
	request_answer(request);
}

TestSuite(leader_endpoints, .init = fixture_init, .fini = fixture_fini);

Test(leader_endpoints, has_each_that_the_listener_shows_once)
{
	fixture_add_broker(2, "INSIDE", "two.example", 9092, NULL);
	fixture_add_broker(3, "PLAINTEXT", "three.example", 9093, "r1");
	fixture_publish(1);
	fixture_handle(add, API_KEY_METADATA, 12, &metadata_request_defaults);
	cr_assert_eq(leaders.count, 2);
	cr_expect_eq(leaders.items[0].broker->id, 3);
	cr_expect_slice(leaders.items[0].broker->rack, "r1");
	cr_expect_slice(leaders.items[0].endpoint->host, "three.example");
	cr_expect_eq(leaders.items[0].endpoint->port, 9093);
	cr_expect_eq(leaders.items[1].broker->id, 1);
}
