#include "api/request_kinds.h"

#include "wire/api_keys.h"

enum { FETCH_HAS_STATE = 15 }; /* the first version whose replica id stands in replicaState */

int
request_kind(const struct request *request)
{
	const struct fetch_request *fetch = request->body;
	int32_t replica;

	if (request->key != API_KEY_FETCH)
		return request->key;
	replica = request->version >= FETCH_HAS_STATE ? fetch->replica_state.replica_id :
	    fetch->replica_id;
	return replica >= 0 ? REQUEST_KIND_FETCH_FOLLOWER : REQUEST_KIND_FETCH_CONSUMER;
}

static const char *
kind_name(int kind)
{
	const struct api_entry *entry;

	if (kind == REQUEST_KIND_FETCH_FOLLOWER)
		return "FetchFollower";
	if (kind == REQUEST_KIND_FETCH_CONSUMER)
		return "FetchConsumer";
	entry = api_table_find((int16_t)kind);
	return entry == NULL ? NULL : entry->name;
}

static const char *
code_name(int code)
{
	return code < KAFKA_ERROR_FIRST || code > KAFKA_ERROR_LAST ? NULL :
	    kafka_error_name((int16_t)code);
}

static int
sum_of(int kind)
{
	return kind == REQUEST_KIND_FETCH_FOLLOWER || kind == REQUEST_KIND_FETCH_CONSUMER ?
	    API_KEY_FETCH : -1;
}

const struct metrics_names request_kind_names = { kind_name, code_name, sum_of };
