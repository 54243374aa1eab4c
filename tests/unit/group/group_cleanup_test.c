#include <criterion/criterion.h>

#include "base/buffer.h"
#include "tests/unit/group/club.h"
#include "wire/batch_records.h"

static struct club club;
static const char *const two[] = { "a", "b" };
static const struct slice no_id = { (const uint8_t *)"", 0 };
static const int64_t RETENTION_MS = 604800000;

static void
setup(void)
{
	club_init(&club);
}

static void
teardown(void)
{
	club_fini(&club);
}

#define CLEANUP_TEST(name) Test(group_cleanup, name, .init = setup, .fini = teardown)

static void
commit(struct slice member_id, int32_t generation, const char *topic)
{
	club_commit(&club, member_id, generation, topic, 0, 5);
	club_complete_all(&club);
}

/* After so many milliseconds in which nobody says anything. */
static void
clean_up_after(int64_t ms)
{
	club.now_ms += ms; /* the wall clock alone: sessions do not end by it */
	club_step(&club, (struct group_event){ .type = GROUP_CLEANED_UP });
}

/* How many records without a value the batch has. */
static int
tombstones(void)
{
	struct batch_header header;
	struct record_iterator iterator;
	struct record record;
	int count = 0;

	if (club.append_count == 0)
		return 0;
	cr_assert_eq(batch_header_read(buffer_slice(&club.last_batch), &header), ERROR_NONE);
	record_iterator_init(&iterator, &header,
	    batch_payload(&header, buffer_slice(&club.last_batch)));
	while (record_iterator_next(&iterator, &record) == ERROR_NONE)
		count += slice_is_null(record.value);
	cr_assert_eq(count, header.count);
	return count;
}

CLEANUP_TEST(group_that_only_keeps_offsets_loses_them_by_their_commit)
{
	commit(no_id, -1, "t");
	clean_up_after(RETENTION_MS - 1);
	cr_assert_eq(club_offset(&club, "t", 0), 5);
	clean_up_after(1);
	cr_assert_eq(club_offset(&club, "t", 0), -1);
	cr_assert_eq(tombstones(), 1, "it has no record of its own");
	cr_assert_eq(club.group->state, GROUP_DEAD);
}

CLEANUP_TEST(empty_group_loses_all_since_it_became_empty)
{
	struct test_call *joined[2];

	club_stabilize(&club, two, joined, 1);
	commit(joined[0]->response.join.member_id, 1, "t");
	club.now_ms += 1000;
	club_leave(&club, joined[0]->response.join.member_id);
	club_complete_all(&club);
	clean_up_after(RETENTION_MS - 1);
	cr_assert_eq(club_offset(&club, "t", 0), 5, "its commit is older than that");
	clean_up_after(1);
	cr_assert_eq(tombstones(), 2, "the offset, and the group");
	cr_assert_eq(club.group->state, GROUP_DEAD);
}

/* A member that reads "t" alone. */
static struct test_call *
subscribe(void)
{
	static const uint8_t subscription[] = { 0, 1, 0, 0, 0, 1, 0, 1, 't', 255, 255, 255, 255 };
	struct test_call *join = club_join_call(&club, 3, "", "a", "range");

	join->request.join.protocols.items[0].metadata =
	    slice_of(subscription, sizeof(subscription));
	club_ask(&club, join);
	club_elapse(&club, 0);
	club_sync(&club, join);
	club_complete_all(&club);
	return join;
}

CLEANUP_TEST(members_keep_what_they_subscribe_to)
{
	struct test_call *join = subscribe();

	commit(join->response.join.member_id, 1, "t");
	commit(join->response.join.member_id, 1, "other");
	clean_up_after(RETENTION_MS);
	cr_assert_eq(club_offset(&club, "t", 0), 5);
	cr_assert_eq(club_offset(&club, "other", 0), -1);
	cr_assert_eq(club.group->state, GROUP_STABLE);
}

CLEANUP_TEST(members_whose_subscription_cannot_be_read_keep_all)
{
	struct test_call *joined[2];

	club_stabilize(&club, two, joined, 1);
	commit(joined[0]->response.join.member_id, 1, "t");
	clean_up_after(RETENTION_MS * 2);
	cr_assert_eq(club_offset(&club, "t", 0), 5);
}

