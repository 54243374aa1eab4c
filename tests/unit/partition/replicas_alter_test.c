/* AlterReplicaLogDirs, as Kafka 3.9 answers it. */
#include <criterion/criterion.h>

#include "tests/unit/partition/mover.h"
#include "wire/kafka_error.h"

static struct depot depot;

static void
set_up(void)
{
	depot_init(&depot, 32, "");
	mover_begin(&depot);
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_alter, .init = set_up, .fini = tear_down);

static int
ask(const char *topic, const char *dir)
{
	return mover_ask(&depot, topic, 0, dir);
}

static void
fail(int dir)
{
	depot_enter(&depot);
	replicas_fail_dir(depot.replicas, depot_dir(&depot, dir), ERROR_IO);
	depot_leave(&depot);
}

Test(replicas_alter, says_what_is_wrong)
{
	char name[LOG_TOPIC_NAME_MAX + 1];

	memset(name, 'x', sizeof(name));
	name[LOG_TOPIC_NAME_MAX] = '\0';
	cr_expect_eq(ask("orders", "/nowhere"), KAFKA_ERROR_LOG_DIR_NOT_FOUND);
	cr_expect_eq(ask(name, "/b"), KAFKA_ERROR_INVALID_TOPIC_EXCEPTION);
	cr_expect_eq(ask("nobody", "/b"), KAFKA_ERROR_REPLICA_NOT_AVAILABLE);
	cr_expect_eq(ask("", "/b"), KAFKA_ERROR_REPLICA_NOT_AVAILABLE);
	cr_expect_eq(ask("orders", "/a"), KAFKA_ERROR_NONE, "it is there");
	cr_expect_null(depot_replica(&depot, "orders", 0)->move);
	fail(1);
	cr_expect_eq(ask("orders", "/b"), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	cr_expect_eq(ask("orders", "/a"), KAFKA_ERROR_NONE);
	fail(0);
	cr_expect_eq(ask("orders", "/a"), KAFKA_ERROR_KAFKA_STORAGE_ERROR);
}

/* Once; and not in a dir that has failed since. */
Test(replicas_alter, what_is_not_here_is_made_where_it_is_wanted)
{
	cr_assert_eq(depot_lead(&depot, "bills", 0, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_names(&depot, "/b", "bills-0"), 1, "each has one now");
	cr_expect_eq(ask("first", "/b"), KAFKA_ERROR_REPLICA_NOT_AVAILABLE);
	cr_expect_eq(ask("second", "/a"), KAFKA_ERROR_REPLICA_NOT_AVAILABLE);
	cr_expect_eq(ask("second", "/b"), KAFKA_ERROR_REPLICA_NOT_AVAILABLE, "the last word counts");
	cr_assert_eq(depot_lead(&depot, "first", 0, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_lead(&depot, "second", 0, 1), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_names(&depot, "/b", "first-0"), 1);
	cr_expect_eq(depot_names(&depot, "/b", "second-0"), 1);
	cr_assert_eq(depot_delete(&depot, "second", 0), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_lead(&depot, "second", 0, 1), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_names(&depot, "/a", "second-0"), 1, "where the fewest are");
	cr_expect_eq(ask("third", "/a"), KAFKA_ERROR_REPLICA_NOT_AVAILABLE);
	fail(0);
	cr_assert_eq(depot_lead(&depot, "third", 0, 1), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_names(&depot, "/b", "third-0"), 1);
}

Test(replicas_alter, one_request_may_move_many)
{
	int32_t indexes[] = { 0, 1, 7 };
	struct alter_replica_log_dirs_request_alter_replica_log_dir_topic topics[] = {
		{ slice_of_text("orders"), { indexes, 3 } },
		{ slice_of_text("nobody"), { indexes, 1 } },
	};
	struct alter_replica_log_dirs_request_alter_replica_log_dir dirs[] = {
		{ slice_of_text("/b"), { topics, 2 } },
		{ slice_of_text("/nowhere"), { topics, 1 } },
	};
	struct alter_replica_log_dirs_request request = { .dirs = { dirs, 2 } };
	struct alter_replica_log_dirs_response response;

	cr_assert_eq(depot_lead(&depot, "orders", 1, 1), KAFKA_ERROR_NONE);
	depot.is_answered = false;
	depot_enter(&depot);
	replicas_alter_log_dirs(depot.replicas, &request, &depot.arena, &response,
	    depot_answered, &depot);
	depot_leave(&depot);
	depot_wait(&depot, &depot.is_answered);
	cr_assert_eq(response.results.count, 3);
	cr_assert_eq(response.results.items[0].partitions.count, 3);
	cr_expect_eq(response.results.items[0].partitions.items[0].error_code, KAFKA_ERROR_NONE);
	cr_expect_eq(response.results.items[0].partitions.items[1].error_code, KAFKA_ERROR_NONE);
	cr_expect_eq(response.results.items[0].partitions.items[2].error_code,
	    KAFKA_ERROR_REPLICA_NOT_AVAILABLE);
	cr_expect_eq(response.results.items[1].partitions.items[0].error_code,
	    KAFKA_ERROR_REPLICA_NOT_AVAILABLE);
	cr_expect_eq(response.results.items[2].partitions.items[2].error_code,
	    KAFKA_ERROR_LOG_DIR_NOT_FOUND);
	mover_wait(&depot, "orders", 0);
	cr_expect_eq(depot_names(&depot, "/b", "orders-0"), 1);
}

Test(replicas_alter, a_stop_refuses_all)
{
	depot_enter(&depot);
	depot.replicas->stopping = true;
	depot_leave(&depot);
	cr_expect_eq(ask("orders", "/b"), KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	depot.replicas->stopping = false;
}
