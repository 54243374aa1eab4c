#include "klamm/assignment.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

typedef struct create_topics_request_creatable_replica_assignment replica_assignment;

/* How many pieces there are up to the end of the word, or to `end`. */
static size_t
count_of(const char *word, char separator, char end)
{
	size_t count = 1;

	for (; *word != '\0' && *word != end; word++)
		count += *word == separator;
	return count;
}

/* Moves on behind it; -1: there is none, or it is too large. */
static int32_t
read_broker(const char **at)
{
	int64_t number = 0;

	if (!isdigit((unsigned char)**at))
		return -1;
	for (; isdigit((unsigned char)**at); (*at)++) {
		number = number * 10 + (**at - '0');
		if (number > INT32_MAX)
			return -1;
	}
	return (int32_t)number;
}

static bool
has(const replica_assignment *partition, int32_t broker)
{
	for (int32_t i = 0; i < partition->broker_ids.count; i++)
		if (partition->broker_ids.items[i] == broker)
			return true;
	return false;
}

/* Up to a comma or the end. */
static const char *
read_partition(const char **at, replica_assignment *partition)
{
	partition->broker_ids.items = memory_array(count_of(*at, ':', ','),
	    sizeof(partition->broker_ids.items[0]));
	for (;;) {
		int32_t broker = read_broker(at);

		if (broker < 0)
			return "a broker is missing, or is no number";
		if (has(partition, broker))
			return "a partition has a broker twice";
		if (partition->broker_ids.count == ASSIGNMENT_REPLICAS_MAX)
			return "a partition has too many replicas";
		partition->broker_ids.items[partition->broker_ids.count++] = broker;
		if (**at != ':')
			return NULL;
		(*at)++;
	}
}

static const char *
read_partitions(const char *at, struct create_topics_request_creatable_topic *topic)
{
	for (int32_t i = 0;; i++) {
		replica_assignment *partition = &topic->assignments.items[i];

		*partition = create_topics_request_creatable_replica_assignment_defaults;
		partition->partition_index = i;
		topic->assignments.count++;
		const char *complaint = read_partition(&at, partition);
		if (complaint != NULL)
			return complaint;
		if (partition->broker_ids.count != topic->assignments.items[0].broker_ids.count)
			return "partitions have different numbers of replicas";
		if (*at == '\0')
			return NULL;
		if (*at++ != ',')
			return "it holds something else than numbers, colons and commas";
	}
}

const char *
assignment_read(const char *word, struct create_topics_request_creatable_topic *topic)
{
	size_t count = count_of(word, ',', '\0');

	if (count > ASSIGNMENT_PARTITIONS_MAX)
		return "too many partitions";
	topic->assignments.items = memory_array(count, sizeof(topic->assignments.items[0]));
	topic->assignments.count = 0;
	return read_partitions(word, topic);
}

void
assignment_fini(struct create_topics_request_creatable_topic *topic)
{
	for (int32_t i = 0; i < topic->assignments.count; i++)
		free(topic->assignments.items[i].broker_ids.items);
	free(topic->assignments.items);
	topic->assignments.items = NULL;
	topic->assignments.count = 0;
}
