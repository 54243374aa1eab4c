#include "controller/doubts.h"

#include <stdlib.h>

#include "base/memory.h"

struct key {
	struct slice topic;
	int32_t index;
};

static bool
matches(const struct hash_node *node, const void *key)
{
	const struct doubt *doubt = container_of(node, const struct doubt, node);
	const struct key *wanted = key;

	return doubt->index == wanted->index && slice_equal(doubt->topic, wanted->topic);
}

static uint64_t
hash_of(const struct doubts *it, struct slice topic, int32_t index)
{
	return hash_table_hash(&it->all, topic) + (uint64_t)index;
}

void
doubts_init(struct doubts *it, const uint64_t seed[2])
{
	hash_table_init(&it->all, seed, matches);
}

static void
end(struct doubts *it, struct doubt *doubt)
{
	hash_table_remove(&it->all, &doubt->node);
	free((char *)(uintptr_t)doubt->topic.bytes);
	free(doubt->answers);
	free(doubt);
}

void
doubts_fini(struct doubts *it)
{
	DOUBTS_FOREACH(link, it)
		end(it, doubt_of(link));
	hash_table_fini(&it->all);
}

struct doubt *
doubts_find(const struct doubts *it, struct slice topic, int32_t index)
{
	struct hash_node *node = hash_table_find(&it->all, hash_of(it, topic, index),
	    &(struct key){ topic, index });

	return node == NULL ? NULL : container_of(node, struct doubt, node);
}

void
doubts_add(struct doubts *it, const struct context_partition *partition)
{
	struct slice topic = partition->topic->name;
	struct doubt *doubt;

	if (doubts_find(it, topic, partition->index) != NULL)
		return;
	doubt = memory_new(sizeof(*doubt));
	doubt->topic = slice_of(memory_text(topic.bytes, topic.size), topic.size);
	doubt->index = partition->index;
	hash_table_insert(&it->all, &doubt->node, hash_of(it, topic, partition->index));
}

void
doubts_end(struct doubts *it, struct slice topic, int32_t index)
{
	struct doubt *doubt = doubts_find(it, topic, index);

	if (doubt != NULL)
		end(it, doubt);
}

/* ---------------------------------------------------------------- answers */

static struct doubt_answer *
answer_of(const struct doubt *doubt, int32_t broker)
{
	for (size_t i = 0; i < doubt->answer_count; i++)
		if (doubt->answers[i].broker == broker)
			return &doubt->answers[i];
	return NULL;
}

bool
doubt_asks(struct doubt *doubt, int32_t broker, int64_t broker_epoch)
{
	struct doubt_answer *answer = answer_of(doubt, broker);

	if (answer != NULL && answer->broker_epoch == broker_epoch)
		return false;
	if (answer == NULL) {
		doubt->answers = memory_resize(doubt->answers,
		    (doubt->answer_count + 1) * sizeof(*answer));
		answer = &doubt->answers[doubt->answer_count++];
	}
	*answer = (struct doubt_answer){ .broker = broker, .broker_epoch = broker_epoch };
	return true;
}

static struct doubt_answer *
asked(const struct doubt *doubt, int32_t broker, int64_t broker_epoch)
{
	struct doubt_answer *answer = answer_of(doubt, broker);

	return answer != NULL && answer->broker_epoch == broker_epoch && !answer->has_come ? answer :
	    NULL;
}

void
doubt_answered(struct doubt *doubt, int32_t broker, int64_t broker_epoch, int32_t last_epoch,
    int64_t end_offset)
{
	struct doubt_answer *answer = asked(doubt, broker, broker_epoch);

	if (answer == NULL)
		return;
	answer->has_come = true;
	answer->last_epoch = last_epoch;
	answer->end_offset = end_offset;
}

void
doubt_not_answered(struct doubt *doubt, int32_t broker, int64_t broker_epoch)
{
	struct doubt_answer *answer = asked(doubt, broker, broker_epoch);

	if (answer != NULL)
		*answer = doubt->answers[--doubt->answer_count];
}

/* ----------------------------------------------------------------- winner */

/*
 * Who has said that the replica's log dir is offline does not know what is in it, and says of an end
 * that it has no log: also before it is that one's turn.
 */
static const struct doubt_answer *
valid_answer(const struct doubt *doubt, const struct context *context,
    const struct context_replica *replica)
{
	const struct doubt_answer *answer = answer_of(doubt, replica->broker);
	const struct context_broker *broker = context_broker_find(context, replica->broker);

	return answer != NULL && answer->has_come && broker != NULL &&
	    broker->epoch == answer->broker_epoch && !replica->tells_offline &&
	    context_replica_is_online(context, replica) ? answer : NULL;
}

/* Of equal ones who is in sync, then who comes first. */
static bool
is_better(const struct context_partition *partition, const struct doubt_answer *answer,
    const struct doubt_answer *than)
{
	if (than == NULL)
		return true;
	if (answer->last_epoch != than->last_epoch)
		return answer->last_epoch > than->last_epoch;
	if (answer->end_offset != than->end_offset)
		return answer->end_offset > than->end_offset;
	return context_isr_has(&partition->leadership, answer->broker) &&
	    !context_isr_has(&partition->leadership, than->broker);
}

int32_t
doubts_winner(const struct doubts *it, const struct context *context,
    const struct context_partition *partition, bool all)
{
	const struct doubt *doubt = doubts_find(it, partition->topic->name, partition->index);
	const struct doubt_answer *best = NULL;

	for (int32_t i = 0; doubt != NULL && i < partition->replica_count; i++) {
		const struct doubt_answer *answer =
		    valid_answer(doubt, context, &partition->replicas[i]);

#ifndef CANARY_DOUBT_WAITS_FOR_ONE
		if (answer == NULL && all)
			return DOUBTS_NOBODY;
#endif
#ifdef CANARY_DOUBT_FIRST_WINS
		if (best != NULL)
			continue;
#endif
		if (answer != NULL && is_better(partition, answer, best))
			best = answer;
	}
	return best != NULL ? best->broker : DOUBTS_NOBODY;
}
