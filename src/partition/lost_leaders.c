#include "partition/lost_leaders.h"

static uint32_t
ms_of(int64_t now_us)
{
	return (uint32_t)(now_us / 1000);
}

void
lost_leaders_init(struct lost_leaders *it)
{
	for (int i = 0; i < LOST_LEADERS_PLACES; i++)
		atomic_init(&it->places[i], 0);
}

void
lost_leaders_note(struct lost_leaders *it, int32_t broker, int64_t now_us)
{
	uint32_t until = ms_of(now_us) + LOST_LEADERS_DOUBT_MS;

	if (broker >= 0)
		atomic_store_explicit(&it->places[broker % LOST_LEADERS_PLACES],
		    ((uint64_t)(uint32_t)broker + 1) << 32 | until, memory_order_relaxed);
}

/* Also where the milliseconds have begun anew. */
static int32_t
left_ms(uint64_t place, int64_t now_us)
{
	int32_t left = (int32_t)((uint32_t)place - ms_of(now_us));

	return place != 0 && left > 0 && left <= LOST_LEADERS_DOUBT_MS ? left : 0;
}

bool
lost_leaders_are_any(const struct lost_leaders *it, int64_t now_us)
{
	for (int i = 0; i < LOST_LEADERS_PLACES; i++)
		if (left_ms(atomic_load_explicit(&it->places[i], memory_order_relaxed), now_us) > 0)
			return true;
	return false;
}

int32_t
lost_leaders_doubt_ms(const struct lost_leaders *it, int32_t broker, int64_t now_us)
{
	uint64_t place;

	if (broker < 0)
		return 0;
	place = atomic_load_explicit(&it->places[broker % LOST_LEADERS_PLACES],
	    memory_order_relaxed);
	return place >> 32 == (uint64_t)(uint32_t)broker + 1 ? left_ms(place, now_us) : 0;
}
