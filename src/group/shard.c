#include "group/shard.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "group/shard_private.h"

/* What one turn of the clean-up looks at before others have theirs. */
enum { CLEANUP_TURN_OFFSETS = 10000 };

void
shard_post(struct shard *shard, struct shard_event *event, enum shard_event_type type)
{
	event->type = (int)type;
	actor_post(&shard->actor, &event->event);
}

/* ------------------------------------------------------------------- groups */

static void
carry_out(struct shard *shard, const struct group *group, const struct group_action *action)
{
	struct visit *visit;

	switch (action->type) {
	case GROUP_ANSWER:
		visit_answer(action->call->work);
		break;
	case GROUP_APPEND:
		shard_begin_append(shard, action->append);
		break;
	case GROUP_DECIDED:
		visit = action->call->work;
		if (--visit->waiting == 0)
			visit_go_on(visit);
		break;
	case GROUP_MOVED:
		log_info(shard->world->logger, SHARD_NAME ": group %.*s, generation %d: %s -> %s (%s)",
		    (int)shard->number, (int)group->id.size, (const char *)group->id.bytes,
		    (int)action->generation, group_state_name(action->from),
		    group_state_name(action->to), action->reason);
		break;
	}
}

static void
settle_group(struct shard *shard, struct group *group)
{
	int64_t next_us = group_next_deadline_us(group);

	if (group->state == GROUP_DEAD) {
		deadline_clear(&shard->deadlines, &group->due);
		if (group->is_listed)
			group_table_take(shard->table, group);
		if (group->appends == 0)
			group_free(group);
		return;
	}
	/* One that is too early is looked at then: most are put off again and again. */
	if (!deadline_is_set(&group->due) ? next_us != INT64_MAX : next_us < group->due.node.key)
		deadline_set(&shard->deadlines, &group->due, next_us);
}

void
shard_step_group(struct shard *shard, struct group *group, struct group_event event)
{
	event.now_us = shard->now_us;
	event.now_ms = shard->now_ms;
	assert(shard->outbox.count == 0);
	group_step(group, &event, &shard->outbox);
	for (size_t i = 0; i < shard->outbox.count; i++)
		carry_out(shard, group, &shard->outbox.actions[i]);
	shard->outbox.count = 0;
	settle_group(shard, group);
}

/* Nothing of a round that begins, or goes on, while the wall clock is not trusted (F27). */
static void
begin_round(struct shard *shard)
{
	(void)wall_watch_look(&shard->wall_watch, shard->now_ms, shard->now_us); /* told by replicas */
	if (!wall_watch_is_trusted(&shard->wall_watch))
		shard->cleanup_left = 0;
	else if (shard->cleanup_left == 0)
		shard->cleanup_left = shard->table->groups.count;
}

static void
clean_up(struct shard *shard)
{
	size_t looked_at = 0;

	begin_round(shard);
	while (shard->cleanup_left > 0 && looked_at < CLEANUP_TURN_OFFSETS &&
	    shard->table->groups.count > 0) {
		struct group *group = group_table_at(shard->table->groups.in_order.next);

		shard->cleanup_left--;
		looked_at += 1 + offsets_count(&group->offsets);
		group_table_move_back(shard->table, group);
		shard_step_group(shard, group, (struct group_event){ .type = GROUP_CLEANED_UP });
	}
	if (shard->table->groups.count == 0)
		shard->cleanup_left = 0;
	deadline_set(&shard->deadlines, &shard->cleanup, shard->cleanup_left > 0 ?
	    shard->now_us + 1 :
	    shard->now_us + shard->config->groups.offsets_retention_check_interval_ms * 1000);
}

static void
delete_topics(struct shard *shard, struct shard_deletion *deletion)
{
	struct shard_topics *topics = deletion->topics;

	if (shard->state == SHARD_LOADING) {
		list_append(&shard->deletions, &deletion->link);
		return;
	}
	if (shard->state == SHARD_READY) {
		GROUP_TABLE_FOREACH(link, shard->table)
			shard_step_group(shard, group_table_at(link),
			    (struct group_event){ .type = GROUP_TOPICS_DELETED,
			        .topics = topics->names, .topic_count = topics->count });
	}
	counted_release(&topics->counted);
	free(deletion);
}

