#include <criterion/criterion.h>

#include "recode.h"

Test(payload_config_change, names_a_client_of_a_user)
{
	cr_expect_str_eq(recode_text(PATHS_CONFIG_CHANGE,
	    "{\"version\":2,\"entity_path\":\"users/b%25b%20%40x/clients/<default>"
	    "\"}"),
	    "{\"version\":2,\"entity_path\":\"users/b%25b%20%40x/clients/<default>"
	    "\"}");
}

Test(payload_config_change, names_a_broker)
{
	cr_expect_str_eq(recode_text(PATHS_CONFIG_CHANGE,
	    "{\"version\":2,\"entity_path\":\"brokers/<default>\"}"),
	    "{\"version\":2,\"entity_path\":\"brokers/<default>\"}");
}

Test(payload_config_change, names_an_ip)
{
	cr_expect_str_eq(recode_text(PATHS_CONFIG_CHANGE,
	    "{\"version\":2,\"entity_path\":\"ips/127.0.0.7\"}"),
	    "{\"version\":2,\"entity_path\":\"ips/127.0.0.7\"}");
}

Test(payload_config_change, reads_version_1_of_topics)
{
	cr_expect_str_eq(recode_text(PATHS_CONFIG_CHANGE,
	    "{\"version\":1,\"entity_type\":\"topics\",\"entity_name\":\"t\"}"),
	    "{\"version\":2,\"entity_path\":\"topics/t\"}");
}

Test(payload_config_change, reads_version_1_of_clients)
{
	cr_expect_str_eq(recode_text(PATHS_CONFIG_CHANGE,
	    "{\"version\":1,\"entity_type\":\"clients\",\"entity_name\":\"c%20\"}"),
	    "{\"version\":2,\"entity_path\":\"clients/c%20\"}");
}

Test(payload_config_change, says_what_is_wrong)
{
	static const char *const bad[][2] = {
		{ "{\"version\":3,\"entity_path\":\"topics/t\"}", "!version: neither 1 nor 2" },
		{ "{\"version\":2}", "!entity_path: missing" },
		{ "{\"version\":2,\"entity_path\":\"topics\"}", "!entity_path: not the path of an entity" },
		{ "{\"version\":2,\"entity_path\":\"topics/a/b\"}", "!entity_path: not the path of an entity" },
		{ "{\"version\":2,\"entity_path\":\"other/a\"}", "!entity_path: not the path of an entity" },
		{ "{\"version\":1,\"entity_type\":\"users\",\"entity_name\":\"u\"}", "!entity_type: neither topics nor clients" },
		{ "{\"version\":1,\"entity_type\":\"topics\",\"entity_name\":\"\"}",
		    "!entity_name: not the name of an entity" },
		{ "{\"version\":1,\"entity_type\":\"topics\"}", "!entity_name: missing" },
		{ "{\"version\":1,\"entity_type\":\"topics\",\"entity_name\":\"a/b\"}", "!entity_name: not the name of an entity" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
		cr_expect_str_eq(recode_text(PATHS_CONFIG_CHANGE, bad[i][0]), bad[i][1], "%s", bad[i][0]);
}
