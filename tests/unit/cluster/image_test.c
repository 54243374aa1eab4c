#include "cluster/image.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/memory.h"
#include "base/prng.h"

typedef struct update_metadata_request_update_metadata_partition_state partition_state;
typedef struct update_metadata_request_update_metadata_topic_state topic_state;
typedef struct update_metadata_request_update_metadata_broker broker_state;
typedef struct update_metadata_request_update_metadata_endpoint endpoint_state;

static int32_t one_two[] = { 1, 2 };
static int32_t just_two[] = { 2 };

static struct image *image;

static void
setup(void)
{
	image = image_new();
}

static void
teardown(void)
{
	image_release(image);
}

TestSuite(image, .init = setup, .fini = teardown);

static struct uuid
id_of(uint8_t number)
{
	struct uuid id = { { 0 } };

	id.bytes[15] = number;
	return id;
}

static partition_state
partition(int32_t index, int32_t leader)
{
	return (partition_state){ .partition_index = index, .controller_epoch = 3, .leader = leader,
		.leader_epoch = 5, .zk_version = 7, .replicas = { one_two, 2 }, .isr = { just_two, 1 },
		.offline_replicas = { one_two, 1 } };
}

static void
apply(const struct update_metadata_request *request)
{
	struct image *next = image_updated(image, request);

	cr_assert_eq(next->version, image->version + 1);
	image_release(image);
	image = next;
}

/* One topic, partitions 0, 1, ... with these leaders; -3: nothing is said of it. */
static void
tell(const char *name, struct uuid id, const int32_t *leaders, int32_t count)
{
	partition_state states[16];
	topic_state topic = { .topic_name = slice_of_text(name), .topic_id = id,
		.partition_states = { states, 0 } };

	for (int32_t i = 0; i < count; i++) {
		if (leaders[i] != -3)
			states[topic.partition_states.count++] = partition(i, leaders[i]);
	}
	apply(&(struct update_metadata_request){ .controller_id = 1, .topic_states = { &topic, 1 } });
}

static const struct image_topic *
topic(const char *name)
{
	return image_topic_find(image, slice_of_text(name));
}

static int32_t
leader(const char *name, int32_t index)
{
	const struct image_topic *found = topic(name);
	const struct image_partition *state =
	    found == NULL ? NULL : image_partition_find(found, index);

	return state == NULL ? -3 : state->leader;
}

/* As it comes over the wire in a version; the request borrows of `arena` and `list`. */
static void
apply_version(int16_t version, const struct update_metadata_request *request)
{
	struct update_metadata_request decoded;
	struct buffer_list list;
	struct reader reader;
	struct arena arena;

	buffer_list_init(&list);
	arena_init(&arena, SIZE_MAX);
	cr_assert_eq(message_encode(&update_metadata_request_type, version, request, &list),
	    ERROR_NONE, "version %d", version);
	reader_init(&reader, buffer_slice(buffer_list_bytes(&list)));
	cr_assert_eq(message_decode(&update_metadata_request_type, version, &reader, &arena,
	    &decoded), ERROR_NONE);
	apply(&decoded);
	arena_fini(&arena);
	buffer_list_fini(&list);
}

Test(image, of_the_start_knows_nobody)
{
	cr_expect_eq(image->controller, IMAGE_NO_BROKER);
	cr_expect_null(topic("orders"));
	cr_expect_null(image_topic_find_id(image, id_of(1)));
	cr_expect_null(image_broker_find(image, 1));
	cr_expect_eq(persistent_map_count(image->topics), 0);
}

