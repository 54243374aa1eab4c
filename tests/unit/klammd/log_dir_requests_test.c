#include "klammd/log_dir_requests.h"

#include "told.h"

static struct log_dir_requests requests;
static struct broker_control_call call;
static struct describe_log_dirs_request request;
static struct describe_log_dirs_response response;
static void (*waits)(void *context);
static void *waits_context;
static int answers;
static int16_t key = API_KEY_DESCRIBE_LOG_DIRS;
static bool altered;

void
replicas_describe_log_dirs(struct replicas *replicas,
    const struct describe_log_dirs_request *asked, struct arena *arena,
    struct describe_log_dirs_response *told_response, void (*done)(void *context), void *context)
{
	(void)replicas;
	cr_expect_eq(loop_current(), &told.control.loop);
	cr_expect_eq(asked, &request);
	cr_expect_eq(arena, &told.arena);
	cr_expect_eq(told_response, &response);
	cr_assert_null(waits);
	waits = done;
	waits_context = context;
}

void
replicas_alter_log_dirs(struct replicas *replicas,
    const struct alter_replica_log_dirs_request *asked, struct arena *arena,
    struct alter_replica_log_dirs_response *told_response, void (*done)(void *context),
    void *context)
{
	(void)replicas;
	cr_expect_eq(loop_current(), &told.control.loop);
	cr_expect_eq((const void *)asked, &request);
	cr_expect_eq(arena, &told.arena);
	cr_expect_eq((void *)told_response, &response);
	altered = true;
	waits = done;
	waits_context = context;
}

static void
answered(struct broker_control_call *of)
{
	cr_expect_eq(of, &call);
	cr_expect_eq(loop_current(), call.loop);
	answers++;
}

static void
set_up(void)
{
	told_init();
	waits = NULL;
	answers = 0;
	log_dir_requests_init(&requests, &told.control.loop, NULL);
}

TestSuite(log_dir_requests, .init = set_up, .fini = told_fini);

static void
ask(struct fake_loop *from)
{
	call = (struct broker_control_call){ .key = key, .request = &request,
		.response = &response, .arena = &told.arena, .loop = &from->loop,
		.done = answered };
	loop_enter(&from->loop);
	requests.port.obey(&requests.port, &call);
	loop_leave(&from->loop);
	told_run();
	cr_assert_not_null(waits);
	cr_expect_eq(answers, 0);
	loop_enter(&told.control.loop);
	waits(waits_context);
	loop_leave(&told.control.loop);
	told_run();
	cr_expect_eq(answers, 1);
}

Test(log_dir_requests, go_to_the_control_loop_and_are_answered_on_their_own)
{
	ask(&told.data);
}

Test(log_dir_requests, of_the_control_loop_stay_there)
{
	ask(&told.control);
}

Test(log_dir_requests, may_move_replicas)
{
	key = API_KEY_ALTER_REPLICA_LOG_DIRS;
	ask(&told.data);
	cr_expect(altered);
}
