#include "world/workers_posix.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/hash_table.h"
#include "base/memory.h"
#include "world/thread_posix.h"

/* First in, first out; a piece of work links with its mailbox node. */
struct line {
	struct work *first;
	struct work *last;
};

/* A named queue while a piece of it is running or ready to run. */
struct queue {
	struct hash_node node;
	void *name;
	struct line waiting;
};

struct pool {
	struct workers workers;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct line ready;
	struct hash_table queues;
	bool stopping;
	int count;
	pthread_t *threads;
};

static void
line_append(struct line *line, struct work *work)
{
	atomic_store_explicit(&work->node.next, NULL, memory_order_relaxed);
	if (line->first == NULL)
		line->first = work;
	else
		atomic_store_explicit(&line->last->node.next, &work->node, memory_order_relaxed);
	line->last = work;
}

static struct work *
line_take(struct line *line)
{
	struct work *work = line->first;
	struct mailbox_node *next;

	if (work == NULL)
		return NULL;
	next = atomic_load_explicit(&work->node.next, memory_order_relaxed);
	line->first = next == NULL ? NULL : container_of(next, struct work, node);
	return work;
}

static bool
queue_matches(const struct hash_node *node, const void *key)
{
	const struct queue *queue = (const void *)node; /* it is the first member */

	return queue->name == key;
}

static uint64_t
hash_name(const struct pool *pool, const void *name)
{
	return hash_table_hash(&pool->queues, slice_of(&name, sizeof(name)));
}

static struct queue *
find_queue(const struct pool *pool, const void *name)
{
	struct hash_node *found = hash_table_find(&pool->queues, hash_name(pool, name), name);

	return found == NULL ? NULL : container_of(found, struct queue, node);
}

static void
make_ready(struct pool *pool, struct work *work)
{
	line_append(&pool->ready, work);
	pthread_cond_signal(&pool->changed);
}

/* `done` runs on the loop that the work came from. */
static void
finished(struct loop_message *message)
{
	struct work *work = container_of(message, struct work, finished);

	work->done(work);
}

static void
submit(struct workers *workers, struct work *work)
{
	struct pool *pool = container_of(workers, struct pool, workers);
	struct queue *queue = NULL;

	assert(work->loop != NULL && work->run != NULL && work->done != NULL);
	work->finished.run = finished;
	pthread_mutex_lock(&pool->mutex);
	assert(!pool->stopping);
	if (work->queue != NULL)
		queue = find_queue(pool, work->queue);
	if (queue != NULL) {
		line_append(&queue->waiting, work);
	} else {
		if (work->queue != NULL) {
			queue = memory_new(sizeof(*queue));
			queue->name = work->queue;
			hash_table_insert(&pool->queues, &queue->node, hash_name(pool, queue->name));
		}
		make_ready(pool, work);
	}
	pthread_mutex_unlock(&pool->mutex);
}

/* The next piece of the queue may run now; an empty queue is forgotten. */
static void
advance_queue(struct pool *pool, const void *name)
{
	struct queue *queue = find_queue(pool, name);
	struct work *next = line_take(&queue->waiting);

	if (next != NULL) {
		make_ready(pool, next);
		return;
	}
	hash_table_remove(&pool->queues, &queue->node);
	free(queue);
}

static void
run_work(struct pool *pool, struct work *work)
{
	const void *queue = work->queue;

	pthread_mutex_unlock(&pool->mutex);
	work->run(work);
	/* The work is its submitter's again as soon as this was posted. */
	loop_post(work->loop, &work->finished);
	pthread_mutex_lock(&pool->mutex);
	if (queue != NULL)
		advance_queue(pool, queue);
}

static void *
thread_main(void *argument)
{
	struct pool *pool = argument;
	struct work *work;

	pthread_mutex_lock(&pool->mutex);
	for (;;) {
		work = line_take(&pool->ready);
		if (work != NULL)
			run_work(pool, work);
		else if (pool->stopping)
			break;
		else
			pthread_cond_wait(&pool->changed, &pool->mutex);
	}
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

static void
start_threads(struct pool *pool, int count)
{
	while (pool->count < count &&
	    thread_posix_start(&pool->threads[pool->count], thread_main, pool, "worker"))
		pool->count++;
}

static void
free_pool(struct pool *pool)
{
	assert(pool->ready.first == NULL && pool->queues.count == 0);
	hash_table_fini(&pool->queues);
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->mutex);
	free(pool->threads);
	free(pool);
}

struct workers *
workers_posix_new(int count, struct entropy *entropy)
{
	struct pool *pool = memory_new(sizeof(*pool));
	uint64_t seed[2];

	assert(count > 0);
	pool->workers.submit = submit;
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->changed, NULL);
	entropy_fill(entropy, seed, sizeof(seed));
	hash_table_init(&pool->queues, seed, queue_matches);
	pool->threads = memory_array((size_t)count, sizeof(*pool->threads));
	start_threads(pool, count);
	if (pool->count > 0)
		return &pool->workers;
	free_pool(pool);
	return NULL;
}

/*
 * A thread ends only when nothing is ready; what waits in a queue then is made
 * ready by the thread that runs the queue's piece, which is still there.
 */
void
workers_posix_free(struct workers *workers)
{
	struct pool *pool = container_of(workers, struct pool, workers);

	pthread_mutex_lock(&pool->mutex);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->mutex);
	for (int i = 0; i < pool->count; i++)
		pthread_join(pool->threads[i], NULL);
	free_pool(pool);
}
