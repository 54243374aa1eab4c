/*
 * tests/unit/api/replicas.h: the replicas that are here, for tests of handlers
 * (fixture.h): the test plays them. What a handler asks of one waits in a list
 * until the test answers it, or is answered at once by a function of the test.
 */
#ifndef KLAMM_TESTS_UNIT_API_REPLICAS_H
#define KLAMM_TESTS_UNIT_API_REPLICAS_H

#include "fixture.h"

enum { REPLICAS_ASKED_MAX = 64 };

struct shelf {
	/* In the order of their coming; an answered one stays, with its status. */
	struct partition_append *appends[REPLICAS_ASKED_MAX];
	int append_count;
	struct partition_fetch *fetches[REPLICAS_ASKED_MAX];
	int fetch_count;
	struct partition_list_offsets *lists[REPLICAS_ASKED_MAX];
	int list_count;
	struct partition_delete_records *deletions[REPLICAS_ASKED_MAX];
	int deletion_count;
	struct partition_epoch_end *ends[REPLICAS_ASKED_MAX];
	int end_count;
	int cancels;
	int64_t throttled_bytes; /* that were told to be sent */
	int16_t refused[REPLICAS_ASKED_MAX]; /* codes, of records that were not even given to it */
	int refused_count;
	/* Answers at once, or returns false. NULL: never. */
	bool (*append)(struct partition_append *append);
	bool (*fetch)(struct partition_fetch *fetch);
	bool (*list)(struct partition_list_offsets *list);
	int slices_given, slices_released, slices_sent;
	int drops; /* of the request's frame */
	struct work *work; /* that a handler gave to the workers */
	int64_t wall_ms;
};
extern struct shelf shelf;
/* Called by fixture.c. */
void replicas_init(void);
void replicas_fini(void);
extern struct workers replicas_workers;

/* This broker has partitions 0 to `count` - 1 of the topic, with these settings ("key=value\n..."). */
void replicas_host(const char *topic, int32_t count, const char *settings);
const char *replicas_topic_of(const struct partition_operation *operation);
int32_t replicas_index_of(const struct partition_operation *operation);

/* Gives an operation back, on the loop. */
void replicas_answer(struct partition_operation *operation, enum partition_status status);
/* Inside a function that answers at once. */
void replicas_answer_inside(struct partition_operation *operation, enum partition_status status);
/* The fetch has found so many bytes; before it is answered. */
void replicas_find(struct partition_fetch *fetch, int64_t size);
void replicas_work(void);
/* What the bytes of slices are in a decoded answer. */
static inline uint8_t
replicas_byte(int64_t position)
{
	return (uint8_t)(position * 3 + 1);
}

#endif