CLEANUP_TEST(members_of_other_protocol_types_keep_all)
{
	struct test_call *join = club_join_call(&club, 3, "", "a", "sessioned");

	join->request.join.protocol_type = club_text("connect");
	club_ask(&club, join);
	club_elapse(&club, 0);
	club_sync(&club, join);
	club_complete_all(&club);
	commit(join->response.join.member_id, 1, "t");
	clean_up_after(RETENTION_MS * 2);
	cr_assert_eq(club_offset(&club, "t", 0), 5);
}

CLEANUP_TEST(rebalancing_group_keeps_all)
{
	struct test_call *joined[2];

	club_stabilize(&club, two, joined, 1);
	commit(joined[0]->response.join.member_id, 1, "t");
	club_join(&club, "b");
	clean_up_after(RETENTION_MS * 2);
	cr_assert_eq(club_offset(&club, "t", 0), 5);
}

CLEANUP_TEST(explicit_retention_wins)
{
	struct test_call *call = club_commit(&club, no_id, -1, "long", 0, 5);

	club_complete_all(&club);
	call->answered = false;
	call->request.commit.topics.items[0].name = club_text("short");
	call->request.commit.retention_time_ms = 1000;
	club_ask(&club, call);
	club_complete_all(&club);
	clean_up_after(999);
	cr_assert_eq(club_offset(&club, "short", 0), 5);
	clean_up_after(1);
	cr_assert_eq(club_offset(&club, "short", 0), -1);
	cr_assert_eq(club_offset(&club, "long", 0), 5);
	cr_assert_eq(club.group->state, GROUP_EMPTY);
}

CLEANUP_TEST(offset_that_is_being_committed_again_stays)
{
	commit(no_id, -1, "t");
	club_commit(&club, no_id, -1, "t", 0, 6);
	clean_up_after(RETENTION_MS * 2);
	club_complete_all(&club);
	cr_assert_eq(club_offset(&club, "t", 0), 6);
}

CLEANUP_TEST(group_with_an_id_given_out_is_not_empty)
{
	struct test_call *join = club_join_call(&club, 4, "", "a", "range");

	club_ask(&club, join);
	clean_up_after(1);
	cr_assert_eq(club.group->state, GROUP_EMPTY);
	club_elapse(&club, 10000);
	clean_up_after(1);
	cr_assert_eq(club.group->state, GROUP_DEAD);
	cr_assert_eq(club.append_count, 0);
}

CLEANUP_TEST(many_tombstones_go_in_several_batches)
{
	char topic[249];

	memset(topic, 't', sizeof(topic) - 1);
	topic[sizeof(topic) - 1] = '\0';
	for (int32_t i = 0; i < 5000; i++) {
		struct committed_offset offset = { .offset = i, .metadata = slice_of_text("") };

		offset.expire_ms = -1;
		offsets_load(&club.group->offsets, club_text(topic), i, &offset, i);
	}
	clean_up_after(club.now_ms);
	cr_assert_eq(club.append_count, 3);
	for (size_t i = 0; i < club.append_count; i++)
		cr_assert_leq(club.appends[i]->batch.size, 600 * 1024);
}

/* --------------------------------------------------- topics, whole groups */

CLEANUP_TEST(offsets_of_deleted_topics_go_whoever_needs_them)
{
	struct test_call *joined[2];
	struct slice topics[] = { club_text("gone"), club_text("never-was") };

	club_stabilize(&club, two, joined, 1);
	commit(joined[0]->response.join.member_id, 1, "gone");
	commit(joined[0]->response.join.member_id, 1, "stays");
	club_step(&club, (struct group_event){ .type = GROUP_TOPICS_DELETED, .topics = topics,
	    .topic_count = 2 });
	cr_assert_eq(tombstones(), 1);
	cr_assert_eq(club_offset(&club, "gone", 0), -1);
	cr_assert_eq(club_offset(&club, "stays", 0), 5);
}

static struct test_call *
delete(void)
{
	struct test_call *call = club_call(&club, API_KEY_DELETE_GROUPS, 2);

	club_step(&club, (struct group_event){ .type = GROUP_DELETED, .call = &call->call,
	    .result = &call->result });
	return call;
}

