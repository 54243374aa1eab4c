#include "partition/fetcher_session.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "partition/fetcher_private.h"
#include "wire/kafka_error.h"

/* The leader's session has it, and here it is fetched for no longer. */
struct forgotten_partition {
	struct list link;
	struct uuid id;
	int32_t index;
	struct slice topic; /* of the memory behind it */
	uint8_t name[];
};

static struct forgotten_partition *
forgotten_of(struct list *link)
{
	return container_of(link, struct forgotten_partition, link);
}

static void
free_all(struct list *list)
{
	struct list *link;

	while ((link = list_take_first(list)) != NULL)
		free(forgotten_of(link));
}

void
fetcher_session_init(struct fetcher_session *session)
{
	*session = (struct fetcher_session){ 0 };
	list_init(&session->members);
	list_init(&session->forgotten);
	list_init(&session->told);
}

void
fetcher_session_fini(struct fetcher_session *session)
{
	free_all(&session->forgotten);
	free_all(&session->told);
	free(session->topics);
}

static bool
is_member(const struct fetcher_partition *partition)
{
	return !list_is_empty(&partition->membership.link);
}

void
fetcher_session_leave(struct fetcher_session *session, struct fetcher_partition *partition)
{
	struct slice topic = partition_topic(partition->partition);
	struct forgotten_partition *it;

	if (!is_member(partition))
		return;
	list_remove(&partition->membership.link);
	it = memory_new(sizeof(*it) + topic.size);
	it->id = partition_topic_id(partition->partition);
	it->index = partition_index(partition->partition);
	memcpy(it->name, topic.bytes, topic.size);
	it->topic = slice_of(it->name, topic.size);
	list_append(&session->forgotten, &it->link);
}

/* All that was agreed upon is void; the next Fetch names everything. */
static void
begin_anew(struct fetcher_session *session, int32_t id)
{
	while (list_take_first(&session->members) != NULL)
		;
	free_all(&session->forgotten);
	session->id = id;
	session->epoch = 0;
}

/* ------------------------------------------------------------------- sending */

/* Members that are not asked for now; and who has come back is not forgotten. */
static void
choose_forgotten(struct fetcher_session *session, struct fetcher_exchange *fetch)
{
	LIST_FOREACH(link, &session->members) {
		struct fetcher_partition *member = container_of(link, struct fetcher_partition,
		    membership.link);

		if (member->state != FETCHER_ASKED)
			fetcher_session_leave(session, member);
	}
	LIST_FOREACH(link, &session->forgotten) {
		struct forgotten_partition *it = forgotten_of(link);

		list_remove(link);
		if (fetcher_exchange_has(fetch, it->topic, it->id, it->index))
			free(it); /* it is named, which tells what has changed */
		else
			list_append(&session->told, link);
	}
}

static void
fill_forgotten(struct fetcher_session *session, struct fetch_request *body)
{
	struct fetch_request_forgotten_topic *topics;
	int32_t count = 0;

	LIST_FOREACH(link, &session->told)
		count++;
	if (count == 0)
		return;
	topics = session->topics = memory_array((size_t)count, sizeof(*topics));
	body->forgotten_topics_data.items = topics;
	body->forgotten_topics_data.count = count;
	LIST_FOREACH(link, &session->told) {
		struct forgotten_partition *it = forgotten_of(link);

		*topics = fetch_request_forgotten_topic_defaults;
		topics->topic = it->topic;
		topics->topic_id = it->id;
		topics->partitions.items = &it->index;
		topics->partitions.count = 1;
		topics++;
	}
}

void
fetcher_session_begin(struct fetcher_session *session, struct fetcher_exchange *fetch,
    struct fetch_request *body)
{
	if (session->by_id != fetch->by_id)
		begin_anew(session, session->id);
	session->by_id = fetch->by_id;
	session->is_full = session->epoch == 0;
	if (session->is_full)
		begin_anew(session, session->id);
	else
		choose_forgotten(session, fetch);
	fill_forgotten(session, body);
	body->session_id = session->id;
	body->session_epoch = session->epoch;
}

static bool
is_same(const struct follower_ask *a, const struct follower_ask *b)
{
	return a->leader_epoch == b->leader_epoch && a->offset == b->offset &&
	    a->last_fetched_epoch == b->last_fetched_epoch &&
	    a->log_start_offset == b->log_start_offset;
}

bool
fetcher_session_names(struct fetcher_session *session, struct fetcher_partition *partition)
{
	struct fetcher_membership *membership = &partition->membership;

	if (is_member(partition) && is_same(&membership->ask, &partition->follow.next))
		return false;
	list_remove(&membership->link);
	list_append(&session->members, &membership->link);
	membership->ask = partition->follow.next;
	return true;
}

/* ------------------------------------------------------------------- answers */

static bool
is_lost(int16_t code)
{
	return code == KAFKA_ERROR_FETCH_SESSION_ID_NOT_FOUND ||
	    code == KAFKA_ERROR_INVALID_FETCH_SESSION_EPOCH ||
	    code == KAFKA_ERROR_FETCH_SESSION_TOPIC_ID_ERROR;
}

enum fetcher_session_result
fetcher_session_answered(struct fetcher_session *session, const struct fetch_response *response)
{
	bool was_full = session->is_full;

	free_all(&session->told);
	free(session->topics);
	session->topics = NULL;
	if (response == NULL) {
		begin_anew(session, session->id); /* which closes the old one, if it is there */
		return FETCHER_SESSION_FAILED;
	}
	if (response->error_code != KAFKA_ERROR_NONE) {
		begin_anew(session, is_lost(response->error_code) ? 0 : session->id);
		return is_lost(response->error_code) && !was_full ? FETCHER_SESSION_LOST :
		    FETCHER_SESSION_FAILED;
	}
	if (response->session_id <= 0 || (!was_full && response->session_id != session->id)) {
		begin_anew(session, 0);
	} else {
		session->id = response->session_id;
		session->epoch = session->epoch == INT32_MAX ? 1 : session->epoch + 1;
	}
	return was_full ? FETCHER_SESSION_ALL : FETCHER_SESSION_CHANGED;
}
