/* Assignments change in the znodes of topics. */
#include "controller/topic_update.h"

#include <criterion/criterion.h>

#include "town.h"

static struct town_fixture it;
static int32_t first[] = { 1 }, second[] = { 2 }, both[] = { 2, 1 };
static struct topic_update_change changes[300];
static size_t change_count;
static bool is_done;

static void
set_up(void)
{
	town_begin(&it, 2, "auto.leader.rebalance.enable=false\n");
	change_count = 0;
	is_done = false;
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(topic_update, .init = set_up, .fini = tear_down);

static void
write_them(struct job *job)
{
	topic_update_write(job, changes, change_count);
}

static void
end(struct job *job)
{
	is_done = true;
	job_next(job);
}

static job_step *const steps[] = { write_them, end, NULL };
static const struct job_type type = { "topic updates", steps, sizeof(struct job), NULL, JOB_IDLE };

static void
post(void)
{
	struct town_broker *broker = town_leader(&it);
	struct reign *reign = controller_reign(town_controller(broker));

	town_enter(broker);
	reign_post(reign, job_new(reign, &type));
	town_leave(broker);
}

static void
run(void)
{
	post();
	town_run(&it, TOWN_SECOND_US);
	cr_assert(is_done);
}

static void
add(const char *topic, int32_t index, int32_t *replicas, size_t count)
{
	changes[change_count++] = (struct topic_update_change){
		.partition = town_partition(&it, topic, index),
		.to = { .replicas = { replicas, count }, .adding = { first, 1 } } };
}

static void
add_move(const char *topic, int32_t index)
{
	add(topic, index, both, 2);
}

static void
expect(const char *topic, int32_t version, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/brokers/topics/%s", topic);
	cr_assert_eq(town_version(&it.town, path), version);
	cr_assert_not_null(strstr(town_node(&it.town, path), text), "%s", town_node(&it.town, path));
}

Test(topic_update, writes_once_for_each_partition)
{
	cr_assert_eq(town_create(&it, "a", 3, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(town_create(&it, "b", 1, 1), KAFKA_ERROR_NONE);
	add_move("b", 0);
	add_move("a", 2);
	add_move("a", 1);
	run();
	expect("a", 2, "\"adding_replicas\":{\"1\":[1],\"2\":[1]},\"removing_replicas\":{},");
	expect("b", 1, "\"adding_replicas\":{\"0\":[1]},");
	for (size_t i = 0; i < change_count; i++)
		cr_assert(changes[i].is_written);
	change_count = 0;
	add_move("a", 1);
	changes[0].to = (struct reassignment){ .replicas = { second, 1 } };
	run();
	expect("a", 3, "\"1\":[2],");
	expect("a", 3, "\"adding_replicas\":{\"2\":[1]},");
}

Test(topic_update, writes_once_where_that_were_too_much)
{
	cr_assert_eq(town_create(&it, "a", 200, 1), KAFKA_ERROR_NONE);
	for (int32_t i = 0; i < 200; i++)
		add_move("a", i);
	run();
	expect("a", 1, "\"199\":[2,1]");
}

Test(topic_update, keeps_what_others_have_written)
{
	char more[512];

	cr_assert_eq(town_create(&it, "a", 1, 1), KAFKA_ERROR_NONE);
	snprintf(more, sizeof(more), "{\"partitions\":{\"7\":[1],%s",
	    strchr(town_node(&it.town, "/brokers/topics/a") + 2, '{') + 1);
	add_move("a", 0);
	/* between our read and our write */
	post();
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/brokers/topics/a", more);
	town_run(&it, TOWN_SECOND_US);
	cr_assert(is_done && changes[0].is_written);
	expect("a", 2, "{\"7\":[1],\"0\":[2,1]}");
}

Test(topic_update, leaves_a_topic_that_is_another_one_now)
{
	cr_assert_eq(town_create(&it, "a", 1, 1), KAFKA_ERROR_NONE);
	add_move("a", 0);
	post();
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/brokers/topics/a",
	    "{\"version\":1,\"partitions\":{\"0\":[1],\"1\":[1]}}");
	town_run(&it, TOWN_SECOND_US);
	cr_assert(is_done);
	cr_assert_not(changes[0].is_written, "it has lost its id");
}

Test(topic_update, leaves_what_it_cannot_read)
{
	cr_assert_eq(town_create(&it, "a", 1, 1), KAFKA_ERROR_NONE);
	cr_assert_eq(town_create(&it, "b", 1, 1), KAFKA_ERROR_NONE);
	add_move("a", 0);
	add_move("b", 0);
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/brokers/topics/a", "junk");
	town_run(&it, TOWN_SECOND_US);
	run();
	cr_assert_str_eq(town_node(&it.town, "/brokers/topics/a"), "junk");
	cr_assert_not(changes[0].is_written);
	cr_assert(changes[1].is_written);
}

Test(topic_update, of_nothing_is_done)
{
	run();
}
