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

struct context_partition *
doubt_partition(const struct doubt *doubt, const struct context *context)
{
	const struct context_topic *topic = context_topic_find(context, doubt->topic);

	return topic == NULL ? NULL : context_partition_find(topic, doubt->index);
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

	return answer != NULL && answer->broker_epoch == broker_epoch && !answer->has_come &&
	    !answer->has_failed ? answer : NULL;
}

void
doubt_answered(struct doubt *doubt, int32_t broker, int64_t broker_epoch,
    const struct doubt_end *end)
{
	struct doubt_answer *answer = asked(doubt, broker, broker_epoch);

	if (answer == NULL)
		return;
	answer->has_come = true;
	answer->end = *end;
}

void
doubt_not_answered(struct doubt *doubt, int32_t broker, int64_t broker_epoch)
{
	struct doubt_answer *answer = asked(doubt, broker, broker_epoch);

	if (answer != NULL)
		answer->has_failed = true;
}

static void
forget_failures(struct doubt *doubt)
{
	for (size_t i = doubt->answer_count; i-- > 0;) {
		struct doubt_answer *answer = &doubt->answers[i];

		if (answer->prefix == DOUBT_PREFIX_FAILED)
			answer->prefix = DOUBT_PREFIX_UNKNOWN;
		if (answer->has_failed)
			*answer = doubt->answers[--doubt->answer_count];
	}
}

