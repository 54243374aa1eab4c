#include "api/fetch_session_cache.h"

#include <criterion/criterion.h>

enum { SLOTS = 2, START_US = 1000, IDLE_US = FETCH_SESSION_IDLE_US };

static struct fetch_session_cache *cache;

static void
set_up(void)
{
	cache = fetch_session_cache_new(SLOTS, 0, 1, 7);
}

static void
tear_down(void)
{
	fetch_session_cache_free(cache);
}

TestSuite(fetch_session_cache, .init = set_up, .fini = tear_down);

/* NULL: it gets no place. */
static struct fetch_session *
add(bool is_privileged, int32_t partitions, int64_t now_us)
{
	struct fetch_session *session;

	if (!fetch_session_cache_make_room(cache, is_privileged, (size_t)partitions, now_us))
		return NULL;
	session = fetch_session_new(cache->by_id.seed, false, is_privileged);
	for (int32_t i = 0; i < partitions; i++)
		(void)fetch_session_ask(session, slice_of_text("t"), (struct uuid){ { 0 } },
		    &(struct fetch_asked){ .index = i });
	fetch_session_cache_add(cache, session, now_us);
	return session;
}

static bool
is_here(int32_t id)
{
	return fetch_session_cache_find(cache, id) != NULL;
}

Test(fetch_session_cache, finds_sessions_by_their_ids)
{
	struct fetch_session *one = add(false, 1, START_US), *other = add(false, 1, START_US);

	cr_expect_gt(one->id, 0);
	cr_expect_gt(other->id, 0);
	cr_expect_neq(one->id, other->id);
	cr_expect_eq(fetch_session_cache_find(cache, one->id), one);
	cr_expect_eq(fetch_session_cache_find(cache, other->id), other);
	cr_expect_null(fetch_session_cache_find(cache, 0));
	cr_expect_eq(fetch_session_cache_count(cache), 2);
}

Test(fetch_session_cache, removes_sessions)
{
	struct fetch_session *session = add(false, 3, START_US);
	int32_t id = session->id;

	cr_expect_eq(cache->partitions, 3);
	fetch_session_cache_remove(cache, session);
	cr_expect_not(is_here(id));
	cr_expect_eq(cache->partitions, 0);
}

Test(fetch_session_cache, keeps_one_that_is_in_use_until_it_is_given_back)
{
	struct fetch_session *session = add(false, 3, START_US);
	int32_t id = session->id;

	session->is_in_use = true;
	fetch_session_cache_remove(cache, session);
	cr_expect_not(is_here(id));
	cr_expect_eq(fetch_session_count(session), 3);
	fetch_session_cache_give_back(session);
}

Test(fetch_session_cache, takes_one_back_that_was_in_use)
{
	struct fetch_session *session = add(false, 3, START_US);

	session->is_in_use = true;
	fetch_session_cache_give_back(session);
	cr_expect(is_here(session->id));
	cr_expect_not(session->is_in_use);
}

/* ------------------------------------------------------------------- places */

Test(fetch_session_cache, of_young_sessions_has_no_place_for_a_consumer)
{
	(void)add(false, 1, START_US);
	(void)add(false, 1, START_US);
	cr_expect_null(add(false, 100, START_US + IDLE_US));
	cr_expect_eq(fetch_session_cache_count(cache), SLOTS);
}

Test(fetch_session_cache, gives_the_place_of_the_one_that_was_not_used_for_longest)
{
	struct fetch_session *idle = add(false, 50, START_US);
	struct fetch_session *used = add(false, 1, START_US);
	int32_t idle_id = idle->id, used_id = used->id;

	cr_expect(fetch_session_cache_touch(cache, used, START_US + 1));
	cr_expect_not_null(add(false, 1, START_US + IDLE_US + 1));
	cr_expect_not(is_here(idle_id));
	cr_expect(is_here(used_id));
}

