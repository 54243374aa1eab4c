#include "api/leader_waits.h"

#include "api/request.h"

struct leader_wait {
	struct list link;
	struct request *request;
	struct timer timer;
	void (*go_on)(struct request *request);
};

void
leader_waits_init(struct leader_waits *it)
{
	list_init(&it->waiting);
}

static void
go_on(struct leader_wait *wait)
{
	list_remove(&wait->link);
	timer_stop(wait->request->loop, &wait->timer);
	request_renew_view(wait->request);
	wait->go_on(wait->request);
}

static void
time_passed(struct timer *timer)
{
	go_on(container_of(timer, struct leader_wait, timer));
}

void
leader_waits_add(struct leader_waits *it, struct request *request, int32_t wait_ms,
    void (*call)(struct request *request))
{
	struct leader_wait *wait = request_new(request, sizeof(*wait));

	wait->request = request;
	wait->go_on = call;
	list_append(&it->waiting, &wait->link);
	timer_init(&wait->timer, time_passed);
	timer_start(request->loop, &wait->timer,
	    clock_monotonic_us(request_world(request)->clock) + wait_ms * INT64_C(1000));
}

void
leader_waits_look(struct leader_waits *it)
{
	struct list were_waiting;
	struct list *link;

	/* Those that go on may wait again. */
	list_init(&were_waiting);
	while ((link = list_take_first(&it->waiting)) != NULL)
		list_append(&were_waiting, link);
	while (!list_is_empty(&were_waiting))
		go_on(container_of(were_waiting.next, struct leader_wait, link));
}
