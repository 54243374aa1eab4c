#include "klamm/connection.h"

#include <criterion/criterion.h>

#include "tests/unit/klamm/fake_cluster.h"

static const struct request_kind list_groups = { &list_groups_request_type, 0, 5 };

static enum error
open(struct fake_cluster *cluster, struct connection *connection)
{
	return connection_open(connection, &cluster->transport, "a", 1, 1000000);
}

static enum error
open_at(enum fake_host_manner manner)
{
	struct fake_cluster cluster;
	struct connection connection;

	fake_cluster_init(&cluster);
	fake_cluster_host(&cluster, "a:1", manner);
	enum error error = open(&cluster, &connection);
	cr_expect_null(connection.stream);
	fake_cluster_fini(&cluster);
	return error;
}

Test(connection, asks_first_which_versions_are_served)
{
	struct fake_cluster cluster;
	struct connection connection;

	fake_cluster_init(&cluster);
	cr_assert_eq(open(&cluster, &connection), ERROR_NONE);
	cr_expect(fake_cluster_saw(&cluster, "ApiVersions 3 a:1 {\"clientSoftwareName\":\"klamm\""));
	cr_expect_eq(fake_cluster_count(&cluster, "ApiVersions"), 1);
	connection_close(&connection);
	connection_close(&connection);
	fake_cluster_fini(&cluster);
}

Test(connection, asks_an_old_broker_again_in_its_own_version)
{
	struct fake_cluster cluster;
	struct connection connection;

	fake_cluster_init(&cluster);
	cluster.is_old = true;
	cr_assert_eq(open(&cluster, &connection), ERROR_NONE);
	cr_expect(fake_cluster_saw(&cluster, "ApiVersions 0 a:1"));
	cr_expect_eq(connection.served[API_KEY_METADATA].last, 12);
	connection_close(&connection);
	fake_cluster_fini(&cluster);
}

Test(connection, that_cannot_be_opened_says_why)
{
	cr_expect_eq(open_at(FAKE_REFUSES), ERROR_CONNECTION_REFUSED);
	cr_expect_eq(open_at(FAKE_HANGS_UP), ERROR_CONNECTION_RESET);
	cr_expect_eq(open_at(FAKE_SAYS_NOTHING), ERROR_TIMED_OUT);
	cr_expect_eq(open_at(FAKE_ANSWERS_ANOTHER), ERROR_MALFORMED);
	cr_expect_eq(open_at(FAKE_ANSWERS_TOO_MUCH), ERROR_TOO_LARGE);
	cr_expect_neq(open_at(FAKE_ANSWERS_NONSENSE), ERROR_NONE);
}

static enum error
call(int16_t first, int16_t last, int16_t *version)
{
	struct list_groups_response_listed_group group = list_groups_response_listed_group_defaults;
	struct list_groups_response told = list_groups_response_defaults, response;
	struct list_groups_request request = list_groups_request_defaults;
	struct fake_cluster cluster;
	struct connection connection;
	struct answer answer;

	group.group_id = slice_of_text("readers");
	told.groups.items = &group;
	told.groups.count = 1;
	fake_cluster_init(&cluster);
	cluster.limited_key = API_KEY_LIST_GROUPS;
	cluster.limited_first = first;
	cluster.limited_last = last;
	fake_cluster_answer(&cluster, &list_groups_response_type, &told);
	answer_init(&answer);
	cr_assert_eq(open(&cluster, &connection), ERROR_NONE);
	enum error error = connection_call(&connection, &list_groups, &request, 1000000, &answer,
	    &response);
	*version = answer.version;
	if (error == ERROR_NONE) {
		cr_expect_eq(response.groups.count, 1);
		cr_expect(slice_equal_text(response.groups.items[0].group_id, "readers"));
	}
	cr_expect_not_null(connection.stream);
	connection_close(&connection);
	answer_fini(&answer);
	fake_cluster_fini(&cluster);
	return error;
}

Test(connection, uses_the_newest_version_that_both_know)
{
	int16_t version;

	cr_expect_eq(call(0, 2, &version), ERROR_NONE);
	cr_expect_eq(version, 2);
	cr_expect_eq(call(3, 99, &version), ERROR_NONE);
	cr_expect_eq(version, 5);
}

Test(connection, without_a_common_version_sends_nothing_and_stays)
{
	int16_t version;

	cr_expect_eq(call(6, 9, &version), ERROR_UNSUPPORTED);
	cr_expect_eq(version, -1);
	cr_expect_eq(call(0, -1, &version), ERROR_UNSUPPORTED);
}