/* Both are used, but not young any more. */
static void
age(struct fetch_session *one, struct fetch_session *other)
{
	cr_expect(fetch_session_cache_touch(cache, one, START_US + IDLE_US));
	cr_expect(fetch_session_cache_touch(cache, other, START_US + IDLE_US));
}

Test(fetch_session_cache, gives_the_place_of_a_smaller_one_to_a_larger_one)
{
	struct fetch_session *small = add(false, 5, START_US), *large = add(false, 9, START_US);
	int32_t small_id = small->id, large_id = large->id;

	age(small, large);
	cr_expect_null(add(false, 4, START_US + IDLE_US + 1));
	cr_expect_null(add(false, 5, START_US + IDLE_US + 1), "not for nothing");
	cr_expect_not_null(add(false, 6, START_US + IDLE_US + 1));
	cr_expect_not(is_here(small_id));
	cr_expect(is_here(large_id));
}

Test(fetch_session_cache, gives_the_place_of_any_consumer_to_a_follower)
{
	struct fetch_session *young = add(false, 5, START_US), *follower = add(true, 1, START_US);
	int32_t young_id = young->id, follower_id = follower->id;

	cr_expect_not_null(add(true, 1, START_US));
	cr_expect_not(is_here(young_id));
	cr_expect(is_here(follower_id));
	cr_expect_null(add(true, 100, START_US), "all are young followers now");
}

Test(fetch_session_cache, gives_no_place_of_a_follower_to_a_consumer)
{
	struct fetch_session *one = add(true, 1, START_US), *other = add(true, 1, START_US);
	int32_t one_id = one->id;

	age(one, other);
	cr_expect_null(add(false, 100, START_US + IDLE_US + 1));
	cr_expect_not_null(add(true, 2, START_US + IDLE_US + 1));
	cr_expect_not(is_here(one_id) && is_here(other->id));
}

Test(fetch_session_cache, knows_how_many_partitions_a_session_has_now)
{
	struct fetch_session *one = add(false, 5, START_US), *other = add(false, 6, START_US);
	int32_t other_id = other->id;

	for (int32_t i = 5; i < 20; i++)
		(void)fetch_session_ask(one, slice_of_text("t"), (struct uuid){ { 0 } },
		    &(struct fetch_asked){ .index = i });
	age(one, other);
	cr_expect_eq(cache->partitions, 26);
	cr_expect_not_null(add(false, 7, START_US + IDLE_US + 1));
	cr_expect_not(is_here(other_id));
}

Test(fetch_session_cache, without_slots_has_no_sessions)
{
	struct fetch_session_cache *none = fetch_session_cache_new(0, 0, 1, 7);

	cr_expect_not(fetch_session_cache_make_room(none, true, 1, START_US));
	fetch_session_cache_free(none);
	fetch_session_cache_free(NULL);
}

Test(fetch_session_cache, of_several_loops_share_the_slots)
{
	size_t slots = 0;

	for (int i = 0; i < 3; i++) {
		struct fetch_session_cache *part = fetch_session_cache_new(10, i, 3, 7);

		slots += part->slots;
		cr_expect_geq(part->slots, 3);
		fetch_session_cache_free(part);
	}
	cr_expect_eq(slots, 10);
}

Test(fetch_session_cache, is_bounded_in_partitions_too)
{
	struct fetch_session *session = add(false, 10, START_US);

	cr_expect_not(fetch_session_cache_make_room(cache, true,
	    FETCH_SESSION_PARTITIONS_MAX + 1, START_US));
	cache->partitions_max = 15;
	cr_expect_null(add(true, 6, START_US));
	cr_expect_not_null(add(true, 5, START_US));
	cr_expect(fetch_session_cache_touch(cache, session, START_US));
	(void)fetch_session_ask(session, slice_of_text("t"), (struct uuid){ { 0 } },
	    &(struct fetch_asked){ .index = 10 });
	cr_expect_not(fetch_session_cache_touch(cache, session, START_US));
}
