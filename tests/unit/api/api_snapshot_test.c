#include "server.h"

static struct client clients[2];
static struct snapshot snapshot;

static void
setup(void)
{
	server_init();
	server_start("", 1);
}

static void
teardown(void)
{
	snapshot_fini(&snapshot);
	server_fini();
}

TestSuite(api_snapshot, .init = setup, .fini = teardown);

static double
look(enum metric_series series)
{
	double found = -1;

	snapshot_fini(&snapshot);
	api_snapshot(server.api, &snapshot);
	for (size_t i = 0; i < snapshot.sample_count; i++) {
		const struct snapshot_sample *it = &snapshot.samples[i];

		if (it->series != series)
			continue;
		cr_expect(slice_equal_text(slice_of(snapshot.texts.bytes + it->labels_at,
		    it->labels_size), "listener=\"PLAINTEXT\",networkProcessor=\"0\""));
		found = it->value;
	}
	return found;
}

Test(api_snapshot, connections_come_and_go)
{
	cr_expect_eq(look(METRIC_SERIES_CONNECTIONS), 0);
	client_open(&clients[0], 0);
	client_open(&clients[1], 0);
	cr_expect_eq(look(METRIC_SERIES_CONNECTIONS), 2);
	client_close(&clients[0]);
	server_run(SECOND_US);
	cr_expect_eq(look(METRIC_SERIES_CONNECTIONS), 1);
	cr_expect_eq(look(METRIC_SERIES_CONNECTIONS_CREATED), 2);
	cr_expect_eq(look(METRIC_SERIES_CONNECTIONS_CLOSED), 1);
	client_close(&clients[1]);
	server_run(SECOND_US);
	cr_expect_eq(look(METRIC_SERIES_CONNECTIONS), 0);
}

Test(api_snapshot, requests_hold_memory_while_they_are_out)
{
	double free_before;

	look(METRIC_SERIES_CONNECTIONS);
	free_before = snapshot.gauges[METRIC_MEMORY_POOL_AVAILABLE];
	cr_expect_gt(free_before, 0);
	client_open(&clients[0], 0);
	server.handle = server_hold;
	client_ask(&clients[0], API_KEY_HEARTBEAT, 3, 1);
	look(METRIC_SERIES_CONNECTIONS);
	cr_expect_gt(snapshot.gauges[METRIC_MEMORY_POOL_USED], 0);
	cr_expect_eq(snapshot.gauges[METRIC_MEMORY_POOL_USED] +
	    snapshot.gauges[METRIC_MEMORY_POOL_AVAILABLE], free_before);
	client_close(&clients[0]);
}
