#include "controller/outgoing.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "controller/outgoing_private.h"

void
outgoing_init(struct outgoing *outgoing)
{
	*outgoing = (struct outgoing){ .told = { NULL, 0, 0 } };
}

void
outgoing_fini(struct outgoing *outgoing)
{
	free(outgoing->leader_and_isr.items);
	free(outgoing->stop_replica.items);
	free(outgoing->metadata.items);
	free(outgoing->told.brokers);
	outgoing_init(outgoing);
}

/* ----------------------------------------------------------------- gather */

static void
add(struct outgoing_items *items, struct outgoing_item item)
{
	if (items->count == items->capacity) {
		items->capacity = MAX(items->capacity * 2, 16);
		items->items = memory_resize(items->items, items->capacity * sizeof(item));
	}
	items->items[items->count++] = item;
}

void
outgoing_metadata_to(struct outgoing *outgoing, int32_t broker)
{
	struct outgoing_list *told = &outgoing->told;

	for (size_t i = 0; i < told->count; i++)
		if (told->brokers[i] == broker)
			return;
	if (told->count == told->capacity) {
		told->capacity = MAX(told->capacity * 2, 8);
		told->brokers = memory_resize(told->brokers, told->capacity * sizeof(broker));
	}
	told->brokers[told->count++] = broker;
}

void
outgoing_metadata_to_all(struct outgoing *outgoing)
{
	outgoing->tell_all = true;
}

void
outgoing_metadata_of(struct outgoing *outgoing, struct context_partition *partition)
{
	if (partition->has_leadership)
		add(&outgoing->metadata, (struct outgoing_item){ .partition = partition });
}

void
outgoing_leader_and_isr(struct outgoing *outgoing, const struct context *context,
    int32_t broker, struct context_partition *partition, bool is_new)
{
	assert(partition->has_leadership);
	if (context_broker_find(context, broker) != NULL)
		add(&outgoing->leader_and_isr, (struct outgoing_item){ .broker = broker,
		    .partition = partition, .is_new = is_new });
	outgoing_metadata_to_all(outgoing);
	outgoing_metadata_of(outgoing, partition);
}

void
outgoing_stop_replica(struct outgoing *outgoing, const struct context *context,
    int32_t broker, struct context_partition *partition, bool is_deletion)
{
	if (context_broker_find(context, broker) != NULL)
		add(&outgoing->stop_replica, (struct outgoing_item){ .broker = broker,
		    .partition = partition, .is_deletion = is_deletion });
}

/* ------------------------------------------------------------------- send */

static int
compare(const void *left, const void *right)
{
	const struct outgoing_item *a = left, *b = right;

	if (a->broker != b->broker)
		return a->broker < b->broker ? -1 : 1;
	if (a->partition->topic != b->partition->topic)
		return slice_compare(a->partition->topic->name, b->partition->topic->name);
	return a->partition->index < b->partition->index ? -1 :
	    a->partition->index > b->partition->index;
}

/* By broker, topic, number; what was gathered twice stays once. */
static void
put_in_order(struct outgoing_items *items)
{
	size_t kept = 0;

	if (items->count == 0)
		return;
	qsort(items->items, items->count, sizeof(items->items[0]), compare);
	for (size_t i = 1; i < items->count; i++) {
		struct outgoing_item *last = &items->items[kept], *item = &items->items[i];
		if (compare(last, item) == 0) {
			last->is_new |= item->is_new;
			last->is_deletion |= item->is_deletion;
		} else {
			items->items[++kept] = *item;
		}
	}
	items->count = kept + 1;
}

typedef void maker(const struct outgoing_sender *sender, const struct context_broker *broker,
    const struct outgoing_item *items, size_t count, struct controller_message *message);

static void
send_to(const struct outgoing_sender *sender, int32_t id, const struct outgoing_item *items,
    size_t count, maker *make)
{
	const struct context_broker *broker = context_broker_find(sender->context, id);
	struct controller_message *message;

	if (broker == NULL)
		return; /* gone since it was gathered */
	message = sender->make(sender->owner);
	make(sender, broker, items, count, message);
	sender->send(sender->owner, id, message);
}

/* One request for each broker that has items. */
static void
send_by_broker(const struct outgoing_sender *sender, struct outgoing_items *items, maker *make)
{
	size_t from = 0;

	put_in_order(items);
	while (from < items->count) {
		size_t to = from + 1;
		while (to < items->count && items->items[to].broker == items->items[from].broker)
			to++;
		send_to(sender, items->items[from].broker, &items->items[from], to - from, make);
		from = to;
	}
	items->count = 0;
}

static void
send_metadata(struct outgoing *outgoing, const struct outgoing_sender *sender)
{
	const struct context *context = sender->context;
	struct outgoing_items *items = &outgoing->metadata;

	put_in_order(items);
	for (size_t i = 0; outgoing->tell_all && i < context->broker_count; i++)
		send_to(sender, context->brokers[i]->id, items->items, items->count,
		    outgoing_make_metadata);
	for (size_t i = 0; !outgoing->tell_all && i < outgoing->told.count; i++)
		send_to(sender, outgoing->told.brokers[i], items->items, items->count,
		    outgoing_make_metadata);
	outgoing->tell_all = false;
	outgoing->told.count = 0;
	items->count = 0;
}

void
outgoing_send(struct outgoing *outgoing, const struct outgoing_sender *sender)
{
	send_by_broker(sender, &outgoing->leader_and_isr, outgoing_make_leader_and_isr);
	send_metadata(outgoing, sender);
	send_by_broker(sender, &outgoing->stop_replica, outgoing_make_stop_replica);
}
