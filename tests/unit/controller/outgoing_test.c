#include "controller/outgoing.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model.h"

enum { SENT_MAX = 16 };

static struct model it;
static struct outgoing outgoing;
static struct context_topic *a, *b;
static struct controller_message *sent[SENT_MAX];
static int32_t to[SENT_MAX];
static int count;

static struct controller_message *
make(void *owner)
{
	struct controller_message *message = memory_new(sizeof(*message));

	cr_assert_eq(owner, &it);
	arena_init(&message->arena, SIZE_MAX);
	return message;
}

static void
take(void *owner, int32_t broker, struct controller_message *message)
{
	cr_assert_eq(owner, &it);
	cr_assert(count < SENT_MAX);
	sent[count] = message;
	to[count++] = broker;
}

static void
forget(void)
{
	while (count > 0) {
		arena_fini(&sent[--count]->arena);
		free(sent[count]);
	}
}

static void
set_up(void)
{
	model_init(&it);
	outgoing_init(&outgoing);
	for (int32_t id = 1; id <= 3; id++)
		model_broker(&it, id, NULL);
	a = model_topic(&it, "a", "1,2;2,3");
	b = model_topic(&it, "b", "3,1");
	model_led(a, 0, 1, "1,2");
	model_led(a, 1, 2, "2,3");
	model_led(b, 0, 3, "3,1");
}

static void
tear_down(void)
{
	forget();
	outgoing_fini(&outgoing);
	model_fini(&it);
}

TestSuite(outgoing, .init = set_up, .fini = tear_down);

static void
send(void)
{
	outgoing_send(&outgoing, &(struct outgoing_sender){ .context = &it.context,
	    .controller_id = 1, .inter_broker_listener = "PLAINTEXT", .make = make, .send = take,
	    .owner = &it });
}

/* "4>2" is LeaderAndIsr to broker 2. */
static void
expect(const char *wanted)
{
	char text[256] = "";

	for (int i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%d>%d", i == 0 ? "" : " ",
		    sent[i]->key, to[i]);
	cr_expect_str_eq(text, wanted);
}

Test(outgoing, goes_in_the_order_of_kinds_one_request_a_broker)
{
	outgoing_stop_replica(&outgoing, &it.context, 3, b->partitions[0], false);
	outgoing_leader_and_isr(&outgoing, &it.context, 2, a->partitions[1], true);
	outgoing_leader_and_isr(&outgoing, &it.context, 1, a->partitions[0], true);
	outgoing_leader_and_isr(&outgoing, &it.context, 2, a->partitions[0], true);
	send();
	expect("4>1 4>2 6>1 6>2 6>3 5>3");
	forget();
	send();
	expect("");
}

Test(outgoing, tells_a_partition_once)
{
	const struct leader_and_isr_request *request;
	const struct update_metadata_request *metadata;

	outgoing_leader_and_isr(&outgoing, &it.context, 1, a->partitions[0], false);
	outgoing_leader_and_isr(&outgoing, &it.context, 1, a->partitions[0], true);
	outgoing_leader_and_isr(&outgoing, &it.context, 1, a->partitions[0], false);
	send();
	request = sent[0]->request;
	cr_assert_eq(request->topic_states.count, 1);
	cr_assert_eq(request->topic_states.items[0].partition_states.count, 1);
	cr_assert(request->topic_states.items[0].partition_states.items[0].is_new);
	metadata = sent[1]->request;
	cr_assert_eq(metadata->topic_states.count, 1);
	cr_assert_eq(metadata->topic_states.items[0].partition_states.count, 1);
}

static bool
is_new(const char *isr)
{
	const struct leader_and_isr_request *request;
	bool is;

	model_led(a, 0, 1, isr);
	outgoing_leader_and_isr(&outgoing, &it.context, 2, a->partitions[0], true);
	send();
	request = sent[0]->request;
	is = request->topic_states.items[0].partition_states.items[0].is_new;
	forget();
	return is;
}

/* Seed 575901 of scenario cluster: its log was in a dir that was offline, and another one was made. */
Test(outgoing, F24_who_is_added_and_has_joined_is_not_new)
{
	int32_t added[] = { 2 };

	cr_expect(is_new("1,2"), "of a new partition all are");
	context_partition_set_reassignment(a->partitions[0], (struct payload_int32_list){ added, 1 },
	    (struct payload_int32_list){ NULL, 0 });
	cr_expect(is_new("1"));
	cr_expect_not(is_new("1,2"));
}

Test(outgoing, tells_nobody_who_is_not_alive)
{
	outgoing_leader_and_isr(&outgoing, &it.context, 9, a->partitions[0], false);
	outgoing_stop_replica(&outgoing, &it.context, 9, a->partitions[0], true);
	outgoing_leader_and_isr(&outgoing, &it.context, 3, a->partitions[1], false);
	context_broker_remove(&it.context, 3);
	send();
	expect("6>1 6>2");
}

Test(outgoing, tells_metadata_to_one_or_to_all)
{
	outgoing_metadata_to(&outgoing, 2);
	outgoing_metadata_to(&outgoing, 2);
	outgoing_metadata_of(&outgoing, b->partitions[0]);
	send();
	expect("6>2");
	forget();
	outgoing_metadata_to_all(&outgoing);
	send();
	expect("6>1 6>2 6>3");
	cr_assert_eq(((struct update_metadata_request *)sent[0]->request)->topic_states.count, 0);
}

Test(outgoing, leaves_out_partitions_that_nobody_has_led)
{
	struct context_topic *fresh = model_topic(&it, "fresh", "1");

	outgoing_metadata_to(&outgoing, 1);
	outgoing_metadata_of(&outgoing, fresh->partitions[0]);
	send();
	cr_assert_eq(((struct update_metadata_request *)sent[0]->request)->topic_states.count, 0);
}
