#include "api/follower_waits.h"

void
follower_waits_init(struct follower_waits *it)
{
	list_init(&it->waiting);
	it->hurry_until_us = INT64_MIN;
}

void
follower_waits_hurry(struct follower_waits *it, int64_t now_us)
{
	struct list were_waiting;
	struct list *link;

	it->hurry_until_us = now_us + FOLLOWER_HURRY_US;
	list_init(&were_waiting);
	while ((link = list_take_first(&it->waiting)) != NULL)
		list_append(&were_waiting, link);
	while ((link = list_take_first(&were_waiting)) != NULL) {
		struct follower_wait *wait = container_of(link, struct follower_wait, link);

		wait->hurry(wait);
	}
}

int64_t
follower_waits_deadline(const struct follower_waits *it, int64_t now_us, int64_t deadline_us)
{
	return now_us < it->hurry_until_us ? MIN(deadline_us, now_us + FOLLOWER_HURRY_WAIT_US) :
	    deadline_us;
}

void
follower_waits_add(struct follower_waits *it, struct follower_wait *wait)
{
	list_append(&it->waiting, &wait->link);
}

void
follower_waits_remove(struct follower_wait *wait)
{
	list_remove(&wait->link);
}
