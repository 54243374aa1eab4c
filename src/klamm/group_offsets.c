#include "klamm/group_offsets.h"

#include <stdlib.h>
#include <string.h>

#include "wire/kafka_error.h"

typedef struct describe_groups_response_described_group described_group;
typedef struct describe_groups_response_described_group_member described_member;
typedef struct offset_fetch_response_offset_fetch_response_topic fetched_topic;
typedef struct offset_fetch_response_offset_fetch_response_partition fetched_partition;
typedef struct consumer_protocol_assignment_topic_partition assigned_topic;

enum { ASSIGNMENT_ARENA_BYTES = 16 * 1024 * 1024 };

void
group_offsets_init(struct group_offsets *offsets)
{
	listed_offsets_init(&offsets->ends);
	listed_offsets_init(&offsets->committed);
}

void
group_offsets_fini(struct group_offsets *offsets)
{
	listed_offsets_fini(&offsets->ends);
	listed_offsets_fini(&offsets->committed);
}

/* ------------------------------------------------------------- assignments */

/* Which partitions a member was given; false where that cannot be said. */
static bool
read_assignment(const described_group *described, const described_member *member,
    struct arena *arena, struct consumer_protocol_assignment *assignment)
{
	struct reader in;
	int16_t version;

	if (!slice_equal_text(described->protocol_type, "consumer") ||
	    member->member_assignment.size == 0)
		return false;
	reader_init(&in, member->member_assignment);
	return data_decode(&consumer_protocol_assignment_type, &in, arena, assignment, &version) ==
	    ERROR_NONE;
}

int32_t
group_offsets_assigned(const described_group *described, int32_t member)
{
	struct consumer_protocol_assignment assignment;
	struct arena arena;
	int32_t count = -1;

	arena_init(&arena, ASSIGNMENT_ARENA_BYTES);
	if (read_assignment(described, &described->members.items[member], &arena, &assignment)) {
		count = 0;
		for (int32_t i = 0; i < assignment.assigned_partitions.count; i++)
			count += MAX(assignment.assigned_partitions.items[i].partitions.count, 0);
	}
	arena_fini(&arena);
	return count;
}

static void
add_assigned(struct group_offsets *offsets, const described_group *described)
{
	for (int32_t i = 0; i < described->members.count; i++) {
		struct consumer_protocol_assignment assignment;
		struct arena arena;

		arena_init(&arena, ASSIGNMENT_ARENA_BYTES);
		if (!read_assignment(described, &described->members.items[i], &arena, &assignment))
			assignment.assigned_partitions.count = 0;
		for (int32_t j = 0; j < assignment.assigned_partitions.count; j++) {
			const assigned_topic *topic = &assignment.assigned_partitions.items[j];

			for (int32_t k = 0; k < topic->partitions.count; k++)
				listed_offsets_add(&offsets->ends, topic->topic,
				    topic->partitions.items[k]);
		}
		arena_fini(&arena);
	}
}

static bool
is_assigned(const struct consumer_protocol_assignment *assignment,
    const struct listed_offset *partition)
{
	for (int32_t i = 0; i < assignment->assigned_partitions.count; i++) {
		const assigned_topic *topic = &assignment->assigned_partitions.items[i];

		if (!slice_equal_text(topic->topic, partition->topic))
			continue;
		for (int32_t j = 0; j < topic->partitions.count; j++) {
			if (topic->partitions.items[j] == partition->partition)
				return true;
		}
	}
	return false;
}

static const described_member *
reader_of(const described_group *described, const struct listed_offset *partition)
{
	const described_member *found = NULL;

	for (int32_t i = 0; i < described->members.count && found == NULL; i++) {
		struct consumer_protocol_assignment assignment;
		struct arena arena;

		arena_init(&arena, ASSIGNMENT_ARENA_BYTES);
		if (read_assignment(described, &described->members.items[i], &arena, &assignment) &&
		    is_assigned(&assignment, partition))
			found = &described->members.items[i];
		arena_fini(&arena);
	}
	return found;
}

/* ----------------------------------------------------------------- offsets */

