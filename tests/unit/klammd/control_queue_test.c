#include "klammd/control_queue.h"

#include "told.h"

struct asked {
	struct broker_control_call call;
	union {
		struct leader_and_isr_request leader_and_isr;
		struct update_metadata_request update_metadata;
	} request;
	union {
		struct leader_and_isr_response leader_and_isr;
		struct update_metadata_response update_metadata;
	} response;
	int answered; /* the how-manieth answer it was; 0: none */
};

static struct asked asked[3];
static int answers;

static void
set_up(void)
{
	told_init();
	memset(asked, 0, sizeof(asked));
	answers = 0;
}

TestSuite(control_queue, .init = set_up, .fini = told_fini);

static void
answered(struct broker_control_call *call)
{
	cr_assert_eq(loop_current(), call->loop);
	container_of(call, struct asked, call)->answered = ++answers;
}

static void
ask(struct asked *it, int16_t key, struct fake_loop *from)
{
	if (key == API_KEY_LEADER_AND_ISR) {
		it->request.leader_and_isr = leader_and_isr_request_defaults;
		it->request.leader_and_isr.controller_epoch = TOLD_CONTROLLER_EPOCH;
	} else {
		it->request.update_metadata = update_metadata_request_defaults;
		it->request.update_metadata.controller_epoch = TOLD_CONTROLLER_EPOCH;
	}
	it->call = (struct broker_control_call){ .key = key, .request = &it->request,
		.response = &it->response, .arena = &told.arena, .loop = &from->loop,
		.done = answered };
	loop_enter(&from->loop);
	told.queue.port.obey(&told.queue.port, &it->call);
	loop_leave(&from->loop);
	told_run();
}

Test(control_queue, obeys_what_comes_through_a_connection_and_answers_on_its_loop)
{
	ask(&asked[0], API_KEY_UPDATE_METADATA, &told.data);
	cr_expect_eq(told.updates, 1);
	cr_expect_eq(asked[0].answered, 1);
	cr_expect_eq(asked[0].response.update_metadata.error_code, KAFKA_ERROR_NONE);
	told.requests.controller_epoch++;
	ask(&asked[1], API_KEY_UPDATE_METADATA, &told.data);
	cr_expect_eq(asked[1].answered, 2);
	cr_expect_eq(asked[1].response.update_metadata.error_code,
	    KAFKA_ERROR_STALE_CONTROLLER_EPOCH);
}

Test(control_queue, obeys_one_at_a_time_in_the_order_of_their_arrival)
{
	ask(&asked[0], API_KEY_LEADER_AND_ISR, &told.control);
	ask(&asked[1], API_KEY_UPDATE_METADATA, &told.data);
	ask(&asked[2], API_KEY_LEADER_AND_ISR, &told.control);
	told_settings_are_known();
	told_run();
	cr_expect(answers == 0 && told.updates == 0);
	told_replicas_are_done();
	told_run();
	cr_expect(asked[0].answered == 1 && asked[1].answered == 2 && asked[2].answered == 0);
	told_settings_are_known();
	told_replicas_are_done();
	cr_expect_eq(asked[2].answered, 3);
	cr_expect_eq(told.leaders, 2);
}

Test(control_queue, answers_what_waits_when_it_is_closed)
{
	ask(&asked[0], API_KEY_LEADER_AND_ISR, &told.data); /* waits for ZooKeeper */
	ask(&asked[1], API_KEY_UPDATE_METADATA, &told.data);
	loop_enter(&told.control.loop);
	control_queue_close(&told.queue);
	loop_leave(&told.control.loop);
	told_run();
	cr_expect(asked[0].answered == 1 && asked[1].answered == 2);
	cr_expect_eq(asked[0].response.leader_and_isr.error_code,
	    KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	ask(&asked[2], API_KEY_UPDATE_METADATA, &told.data);
	cr_expect_eq(asked[2].answered, 3);
	cr_expect_eq(asked[2].response.update_metadata.error_code,
	    KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	told_settings_are_known();
	cr_expect(told.leaders == 0 && told.updates == 0 && answers == 3);
}

Test(control_queue, lets_replicas_end_what_they_are_at_when_it_is_closed)
{
	ask(&asked[0], API_KEY_LEADER_AND_ISR, &told.data);
	told_settings_are_known();
	loop_enter(&told.control.loop);
	control_queue_close(&told.queue);
	loop_leave(&told.control.loop);
	told_run();
	cr_expect_eq(asked[0].answered, 0);
	told_replicas_are_done();
	told_run();
	cr_expect_eq(asked[0].answered, 1);
	cr_expect_eq(asked[0].response.leader_and_isr.error_code, KAFKA_ERROR_NONE);
}
