/* Calls on their way: groups.c, visit.c, shard_visit.c. */
#include "group/groups.h"

#include <criterion/criterion.h>

#include "tests/unit/group/house.h"

static struct house house;
static struct asked *asked;
static const struct slice no_id = { (const uint8_t *)"", 0 };

static void
setup(void)
{
	house_init(&house);
}

static void
teardown(void)
{
	if (asked != NULL)
		asked_free(asked);
	asked = NULL;
	house_fini(&house);
}

#define GROUPS_TEST(name) Test(groups, name, .init = setup, .fini = teardown)

static void
run(void)
{
	house_ask(&house, asked);
	house_run(&house);
	cr_assert_eq(asked->answers, 1);
}

/* Every partition has some of them. */
static const char *const names[] = { "a", "b", "c", "d", "e", "f", "golden-group" };

static void
commit_all(void)
{
	house_open(&house);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		asked_free(house_commit(&house, names[i], no_id, -1, "t", (int64_t)i));
}

GROUPS_TEST(partition_is_that_of_kafkas_clients)
{
	groups_set_partition_count(house.groups, 50);
	cr_assert_eq(groups_partition_of(house.groups, slice_of_text("golden-group")), 49);
	cr_assert_eq(groups_partition_of(house.groups, slice_of_text("golden-static")), 8);
	cr_assert_eq(groups_partition_of(house.groups, slice_of_text("golden-simple")), 46);
	cr_assert_eq(groups_partition_of(house.groups, slice_of_text("golden-doomed")), 4);
	cr_assert_eq(groups_partition_of(house.groups, slice_of_text("golden-tx")), 14);
	cr_assert_eq(groups_partition_of(house.groups, slice_of_text("polygenelubricants")), 0,
	    "the smallest integer has no absolute value");
	cr_assert_eq(groups_partition_of(house.groups, slice_of_text("")), 0);
}

