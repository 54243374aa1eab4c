#include <assert.h>
#include <stdlib.h>

#include "tests/sim/sim_process.h"

/* One piece of work, on its way through a thread. */
struct piece {
	struct list link; /* of waiting or running */
	struct sim_workers *workers;
	struct sim_event event;
	struct work *work;
	void *queue;
	bool has_run;
};

struct sim_workers {
	struct workers workers;
	struct sim_process *process;
	int threads, busy;
	int64_t wait_us; /* until a thread gets its turn, at most */
	struct list waiting; /* oldest first */
	struct list running;
};

static void step_piece(struct sim *sim, struct sim_event *event);

static bool
queue_is_busy(struct sim_workers *workers, const struct piece *piece)
{
	if (piece->queue == NULL)
		return false;
	LIST_FOREACH(link, &workers->running) {
		if (container_of(link, struct piece, link)->queue == piece->queue)
			return true;
	}
	LIST_FOREACH(link, &workers->waiting) {
		struct piece *other = container_of(link, struct piece, link);

		if (other == piece)
			return false;
		if (other->queue == piece->queue)
			return true;
	}
	return false;
}

/* Any of those whose turn it could be: no order is promised between queues. */
static struct piece *
choose(struct sim_workers *workers)
{
	struct prng *prng = sim_stream(workers->process->sim, SIM_SCHEDULE);
	struct piece *chosen = NULL;
	uint64_t candidates = 0;

	LIST_FOREACH(link, &workers->waiting) {
		struct piece *piece = container_of(link, struct piece, link);

		if (candidates == 8)
			break;
		if (!queue_is_busy(workers, piece) && prng_below(prng, ++candidates) == 0)
			chosen = piece;
	}
	return chosen;
}

static void
give_work_to_free_threads(struct sim_workers *workers)
{
	struct sim *sim = workers->process->sim;

	while (workers->busy < workers->threads) {
		struct piece *piece = choose(workers);

		if (piece == NULL)
			return;
		list_remove(&piece->link);
		list_append(&workers->running, &piece->link);
		workers->busy++;
		sim_schedule(sim, &piece->event, sim_delay(sim, SIM_SCHEDULE, 5, workers->wait_us));
	}
}

static void
finished(struct loop_message *message)
{
	struct work *work = container_of(message, struct work, finished);

	work->done(work);
}

static void
run_piece(struct sim *sim, struct piece *piece)
{
	struct sim_process *process = piece->workers->process;

	piece->has_run = true;
	sim_process_enter(process);
	piece->work->run(piece->work);
	if (process->state != SIM_PROCESS_DYING) {
		piece->event.what = SIM_WHAT_work_done;
		sim_schedule(sim, &piece->event, sim_delay(sim, SIM_SCHEDULE, 1, 500));
	}
	sim_process_leave(process);
}

/* First it runs, and later, when what it did has taken its time, it is done. */
static void
step_piece(struct sim *sim, struct sim_event *event)
{
	struct piece *piece = container_of(event, struct piece, event);
	struct sim_workers *workers = piece->workers;
	struct work *work = piece->work;

	if (!piece->has_run) {
		run_piece(sim, piece);
		return;
	}
	list_remove(&piece->link);
	workers->busy--;
	free(piece);
	work->finished.run = finished;
	loop_post(work->loop, &work->finished);
	give_work_to_free_threads(workers);
}

static void
submit(struct workers *port, struct work *work)
{
	struct sim_workers *workers = container_of(port, struct sim_workers, workers);
	struct piece *piece = sim_memory_new(sizeof(*piece));

	assert(work->loop != NULL && work->run != NULL && work->done != NULL);
	piece->workers = workers;
	piece->work = work;
	piece->queue = work->queue;
	sim_event_init(&piece->event, SIM_WHAT_work_run, workers->process, step_piece);
	list_init(&piece->link);
	list_append(&workers->waiting, &piece->link);
	give_work_to_free_threads(workers);
}

struct sim_workers *
sim_workers_new(struct sim_process *process)
{
	struct sim_workers *workers = sim_memory_new(sizeof(*workers));

	workers->workers.submit = submit;
	workers->process = process;
	workers->threads = (int)prng_between(sim_stream(process->sim, SIM_SCHEDULE), 1, 4);
	workers->wait_us = prng_between(sim_stream(process->sim, SIM_SCHEDULE), 100, 50000);
	list_init(&workers->waiting);
	list_init(&workers->running);
	return workers;
}

static void
forget_all(struct sim *sim, struct list *pieces)
{
	struct list *link;

	while ((link = list_take_first(pieces)) != NULL) {
		struct piece *piece = container_of(link, struct piece, link);

		sim_cancel(sim, &piece->event);
		free(piece);
	}
}

void
sim_workers_free(struct sim_workers *workers)
{
	forget_all(workers->process->sim, &workers->waiting);
	forget_all(workers->process->sim, &workers->running);
	free(workers);
}

struct workers *
sim_workers_port(struct sim_workers *workers)
{
	return &workers->workers;
}
