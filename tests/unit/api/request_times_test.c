#include "api/request_times.h"

#include "api/request_kinds.h"
#include "base/memory.h"
#include "server.h"

static struct client client;
static uint64_t versions[METRICS_VERSIONS], errors[METRICS_ERRORS];
static struct histogram_sum sums[METRIC_REQUEST_HISTOGRAMS];

static void
setup(void)
{
	server_init();
	server_start("", 1);
	client_open(&client, 0);
	server.handle = server_hold;
}

static void
teardown(void)
{
	client_close(&client);
	server_fini();
}

TestSuite(request_times, .init = setup, .fini = teardown);

static bool
look(int kind)
{
	memset(versions, 0, sizeof(versions));
	memset(errors, 0, sizeof(errors));
	memset(sums, 0, sizeof(sums));
	return metrics_request_sum(server.broker.world.metrics, kind, versions, errors, sums);
}

static double
largest(enum metric_request_histogram which)
{
	struct histogram_window *window = memory_new(sizeof(*window));
	double value = histogram_quantile(window, &sums[which], 1000);

	free(window);
	return value;
}

Test(request_times, what_it_waits_for_is_remote_time)
{
	cr_expect_not(look(API_KEY_HEARTBEAT));
	client_ask(&client, API_KEY_HEARTBEAT, 3, 1);
	server_run(200 * 1000);
	cr_expect(look(API_KEY_HEARTBEAT));
	cr_expect_eq(versions[3], 1);
	cr_expect_eq(sums[METRIC_REQUEST_BYTES].count, 1);
	cr_expect_eq(sums[METRIC_TOTAL_TIME].count, 0, "it is not answered");
	((struct heartbeat_response *)server.held[0]->response)->error_code =
	    KAFKA_ERROR_REBALANCE_IN_PROGRESS;
	server_end(0, request_answer);
	server_run(SECOND_US);
	look(API_KEY_HEARTBEAT);
	cr_expect_eq(errors[KAFKA_ERROR_REBALANCE_IN_PROGRESS - METRICS_ERROR_FIRST], 1);
	for (int i = 0; i < METRIC_REQUEST_HISTOGRAMS; i++)
		cr_expect_eq(sums[i].count, 1, "%d", i);
	cr_expect_geq(largest(METRIC_REMOTE_TIME), 180 * 1000);
	cr_expect_lt(largest(METRIC_LOCAL_TIME), 1000);
	cr_expect_geq(largest(METRIC_TOTAL_TIME), 180 * 1000);
}

Test(request_times, what_is_answered_at_once_is_local_time)
{
	server.handle = request_answer;
	client_ask(&client, API_KEY_HEARTBEAT, 4, 1);
	server_run(SECOND_US);
	cr_expect(look(API_KEY_HEARTBEAT));
	cr_expect_eq(sums[METRIC_REMOTE_TIME].count, 1);
	cr_expect_eq(largest(METRIC_REMOTE_TIME), 0);
	cr_expect_eq(errors[KAFKA_ERROR_NONE - METRICS_ERROR_FIRST], 1);
}

Test(request_times, of_a_closed_connection_end_without_an_answer)
{
	client_ask(&client, API_KEY_HEARTBEAT, 3, 1);
	client_close(&client);
	server_run(SECOND_US);
	server_end(0, request_answer);
	look(API_KEY_HEARTBEAT);
	cr_expect_eq(sums[METRIC_REMOTE_TIME].count, 1);
	cr_expect_eq(sums[METRIC_TOTAL_TIME].count, 0);
	client_open(&client, 0);
}
