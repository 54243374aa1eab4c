#include "controller/job.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "town.h"

enum { MANY = 300 };

static struct town_fixture it;
static char trace[256];
static int written, failed;

static void
set_up(void)
{
	town_begin(&it, 1, NULL);
	trace[0] = '\0';
	written = failed = 0;
}

static void
tear_down(void)
{
	town_end(&it);
}

TestSuite(job, .init = set_up, .fini = tear_down);

static void
run(const struct job_type *type)
{
	struct town_broker *broker = town_leader(&it);
	struct reign *reign = controller_reign(town_controller(broker));

	town_enter(broker);
	reign_post(reign, job_new(reign, type));
	town_leave(broker);
	town_run(&it, TOWN_SECOND_US);
}

static void
say(const char *what)
{
	strncat(trace, what, sizeof(trace) - strlen(trace) - 1);
}

/* ------------------------------------------------------------------ steps */

static void
a(struct job *job)
{
	say("a");
	job_next(job);
}

static void
b(struct job *job)
{
	say("b");
	job_wait(job); /* for nothing */
}

static job_step *const inner[] = { b, a, NULL };

static void
twice(struct job *job)
{
	say("t");
	if (strlen(trace) < 8)
		job_call_again(job, inner);
	else
		job_next(job);
}

static void
call_inner(struct job *job)
{
	say("c");
	job_call(job, inner);
}

static job_step *const nested[] = { a, call_inner, twice, a, NULL };
static const struct job_type nested_type = { "nested", nested, sizeof(struct job), NULL, JOB_IDLE };

Test(job, runs_lists_inside_lists)
{
	run(&nested_type);
	cr_assert_str_eq(trace, "acbatbata");
}

static void
on_written(struct job *job UNUSED, void *item, enum znode_error error,
    const struct znode_result *result UNUSED)
{
	cr_assert(*(int *)item < MANY);
	if (error == ZNODE_OK)
		written++;
	else
		failed++;
}

static struct slice
name(struct job *job, int number)
{
	char text[64];

	snprintf(text, sizeof(text), "/config/clients/c%d", number);
	return slice_of_text(arena_text(&job->arena, text, strlen(text)));
}

static void
write_many(struct job *job)
{
	for (int i = 0; i < MANY; i++) {
		int *number = arena_new(&job->arena, sizeof(*number));

		*number = i;
		job_write(job, &(struct znode_operation){ .type = ZNODE_OP_CREATE, .path = name(job, i) },
		    on_written, number);
	}
	job_wait(job);
}

static job_step *const many[] = { write_many, a, NULL };
static const struct job_type many_type = { "many", many, sizeof(struct job), NULL, JOB_IDLE };

Test(job, writes_many_in_few_multis)
{
	int64_t before = tree_zxid((struct tree *)(uintptr_t)sim_coord_tree(it.town.ensemble));

	run(&many_type);
	cr_assert_eq(written, MANY);
	cr_assert_not_null(town_node(&it.town, "/config/clients/c299"));
	cr_assert_leq(tree_zxid((struct tree *)(uintptr_t)sim_coord_tree(it.town.ensemble)) - before,
	    3);
	cr_assert_str_eq(trace, "a");
}

Test(job, writes_one_by_one_what_fails_together)
{
	town_write(town_leader(&it), ZNODE_OP_CREATE, "/config/clients/c150", NULL);
	town_run(&it, TOWN_SECOND_US);
	run(&many_type);
	cr_assert_eq(written, MANY - 1);
	cr_assert_eq(failed, 1);
}

static void
write_big(struct job *job)
{
	enum { SIZE = 300000, COUNT = 4 };
	char *data = arena_new(&job->arena, SIZE);

	memset(data, 'x', SIZE);
	for (int i = 0; i < COUNT; i++) {
		int *number = arena_new(&job->arena, sizeof(*number));

		*number = i;
		job_write(job, &(struct znode_operation){ .type = ZNODE_OP_CREATE,
		    .path = name(job, i), .data = slice_of(data, SIZE) }, on_written, number);
	}
	job_wait(job);
}

static job_step *const big[] = { write_big, NULL };
static const struct job_type big_type = { "big", big, sizeof(struct job), NULL, JOB_IDLE };

Test(job, keeps_multis_below_what_zookeeper_takes)
{
	run(&big_type); /* 1.2 MB together */
	cr_assert_eq(written, 4);
}

static void
write_both(struct job *job)
{
	struct znode_operation operations[] = {
		{ .type = ZNODE_OP_CREATE, .path = name(job, 1) },
		{ .type = ZNODE_OP_CREATE, .path = name(job, 150) },
	};
	int *number = arena_new(&job->arena, sizeof(*number));

	job_write_together(job, operations, 1, on_written, number);
	job_write_together(job, operations, 2, NULL, NULL);
	job_wait(job);
}

static job_step *const both[] = { write_both, NULL };
static const struct job_type both_type = { "both", both, sizeof(struct job), NULL, JOB_IDLE };

Test(job, writes_all_or_none_where_it_is_asked_to)
{
	run(&both_type);
	cr_assert_eq(written, 1);
	cr_assert_null(town_node(&it.town, "/config/clients/c150"));
}

static void
delete_tree(struct job *job)
{
	int *number = arena_new(&job->arena, sizeof(*number));

	job_delete_tree(job, slice_of_text("/config/clients"), on_written, number);
	job_wait(job);
}

static job_step *const deletions[] = { delete_tree, a, NULL };
static const struct job_type deletion_type = { "deletion", deletions, sizeof(struct job), NULL,
	JOB_IDLE };

Test(job, deletes_a_tree)
{
	run(&big_type);
	written = 0;
	run(&deletion_type);
	cr_assert_eq(written, 1);
	cr_assert_null(town_node(&it.town, "/config/clients"));
	cr_assert_str_eq(trace, "a");
}

static void
drop(struct job *job UNUSED)
{
	say("x");
}

static const struct job_type dropped_type = { "dropped", many, sizeof(struct job), drop, JOB_IDLE };

Test(job, is_dropped_when_a_fence_fails)
{
	town_write(town_leader(&it), ZNODE_OP_SET_DATA, "/controller_epoch", "1");
	town_run(&it, TOWN_SECOND_US);
	run(&dropped_type);
	cr_assert_str_eq(trace, "x");
	cr_assert_eq(written + failed, 0);
	cr_assert_null(town_node(&it.town, "/config/clients/c0"));
	/* and it stands again */
	town_run(&it, 3 * TOWN_SECOND_US);
	cr_assert_str_eq(town_node(&it.town, "/controller_epoch"), "2");
	cr_assert_eq(town_create(&it, "t", 1, 1), KAFKA_ERROR_NONE);
}