CLEANUP_TEST(deletion_is_decided_by_the_log)
{
	struct test_call *call;

	commit(no_id, -1, "t");
	call = delete();
	cr_assert_not(call->decided);
	cr_assert_eq(delete()->result, KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	cr_assert_eq(club_commit_error(club_commit(&club, no_id, -1, "t", 0, 9)),
	    KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	club_complete(&club, KAFKA_ERROR_NOT_ENOUGH_REPLICAS);
	cr_assert_eq(call->result, KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	cr_assert_eq(club_offset(&club, "t", 0), 5, "it lives on");
	call = delete();
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert(call->decided);
	cr_assert_eq(call->result, KAFKA_ERROR_NONE);
	cr_assert_eq(club.group->state, GROUP_DEAD);
}

CLEANUP_TEST(group_with_members_is_not_deleted)
{
	struct test_call *joined[2], *call;

	club_stabilize(&club, two, joined, 1);
	call = delete();
	cr_assert(call->decided);
	cr_assert_eq(call->result, KAFKA_ERROR_NON_EMPTY_GROUP);
}

CLEANUP_TEST(commit_under_way_gets_a_tombstone_too)
{
	struct test_call *call;

	club_commit(&club, no_id, -1, "t", 0, 5);
	call = delete();
	cr_assert_eq(tombstones(), 1);
	club_complete_all(&club);
	cr_assert_eq(call->result, KAFKA_ERROR_NONE);
	cr_assert_eq(club.group->state, GROUP_DEAD);
}

/* ------------------------------------------------- offsets that are named */

/* Partition 0 of each. */
static struct test_call *
delete_offsets(const char *const *topics, int32_t count)
{
	struct test_call *call = club_call(&club, API_KEY_OFFSET_DELETE, 0);
	struct offset_delete_request *request = &call->request.deletion;

	request->topics.items =
	    arena_array(&call->arena, (size_t)count, sizeof(*request->topics.items));
	request->topics.count = count;
	for (int32_t i = 0; i < count; i++) {
		request->topics.items[i].name = club_text(topics[i]);
		request->topics.items[i].partitions.items = arena_array(&call->arena, 1,
		    sizeof(*request->topics.items[i].partitions.items));
		request->topics.items[i].partitions.count = 1;
	}
	club_ask(&club, call);
	return call;
}

static struct test_call *
delete_offset(const char *topic)
{
	return delete_offsets(&topic, 1);
}

static int16_t
deletion_error(const struct test_call *call, int32_t topic)
{
	cr_assert(call->answered);
	cr_assert_eq(call->response.deletion.error_code, KAFKA_ERROR_NONE);
	cr_assert_lt(topic, call->response.deletion.topics.count);
	cr_assert_eq(call->response.deletion.topics.items[topic].partitions.count, 1);
	return call->response.deletion.topics.items[topic].partitions.items[0].error_code;
}

CLEANUP_TEST(named_offset_goes_when_its_tombstone_is_in_the_log)
{
	static const char *const topics[] = { "t", "never-was", "t" };
	struct test_call *call;

	commit(no_id, -1, "t");
	commit(no_id, -1, "stays");
	call = delete_offsets(topics, 3);
	cr_assert_eq(tombstones(), 2, "it was named twice");
	cr_assert_not(call->answered);
	cr_assert_eq(club_offset(&club, "t", 0), 5);
	club_complete_all(&club);
	for (int32_t i = 0; i < 3; i++)
		cr_assert_eq(deletion_error(call, i), KAFKA_ERROR_NONE);
	assert_text(call->response.deletion.topics.items[1].name, "never-was");
	cr_assert_eq(club_offset(&club, "t", 0), -1);
	cr_assert_eq(club_offset(&club, "stays", 0), 5);
	cr_assert_eq(club.group->state, GROUP_EMPTY);
}

CLEANUP_TEST(named_offset_stays_when_its_tombstone_is_not_stored)
{
	struct test_call *call;

	commit(no_id, -1, "t");
	call = delete_offset("t");
	club_complete(&club, KAFKA_ERROR_NOT_ENOUGH_REPLICAS);
	cr_assert(call->answered);
	cr_assert_eq(call->response.deletion.error_code, KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	cr_assert_eq(call->response.deletion.topics.count, 0);
	cr_assert_eq(club_offset(&club, "t", 0), 5);
}

CLEANUP_TEST(commit_behind_a_deletion_wins_and_one_before_it_does_not)
{
	struct test_call *call;

	club_commit(&club, no_id, -1, "t", 0, 5);
	call = delete_offset("t");
	club_commit(&club, no_id, -1, "t", 0, 6);
	club_complete(&club, KAFKA_ERROR_NONE);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(deletion_error(call, 0), KAFKA_ERROR_NONE);
	cr_assert_eq(club_offset(&club, "t", 0), -1);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(club_offset(&club, "t", 0), 6);
	cr_assert_eq(club.group->state, GROUP_EMPTY);
}

CLEANUP_TEST(group_goes_with_its_last_offset)
{
	struct test_call *joined[1], *call;

	club_stabilize(&club, two, joined, 1);
	commit(joined[0]->response.join.member_id, 1, "t");
	club_leave(&club, joined[0]->response.join.member_id);
	club_complete_all(&club);
	call = delete_offset("t");
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(deletion_error(call, 0), KAFKA_ERROR_NONE);
	cr_assert_eq(club.group->state, GROUP_DEAD);
	cr_assert_eq(tombstones(), 1, "of the group's own record");
}

CLEANUP_TEST(what_members_read_is_not_deleted)
{
	static const char *const topics[] = { "t", "other" };
	struct test_call *join = subscribe(), *call;

	commit(join->response.join.member_id, 1, "t");
	commit(join->response.join.member_id, 1, "other");
	call = delete_offsets(topics, 2);
	club_complete_all(&club);
	cr_assert_eq(deletion_error(call, 0), KAFKA_ERROR_GROUP_SUBSCRIBED_TO_TOPIC);
	cr_assert_eq(deletion_error(call, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(club_offset(&club, "t", 0), 5);
	cr_assert_eq(club_offset(&club, "other", 0), -1);
	call = delete_offset("t");
	cr_assert_eq(deletion_error(call, 0), KAFKA_ERROR_GROUP_SUBSCRIBED_TO_TOPIC);
	cr_assert_eq(club.append_count, 0);
}

CLEANUP_TEST(nothing_is_deleted_of_members_whose_subscription_cannot_be_read)
{
	struct test_call *joined[1];

	club_stabilize(&club, two, joined, 1);
	commit(joined[0]->response.join.member_id, 1, "t");
	cr_assert_eq(deletion_error(delete_offset("t"), 0), KAFKA_ERROR_GROUP_SUBSCRIBED_TO_TOPIC);
}

CLEANUP_TEST(offsets_of_members_of_other_protocol_types_are_not_deleted)
{
	struct test_call *join = club_join_call(&club, 3, "", "a", "sessioned"), *call;

	join->request.join.protocol_type = club_text("connect");
	club_ask(&club, join);
	club_elapse(&club, 0);
	club_sync(&club, join);
	club_complete_all(&club);
	call = delete_offset("t");
	cr_assert_eq(call->response.deletion.error_code, KAFKA_ERROR_NON_EMPTY_GROUP);
	cr_assert_eq(call->response.deletion.topics.count, 0);
}

CLEANUP_TEST(group_that_is_being_deleted_gives_no_offsets_away)
{
	struct test_call *call;

	commit(no_id, -1, "t");
	delete();
	call = delete_offset("t");
	cr_assert_eq(call->response.deletion.error_code, KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	club_complete_all(&club);
}

CLEANUP_TEST(group_that_is_deleted_meanwhile_takes_its_offsets_along)
{
	struct test_call *call;

	commit(no_id, -1, "t");
	call = delete_offset("t");
	delete();
	club_complete_all(&club);
	cr_assert_eq(deletion_error(call, 0), KAFKA_ERROR_NONE);
	cr_assert_eq(club.group->state, GROUP_DEAD);
}

CLEANUP_TEST(deletion_that_fits_no_arena_is_an_error)
{
	struct test_call *call = club_call(&club, API_KEY_OFFSET_DELETE, 0);

	call->request.deletion.topics.items =
	    arena_array(&call->arena, 1, sizeof(*call->request.deletion.topics.items));
	call->request.deletion.topics.count = 1;
	call->arena.cap = call->arena.used;
	club_ask(&club, call);
	cr_assert(call->answered);
	cr_assert_eq(call->response.deletion.error_code, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
}
