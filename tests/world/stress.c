/*
 * Millions of events on real threads: data loops, workers and the control loop
 * send to a few actors at once; some are busy now and then, one is pinned, and
 * steps send on to other actors. Each event is stepped once, each sender's in
 * order, never two at once (the plain counters below are TSan's proof).
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "base/prng.h"
#include "check.h"
#include "world/actor.h"
#include "world/world_posix.h"

enum {
	LOOPS = 3,
	WORKERS = 2,
	ACTORS = 8,
	SENDERS = LOOPS + WORKERS + 1,
	BATCH = 48,
	IN_FLIGHT_MAX = 10000,
	TIMEOUT_S = 120,
#ifdef __SANITIZE_THREAD__
	EVENTS_EACH = 30000,
#elif defined(__SANITIZE_ADDRESS__)
	EVENTS_EACH = 100000,
#else
	EVENTS_EACH = 400000,
#endif
};

struct counted_actor {
	struct actor actor;
	int number;
	bool is_busy_sometimes;
	long stepped; /* not atomic: only its own steps touch it */
	int inside;
	long last_order[SENDERS + ACTORS];
	long sent_on;
};

/* What an actor is busy with. */
struct errand {
	struct work work;
	struct counted_actor *actor;
	bool resume_on_loop;
};

/* Something that posts batches until it has posted all. */
struct sender {
	int number;
	struct loop *loop;
	struct loop_message message; /* of a loop */
	struct work work;            /* of a worker */
	long remaining;
	long order[ACTORS];
	struct prng prng;
};

struct numbered_event {
	struct actor_event event;
	int sender;
	long order;
	bool send_on;
};

static struct world *world;
static struct counted_actor actors[ACTORS];
static struct sender senders[SENDERS];
static atomic_long posted, stepped;
static atomic_int senders_done;

static void
post(struct counted_actor *to, int sender, long order, bool send_on)
{
	struct numbered_event *event = memory_new(sizeof(*event));

	event->sender = sender;
	event->order = order;
	event->send_on = send_on;
	atomic_fetch_add(&posted, 1);
	actor_post(&to->actor, &event->event);
}

static void
run_errand(struct work *work)
{
	struct errand *errand = container_of(work, struct errand, work);

	if (!errand->resume_on_loop)
		actor_resume(&errand->actor->actor, NULL);
}

static void
errand_done(struct work *work)
{
	struct errand *errand = container_of(work, struct errand, work);

	if (errand->resume_on_loop)
		actor_resume(&errand->actor->actor, NULL);
	free(errand);
}

static struct errand *
new_errand(struct counted_actor *it)
{
	struct errand *errand = memory_new(sizeof(*errand));

	errand->actor = it;
	errand->resume_on_loop = it->stepped % 128 == 0;
	errand->work = (struct work){
		.loop = it->actor.home,
		.run = run_errand,
		.done = errand_done,
		.queue = it,
	};
	return errand;
}

static enum actor_result
step(struct actor *actor, struct actor_event *posted_event)
{
	struct counted_actor *it = container_of(actor, struct counted_actor, actor);
	struct numbered_event *event = container_of(posted_event, struct numbered_event, event);
	struct counted_actor *next = &actors[(it->number + 1) % ACTORS];
	struct errand *errand = NULL;

	if (it->inside++ != 0)
		check_that(false, "nobody else is inside", __FILE__, __LINE__);
	if (event->order != ++it->last_order[event->sender])
		check_that(false, "a sender's events keep their order", __FILE__, __LINE__);
	if (actor->pinned && loop_current() != actor->home)
		check_that(false, "a pinned actor stays at home", __FILE__, __LINE__);
	it->stepped++;
	if (event->send_on)
		post(next, SENDERS + it->number, ++it->sent_on, false);
	free(event);
	if (it->is_busy_sometimes && it->stepped % 64 == 0)
		errand = new_errand(it);
	it->inside--;
	atomic_fetch_add(&stepped, 1);
	if (errand == NULL)
		return ACTOR_DONE;
	workers_submit(world->workers, &errand->work);
	return ACTOR_BUSY;
}

static void
post_batch(struct sender *it)
{
	for (int i = 0; i < BATCH && it->remaining > 0; i++) {
		uint64_t drawn = prng_next(&it->prng);
		int to = (int)(drawn % ACTORS);

		it->remaining--;
		post(&actors[to], it->number, ++it->order[to], drawn >> 60 == 0);
		if (it->remaining == 0)
			atomic_fetch_add(&senders_done, 1);
	}
}

