#include "klamm/topic_partitions.h"

#include <stdio.h>

#include "wire/kafka_error.h"

enum { PAUSE_US = 100 * 1000, CREATION_PAUSES = 10 };

typedef struct metadata_response_metadata_response_topic topic_metadata;

static int16_t
code_of(const struct metadata_response *response)
{
	return response->topics.count == 1 ? response->topics.items[0].error_code
					   : (int16_t)KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
}

/* A topic that is being made is unknown for a moment. */
static bool
is_not_there_yet(struct client *client, int16_t code, enum topic_unknown unknown, int *pauses)
{
	if (unknown == TOPIC_IS_MISSING || code != KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION ||
	    *pauses == CREATION_PAUSES)
		return client_again(client, code);
	(*pauses)++;
	transport_pause(client->transport, PAUSE_US);
	return true;
}

enum error
topic_partitions_ask(struct client *client, int32_t node_id, const char *topic,
    enum topic_unknown unknown, int32_t *count)
{
	static const struct request_kind kind = { &metadata_request_type, 4, 12 };
	struct metadata_request_metadata_request_topic asked =
	    metadata_request_metadata_request_topic_defaults;
	struct metadata_request request = metadata_request_defaults;
	struct metadata_response response;
	struct answer answer;
	int pauses = 0;
	enum error error;

	asked.name = slice_of_text(topic);
	request.topics.items = &asked;
	request.topics.count = 1;
	request.allow_auto_topic_creation = unknown == TOPIC_IS_MADE;
	answer_init(&answer);
	do {
		error = client_call(client, node_id, &kind, &request, &answer, &response);
	} while (error == ERROR_NONE &&
	    is_not_there_yet(client, code_of(&response), unknown, &pauses));
	if (error == ERROR_NONE && code_of(&response) == KAFKA_ERROR_UNKNOWN_TOPIC_OR_PARTITION) {
		snprintf(client->complaint, sizeof(client->complaint),
		    "%s: there is no such topic: 'klamm topic create %s' makes it", topic, topic);
		error = ERROR_NOT_FOUND;
	} else if (error == ERROR_NONE && code_of(&response) != KAFKA_ERROR_NONE) {
		client_refused(client, topic, code_of(&response), slice_null());
		error = ERROR_OFFLINE;
	}
	if (error == ERROR_NONE)
		*count = MAX(response.topics.items[0].partitions.count, 0);
	answer_fini(&answer);
	return error;
}
