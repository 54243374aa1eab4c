#include "zk/registration.h"

#include <criterion/criterion.h>

#define ENDPOINT(listener_text, host_text, number, protocol_text) \
	{ { (const uint8_t *)(listener_text), sizeof(listener_text) - 1 }, \
		{ (const uint8_t *)(host_text), sizeof(host_text) - 1 }, number, \
		{ (const uint8_t *)(protocol_text), sizeof(protocol_text) - 1 } }

static struct arena arena;
static struct buffer out;

static void
setup(void)
{
	arena_init(&arena, 4096);
	buffer_init(&out);
}

static void
teardown(void)
{
	buffer_fini(&out);
	arena_fini(&arena);
}

TestSuite(registration, .init = setup, .fini = teardown);

Test(registration, names_the_first_plaintext_endpoint)
{
	static const struct payload_endpoint endpoints[] = {
		ENDPOINT("IN", "a", 1, "SSL"),
		ENDPOINT("OUT", "::1", 2, "PLAINTEXT"),
		ENDPOINT("MORE", "c", 3, "PLAINTEXT"),
		ENDPOINT("IN", "d", 4, "SSL"),
	};
	const struct registration_source source = { endpoints, 4, slice_of_text("r1"), 17, 5, NULL, 0 };
	struct payload_broker broker;

	cr_assert_eq(registration_make(&source, &arena, &broker), ERROR_NONE);
	payload_broker_encode(&broker, &out);
	cr_expect(slice_equal_text(buffer_slice(&out),
	    "{\"features\":{},\"listener_security_protocol_map\":{\"IN\":\"SSL\",\"OUT\":\"PLAINTEXT\","
	    "\"MORE\":\"PLAINTEXT\"},\"endpoints\":[\"IN://a:1\",\"OUT://[::1]:2\",\"MORE://c:3\",\"IN://d:4\"],"
	    "\"rack\":\"r1\",\"jmx_port\":-1,\"port\":2,\"host\":\"::1\",\"version\":5,\"timestamp\":\"17\"}"));
}

Test(registration, without_plaintext_has_no_host)
{
	static const struct payload_endpoint endpoints[] = { ENDPOINT("PLAINTEXT", "a", 1, "SSL") };
	const struct registration_source source = { endpoints, 1, slice_null(), 1, 4, NULL, 0 };
	struct payload_broker broker;

	cr_assert_eq(registration_make(&source, &arena, &broker), ERROR_NONE);
	payload_broker_encode(&broker, &out);
	cr_expect(slice_equal_text(buffer_slice(&out),
	    "{\"listener_security_protocol_map\":{\"PLAINTEXT\":\"SSL\"},\"endpoints\":[\"PLAINTEXT://a:1\"],"
	    "\"jmx_port\":-1,\"port\":-1,\"host\":null,\"version\":4,\"timestamp\":\"1\"}"));
}

Test(registration, may_fail_at_the_cap)
{
	static const struct payload_endpoint endpoints[] = { ENDPOINT("A", "a", 1, "SSL") };
	const struct registration_source source = { endpoints, 1, slice_null(), 1, 5, NULL, 0 };
	struct payload_broker broker;
	struct arena small;

	arena_init(&small, 1);
	cr_expect_eq(registration_make(&source, &small, &broker), ERROR_NO_MEMORY);
	arena_fini(&small);
}

Test(registration, conflicts_when_host_and_port_are_taken)
{
	static const struct payload_endpoint ours[] = {
		ENDPOINT("A", "a", 1, "SSL"), ENDPOINT("B", "b", 2, "SSL"),
	};
	static const struct payload_endpoint theirs[] = {
		ENDPOINT("A", "a", 2, "SSL"), ENDPOINT("A", "b", 1, "SSL"), ENDPOINT("C", "b", 2, "PLAINTEXT"),
	};
	struct payload_broker own = { .endpoints = ours, .endpoint_count = 2 };
	struct payload_broker other = { .endpoints = theirs, .endpoint_count = 3 };

	cr_expect_eq(registration_conflict(&own, &other), &ours[1]);
	other.endpoint_count = 2;
	cr_expect_null(registration_conflict(&own, &other));
	own.endpoint_count = 0;
	cr_expect_null(registration_conflict(&own, &other));
}
