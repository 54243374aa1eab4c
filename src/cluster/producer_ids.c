#include "cluster/producer_ids.h"

#include <stdlib.h>

#include "base/memory.h"

struct producer_ids {
	struct loop *control;
	void (*fetch_block)(void *context);
	void *context;
	int64_t next;        /* of the block at hand */
	int64_t end;
	int64_t ahead_next;  /* of the block that was fetched before this one is used up */
	int64_t ahead_end;
	bool fetching;
	struct list waiting;
};

static void
bring(struct loop_message *message)
{
	struct producer_id_request *request =
	    container_of(message, struct producer_id_request, message);

	request->given(request);
}

static void
give(struct producer_id_request *request, int64_t id)
{
	request->id = id;
	request->message.run = bring;
	loop_post(request->loop, &request->message);
}

/* A tenth is left when the next block is asked for. */
static bool
runs_low(const struct producer_ids *it)
{
	return it->ahead_next == it->ahead_end && it->end - it->next <= 100;
}

static void
serve(struct producer_ids *it)
{
	struct list *link;

	for (;;) {
		if (it->next == it->end) {
			it->next = it->ahead_next;
			it->end = it->ahead_end;
			it->ahead_next = it->ahead_end = 0;
		}
		if (it->next == it->end || (link = list_take_first(&it->waiting)) == NULL)
			break;
		give(container_of(link, struct producer_id_request, waiting), it->next++);
	}
	if (!it->fetching && runs_low(it)) {
		it->fetching = true;
		it->fetch_block(it->context);
	}
}

static void
take_request(struct loop_message *message)
{
	struct producer_id_request *request =
	    container_of(message, struct producer_id_request, message);

	list_append(&request->ids->waiting, &request->waiting);
	serve(request->ids);
}

void
producer_ids_ask(struct producer_ids *it, struct producer_id_request *request)
{
	request->ids = it;
	request->message.run = take_request;
	list_init(&request->waiting);
	loop_post(it->control, &request->message);
}

void
producer_ids_take_block(struct producer_ids *it, int64_t first, int32_t length)
{
	struct list *link;

	it->fetching = false;
	if (length > 0) {
		it->ahead_next = first;
		it->ahead_end = first + length;
		serve(it);
		return;
	}
	while (it->next == it->end && (link = list_take_first(&it->waiting)) != NULL)
		give(container_of(link, struct producer_id_request, waiting), -1);
}

struct producer_ids *
producer_ids_new(struct loop *control, void (*fetch_block)(void *context), void *context)
{
	struct producer_ids *it = memory_new(sizeof(*it));

	it->control = control;
	it->fetch_block = fetch_block;
	it->context = context;
	list_init(&it->waiting);
	return it;
}

void
producer_ids_free(struct producer_ids *it)
{
	free(it);
}