Test(image, has_what_the_request_says_of_a_partition)
{
	tell("orders", id_of(1), (int32_t[]){ 2 }, 1);
	const struct image_topic *found = topic("orders");
	const struct image_partition *state = image_partition_find(found, 0);

	cr_expect(slice_equal_text(found->name, "orders") && uuid_equal(found->id, id_of(1)));
	cr_expect_eq(found->partition_count, 1);
	cr_expect(state->index == 0 && state->controller_epoch == 3 && state->leader == 2 &&
	    state->leader_epoch == 5 && state->partition_epoch == 7);
	cr_expect(state->replicas.count == 2 && state->replicas.ids[0] == 1 &&
	    state->replicas.ids[1] == 2);
	cr_expect(state->isr.count == 1 && state->isr.ids[0] == 2);
	cr_expect(state->offline.count == 1 && state->offline.ids[0] == 1);
	cr_expect_eq(image->controller, 1);
	cr_expect_eq(image_topic_find_id(image, id_of(1)), found);
	cr_expect_null(image_partition_find(found, 1));
	cr_expect_null(image_partition_find(found, -1));
}

Test(image, that_is_held_stays_as_it_was)
{
	tell("orders", id_of(1), (int32_t[]){ 1, 1 }, 2);
	struct image *held = image_hold(image);
	const struct image_topic *before = topic("orders");

	tell("orders", id_of(1), (int32_t[]){ -3, 2 }, 2);
	cr_expect_eq(image_topic_find(held, slice_of_text("orders")), before);
	cr_expect_eq(before->partitions[1]->leader, 1);
	cr_expect_eq(leader("orders", 1), 2);
	cr_expect_eq(topic("orders")->partitions[0], before->partitions[0], "it is shared");
	image_release(held);
}

Test(image, shares_topics_that_the_request_does_not_name)
{
	tell("orders", id_of(1), (int32_t[]){ 1 }, 1);
	const struct image_topic *before = topic("orders");

	tell("parts", id_of(2), (int32_t[]){ 1 }, 1);
	cr_expect_eq(topic("orders"), before);
	cr_expect_eq(image_topic_find_id(image, id_of(1)), before);
	cr_expect_eq(persistent_map_count(image->topics), 2);
}

Test(image, loses_a_partition_with_leader_minus_two)
{
	tell("orders", id_of(1), (int32_t[]){ 1, 2, 1 }, 3);
	tell("orders", id_of(1), (int32_t[]){ -3, -3, -2 }, 3);
	cr_expect_eq(topic("orders")->partition_count, 2);
	tell("orders", id_of(1), (int32_t[]){ -2 }, 1);
	cr_expect_eq(topic("orders")->partition_count, 2, "the highest index counts");
	cr_expect_eq(leader("orders", 0), -3);
	cr_expect_eq(leader("orders", 1), 2);
}

Test(image, loses_a_topic_with_its_last_partition)
{
	tell("orders", id_of(1), (int32_t[]){ 1, 2 }, 2);
	tell("orders", id_of(1), (int32_t[]){ -2, -2 }, 2);
	cr_expect_null(topic("orders"));
	cr_expect_null(image_topic_find_id(image, id_of(1)));
	cr_expect_eq(persistent_map_count(image->topics_by_id), 0);
	tell("orders", id_of(1), (int32_t[]){ -2 }, 1);
	cr_expect_null(topic("orders"), "a topic that is not there cannot go");
}

Test(image, of_a_topic_without_a_leader_still_has_it)
{
	tell("orders", id_of(1), (int32_t[]){ -1 }, 1);
	cr_expect_eq(leader("orders", 0), -1);
}

Test(image, keeps_an_id_that_an_old_version_does_not_tell)
{
	tell("orders", id_of(1), (int32_t[]){ 1, 1 }, 2);
	tell("orders", id_of(0), (int32_t[]){ 2 }, 1);
	cr_expect(uuid_equal(topic("orders")->id, id_of(1)));
	cr_expect_eq(leader("orders", 0), 2);
	cr_expect_eq(leader("orders", 1), 1);
	cr_expect_eq(image_topic_find_id(image, id_of(1)), topic("orders"));
}

Test(image, learns_an_id_later)
{
	tell("orders", id_of(0), (int32_t[]){ 1, 1 }, 2);
	cr_expect_eq(persistent_map_count(image->topics_by_id), 0);
	tell("orders", id_of(1), (int32_t[]){ 2 }, 1);
	cr_expect_eq(leader("orders", 1), 1);
	cr_expect_eq(image_topic_find_id(image, id_of(1)), topic("orders"));
}

