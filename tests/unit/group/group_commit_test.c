#include <criterion/criterion.h>

#include "tests/unit/group/club.h"
#include "wire/batch_records.h"

static struct club club;
static const char *const two[] = { "a", "b" };
static const struct slice no_id = { (const uint8_t *)"", 0 };

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

#define COMMIT_TEST(name) Test(group_commit, name, .init = setup, .fini = teardown)

/* The value of the only record that was appended last. */
static struct committed_offset
appended(void)
{
	struct batch_header header;
	struct record_iterator iterator;
	struct record record;
	struct committed_offset offset;

	cr_assert_eq(batch_header_read(buffer_slice(&club.last_batch), &header), ERROR_NONE);
	record_iterator_init(&iterator, &header,
	    batch_payload(&header, buffer_slice(&club.last_batch)));
	cr_assert_eq(record_iterator_next(&iterator, &record), ERROR_NONE);
	cr_assert_eq(group_records_read_offset(record.value, &offset), ERROR_NONE);
	return offset;
}

COMMIT_TEST(offset_counts_once_it_is_in_the_log)
{
	struct test_call *commit = club_commit(&club, no_id, -1, "t", 0, 5);

	cr_assert_not(commit->answered);
	cr_assert_eq(club_offset(&club, "t", 0), -1);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(club_commit_error(commit), KAFKA_ERROR_NONE);
	cr_assert_eq(club_offset(&club, "t", 0), 5);
}

