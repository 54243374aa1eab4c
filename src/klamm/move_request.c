#include "klamm/move_request.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "klamm/client_command.h"
#include "wire/kafka_error.h"

enum { WHAT_SIZE = 300 };

typedef struct alter_partition_reassignments_request_reassignable_topic asked_topic;
typedef struct alter_partition_reassignments_request_reassignable_partition asked_partition;
typedef struct alter_partition_reassignments_response_reassignable_partition_response
    answered_partition;

static void
fill(struct alter_partition_reassignments_request *request, asked_partition *partitions,
    const struct move_plan *plan, enum move_request what)
{
	asked_topic *topic = NULL;

	for (size_t i = 0; i < plan->count; i++) {
		const struct move *move = &plan->moves[i];

		if (topic == NULL || !slice_equal_text(topic->name, move->topic)) {
			topic = &request->topics.items[request->topics.count++];
			*topic = alter_partition_reassignments_request_reassignable_topic_defaults;
			topic->name = slice_of_text(move->topic);
			topic->partitions.items = &partitions[i];
		}
		topic->partitions.count++;
		partitions[i] = alter_partition_reassignments_request_reassignable_partition_defaults;
		partitions[i].partition_index = move->index;
		partitions[i].replicas.items = move->to;
		partitions[i].replicas.count = what == MOVE_CANCEL ? -1 : move->to_count;
	}
}

static enum error
call(struct client *client, struct alter_partition_reassignments_request *request,
    struct answer *answer, struct alter_partition_reassignments_response *response)
{
	static const struct request_kind kind =
	    { &alter_partition_reassignments_request_type, 0, 0 };
	enum error error;

	do {
		request->timeout_ms = client_request_timeout_ms(client);
		error = client_call_controller(client, &kind, request, answer, response);
	} while (error == ERROR_NONE && client_again(client, response->error_code));
	if (error == ERROR_NONE && response->error_code != KAFKA_ERROR_NONE) {
		client_refused(client, "reassignment", response->error_code,
		    response->error_message);
		error = ERROR_OFFLINE;
	}
	return error;
}

static enum command_status
judge(struct tool *tool, struct client *client, struct move_plan *plan, struct slice topic,
    const answered_partition *answer)
{
	struct move *move = move_plan_find(plan, topic, answer->partition_index);
	char what[WHAT_SIZE];

	if (answer->error_code == KAFKA_ERROR_NONE || move == NULL)
		return COMMAND_OK;
	move->state = MOVE_REFUSED;
	snprintf(what, sizeof(what), "%s:%d", move->topic, (int)move->index);
	client_refused(client, what, answer->error_code, answer->error_message);
	return client_command_failed(tool, client);
}

enum command_status
move_request(struct tool *tool, struct client *client, struct move_plan *plan,
    enum move_request what, bool *asked)
{
	struct alter_partition_reassignments_request request =
	    alter_partition_reassignments_request_defaults;
	struct alter_partition_reassignments_response response;
	asked_partition *partitions = memory_array(plan->count + 1, sizeof(*partitions));
	enum command_status status = COMMAND_OK;
	struct answer answer;

	request.topics.items = memory_array(plan->count + 1, sizeof(*request.topics.items));
	fill(&request, partitions, plan, what);
	answer_init(&answer);
	*asked = call(client, &request, &answer, &response) == ERROR_NONE;
	if (!*asked)
		status = client_command_failed(tool, client);
	for (int32_t i = 0; *asked && i < response.responses.count; i++) {
		for (int32_t j = 0; j < response.responses.items[i].partitions.count; j++) {
			if (judge(tool, client, plan, response.responses.items[i].name,
			    &response.responses.items[i].partitions.items[j]) != COMMAND_OK)
				status = COMMAND_FAILED;
		}
	}
	answer_fini(&answer);
	free(request.topics.items);
	free(partitions);
	return status;
}
