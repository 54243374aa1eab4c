/* Where logs begin, and which topics there are. */
#include "tests/sim/broker_fetcher.h"
#include "tests/sim/cluster.h"
#include "wire/kafka_error.h"

enum { LATEST = -1, EARLIEST = -2, VERSION_WITH_EPOCH = 4 };

/* -------------------------------------------------------------- list offsets */

/*
 * No end is told that is below one that was told before (KIP-207): not by who has led at least
 * since it was asked.
 */
static void
check_end(const struct town_fetcher *it, const struct place *place,
    const struct list_offsets_response_list_offsets_partition_response *part)
{
	if (place->log->is_undecided || place->log->unclean != it->asked_unclean)
		return;
	sim_check(it->town->sim, it->asked_epoch < 0 || part->leader_epoch < it->asked_epoch ||
	    part->offset >= it->asked_end, "leader epoch %d of %s ends at %lld, and its high watermark "
	    "was %lld", (int)part->leader_epoch, ledger_name(place->log), (long long)part->offset,
	    (long long)it->asked_end);
	if (it->asked_epoch >= 0 && part->leader_epoch >= it->asked_epoch)
		broker_town_mark(it->town, "the end of a log is asked for");
}

static void
listed(struct client_request *request, const void *message)
{
	struct town_fetcher *it = container_of(request, struct town_fetcher, request);
	const struct list_offsets_response *response = message;
	const struct list_offsets_response_list_offsets_partition_response *part;
	struct place *place = NULL;

	it->is_busy = false;
	if (response == NULL)
		return;
	for (int i = 0; i < it->place_count; i++) {
		if (it->places[i].is_asked)
			place = &it->places[i];
	}
	if (response->topics.count != 1 || response->topics.items[0].partitions.count != 1 ||
	    !slice_equal_text(response->topics.items[0].name, place->log->topic->name)) {
		sim_fail(it->town->sim, "%s gets the answer to another ListOffsets", it->name);
		return;
	}
	part = response->topics.items[0].partitions.items;
	if (part->error_code != KAFKA_ERROR_NONE) {
		town_links_are_stale(&it->links);
		return;
	}
	sim_check(it->town->sim, part->offset >= 0, "%s has no first offset", ledger_name(place->log));
	if (it->wants_end) {
		check_end(it, place, part);
		return;
	}
	if (fetcher_is_same_log(it, place))
		ledger_told_end(&it->town->ledger, place->log, fetcher_teller(it, place), -1, -1,
		    part->offset);
	place->offset = part->offset;
	place->is_lost = false;
}

void
fetcher_list_offsets(struct town_fetcher *it, struct place *place, bool wants_end)
{
	struct list_offsets_request body = list_offsets_request_defaults;
	struct list_offsets_request_list_offsets_topic topic =
	    list_offsets_request_list_offsets_topic_defaults;
	struct list_offsets_request_list_offsets_partition part =
	    list_offsets_request_list_offsets_partition_defaults;

	for (int i = 0; i < it->place_count; i++)
		it->places[i].is_asked = &it->places[i] == place;
	place->cuts = place->log->cuts;
	part.partition_index = place->log->partition;
	it->wants_end = wants_end;
	if (wants_end) {
		cluster_leader(it->town, place->log->topic->name, place->log->partition,
		    &it->asked_epoch);
		it->asked_end = place->log->high_watermark;
		it->asked_unclean = place->log->unclean;
	}
	part.timestamp = wants_end ? LATEST : EARLIEST;
	topic.name = slice_of_text(place->log->topic->name);
	topic.partitions.items = &part;
	topic.partitions.count = 1;
	body.replica_id = -1;
	body.topics.items = &topic;
	body.topics.count = 1;
	fetcher_ask(it, place->leader, API_KEY_LIST_OFFSETS,
	    (int16_t)prng_between(fetcher_prng(it), wants_end ? VERSION_WITH_EPOCH : 1, 9), &body, listed);
}

/* ---------------------------------------------------------------- metadata */

/* A topic that may go soon is read from its beginning; the oldest such place is given up. */
static void
go_to(struct town_fetcher *it, struct ledger_topic *topic)
{
	int at = it->lasting_count + it->next_place;

	if (!fetcher_names_ids(it) || topic->is_lasting || fetcher_place(it, topic, 0) != NULL)
		return;
	it->places[at] = (struct place){ .log = &topic->logs[0], .preferred = -1 };
	it->place_count = MAX(it->place_count, at + 1);
	it->next_place = (it->next_place + 1) % (PLACES - it->lasting_count);
}

static void
meet(struct town_fetcher *it, const struct metadata_response_metadata_response_topic *told)
{
	struct ledger_topic *topic = ledger_met(&it->town->ledger, told->name, told->topic_id,
	    told->partitions.count);

	if (topic == NULL || it->town->sim->failed)
		return;
	sim_check(it->town->sim, !topic->is_gone || it->request.asked_us <= topic->gone_us,
	    "%s is told of %s, which is deleted", it->name, topic->name);
	go_to(it, topic);
}

static void
met(struct client_request *request, const void *message)
{
	struct town_fetcher *it = container_of(request, struct town_fetcher, request);
	const struct metadata_response *response = message;

	it->is_busy = false;
	if (response == NULL)
		return;
	for (int32_t i = 0; i < response->topics.count; i++) {
		const struct metadata_response_metadata_response_topic *topic =
		    &response->topics.items[i];

		if (topic->error_code == KAFKA_ERROR_NONE && !topic->is_internal &&
		    !uuid_is_zero(topic->topic_id))
			meet(it, topic);
	}
}

void
fetcher_ask_metadata(struct town_fetcher *it)
{
	struct metadata_request body = metadata_request_defaults;
	struct client_link *link = town_links_any(&it->links);

	if (link == NULL)
		return;
	body.topics.count = -1; /* all */
	fetcher_ask(it, link, API_KEY_METADATA, (int16_t)prng_between(fetcher_prng(it), 10, 12),
	    &body, met);
}
