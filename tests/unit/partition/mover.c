#include "tests/unit/partition/mover.h"

#include <criterion/criterion.h>

#include "wire/kafka_error.h"

typedef struct alter_replica_log_dirs_request_alter_replica_log_dir asked_dir;
typedef struct alter_replica_log_dirs_request_alter_replica_log_dir_topic asked_topic;

void
mover_begin(struct depot *depot)
{
	depot->settings->config.log.segment_bytes = 600000;
	depot->settings->config.log.file_delete_delay_ms = 1000;
	depot->machine.disk->ordered_journal = true;
	depot_start(depot);
	cr_assert_eq(depot_lead(depot, "orders", 0, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(depot_names(depot, "/a", "orders-0"), 1);
}

static asked_topic asked;
static asked_dir asked_in;
static int32_t asked_index;
static struct alter_replica_log_dirs_request request;
static struct alter_replica_log_dirs_response response;

void
mover_begin_asking(struct depot *depot, const char *topic, int32_t index, const char *dir)
{
	asked_index = index;
	asked = (asked_topic){ .name = slice_of_text(topic), .partitions = { &asked_index, 1 } };
	asked_in = (asked_dir){ .path = slice_of_text(dir), .topics = { &asked, 1 } };
	request = (struct alter_replica_log_dirs_request){ .dirs = { &asked_in, 1 } };
	depot->is_answered = false;
	depot_enter(depot);
	replicas_alter_log_dirs(depot->replicas, &request, &depot->arena, &response,
	    depot_answered, depot);
	depot_leave(depot);
}

int
mover_ask(struct depot *depot, const char *topic, int32_t index, const char *dir)
{
	mover_begin_asking(depot, topic, index, dir);
	depot_wait(depot, &depot->is_answered);
	cr_assert_eq(response.results.count, 1);
	cr_assert_eq(response.results.items[0].partitions.count, 1);
	cr_assert_eq(response.results.items[0].partitions.items[0].partition_index, index);
	return response.results.items[0].partitions.items[0].error_code;
}

void
mover_wait(struct depot *depot, const char *topic, int32_t index)
{
	int64_t until_us = depot->sim.now_us + 120 * (int64_t)DEPOT_SECOND_US;

	while (depot_replica(depot, topic, index)->move != NULL &&
	    depot->sim.now_us < until_us)
		depot_run(depot, 1000);
	cr_assert_null(depot_replica(depot, topic, index)->move, "it takes too long");
}

void
mover_expect_in(struct depot *depot, const char *dir, const char *other)
{
	cr_expect_eq(depot_names(depot, dir, "orders-0"), 1);
	cr_expect_eq(depot_names(depot, other, "orders-0"), 0);
	cr_expect_eq(depot_names(depot, "/a", "-future"), 0);
	cr_expect_eq(depot_names(depot, "/b", "-future"), 0);
}

void
mover_restart(struct depot *depot)
{
	depot_start(depot);
	cr_assert_eq(depot->error, ERROR_NONE, "%s", depot->complaint);
	cr_assert_eq(depot_lead(depot, "orders", 0, ++depot->orders[0].leader_epoch),
	    KAFKA_ERROR_NONE);
	depot_run(depot, 20000); /* what was not synced is */
}
