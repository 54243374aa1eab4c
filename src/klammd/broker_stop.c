/*
 * The stop, from whatever step the start has reached: what others can lead is
 * given to them, nobody is served any more, then groups and controller, then
 * the logs are closed, and the session ends last, so that nobody takes over
 * what is not closed yet.
 */
#include <assert.h>

#include "klammd/broker_private.h"

enum {
	REQUESTS_PATIENCE_MS = 3000,
	/* Whoever stops us has a patience too, and logs are to be closed. */
	LEAVE_PATIENCE_MS = 60 * 1000,
	/* Without ZooKeeper a controller can hardly be asked, and decides nothing. */
	LEAVE_PATIENCE_ALONE_MS = 10 * 1000,
	TELL_PATIENCE_US = 3 * 1000 * 1000,
	TELL_CHECK_US = 5 * 1000,
};

static void
check_over(struct broker *it)
{
	if (!it->channels_stopped || it->links_ending > 0)
		return;
	it->stage = BROKER_STOPPED;
	log_info(it->world->logger, "[KafkaServer id=%d] shut down%s", it->id,
	    it->clean ? "" : ", but not cleanly: the next start recovers its logs");
	it->options.handler->stopped(it->options.handler, it->clean);
}

static void
channels_stopped(void *context)
{
	struct broker *it = context;

	it->channels_stopped = true;
	check_over(it);
}

static void
link_closed(void *context)
{
	struct broker *it = context;

	it->links_ending--;
	check_over(it);
}

/* Who waits for it is told so, and nobody asks any more. */
static void
close_link(struct broker *it, struct controller_link **link)
{
	if (*link == NULL)
		return;
	it->links_ending++;
	controller_link_close(*link, link_closed, it);
	*link = NULL;
}

static void
session_stopped(void *context)
{
	struct broker *it = context;

	if (it->controller != NULL)
		broker_channels_stop(&it->channels, channels_stopped, it);
	else
		channels_stopped(it);
}

static void
stop_session(struct broker *it)
{
	if (it->life != NULL)
		life_close(it->life);
	if (it->session != NULL)
		zk_session_stop(it->session, session_stopped, it);
	else
		session_stopped(it);
}

static void
requests_settled(void *context)
{
	stop_session(context);
}

static void
replicas_stopped(void *context, bool clean)
{
	struct broker *it = context;

	it->clean = it->clean && clean;
	/* What other rooms had of requests is answered by now, and on its way. */
	api_settle(it->api, requests_settled, it);
}

static void
groups_stopped(void *context)
{
	struct broker *it = context;

	if (it->consumer_offsets != NULL)
		consumer_offsets_stop(it->consumer_offsets);
	if (it->controller != NULL)
		controller_stop(it->controller);
	if (it->creation_link != NULL)
		auto_creation_close(&it->auto_creation);
	close_link(it, &it->creation_link);
	close_link(it, &it->controller_link);
	if (it->control_made)
		control_queue_close(&it->control_queue);
	if (it->topic_configs != NULL)
		topic_configs_stop(it->topic_configs);
	if (it->replicas != NULL)
		replicas_stop(it->replicas, replicas_stopped, it);
	else
		api_settle(it->api, requests_settled, it);
	/* Behind replicas, which ask for no other ISR any more. */
	close_link(it, &it->isr_channel.link);
}

static void
api_stopped(void *context)
{
	struct broker *it = context;

	groups_stop(it->groups, groups_stopped, it);
}

static void
begin(struct broker *it)
{
	it->stage = BROKER_STOPPING;
	timer_stop(it->world->control, &it->patience);
	api_stop(it->api, REQUESTS_PATIENCE_MS, api_stopped, it);
}

/* A step of the start that blocks a worker has ended. */
static void
step_ended(struct work *work)
{
	begin(container_of(work, struct broker, work));
}

/* ------------------------------------------------------ controlled shutdown */

static void
leave_answered(struct controller_link_request *request, enum error error, const void *response)
{
	struct broker *it = container_of(request, struct broker, leave);

	controlled_shutdown_answered(&it->leaving, error, response);
}

static void
ask_to_leave(struct controlled_shutdown *leaving,
    const struct controlled_shutdown_request *request, int64_t deadline_us)
{
	struct broker *it = container_of(leaving, struct broker, leaving);

	it->leave = (struct controller_link_request){
		.key = API_KEY_CONTROLLED_SHUTDOWN,
		.body = request,
		.deadline_us = deadline_us,
		.done = leave_answered,
	};
	controller_link_ask(it->controller_link, &it->leave);
}

/*
 * Who leads from now on hears of it from the controller. Where that is this
 * broker it is not gone before: its successor would tell them, once the session
 * has ended.
 */
static void
tell_successors(struct broker *it)
{
	int64_t now_us = clock_monotonic_us(it->world->clock);

	if (controller_is_active(it->controller) && now_us < it->telling_until_us &&
	    !broker_channels_are_quiet(&it->channels))
		timer_start(it->world->control, &it->telling, now_us + TELL_CHECK_US);
	else
		begin(it);
}

static void
telling_is_due(struct timer *timer)
{
	tell_successors(container_of(timer, struct broker, telling));
}

static void
has_left(struct controlled_shutdown *leaving)
{
	struct broker *it = container_of(leaving, struct broker, leaving);

	timer_init(&it->telling, telling_is_due);
	it->telling_until_us = clock_monotonic_us(it->world->clock) + TELL_PATIENCE_US;
	tell_successors(it);
}

static void
leave(struct broker *it)
{
	it->stage = BROKER_LEAVING;
	it->leaving = (struct controlled_shutdown){
		.world = it->world,
		.config = it->options.config,
		.patience_ms = zk_session_is_connected(it->session) ? LEAVE_PATIENCE_MS :
		    LEAVE_PATIENCE_ALONE_MS,
		.ask = ask_to_leave,
		.done = has_left,
	};
	controlled_shutdown_start(&it->leaving, it->id, it->epoch);
}

/* Alone in the cluster it has nobody to give anything to. */
static bool
has_successors(const struct broker *it)
{
	return it->stage == BROKER_SERVING && !it->told_failure && it->image->broker_count > 1;
}

void
broker_stop(struct broker *it)
{
	assert(loop_current() == it->world->control);
	if (it->stage >= BROKER_LEAVING)
		return;
	log_info(it->world->logger, "[KafkaServer id=%d] shutting down", it->id);
	it->clean = it->stage == BROKER_SERVING;
	if (has_successors(it)) {
		leave(it);
		return;
	}
	it->stage = BROKER_STOPPING;
	if (it->working)
		it->after_work = step_ended;
	else
		begin(it);
}