/* ------------------------------------------------------- coming and going */

static void
delete_topics_later(struct shard *shard)
{
	struct list *link;

	while ((link = list_take_first(&shard->deletions)) != NULL)
		delete_topics(shard, container_of(link, struct shard_deletion, link));
}

void
shard_loaded(struct shard *shard, struct group_table *table)
{
	shard->load = NULL;
	shard->table = table;
	shard->state = SHARD_READY;
	GROUP_TABLE_FOREACH(link, table) {
		struct group *group = group_table_at(link);

		group->due.kind = SHARD_DEADLINE_GROUP;
		if (group->members.count > 0)
			shard_step_group(shard, group, (struct group_event){ .type = GROUP_LOADED });
	}
	wall_watch_init(&shard->wall_watch, shard->now_ms, shard->now_us);
	deadline_set(&shard->deadlines, &shard->cleanup,
	    shard->now_us + shard->config->groups.offsets_retention_check_interval_ms * 1000);
	delete_topics_later(shard);
}

static void
free_table(struct work *work)
{
	group_table_free(container_of(work, struct shard_burial, work)->table);
}

static void
table_is_freed(struct work *work)
{
	struct shard_burial *burial = container_of(work, struct shard_burial, work);

	shard_post(burial->shard, &burial->event, SHARD_BURIED);
}

void
shard_bury(struct shard *shard, struct group_table *table)
{
	struct shard_burial *burial = memory_new(sizeof(*burial));

	burial->shard = shard;
	burial->table = table;
	burial->work.loop = shard->home;
	burial->work.run = free_table;
	burial->work.done = table_is_freed;
	shard->outstanding++;
	workers_submit(shard->world->workers, &burial->work);
}

/* What it takes to answer whoever waits; the mass of groups has nobody. */
static void
unload_group(struct shard *shard, struct group *group, int16_t error)
{
	bool is_busy = group->members.count > 0 || group->pending.count > 0 || group->appends > 0;

	deadline_clear(&shard->deadlines, &group->due);
	if (is_busy)
		shard_step_group(shard, group,
		    (struct group_event){ .type = GROUP_UNLOADED, .error = error });
}

/* All groups are told, and go; `error` for what waits. */
static void
unload(struct shard *shard, int16_t error)
{
	if (shard->state == SHARD_LOADING)
		shard_give_up_load(shard);
	if (shard->state == SHARD_READY) {
		GROUP_TABLE_FOREACH(link, shard->table)
			unload_group(shard, group_table_at(link), error);
		deadline_clear(&shard->deadlines, &shard->cleanup);
		shard->cleanup_left = 0;
		shard_bury(shard, shard->table);
		shard->table = NULL;
	}
	if (shard->partition != NULL)
		shard->log->release(shard->partition);
	shard->partition = NULL;
	shard->state = SHARD_AWAY;
	delete_topics_later(shard);
}

static void
elected(struct shard *shard, struct shard_change *change)
{
	bool is_news = change->leader_epoch > shard->leader_epoch && !shard->is_stopping;

	if (is_news)
		shard->leader_epoch = change->leader_epoch;
	if (is_news && shard->state == SHARD_AWAY) {
		shard->partition = change->partition;
		shard->state = SHARD_LOADING;
		shard_begin_load(shard);
	} else {
		/* It has gone on leading: what it knows is still what the log says. */
		shard->log->release(change->partition);
	}
	free(change);
}