static void
take_committed(struct group_offsets *offsets, const struct offset_fetch_response *response)
{
	for (int32_t i = 0; i < response->topics.count; i++) {
		const fetched_topic *topic = &response->topics.items[i];

		for (int32_t j = 0; j < topic->partitions.count; j++) {
			const fetched_partition *partition = &topic->partitions.items[j];

			if (partition->error_code != KAFKA_ERROR_NONE ||
			    partition->committed_offset < 0)
				continue;
			listed_offsets_add(&offsets->ends, topic->name,
			    partition->partition_index);
			listed_offsets_add(&offsets->committed, topic->name,
			    partition->partition_index);
			offsets->committed.items[offsets->committed.count - 1].offset =
			    partition->committed_offset;
		}
	}
}

static enum error
ask_committed(struct group_offsets *offsets, struct client *client, const char *group)
{
	static const struct request_kind kind = { &offset_fetch_request_type, 2, 7 };
	struct offset_fetch_request request = offset_fetch_request_defaults;
	struct offset_fetch_response response;
	struct answer answer;
	int32_t coordinator_id;
	enum error error;

	request.group_id = slice_of_text(group);
	request.topics.count = -1; /* null: all */
	answer_init(&answer);
	do {
		error = client_coordinator(client, group, &coordinator_id);
		if (error == ERROR_NONE)
			error = client_call(client, coordinator_id, &kind, &request, &answer,
			    &response);
	} while (error == ERROR_NONE && client_again(client, response.error_code));
	if (error == ERROR_NONE && response.error_code != KAFKA_ERROR_NONE) {
		client_refused(client, group, response.error_code, slice_null());
		error = ERROR_OFFLINE;
	}
	if (error == ERROR_NONE)
		take_committed(offsets, &response);
	answer_fini(&answer);
	return error;
}

enum error
group_offsets_ask(struct group_offsets *offsets, struct client *client, const char *group,
    const described_group *described)
{
	enum error error = ask_committed(offsets, client, group);

	if (error != ERROR_NONE)
		return error;
	add_assigned(offsets, described);
	listed_offsets_sort(&offsets->ends);
	listed_offsets_sort(&offsets->committed);
	return listed_offsets_ask(&offsets->ends, client, LISTED_OFFSETS_LATEST);
}

/* -1: nothing committed, or the end is not known. */
static int64_t
lag_of(const struct group_offsets *offsets, const struct listed_offset *end)
{
	const struct listed_offset *committed = listed_offsets_find(&offsets->committed,
	    slice_of_text(end->topic), end->partition);

	if (committed == NULL || end->offset < 0)
		return -1;
	return MAX(end->offset - committed->offset, 0);
}

int64_t
group_offsets_lag(const struct group_offsets *offsets)
{
	int64_t sum = -1;

	for (size_t i = 0; i < offsets->ends.count; i++) {
		int64_t lag = lag_of(offsets, &offsets->ends.items[i]);

		if (lag >= 0)
			sum = MAX(sum, 0) + lag;
	}
	return sum;
}

static void
add_known(struct table *table, int64_t number)
{
	if (number >= 0)
		table_int(table, number);
	else
		table_null(table);
}

static void
add_row(const struct group_offsets *offsets, const struct listed_offset *end,
    const described_group *described, struct table *table)
{
	const struct listed_offset *committed = listed_offsets_find(&offsets->committed,
	    slice_of_text(end->topic), end->partition);
	const described_member *member = reader_of(described, end);

	table_text(table, described->group_id);
	table_text(table, slice_of_text(end->topic));
	table_int(table, end->partition);
	add_known(table, committed != NULL ? committed->offset : -1);
	add_known(table, end->offset);
	add_known(table, lag_of(offsets, end));
	table_text(table, member != NULL ? member->client_id : slice_null());
	table_text(table, member != NULL ? member->member_id : slice_null());
}

void
group_offsets_print(const struct group_offsets *offsets, const described_group *described,
    struct output *output)
{
	static const struct table_column columns[] = {
		{ NULL, "group" }, { "TOPIC", "topic" }, { "PARTITION", "partition" },
		{ "COMMITTED", "committed" }, { "END", "end" }, { "LAG", "lag" },
		{ "CLIENT", "clientId" }, { "MEMBER", "memberId" },
	};
	struct table table;

	if (offsets->ends.count == 0)
		return;
	table_init(&table, "offset", columns, ARRAY_LENGTH(columns));
	for (size_t i = 0; i < offsets->ends.count; i++)
		add_row(offsets, &offsets->ends.items[i], described, &table);
	if (!output->json)
		output_plain(output, "\n");
	table_print(&table, output);
	table_fini(&table);
}
