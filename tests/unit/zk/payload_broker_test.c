#include <criterion/criterion.h>

#include "base/memory.h"
#include "recode.h"
#include "zk/payload_broker.h"

Test(payload_broker, is_version_5)
{
	cr_expect_str_eq(recode_text(PATHS_BROKER,
	    "{\"features\":{\"f\":{\"min_version\":1,\"max_version\":3}},\"listener"
	    "_security_protocol_map\":{\"IN\":\"SSL\",\"OUT\":\"PLAINTEXT\"},\"endp"
	    "oints\":[\"IN://a:1\",\"OUT://[::1]:2\"],\"jmx_port\":-1,\"port\":2,\""
	    "host\":\"::1\",\"version\":5,\"timestamp\":\"1\"}"),
	    "{\"features\":{\"f\":{\"min_version\":1,\"max_version\":3}},\"listener"
	    "_security_protocol_map\":{\"IN\":\"SSL\",\"OUT\":\"PLAINTEXT\"},\"endp"
	    "oints\":[\"IN://a:1\",\"OUT://[::1]:2\"],\"jmx_port\":-1,\"port\":2,\""
	    "host\":\"::1\",\"version\":5,\"timestamp\":\"1\"}");
}

Test(payload_broker, of_version_4_has_no_features)
{
	cr_expect_str_eq(recode_text(PATHS_BROKER,
	    "{\"listener_security_protocol_map\":{\"A\":\"SASL_SSL\"},\"endpoints\""
	    ":[\"A://h:1\"],\"rack\":\"r\",\"jmx_port\":-1,\"port\":-1,\"host\":nul"
	    "l,\"version\":4,\"timestamp\":\"7\"}"),
	    "{\"listener_security_protocol_map\":{\"A\":\"SASL_SSL\"},\"endpoints\""
	    ":[\"A://h:1\"],\"rack\":\"r\",\"jmx_port\":-1,\"port\":-1,\"host\":nul"
	    "l,\"version\":4,\"timestamp\":\"7\"}");
}

Test(payload_broker, reads_version_1)
{
	cr_expect_str_eq(recode_text(PATHS_BROKER,
	    "{\"version\":1,\"host\":\"h\",\"port\":9092,\"jmx_port\":9}"),
	    "{\"jmx_port\":9,\"port\":9092,\"host\":\"h\",\"version\":1,\"timestamp"
	    "\":\"-1\"}");
}

Test(payload_broker, of_version_2_has_listeners_named_after_protocols)
{
	cr_expect_str_eq(recode_text(PATHS_BROKER,
	    "{\"version\":2,\"endpoints\":[\"ssl://h:1\"],\"host\":null,\"port\":-1"
	    "}"),
	    "{\"endpoints\":[\"SSL://h:1\"],\"jmx_port\":-1,\"port\":-1,\"host\":nu"
	    "ll,\"version\":2,\"timestamp\":\"-1\"}");
}

Test(payload_broker, of_a_newer_version_is_read_as_far_as_known)
{
	cr_expect_str_eq(recode_text(PATHS_BROKER,
	    "{\"version\":6,\"news\":{},\"features\":null,\"listener_security_proto"
	    "col_map\":{\"A\":\"SSL\"},\"endpoints\":[\"A://:1\"],\"timestamp\":\"1"
	    "\"}"),
	    "{\"features\":{},\"listener_security_protocol_map\":{\"A\":\"SSL\"},\""
	    "endpoints\":[\"A://:1\"],\"jmx_port\":-1,\"port\":-1,\"host\":null,\"v"
	    "ersion\":6,\"timestamp\":\"1\"}");
}

#define OF_KLAMM "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"endpoints\":[\"A://h:1\"" \
    "],\"jmx_port\":-1,\"port\":-1,\"host\":null,\"version\":4,\"timestamp\":\"7\"," \
    "\"klamm_doubtful_partitions\":{\"orders\":[0,12],\"t\":[3]}}"