static bool
may_post(void)
{
	return atomic_load(&posted) - atomic_load(&stepped) < IN_FLIGHT_MAX;
}

static void
send_from_loop(struct loop_message *message)
{
	struct sender *it = container_of(message, struct sender, message);

	if (may_post())
		post_batch(it);
	if (it->remaining > 0)
		loop_post(it->loop, message);
}

static void
send_from_worker(struct work *work)
{
	if (may_post())
		post_batch(container_of(work, struct sender, work));
}

static void
sent_from_worker(struct work *work)
{
	if (container_of(work, struct sender, work)->remaining > 0)
		workers_submit(world->workers, work);
}


/* ------------------------------------------------------ what a post costs */

static atomic_bool measured;

static enum actor_result
step_nothing(struct actor *actor, struct actor_event *event)
{
	(void)actor;
	(void)event;
	return ACTOR_DONE;
}

static void
measure(struct loop_message *message)
{
	enum { POSTS = 200000 };
	struct actor actor;
	struct actor_event event;
	int64_t from_us = clock_monotonic_us(world->clock);

	(void)message;
	actor_init(&actor, loop_current(), false, step_nothing);
	for (int i = 0; i < POSTS; i++)
		actor_post(&actor, &event);
	actor_fini(&actor);
	printf("stress: a post to a free actor takes %.1f ns\n",
	    (double)(clock_monotonic_us(world->clock) - from_us) * 1e3 / POSTS);
	atomic_store(&measured, true);
}

/* ------------------------------------------------------------------- main */

static void
print_line(struct logger *logger, enum logger_level level, const char *line)
{
	(void)logger;
	fprintf(stderr, "stress: %s: %s\n", logger_level_name(level), line);
}

static bool
wait_until(bool (*is_so)(void))
{
	const struct timespec moment = { .tv_nsec = 5000000 };
	int64_t until_us = clock_monotonic_us(world->clock) + TIMEOUT_S * INT64_C(1000000);

	while (!is_so()) {
		if (clock_monotonic_us(world->clock) > until_us)
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}

static bool
all_stepped(void)
{
	/* In this order: what a step sends on was posted before it counts as stepped. */
	bool all_sent = atomic_load(&senders_done) == SENDERS;
	long done = atomic_load(&stepped);

	return all_sent && done == atomic_load(&posted);
}

static bool
is_measured(void)
{
	return atomic_load(&measured);
}

static void
init_actors(void)
{
	for (int i = 0; i < ACTORS; i++) {
		bool pinned = i == ACTORS - 1;

		actors[i].number = i;
		actors[i].is_busy_sometimes = i % 3 == 0;
		actor_init(&actors[i].actor, pinned ? world->control : world->loops[i % LOOPS],
		    pinned, step);
	}
}

static void
start_senders(void)
{
	for (int i = 0; i < SENDERS; i++) {
		struct sender *it = &senders[i];

		it->number = i;
		it->remaining = EVENTS_EACH;
		prng_init(&it->prng, (uint64_t)i);
		it->loop = i < LOOPS ? world->loops[i] : world->control;
		it->message.run = send_from_loop;
		it->work = (struct work){
			.loop = it->loop,
			.run = send_from_worker,
			.done = sent_from_worker,
		};
	}
	for (int i = 0; i < SENDERS; i++) {
		if (i < LOOPS || i == SENDERS - 1)
			loop_post(senders[i].loop, &senders[i].message);
		else
			workers_submit(world->workers, &senders[i].work);
	}
}

int
main(void)
{
	struct logger logger = { .level = LOGGER_WARN, .sink = print_line };
	struct loop_message to_measure = { .run = measure };
	int64_t from_us;

	world = world_posix_new(LOOPS, WORKERS, &logger);
	if (world == NULL)
		return 1;
	from_us = clock_monotonic_us(world->clock);
	init_actors();
	start_senders();
	CHECK(wait_until(all_stepped));
	printf("stress: %ld events in %lld ms\n", atomic_load(&stepped),
	    (long long)((clock_monotonic_us(world->clock) - from_us) / 1000));
	loop_post(world->loops[0], &to_measure);
	CHECK(wait_until(is_measured));
	if (all_stepped()) {
		world_posix_free(world);
		for (int i = 0; i < ACTORS; i++)
			actor_fini(&actors[i].actor);
	}
	return check_summary("stress");
}