GROUPS_TEST(nothing_is_known_before_the_partition_count)
{
	struct groups *other = groups_new_over(&(struct groups_options){ .world = &house.world,
	    .config = &house.config }, NULL), *kept = house.groups;

	cr_assert_eq(groups_partition_of(other, slice_of_text("g")), -1);
	house.groups = other;
	asked = house_join(&house, "g", no_id);
	cr_assert_eq(((struct join_group_response *)asked->response)->error_code,
	    KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	house.groups = kept;
	groups_free(other);
}

GROUPS_TEST(no_groups_are_listed_before_the_partition_count)
{
	struct groups *other = groups_new_over(&(struct groups_options){ .world = &house.world,
	    .config = &house.config }, NULL), *kept = house.groups;
	struct list_groups_response *response;

	house.groups = other;
	asked = asked_new(&house, API_KEY_LIST_GROUPS, 5);
	run();
	response = asked->response;
	cr_assert_eq(response->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(response->groups.count, 0);
	house.groups = kept;
	groups_free(other);
}

GROUPS_TEST(members_need_a_group_with_a_name)
{
	static const int16_t keys[] = { API_KEY_JOIN_GROUP, API_KEY_SYNC_GROUP, API_KEY_HEARTBEAT,
		API_KEY_LEAVE_GROUP };

	house_open(&house);
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		struct buffer_list list;

		asked = asked_new(&house, keys[i], 4);
		run();
		buffer_list_init(&list);
		cr_assert_eq(message_encode(message_type_find(keys[i], true), 4, asked->response, &list),
		    ERROR_NONE);
		buffer_list_fini(&list);
		/* The code is the first or the second field of each. */
		cr_assert(((struct heartbeat_response *)asked->response)->error_code ==
		    KAFKA_ERROR_INVALID_GROUP_ID, "key %d", keys[i]);
		asked_free(asked);
	}
	asked = house_commit(&house, "", no_id, -1, "t", 8);
	cr_assert_eq(house_commit_error(asked), KAFKA_ERROR_NONE);
	cr_assert_eq(house_fetch(&house, "", "t"), 8);
}

GROUPS_TEST(new_syncs_have_to_name_the_protocol)
{
	struct sync_group_request *request;

	house_open(&house);
	asked = asked_new(&house, API_KEY_SYNC_GROUP, 5);
	request = asked->request;
	request->protocol_type = slice_of_text("consumer");
	run();
	cr_assert_eq(((struct sync_group_response *)asked->response)->error_code,
	    KAFKA_ERROR_INCONSISTENT_GROUP_PROTOCOL);
	asked_free(asked);
	asked = asked_new(&house, API_KEY_SYNC_GROUP, 4);
	((struct sync_group_request *)asked->request)->group_id = slice_of_text("g");
	run();
	cr_assert_eq(((struct sync_group_response *)asked->response)->error_code,
	    KAFKA_ERROR_UNKNOWN_MEMBER_ID);
}

GROUPS_TEST(unknown_groups_are_answered_by_each_call)
{
	house_open(&house);
	asked = house_join(&house, "g", slice_of_text("stranger"));
	cr_assert_eq(((struct join_group_response *)asked->response)->error_code,
	    KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	asked_free(asked);
	asked = house_commit(&house, "g", slice_of_text("m"), 1, "t", 1);
	cr_assert_eq(house_commit_error(asked), KAFKA_ERROR_ILLEGAL_GENERATION);
	asked_free(asked);
	asked = asked_new(&house, API_KEY_HEARTBEAT, 4);
	((struct heartbeat_request *)asked->request)->group_id = slice_of_text("g");
	run();
	cr_assert_eq(((struct heartbeat_response *)asked->response)->error_code,
	    KAFKA_ERROR_UNKNOWN_MEMBER_ID);
}

GROUPS_TEST(invalid_session_timeout_makes_no_group)
{
	struct join_group_request *request;

	house_open(&house);
	asked = asked_new(&house, API_KEY_JOIN_GROUP, 3);
	request = asked->request;
	request->group_id = slice_of_text("g");
	request->session_timeout_ms = 1;
	run();
	cr_assert_eq(((struct join_group_response *)asked->response)->error_code,
	    KAFKA_ERROR_INVALID_SESSION_TIMEOUT);
	asked_free(asked);
	asked = asked_new(&house, API_KEY_LIST_GROUPS, 5);
	run();
	cr_assert_eq(((struct list_groups_response *)asked->response)->groups.count, 0);
}

GROUPS_TEST(describe_visits_every_coordinator)
{
	struct slice ids[ARRAY_LENGTH(names) + 1];
	struct describe_groups_response *response;

	commit_all();
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		ids[i] = slice_of_text(names[i]);
	ids[ARRAY_LENGTH(names)] = slice_of_text("unknown");
	asked = asked_new(&house, API_KEY_DESCRIBE_GROUPS, 5);
	((struct describe_groups_request *)asked->request)->groups.items = ids;
	((struct describe_groups_request *)asked->request)->groups.count = ARRAY_LENGTH(ids);
	run();
	response = asked->response;
	cr_assert_eq(response->groups.count, ARRAY_LENGTH(ids));
	for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
		bool known = i < ARRAY_LENGTH(names);

		cr_assert_eq(response->groups.items[i].error_code, KAFKA_ERROR_NONE);
		cr_assert(slice_equal(response->groups.items[i].group_id, ids[i]));
		cr_assert(slice_equal_text(response->groups.items[i].group_state,
		    known ? "Empty" : "Dead"));
	}
}

GROUPS_TEST(describe_tells_who_is_not_ours)
{
	struct slice id = slice_of_text("a");
	struct describe_groups_response *response;

	commit_all();
	house_resign(&house, house_partition_of(&house, "a")->index, 2);
	asked = asked_new(&house, API_KEY_DESCRIBE_GROUPS, 5);
	((struct describe_groups_request *)asked->request)->groups.items = &id;
	((struct describe_groups_request *)asked->request)->groups.count = 1;
	run();
	response = asked->response;
	cr_assert_eq(response->groups.items[0].error_code, KAFKA_ERROR_NOT_COORDINATOR);
	cr_assert_eq(response->groups.items[0].group_state.size, 0);
}

GROUPS_TEST(list_names_the_groups_of_all_shards)
{
	struct list_groups_response *response;
	struct asked *join;

	commit_all();
	join = house_join(&house, "members", no_id);
	asked = asked_new(&house, API_KEY_LIST_GROUPS, 5);
	run();
	response = asked->response;
	cr_assert_eq(response->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(response->groups.count, ARRAY_LENGTH(names) + 1);
	for (int32_t i = 0; i < response->groups.count; i++) {
		bool has_members = slice_equal_text(response->groups.items[i].group_id, "members");

		cr_assert(slice_equal_text(response->groups.items[i].group_type, "classic"));
		cr_assert(slice_equal_text(response->groups.items[i].protocol_type,
		    has_members ? "consumer" : ""));
	}
	asked_free(join);
}

static int32_t
list_with(const char *state, const char *type)
{
	struct slice states = slice_of_text(state), types = slice_of_text(type);
	struct list_groups_request *request;
	int32_t count;

	asked = asked_new(&house, API_KEY_LIST_GROUPS, 5);
	request = asked->request;
	request->states_filter.items = &states;
	request->states_filter.count = state != NULL;
	request->types_filter.items = &types;
	request->types_filter.count = type != NULL;
	run();
	count = ((struct list_groups_response *)asked->response)->groups.count;
	asked_free(asked);
	asked = NULL;
	return count;
}

GROUPS_TEST(list_filters_by_state_and_type)
{
	struct asked *join;

	commit_all();
	join = house_join(&house, "members", no_id);
	cr_assert_eq(list_with("completingREBALANCE", NULL), 1);
	cr_assert_eq(list_with("Empty", "Classic"), ARRAY_LENGTH(names));
	cr_assert_eq(list_with("Stable", NULL), 0);
	cr_assert_eq(list_with(NULL, "consumer"), 0);
	asked_free(join);
}

GROUPS_TEST(list_says_when_some_are_still_loading)
{
	commit_all();
	house_resign(&house, 0, 2);
	house.holds_work = true;
	house_elect(&house, 0, 3);
	asked = asked_new(&house, API_KEY_LIST_GROUPS, 5);
	run();
	cr_assert_eq(((struct list_groups_response *)asked->response)->error_code,
	    KAFKA_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
	cr_assert_gt(((struct list_groups_response *)asked->response)->groups.count, 0);
}

static const struct delete_groups_response *
delete_groups(struct slice *ids, int32_t count)
{
	struct delete_groups_request *request;

	asked = asked_new(&house, API_KEY_DELETE_GROUPS, 2);
	request = asked->request;
	request->groups_names.items = ids;
	request->groups_names.count = count;
	house_ask(&house, asked);
	house_run(&house);
	return asked->response;
}

GROUPS_TEST(deletion_is_answered_for_each_group)
{
	struct slice ids[] = { slice_of_text("unknown"), slice_of_text("b"), slice_of_text("members"),
		slice_of_text("a"), slice_of_text("b") };
	const struct delete_groups_response *response;
	struct asked *join;

	commit_all();
	join = house_join(&house, "members", no_id);
	response = delete_groups(ids, ARRAY_LENGTH(ids));
	cr_assert_eq(asked->answers, 1);
	cr_assert_eq(response->results.count, ARRAY_LENGTH(ids) - 1, "one was named twice");
	cr_assert_eq(response->results.items[0].error_code, KAFKA_ERROR_GROUP_ID_NOT_FOUND);
	cr_assert_eq(response->results.items[1].error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(response->results.items[2].error_code, KAFKA_ERROR_NON_EMPTY_GROUP);
	cr_assert_eq(response->results.items[3].error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(house_fetch(&house, "a", "t"), -1);
	cr_assert_eq(house_fetch(&house, "c", "t"), 2);
	house_restart(&house);
	cr_assert_eq(house_fetch(&house, "a", "t"), -1);
	asked_free(join);
}

GROUPS_TEST(deletion_waits_for_the_log)
{
	struct slice ids[] = { slice_of_text("a"), slice_of_text("b"), slice_of_text("c") };
	const struct delete_groups_response *response;

	commit_all();
	for (int i = 0; i < HOUSE_PARTITIONS; i++)
		house.partitions[i].holds_appends = true;
	response = delete_groups(ids, 3);
	cr_assert_eq(asked->answers, 0);
	for (int round = 0; round < HOUSE_PARTITIONS && asked->answers == 0; round++) {
		for (int i = 0; i < HOUSE_PARTITIONS; i++)
			house_acknowledge(&house.partitions[i], PARTITION_OK);
	}
	cr_assert_eq(asked->answers, 1);
	cr_assert_eq(response->results.items[2].error_code, KAFKA_ERROR_NONE);
}

static const struct offset_delete_response *
delete_offset(const char *group, const char *topic)
{
	struct offset_delete_request *request;

	asked = asked_new(&house, API_KEY_OFFSET_DELETE, 0);
	request = asked->request;
	request->group_id = slice_of_text(group);
	request->topics.items = arena_array(&asked->arena, 1, sizeof(*request->topics.items));
	request->topics.count = 1;
	request->topics.items[0].name = slice_of_text(topic);
	request->topics.items[0].partitions.items =
	    arena_array(&asked->arena, 1, sizeof(*request->topics.items[0].partitions.items));
	request->topics.items[0].partitions.count = 1;
	house_ask(&house, asked);
	house_run(&house);
	cr_assert_eq(asked->answers, 1);
	return asked->response;
}

GROUPS_TEST(deleted_offset_stays_deleted)
{
	const struct offset_delete_response *response;

	commit_all();
	response = delete_offset("a", "t");
	cr_assert_eq(response->error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(response->topics.items[0].partitions.items[0].error_code, KAFKA_ERROR_NONE);
	cr_assert_eq(house_fetch(&house, "a", "t"), -1);
	house_restart(&house);
	cr_assert_eq(house_fetch(&house, "a", "t"), -1);
	cr_assert_eq(house_fetch(&house, "c", "t"), 2);
}

GROUPS_TEST(offsets_of_an_unknown_group_cannot_be_deleted)
{
	commit_all();
	cr_assert_eq(delete_offset("unknown", "t")->error_code, KAFKA_ERROR_GROUP_ID_NOT_FOUND);
}

GROUPS_TEST(call_that_fits_no_arena_is_an_error)
{
	house_open(&house);
	asked = asked_new(&house, API_KEY_LIST_GROUPS, 5);
	asked->arena.cap = asked->arena.used;
	run();
	cr_assert_eq(((struct list_groups_response *)asked->response)->error_code,
	    KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
}

GROUPS_TEST(calls_after_the_stop_are_answered)
{
	commit_all();
	house_stop(&house);
	asked = house_join(&house, "g", no_id);
	cr_assert_eq(((struct join_group_response *)asked->response)->error_code,
	    KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
}

GROUPS_TEST(partitions_won_after_the_stop_are_let_be)
{
	struct partition late = { .house = &house, .index = HOUSE_PARTITIONS, .leads = true,
		.leader_epoch = 1 };

	house_open(&house);
	house_stop(&house);
	groups_elected(house.groups, &late, 1);
	house_run(&house);
	cr_assert_eq(late.holders, 0);
}