void
doubts_forget_failures(struct doubts *it)
{
	DOUBTS_FOREACH(link, it)
		forget_failures(doubt_of(link));
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

/* Or was, when something could be acknowledged last. */
static bool
is_in_sync(const struct context_partition *partition, const struct doubt_answer *answer)
{
	return context_may_have_all(&partition->leadership, answer->broker);
}

static bool
is_in_isr(const struct context_partition *partition, const struct doubt_answer *answer)
{
	return context_isr_has(&partition->leadership, answer->broker);
}

/* Of equal ones who is in sync, then who comes first. */
static bool
is_better(const struct context_partition *partition, const struct doubt_answer *answer,
    const struct doubt_answer *than)
{
	if (than == NULL)
		return true;
	if (answer->end.last_epoch != than->end.last_epoch)
		return answer->end.last_epoch > than->end.last_epoch;
	if (answer->end.end_offset != than->end.end_offset)
		return answer->end.end_offset > than->end.end_offset;
	if (is_in_isr(partition, answer) != is_in_isr(partition, than))
		return is_in_isr(partition, answer);
	return is_in_sync(partition, answer) && !is_in_sync(partition, than);
}

static const struct doubt_answer *
best_in_sync(const struct doubt *doubt, const struct context *context,
    const struct context_partition *partition)
{
	const struct doubt_answer *best = NULL;

	for (int32_t i = 0; i < partition->replica_count; i++) {
		const struct doubt_answer *answer =
		    valid_answer(doubt, context, &partition->replicas[i]);

		if (answer != NULL && is_in_sync(partition, answer) &&
		    is_better(partition, answer, best))
			best = answer;
	}
	return best;
}

/* Whether it has all that `in_sync`, NULL when there is none, has left. */
static enum doubt_prefix
prefix_of(const struct context_partition *partition, const struct doubt_answer *answer,
    const struct doubt_answer *in_sync)
{
	if (in_sync == NULL || is_in_sync(partition, answer))
		return DOUBT_PREFIX_HAS;
	/* Without a record nothing can part from it, but offsets are not to go back. */
	if (in_sync->end.last_epoch < 0)
		return answer->end.end_offset >= in_sync->end.end_offset ? DOUBT_PREFIX_HAS :
		    DOUBT_PREFIX_LACKS;
	return answer->prefix_end.last_epoch == in_sync->end.last_epoch &&
	    answer->prefix_end.end_offset == in_sync->end.end_offset ? answer->prefix :
	    DOUBT_PREFIX_UNKNOWN;
}

static int32_t
find_winner(const struct doubt *doubt, const struct context *context,
    const struct context_partition *partition, bool all)
{
	const struct doubt_answer *in_sync = best_in_sync(doubt, context, partition);
	const struct doubt_answer *best = in_sync;

	for (int32_t i = 0; i < partition->replica_count; i++) {
		const struct doubt_answer *answer =
		    valid_answer(doubt, context, &partition->replicas[i]);
		enum doubt_prefix prefix;

#ifndef CANARY_DOUBT_WAITS_FOR_ONE
		if (answer == NULL && all)
			return DOUBTS_NOBODY;
#endif
		if (answer == NULL || !is_better(partition, answer, best))
			continue;
		prefix = prefix_of(partition, answer, in_sync);
		if (prefix == DOUBT_PREFIX_HAS)
			best = answer;
		else if (prefix != DOUBT_PREFIX_LACKS && all)
			return DOUBTS_NOBODY;
	}
#ifdef CANARY_DOUBT_FIRST_WINS
	for (int32_t i = partition->replica_count - 1; i >= 0; i--)
		if (valid_answer(doubt, context, &partition->replicas[i]) != NULL)
			best = valid_answer(doubt, context, &partition->replicas[i]);
#endif
	return best != NULL ? best->broker : DOUBTS_NOBODY;
}

int32_t
doubts_winner(const struct doubts *it, const struct context *context,
    const struct context_partition *partition, bool all)
{
	const struct doubt *doubt = doubts_find(it, partition->topic->name, partition->index);

	return doubt != NULL ? find_winner(doubt, context, partition, all) : DOUBTS_NOBODY;
}

/* --------------------------------------------------------------- prefixes */

bool
doubt_asks_prefix(struct doubt *doubt, const struct context *context, int32_t broker,
    struct doubt_end *end)
{
	const struct context_partition *partition = doubt_partition(doubt, context);
	const struct context_replica *replica =
	    partition != NULL ? context_replica_find(partition, broker) : NULL;
	struct doubt_answer *answer = answer_of(doubt, broker);
	const struct doubt_answer *in_sync;

	if (replica == NULL || valid_answer(doubt, context, replica) == NULL ||
	    answer->prefix == DOUBT_PREFIX_ASKED)
		return false;
	in_sync = best_in_sync(doubt, context, partition);
	if (!is_better(partition, answer, in_sync) ||
	    prefix_of(partition, answer, in_sync) != DOUBT_PREFIX_UNKNOWN)
		return false;
	answer->prefix = DOUBT_PREFIX_ASKED;
	answer->prefix_end = *end = in_sync->end;
	return true;
}

static bool
is_same_end(const struct doubt_end *one, const struct doubt_end *other)
{
	return one->last_epoch == other->last_epoch && one->end_offset == other->end_offset;
}

static void
set_prefix(struct doubt *doubt, int32_t broker, int64_t broker_epoch,
    const struct doubt_end *end, enum doubt_prefix prefix)
{
	struct doubt_answer *answer = answer_of(doubt, broker);

	if (answer != NULL && answer->broker_epoch == broker_epoch &&
	    answer->prefix == DOUBT_PREFIX_ASKED && is_same_end(&answer->prefix_end, end))
		answer->prefix = prefix;
}

void
doubt_prefix_answered(struct doubt *doubt, int32_t broker, int64_t broker_epoch,
    const struct doubt_end *end, bool has)
{
	set_prefix(doubt, broker, broker_epoch, end,
	    has ? DOUBT_PREFIX_HAS : DOUBT_PREFIX_LACKS);
}

void
doubt_prefix_not_answered(struct doubt *doubt, int32_t broker, int64_t broker_epoch,
    const struct doubt_end *end)
{
	set_prefix(doubt, broker, broker_epoch, end, DOUBT_PREFIX_FAILED);
}
