#include "controller/broker_list.h"

#include <inttypes.h>
#include <stdlib.h>

#include "controller/jobs.h"

static int
by_id(const void *left, const void *right)
{
	const struct broker_list_entry *a = left, *b = right;

	return a->id < b->id ? -1 : a->id > b->id;
}

static enum broker_news
news_of(const struct broker_list_entry *entry, const struct context_broker *known)
{
	if (known == NULL)
		return BROKER_NEW;
#ifdef CANARY_BOUNCE_UNSEEN
	return BROKER_SAME;
#endif
	if (known->epoch != entry->epoch)
		return BROKER_BOUNCED;
	return slice_equal(known->bytes, entry->bytes) ? BROKER_SAME : BROKER_CHANGED;
}

static bool
is_listed(const struct broker_list *list, size_t count, int32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (list->entries[i].id == id)
			return true;
	return false;
}

void
broker_list_compare(struct broker_list *list, const struct context *context,
    struct arena *arena)
{
	struct broker_list_entry *entries =
	    arena_array(arena, MAX(list->count + context->broker_count, 1), sizeof(*entries));
	size_t listed = list->count;

	if (listed > 0)
		memcpy(entries, list->entries, listed * sizeof(*entries));
	list->entries = entries;
	for (size_t i = 0; i < listed; i++)
		entries[i].news = news_of(&entries[i], context_broker_find(context, entries[i].id));
	for (size_t i = 0; i < context->broker_count; i++)
		if (!is_listed(list, listed, context->brokers[i]->id))
			entries[list->count++] = (struct broker_list_entry){
				.id = context->brokers[i]->id, .news = BROKER_GONE };
	qsort(entries, list->count, sizeof(*entries), by_id);
}

/* ------------------------------------------------------------------- read */

static void
on_broker(struct job *job, void *item, const struct coord_answer *answer)
{
	struct broker_list *list = job->broker_list;
	struct broker_list_entry *entry = &list->entries[list->count];

	if (answer->error != ZNODE_OK)
		return; /* gone since it was listed; the watch tells so again */
	entry->id = *(int32_t *)item;
	entry->epoch = answer->stat.czxid;
	entry->version = answer->stat.version;
	entry->bytes = slice_of(arena_text(&job->arena, answer->data.bytes, answer->data.size),
	    answer->data.size);
	list->count++;
}

static void
on_brokers(struct job *job, void *item UNUSED, const struct coord_answer *answer)
{
	struct broker_list *list = job->broker_list;

	if (answer->error != ZNODE_OK) {
		controller_resign(job->reign->controller, job->reign, "/brokers/ids cannot be read");
		return;
	}
	list->entries = arena_array(&job->arena, MAX(answer->child_count, 1),
	    sizeof(*list->entries));
	for (size_t i = 0; i < answer->child_count; i++) {
		int32_t *id = arena_new(&job->arena, sizeof(*id));
		struct paths_place place;

		if (paths_parse_child(PATHS_BROKER, answer->children[i], &place) != ERROR_NONE) {
			log_warn(job->reign->options->world->logger, "/brokers/ids/%.*s is no broker",
			    (int)answer->children[i].size, (const char *)answer->children[i].bytes);
			continue;
		}
		*id = place.id;
		job_get(job, job_path(job, &place), on_broker, id);
	}
}

static void
read_all(struct job *job)
{
	job->broker_list = arena_new(&job->arena, sizeof(*job->broker_list));
	job_children(job, slice_of_text(paths_text(PATHS_BROKER_IDS)), on_brokers, NULL);
	job_wait(job);
}

static void
compare(struct job *job)
{
	broker_list_compare(job->broker_list, &job->reign->context, &job->arena);
	job_next(job);
}

static job_step *const read_steps[] = { read_all, compare, NULL };

void
broker_list_read(struct job *job)
{
	job_call(job, read_steps);
}

/* ------------------------------------------------------------------- take */

/* Sets the watch; what has changed since the read is read again. */
static void
on_watched(struct job *job, void *item, const struct coord_answer *answer)
{
	const struct broker_list_entry *entry = item;

	if (answer->error != ZNODE_OK || answer->stat.version != entry->version ||
	    answer->stat.czxid != entry->epoch)
		reign_post_once(job->reign, &job_broker_changes);
}

bool
broker_list_take(struct job *job, struct broker_list_entry *entry)
{
	struct reign *reign = job->reign;
	struct controller_channels *channels = reign->options->channels;
	struct payload_complaint complaint;
	struct context_broker *broker;

	if (context_broker_set(&reign->context, entry->id, entry->epoch, entry->bytes,
	    &complaint) != ERROR_NONE) {
		log_error(reign->options->world->logger,
		    "/brokers/ids/%" PRId32 " cannot be read, the broker is left out: %s", entry->id,
		    complaint.text);
		entry->news = BROKER_UNKNOWN;
		return false;
	}
	broker = context_broker_find(&reign->context, entry->id);
	if (entry->news != BROKER_CHANGED)
		channels->open(channels, broker->id, broker->epoch, &broker->registration);
	else if (channels->change != NULL)
		channels->change(channels, broker->id, &broker->registration);
	reign_watch_broker(reign, broker);
	job_exists(job, job_path(job, &(struct paths_place){ .kind = PATHS_BROKER,
	    .id = entry->id }), on_watched, entry);
	return true;
}