/* A key of our own, behind those of Kafka. */
Test(payload_broker, has_the_partitions_that_are_in_doubt)
{
	struct payload_complaint complaint;
	struct payload_broker broker;
	struct arena arena;

	cr_expect_str_eq(recode_text(PATHS_BROKER, OF_KLAMM), OF_KLAMM);
	arena_init(&arena, SIZE_MAX);
	cr_assert_eq(payload_broker_decode(slice_of_text(OF_KLAMM), &arena, &broker, &complaint),
	    ERROR_NONE);
	cr_expect(payload_broker_doubts(&broker, slice_of_text("orders"), 12));
	cr_expect(payload_broker_doubts(&broker, slice_of_text("t"), 3));
	cr_expect_not(payload_broker_doubts(&broker, slice_of_text("orders"), 3));
	cr_expect_not(payload_broker_doubts(&broker, slice_of_text("order"), 0));
	arena_fini(&arena);
}

Test(payload_broker, may_be_in_doubt_of_all_that_it_has)
{
	struct payload_doubtful_topic any = { slice_of_text(PAYLOAD_BROKER_ANY_TOPIC), { NULL, 0 } };
	struct payload_broker broker = { .doubtful = &any, .doubtful_count = 1 };

	cr_expect(payload_broker_doubts(&broker, slice_of_text("orders"), 12));
	cr_expect_str_eq(recode_text(PATHS_BROKER,
	    "{\"version\":2,\"endpoints\":[\"PLAINTEXT://h:1\"],\"timestamp\":\"7\","
	    "\"klamm_doubtful_partitions\":{\"*\":[]}}"),
	    "{\"endpoints\":[\"PLAINTEXT://h:1\"],\"jmx_port\":-1,\"port\":-1,\"host\":null,"
	    "\"version\":2,\"timestamp\":\"7\",\"klamm_doubtful_partitions\":{\"*\":[]}}");
}

Test(payload_broker, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{\"version\":0}", "!version: out of range" },
		{ "{\"version\":1,\"host\":\"h\"}", "!version: 1, but no host and port" },
		{ "{\"version\":2}", "!endpoints: missing" },
		{ "{\"version\":2,\"endpoints\":[1]}", "!endpoints: not a string" },
		{ "{\"version\":2,\"endpoints\":[\"A://h:1\"]}", "!endpoints: a listener has no known protocol" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[\"B://h:1\"]}", "!endpoints: a listener has no known protocol" },
		{ "{\"version\":4,\"endpoints\":[\"B://h:1\"]}", "!listener_security_protocol_map: missing" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[\"A:/h:1\"]}", "!endpoints: not LISTENER://host:port" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[\"A://h\"]}", "!endpoints: not LISTENER://host:port" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[\"A://h:65536\"]}", "!endpoints: not LISTENER://host:port" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[\"://h:1\"]}", "!endpoints: not LISTENER://host:port" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[\"A://h h:1\"]}", "!endpoints: not LISTENER://host:port" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[\"\"]}", "!endpoints: not LISTENER://host:port" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[],\"features\":{\"f\":5}}", "!features: holds something that is not an object" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[],\"features\":{\"f\":{\"min_version\":2,\"max_version\":1}"
	    "}}", "!max_version: out of range" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[],\"port\":\"1\"}", "!port: not an integer" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[],\"timestamp\":1}", "!timestamp: not a string with a number in range" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[],\"rack\":5}", "!rack: not a string" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[],\"klamm_doubtful_partitions\":{\"t\":1}}",
	    "!klamm_doubtful_partitions: not an array" },
		{ "{\"listener_security_protocol_map\":{\"A\":\"SSL\"},\"version\":5,\"en"
	    "dpoints\":[],\"klamm_doubtful_partitions\":{\"t\":[-1]}}",
	    "!klamm_doubtful_partitions: out of range" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_BROKER, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}

/* In memory that ends with the text, so that a sanitizer sees a look past it. */
Test(payload_broker, looks_at_no_more_than_an_endpoints_text)
{
	static const char *const bad[] = { "A://", "A://h", "A://[", "A://h:", "A:", "://:1", "A://h:x" };
	struct payload_endpoint endpoint;

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		size_t size = strlen(bad[i]);
		char *text = memory_new(size);
		memcpy(text, bad[i], size);
		cr_expect_not(payload_endpoint_parse(slice_of(text, size), &endpoint), "%s", bad[i]);
		free(text);
	}
	cr_assert(payload_endpoint_parse(slice_of_text("A://[::1]:0"), &endpoint));
	cr_expect(slice_equal_text(endpoint.host, "::1"));
	cr_expect_eq(endpoint.port, 0);
}