Test(image, that_is_replaced_has_what_the_request_names_alone)
{
	topic_state state = { .topic_name = slice_of_text("orders"), .topic_id = id_of(1) };
	partition_state states[] = { partition(0, 2) };
	struct image *next;

	tell("orders", id_of(1), (int32_t[]){ 1, 1 }, 2);
	tell("gone", id_of(2), (int32_t[]){ 1 }, 1);
	state.partition_states.items = states;
	state.partition_states.count = 1;
	next = image_replaced(image, &(struct update_metadata_request){ .controller_id = 4,
		.topic_states = { &state, 1 } });
	cr_assert_eq(next->version, image->version + 1);
	image_release(image);
	image = next;
	cr_expect_eq(image->controller, 4);
	cr_expect(leader("orders", 0) == 2 && leader("orders", 1) == -3);
	cr_expect_null(topic("gone"));
	cr_expect_null(image_topic_find_id(image, id_of(2)));
}

Test(image, of_a_recreated_topic_has_nothing_of_the_old_one)
{
	tell("orders", id_of(1), (int32_t[]){ 1, 1, 1 }, 3);
	tell("orders", id_of(2), (int32_t[]){ 2 }, 1);
	cr_expect_eq(topic("orders")->partition_count, 1);
	cr_expect_null(image_topic_find_id(image, id_of(1)));
	cr_expect_eq(image_topic_find_id(image, id_of(2)), topic("orders"));
}

Test(image, survives_two_topics_with_one_id)
{
	tell("orders", id_of(1), (int32_t[]){ 1 }, 1);
	tell("parts", id_of(1), (int32_t[]){ 1 }, 1);
	tell("orders", id_of(1), (int32_t[]){ -2 }, 1);
	cr_expect_null(topic("orders"));
	cr_expect_eq(image_topic_find_id(image, id_of(1)), topic("parts"));
}

Test(image, skips_indexes_that_no_partition_has)
{
	partition_state states[] = { partition(-1, 1), partition(INT32_MAX, 1), partition(0, 1),
		partition(INT32_MIN, -2) };
	topic_state told = { .topic_name = slice_of_text("orders"),
		.partition_states = { states, 4 } };

	apply(&(struct update_metadata_request){ .topic_states = { &told, 1 } });
	cr_expect_eq(topic("orders")->partition_count, 1);
}

Test(image, has_topics_of_old_versions_whatever_their_order)
{
	partition_state states[] = { partition(1, 1), partition(0, 1), partition(0, 1),
		partition(1, 2), partition(0, 2) };
	static const char *const names[] = { "b", "a", "b", "a", "b" };

	for (size_t i = 0; i < ARRAY_LENGTH(states); i++)
		states[i].topic_name = slice_of_text(names[i]);
	for (int16_t version = 0; version <= 4; version++) {
		apply_version(version, &(struct update_metadata_request){ .controller_id = 9,
			.ungrouped_partition_states = { states, 5 } });
		cr_expect_eq(leader("a", 0), 1);
		cr_expect_eq(leader("a", 1), 2);
		cr_expect_eq(leader("b", 0), 2, "the last one holds");
		cr_expect_eq(leader("b", 1), 1);
		cr_expect_eq(topic("a")->partitions[0]->offline.count, version >= 4 ? 1 : 0);
		cr_expect_eq(image->controller, 9);
		image_release(image);
		image = image_new();
	}
}

Test(image, has_topics_of_new_versions)
{
	partition_state state = partition(0, 1);
	topic_state told = { .topic_name = slice_of_text("orders"), .topic_id = id_of(1),
		.partition_states = { &state, 1 } };

	for (int16_t version = 5; version <= 8; version++) {
		apply_version(version, &(struct update_metadata_request){ .controller_id = 9,
			.topic_states = { &told, 1 } });
		cr_expect_eq(leader("orders", 0), 1);
		cr_expect_eq(image_topic_find_id(image, id_of(1)) != NULL, version >= 7);
		image_release(image);
		image = image_new();
	}
}