COMMIT_TEST(failed_append_leaves_the_old_offset)
{
	struct test_call *commit;

	club_commit(&club, no_id, -1, "t", 0, 5);
	club_complete(&club, KAFKA_ERROR_NONE);
	commit = club_commit(&club, no_id, -1, "t", 0, 6);
	club_complete(&club, KAFKA_ERROR_NOT_ENOUGH_REPLICAS);
	cr_assert_eq(club_commit_error(commit), KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	cr_assert_eq(club_offset(&club, "t", 0), 5);
}

COMMIT_TEST(members_commit_in_the_current_generation_only)
{
	struct test_call *joined[2];
	struct slice a;

	club_stabilize(&club, two, joined, 2);
	a = joined[0]->response.join.member_id;
	club_commit(&club, a, 1, "t", 0, 5);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(club_offset(&club, "t", 0), 5);
	cr_assert_eq(club_commit_error(club_commit(&club, a, 0, "t", 0, 6)),
	    KAFKA_ERROR_ILLEGAL_GENERATION);
	cr_assert_eq(club_commit_error(club_commit(&club, a, 2, "t", 0, 6)),
	    KAFKA_ERROR_ILLEGAL_GENERATION);
	cr_assert_eq(club_commit_error(club_commit(&club, club_text("x"), 1, "t", 0, 6)),
	    KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	cr_assert_eq(club_commit_error(club_commit(&club, no_id, -1, "t", 0, 6)),
	    KAFKA_ERROR_UNKNOWN_MEMBER_ID, "only members, while there are any");
	cr_assert_eq(club_offset(&club, "t", 0), 5);
}

COMMIT_TEST(commits_go_on_while_the_group_gathers_but_not_while_it_syncs)
{
	struct test_call *joined[2];
	struct slice a;

	club_stabilize(&club, two, joined, 2);
	a = joined[0]->response.join.member_id;
	club_join(&club, "c");
	club_commit(&club, a, 1, "t", 0, 5);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(club_offset(&club, "t", 0), 5);
	club_rejoin(&club, a, "a");
	club_rejoin(&club, joined[1]->response.join.member_id, "b");
	cr_assert_eq(club.group->state, GROUP_COMPLETING_REBALANCE);
	cr_assert_eq(club_commit_error(club_commit(&club, a, 2, "t", 0, 6)),
	    KAFKA_ERROR_REBALANCE_IN_PROGRESS);
}

COMMIT_TEST(empty_group_takes_only_commits_without_a_generation)
{
	cr_assert_eq(club_commit_error(club_commit(&club, club_text("m"), 1, "t", 0, 6)),
	    KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	cr_assert_eq(club_commit_error(club_commit(&club, no_id, 0, "t", 0, 6)),
	    KAFKA_ERROR_UNKNOWN_MEMBER_ID);
	club_commit(&club, club_text("admin"), -1, "t", 0, 6);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(club_offset(&club, "t", 0), 6);
}

COMMIT_TEST(commit_renews_the_session)
{
	struct test_call *joined[2];

	club_stabilize(&club, two, joined, 1);
	club_elapse(&club, 9000);
	club_commit(&club, joined[0]->response.join.member_id, 1, "t", 0, 5);
	club_elapse(&club, 9000);
	cr_assert_eq(club.group->state, GROUP_STABLE);
	club_elapse(&club, 1000);
	cr_assert_eq(club.group->state, GROUP_EMPTY);
}

COMMIT_TEST(metadata_that_is_too_long_is_refused_beside_what_is_not)
{
	struct test_call *call = club_commit(&club, no_id, -1, "t", 0, 1), *other;
	struct offset_commit_request_offset_commit_request_partition both[2];
	char longest[4098];

	club_complete(&club, KAFKA_ERROR_NONE);
	memset(longest, 'x', sizeof(longest));
	other = club_call(&club, API_KEY_OFFSET_COMMIT, 8);
	other->request.commit = call->request.commit;
	both[0] = both[1] = call->request.commit.topics.items[0].partitions.items[0];
	both[1].partition_index = 1;
	both[0].committed_metadata = slice_of(longest, 4097);
	both[1].committed_metadata = slice_of(longest, 4096);
	both[0].committed_offset = both[1].committed_offset = 9;
	other->request.commit.topics.items[0].partitions.items = both;
	other->request.commit.topics.items[0].partitions.count = 2;
	club_ask(&club, other);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(other->response.commit.topics.items[0].partitions.items[0].error_code,
	    KAFKA_ERROR_OFFSET_METADATA_TOO_LARGE);
	cr_assert_eq(other->response.commit.topics.items[0].partitions.items[1].error_code,
	    KAFKA_ERROR_NONE);
	cr_assert_eq(club_offset(&club, "t", 0), 1);
	cr_assert_eq(club_offset(&club, "t", 1), 9);
	cr_assert_eq(group_fetch_offset(club.group, club_text("t"), 1, false).metadata.size, 4096);

	/* All of it too long: nothing is appended. */
	other->request.commit.topics.items[0].partitions.count = 1;
	other->answered = false;
	club_ask(&club, other);
	cr_assert(other->answered);
	cr_assert_eq(club.append_count, 0);
	club.calls->request.commit.topics.count = 0;
}

COMMIT_TEST(times_of_old_versions_are_kept)
{
	struct test_call *call = club_commit(&club, no_id, -1, "t", 0, 1);

	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(appended().commit_ms, club.now_ms);
	cr_assert_eq(appended().expire_ms, -1);
	call->answered = false;
	call->request.commit.retention_time_ms = 1000;
	call->request.commit.topics.items[0].partitions.items[0].commit_timestamp = 77;
	club_ask(&club, call);
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(appended().commit_ms, 77);
	cr_assert_eq(appended().expire_ms, club.now_ms + 1000);
}

COMMIT_TEST(later_commit_overtakes_one_that_is_slow)
{
	struct test_call *first = club_commit(&club, no_id, -1, "t", 0, 1);
	struct test_call *second = club_commit(&club, no_id, -1, "t", 0, 2);
	struct group_append *swap = club.appends[0];

	club.appends[0] = club.appends[1];
	club.appends[1] = swap;
	club.next_offset = 11;
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert(second->answered);
	cr_assert_not(first->answered);
	club.next_offset = 10;
	club_complete(&club, KAFKA_ERROR_NONE);
	cr_assert_eq(club_offset(&club, "t", 0), 2);
}

COMMIT_TEST(nothing_to_commit_is_answered_at_once)
{
	struct test_call *call = club_call(&club, API_KEY_OFFSET_COMMIT, 8);

	club_ask(&club, call);
	cr_assert(call->answered);
	cr_assert_eq(call->response.commit.topics.count, 0);
}
