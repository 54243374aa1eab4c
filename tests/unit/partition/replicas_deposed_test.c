#include <criterion/criterion.h>

#include "partition/replicas_private.h"
#include "tests/unit/partition/depot.h"
#include "wire/kafka_error.h"

enum { SELF = 1, OTHER = 2, EPOCH = 5 };

static struct depot depot;
static bool is_done;
static struct update_metadata_request request;
static struct update_metadata_request_update_metadata_topic_state topic;
static struct update_metadata_request_update_metadata_partition_state state;
static int32_t replicas[] = { OTHER, 3 };

static void
set_up(void)
{
	depot_init(&depot, 1, "");
	depot_start(&depot);
	cr_assert_eq(depot_lead(&depot, "orders", 0, EPOCH), KAFKA_ERROR_NONE);
	is_done = false;
	request = update_metadata_request_defaults;
	topic = update_metadata_request_update_metadata_topic_state_defaults;
	state = update_metadata_request_update_metadata_partition_state_defaults;
	topic.topic_name = slice_of_text("orders");
	topic.topic_id = depot.topic_id;
	topic.partition_states.items = &state;
	topic.partition_states.count = 1;
	request.topic_states.items = &topic;
	request.topic_states.count = 1;
	state.leader = OTHER;
	state.leader_epoch = EPOCH + 1;
	state.replicas.items = replicas;
	state.replicas.count = 2;
}

static void
tear_down(void)
{
	depot_fini(&depot);
}

TestSuite(replicas_deposed, .init = set_up, .fini = tear_down);

static void
done(void *context)
{
	*(bool *)context = true;
}

/* Whether it is still led here. */
static bool
leads_after_it(void)
{
	struct arena arena;

	arena_init(&arena, SIZE_MAX);
	depot_enter(&depot);
	replicas_obey_metadata(depot.replicas, &request, &arena, done, &is_done);
	depot_leave(&depot);
	depot_run(&depot, DEPOT_SECOND_US);
	cr_assert(is_done);
	arena_fini(&arena);
	return depot_replica(&depot, "orders", 0)->leads;
}

Test(replicas_deposed, who_has_moved_away_leads_no_longer)
{
	cr_expect_not(leads_after_it());
	cr_expect_eq(depot_append(&depot, "orders", 0, 3, 10), PARTITION_NOT_LEADER);
	(void)depot_asks(&depot);
	depot_run(&depot, 400 * (int64_t)DEPOT_SECOND_US);
	cr_expect_eq(depot_asks(&depot), 0, "nobody would tell whom to follow");
	/* A controller may bring it back. */
	cr_expect_eq(depot_lead(&depot, "orders", 0, EPOCH + 2), KAFKA_ERROR_NONE);
	cr_expect_eq(depot_append(&depot, "orders", 0, 3, 10), PARTITION_OK);
}

Test(replicas_deposed, so_does_who_is_named_by_an_old_version)
{
	request.topic_states.count = 0;
	state.topic_name = slice_of_text("orders");
	request.ungrouped_partition_states.items = &state;
	request.ungrouped_partition_states.count = 1;
	cr_expect_not(leads_after_it());
}

Test(replicas_deposed, who_is_a_replica_waits_for_leader_and_isr)
{
	replicas[1] = SELF;
	cr_expect(leads_after_it());
	cr_expect_eq(depot_append(&depot, "orders", 0, 3, 10), PARTITION_OK);
}

Test(replicas_deposed, what_is_as_old_as_what_is_known_is_no_news)
{
	state.leader_epoch = EPOCH;
	cr_expect(leads_after_it());
}

Test(replicas_deposed, epochs_of_another_topic_of_that_name_count_from_0)
{
	state.leader_epoch = 0;
	topic.topic_id.bytes[0]++;
	cr_expect_not(leads_after_it());
}

Test(replicas_deposed, what_is_not_here_is_nothing_to_it)
{
	state.partition_index = 7;
	cr_expect(leads_after_it());
}