Test(image, has_endpoints_of_all_versions)
{
	endpoint_state endpoints[] = {
		{ .port = 9092, .host = slice_of_text("h1"), .listener = slice_of_text("INSIDE") },
		{ .port = 9093, .host = slice_of_text("h2"), .listener = slice_of_text("OUTSIDE"),
		.security_protocol = 3 } };
	broker_state broker = { .id = 5, .v0_host = slice_of_text("h0"), .v0_port = 9091,
		.endpoints = { endpoints, 2 }, .rack = slice_of_text("r1") };

	for (int16_t version = 0; version <= 8; version++) {
		apply_version(version, &(struct update_metadata_request){ .controller_id = 5,
			.live_brokers = { &broker, 1 } });
		const struct image_broker *found = image_broker_find(image, 5);
		const struct image_endpoint *inside = image_endpoint_find(found,
		    slice_of_text(version < 3 ? "PLAINTEXT" : "INSIDE"));
		const struct image_endpoint *outside = image_endpoint_find(found,
		    slice_of_text(version < 3 ? "SASL_SSL" : "OUTSIDE"));

		cr_assert_not_null(inside, "version %d", version);
		cr_expect_eq(inside->port, version == 0 ? 9091 : 9092);
		cr_expect(slice_equal_text(inside->host, version == 0 ? "h0" : "h1"));
		cr_expect_eq(inside->security_protocol, 0);
		if (version > 0)
			cr_expect(outside->port == 9093 && outside->security_protocol == 3);
		cr_expect_eq(slice_is_null(found->rack), version < 2);
		cr_expect_null(image_endpoint_find(found, slice_of_text("ELSE")));
	}
}

Test(image, has_the_live_brokers_of_the_last_request_by_rising_ids)
{
	broker_state brokers[] = { { .id = 7 }, { .id = 3 }, { .id = 5 }, { .id = 3 } };
	endpoint_state odd = { .security_protocol = 99 };

	apply(&(struct update_metadata_request){ .controller_id = 1, .live_brokers = { brokers, 4 } });
	cr_assert_eq(image->broker_count, 3);
	cr_expect(image->brokers[0].id == 3 && image->brokers[1].id == 5 &&
	    image->brokers[2].id == 7);
	brokers[0].endpoints.items = &odd;
	brokers[0].endpoints.count = 1;
	apply(&(struct update_metadata_request){ .controller_id = -1, .live_brokers = { brokers, 1 } });
	cr_expect_null(image_broker_find(image, 3));
	cr_expect_null(image_endpoint_find(image_broker_find(image, 7), slice_of_text("PLAINTEXT")));
	cr_expect_eq(image->controller, IMAGE_NO_BROKER);
	apply(&(struct update_metadata_request){ .controller_id = 1 });
	cr_expect_eq(image->broker_count, 0);
}

/* Random requests against arrays; the last holders free all (the leak check of the build says so). */
Test(image, of_random_requests_agrees_with_arrays)
{
	enum { TOPICS = 20, PARTITIONS = 8 };
	int32_t leaders[TOPICS][PARTITIONS];
	struct image *held = NULL;
	struct prng prng;
	char name[16];

	prng_init(&prng, 20260402);
	for (int i = 0; i < TOPICS * PARTITIONS; i++)
		leaders[i / PARTITIONS][i % PARTITIONS] = -3;
	for (int round = 0; round < 3000; round++) {
		int which = (int)prng_below(&prng, TOPICS);
		int32_t told[PARTITIONS];

		for (int i = 0; i < PARTITIONS; i++) {
			told[i] = (int32_t)prng_between(&prng, -3, 2);
			if (told[i] != -3)
				leaders[which][i] = told[i] == -2 ? -3 : told[i];
		}
		snprintf(name, sizeof(name), "topic-%d", which);
		tell(name, id_of((uint8_t)(which + 1)), told, PARTITIONS);
		if (round % 100 == 0) {
			image_release(held);
			held = image_hold(image);
		}
		for (int i = 0; i < PARTITIONS; i++)
			cr_assert_eq(leader(name, i), leaders[which][i]);
		cr_assert_eq(persistent_map_count(image->topics),
		    persistent_map_count(image->topics_by_id));
	}
	image_release(held);
}