static void
resigned(struct shard *shard, struct shard_change *change)
{
	if (change->leader_epoch == -1 || change->leader_epoch >= shard->leader_epoch) {
		if (shard->state == SHARD_LOADING || shard->state == SHARD_READY) {
			log_info(shard->world->logger, SHARD_NAME ": its groups are let go",
			    (int)shard->number);
#ifdef CANARY_COORDINATOR_KEEPS_GROUPS
			if (shard->state != SHARD_READY)
#endif
			unload(shard, KAFKA_ERROR_NOT_COORDINATOR);
		}
		shard->leader_epoch = MAX(shard->leader_epoch, change->leader_epoch);
	}
	free(change);
}

/* -------------------------------------------------------------------- stop */

static void
tell_stopped(struct loop_message *message)
{
	struct shard *shard = container_of(message, struct shard, stopped_message);

	shard->stopped(shard->stopped_context);
}

static void
stop_when_quiet(struct shard *shard)
{
	if (!shard->is_stopping || shard->state == SHARD_STOPPED || shard->outstanding > 0 ||
	    !list_is_empty(&shard->appends) || shard->tick_is_out)
		return;
	shard->state = SHARD_STOPPED;
	timer_stop(shard->home, &shard->timer);
	shard->stopped_message.run = tell_stopped;
	loop_post(shard->home, &shard->stopped_message); /* once this step is over */
}

static void
begin_stop(struct shard *shard)
{
	shard->is_stopping = true;
	unload(shard, KAFKA_ERROR_COORDINATOR_NOT_AVAILABLE);
	LIST_FOREACH(link, &shard->appends)
		shard_cancel_append(shard, container_of(link, struct shard_append, link));
}

/* -------------------------------------------------------------------- step */

static void
deadline_came(struct shard *shard, struct deadline *deadline)
{
	switch (deadline->kind) {
	case SHARD_DEADLINE_GROUP:
		shard_step_group(shard, container_of(deadline, struct group, due),
		    (struct group_event){ .type = GROUP_TIME_PASSED });
		break;
	case SHARD_DEADLINE_APPEND:
		shard_cancel_append(shard, container_of(deadline, struct shard_append, timeout));
		break;
	case SHARD_DEADLINE_CLEANUP:
		clean_up(shard);
		break;
	default:
		assert(deadline->kind == SHARD_DEADLINE_LOAD);
		shard_retry_load(shard);
	}
}

static void
tick(struct shard *shard)
{
	struct deadline *deadline;

	shard->tick_is_out = false;
	while ((deadline = deadline_take(&shard->deadlines, shard->now_us)) != NULL)
		deadline_came(shard, deadline);
}

static void
timer_fired(struct timer *timer)
{
	struct shard *shard = container_of(timer, struct shard, timer);

	shard->armed_us = INT64_MAX;
	if (shard->tick_is_out)
		return;
	shard->tick_is_out = true;
	shard_post(shard, &shard->tick, SHARD_TICK);
}

/* The timer may stand too early, never too late. */
static void
arm(struct shard *shard)
{
	int64_t first_us = deadline_first(&shard->deadlines);

	if (first_us >= shard->armed_us || shard->tick_is_out)
		return;
	shard->armed_us = first_us;
	timer_start(shard->home, &shard->timer, first_us);
}

static void
handle(struct shard *shard, struct shard_event *event)
{
	switch ((enum shard_event_type)event->type) {
	case SHARD_VISITED:
		shard_visited(shard, container_of(event, struct visit, event));
		break;
	case SHARD_ELECTED:
		elected(shard, container_of(event, struct shard_change, event));
		break;
	case SHARD_RESIGNED:
		resigned(shard, container_of(event, struct shard_change, event));
		break;
	case SHARD_TOPICS_DELETED:
		delete_topics(shard, container_of(event, struct shard_deletion, event));
		break;
	case SHARD_STOPPING:
		begin_stop(shard);
		break;
	case SHARD_TICK:
		tick(shard);
		break;
	case SHARD_APPENDED:
		shard_appended(shard, container_of(event, struct shard_append, event));
		break;
	case SHARD_LOAD_ANSWERED:
		shard_load_answered(shard_load_of(event));
		break;
	case SHARD_BURIED:
		shard->outstanding--;
		free(container_of(event, struct shard_burial, event));
		break;
	}
}

