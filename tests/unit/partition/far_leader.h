/*
 * tests/unit/partition/far_leader.h: the links of fetchers, without a network:
 * what leaders are asked is kept, and the test answers as it likes.
 */
#ifndef KLAMM_TESTS_UNIT_PARTITION_FAR_LEADER_H
#define KLAMM_TESTS_UNIT_PARTITION_FAR_LEADER_H

#include "partition/fetcher.h"
#include "tests/unit/partition/depot.h"
#include "wire/messages.h"

enum { FAR_LINKS = 8, FAR_PARTITIONS = 8 };

/* Between one fetcher and its leader. */
struct far_link {
	char host[64];
	uint16_t port;
	char client_id[64];
	struct loop *loop;
	bool is_closed;
	int asked;                                /* requests so far */
	int resets;
	struct loop_message message;              /* of the last one */
	struct broker_link_request *fetch;        /* out; NULL: none */
	struct broker_link_request *list_offsets;
};

struct far_leader {
	struct depot *depot;
	struct far_link links[FAR_LINKS]; /* in order of their opening */
	int link_count;
	int answers;                      /* that were not released yet */
	/* The next answer. */
	struct fetch_response fetched;
	struct fetch_response_fetchable_topic_response topics[FAR_PARTITIONS];
	struct fetch_response_partition_data partitions[FAR_PARTITIONS];
	struct buffer records[FAR_PARTITIONS];
};

extern const struct fetcher_link_port far_leader_links;

/* One at a time. */
void far_leader_init(struct far_leader *far, struct depot *depot);
/* Fails the test when an answer is still held. */
void far_leader_fini(struct far_leader *far);

/* Of the Fetch that is out; fails the test when there is none. */
const struct fetch_request *far_leader_fetch(struct far_leader *far, int link);
/* How many partitions it asks for. */
int far_leader_fetch_count(struct far_leader *far, int link);
/* How it asks for this partition; NULL: it does not. */
const struct fetch_request_fetch_partition *far_leader_asked(struct far_leader *far, int link,
    const char *topic, int32_t index);
const struct list_offsets_request *far_leader_list(struct far_leader *far, int link);

/*
 * An answer is made of what is added, with the id of the depot's topic where the
 * request tells ids, then sent. The data may be changed before that.
 */
struct fetch_response_partition_data *far_leader_add(struct far_leader *far, const char *topic,
    int32_t index, int64_t high_watermark);
/* So many records from an offset on, in one batch of the epoch. */
void far_leader_add_records(struct far_leader *far, int64_t base_offset, int count, int32_t epoch);
void far_leader_send(struct far_leader *far, int link);
/* The Fetch, or the ListOffsets, ends with an error. */
void far_leader_fail(struct far_leader *far, int link, enum error error);
/* The only partition that is asked for. */
void far_leader_send_offset(struct far_leader *far, int link, int16_t code, int64_t offset);

#endif