static enum actor_result
step(struct actor *actor, struct actor_event *event)
{
	struct shard *shard = container_of(actor, struct shard, actor);

	shard->now_us = clock_monotonic_us(shard->world->clock);
	shard->now_ms = clock_wall_ms(shard->world->clock);
	handle(shard, container_of(event, struct shard_event, event));
	arm(shard);
	stop_when_quiet(shard);
	return ACTOR_DONE;
}

/* ------------------------------------------------------------ from outside */

struct shard *
shard_new(const struct shard_options *options)
{
	struct shard *shard = memory_new(sizeof(*shard));

	shard->world = options->world;
	shard->config = options->config;
	shard->log = options->log;
	shard->home = options->home;
	shard->number = options->partition;
	shard->leader_epoch = -1;
	shard->armed_us = INT64_MAX;
	memcpy(shard->seed, options->seed, sizeof(shard->seed));
	actor_init(&shard->actor, shard->home, true, step);
	list_init(&shard->deletions);
	list_init(&shard->appends);
	heap_init(&shard->deadlines);
	shard->cleanup.kind = SHARD_DEADLINE_CLEANUP;
	shard->retry.kind = SHARD_DEADLINE_LOAD;
	timer_init(&shard->timer, timer_fired);
	group_outbox_init(&shard->outbox);
	return shard;
}

void
shard_free(struct shard *shard)
{
	assert(shard->state == SHARD_STOPPED || shard->state == SHARD_AWAY);
	assert(heap_first(&shard->deadlines) == NULL && shard->outstanding == 0);
	actor_fini(&shard->actor);
	heap_fini(&shard->deadlines);
	group_outbox_fini(&shard->outbox);
	free(shard);
}

static void
post_change(struct shard *shard, enum shard_event_type type, struct partition *partition,
    int32_t leader_epoch)
{
	struct shard_change *change = memory_new(sizeof(*change));

	change->partition = partition;
	change->leader_epoch = leader_epoch;
	shard_post(shard, &change->event, type);
}

void
shard_elected(struct shard *shard, struct partition *partition, int32_t leader_epoch)
{
	post_change(shard, SHARD_ELECTED, shard->log->hold(partition), leader_epoch);
}

void
shard_resigned(struct shard *shard, int32_t leader_epoch)
{
	post_change(shard, SHARD_RESIGNED, NULL, leader_epoch);
}

void
shard_topics_deleted(struct shard *shard, struct shard_topics *topics)
{
	struct shard_deletion *deletion = memory_new(sizeof(*deletion));

	counted_hold(&topics->counted);
	deletion->topics = topics;
	shard_post(shard, &deletion->event, SHARD_TOPICS_DELETED);
}

void
shard_stop(struct shard *shard, void (*stopped)(void *context), void *context)
{
	shard->stopped = stopped;
	shard->stopped_context = context;
	shard_post(shard, &shard->stop_event, SHARD_STOPPING);
}

void
shard_visit(struct shard *shard, struct visit *visit)
{
	shard_post(shard, &visit->event, SHARD_VISITED);
}

static int
compare_names(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static void
free_topics(struct counted *counted)
{
	free(container_of(counted, struct shard_topics, counted));
}

struct shard_topics *
shard_topics_new(const struct slice *names, size_t count)
{
	size_t size = sizeof(struct shard_topics) + count * sizeof(struct slice);
	struct shard_topics *topics;
	uint8_t *at;

	for (size_t i = 0; i < count; i++)
		size += names[i].size;
	topics = memory_new(size);
	counted_init(&topics->counted, free_topics);
	topics->count = count;
	at = (uint8_t *)&topics->names[count];
	for (size_t i = 0; i < count; i++) {
		memcpy(at, names[i].bytes, names[i].size);
		topics->names[i] = slice_of(at, names[i].size);
		at += names[i].size;
	}
	if (count > 1)
		qsort(topics->names, count, sizeof(topics->names[0]), compare_names);
	return topics;
}
