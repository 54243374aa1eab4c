#include "zk/server/requests_private.h"

enum { MULTI_HEADER_SIZE = 9 };

static void
read_create(struct request *request, struct tree_operation *operation)
{
	operation->type = TREE_CREATE;
	operation->path = jute_read_bytes(&request->in);
	operation->data = jute_read_bytes(&request->in);
	operation->acl = jute_read_acl(&request->in, &request->arena);
	operation->flags = reader_int32(&request->in);
}

/* One change, alone or in a multi; false when it cannot be read. */
static bool
read_operation(struct request *request, int32_t opcode, struct tree_operation *operation)
{
	struct reader *in = &request->in;

	switch (opcode) {
	case OPCODE_CREATE:
	case OPCODE_CREATE2:
		read_create(request, operation);
		break;
	case OPCODE_DELETE:
		operation->type = TREE_DELETE;
		operation->path = jute_read_bytes(in);
		operation->version = reader_int32(in);
		break;
	case OPCODE_SET_DATA:
		operation->type = TREE_SET_DATA;
		operation->path = jute_read_bytes(in);
		operation->data = jute_read_bytes(in);
		operation->version = reader_int32(in);
		break;
	case OPCODE_SET_ACL:
		operation->type = TREE_SET_ACL;
		operation->path = jute_read_bytes(in);
		operation->acl = jute_read_acl(in, &request->arena);
		operation->version = reader_int32(in);
		break;
	case OPCODE_CHECK:
		operation->type = TREE_CHECK;
		operation->path = jute_read_bytes(in);
		operation->version = reader_int32(in);
		break;
	default:
		return false;
	}
	return !reader_failed(in) && !slice_is_null(operation->path);
}

static enum tree_error
marshalling_error(struct request *request)
{
	(void)tree_next_zxid(request->requests->tree);
	return TREE_MARSHALLING_ERROR;
}

static enum error
carry_out(struct request *request, const struct tree_operation *operations, size_t count,
    bool multi, struct tree_result *results)
{
	return tree_write(request->requests->tree, &request->caller, request->now_ms, operations,
	    count, multi, &request->arena, results);
}

enum tree_error
request_write(struct request *request)
{
	struct tree_operation operation = { 0 };
	struct tree_result result;

	if (!read_operation(request, request->opcode, &operation))
		return marshalling_error(request);
	if (carry_out(request, &operation, 1, false, &result) != ERROR_NONE)
		return marshalling_error(request);
	if (result.error != TREE_OK)
		return result.error;
	if (operation.type == TREE_CREATE)
		jute_bytes(&request->reply, result.path);
	if (request->opcode == OPCODE_CREATE2 || operation.type == TREE_SET_DATA ||
	    operation.type == TREE_SET_ACL)
		jute_stat(&request->reply, &result.stat);
	return TREE_OK;
}

/* How many changes a multi has; false when it cannot be read. */
static bool
count_operations(struct request *request, size_t *count)
{
	struct reader start = request->in;
	bool is_whole = true, is_last = false;

	for (*count = 0; is_whole && !is_last;) {
		struct tree_operation operation = { 0 };
		int32_t opcode = reader_int32(&request->in);

		is_last = jute_read_bool(&request->in);
		(void)reader_int32(&request->in);
		is_whole = !reader_failed(&request->in);
		if (!is_whole || is_last)
			break;
		is_whole = opcode != OPCODE_SET_ACL && read_operation(request, opcode, &operation);
		++*count;
	}
	request->in = start;
	return is_whole;
}

static void
put_header(struct buffer *reply, int32_t opcode, bool is_last, int32_t error)
{
	buffer_int32(reply, opcode);
	jute_bool(reply, is_last);
	buffer_int32(reply, error);
}

/* Observed: create2 is answered as create is. */
static void
put_result(struct buffer *reply, const struct tree_operation *operation,
    const struct tree_result *result)
{
	static const int32_t opcodes[] = { [TREE_CREATE] = OPCODE_CREATE,
		[TREE_DELETE] = OPCODE_DELETE, [TREE_SET_DATA] = OPCODE_SET_DATA,
		[TREE_SET_ACL] = OPCODE_SET_ACL, [TREE_CHECK] = OPCODE_CHECK };

	put_header(reply, opcodes[operation->type], false, TREE_OK);
	if (operation->type == TREE_CREATE)
		jute_bytes(reply, result->path);
	if (operation->type == TREE_SET_DATA)
		jute_stat(reply, &result->stat);
}

static void
put_results(struct buffer *reply, const struct tree_operation *operations,
    const struct tree_result *results, size_t count)
{
	bool failed = false;

	for (size_t i = 0; i < count; i++)
		failed = failed || results[i].error != TREE_OK;
	for (size_t i = 0; i < count; i++) {
		if (!failed) {
			put_result(reply, &operations[i], &results[i]);
			continue;
		}
		put_header(reply, OPCODE_ERROR, false, results[i].error);
		buffer_int32(reply, results[i].error);
	}
	put_header(reply, OPCODE_ERROR, true, -1);
}

enum tree_error
request_multi(struct request *request)
{
	struct tree_operation *operations;
	struct tree_result *results;
	size_t count;

	if (!count_operations(request, &count))
		return marshalling_error(request);
	operations = arena_array(&request->arena, count, sizeof(*operations));
	results = arena_array(&request->arena, count, sizeof(*results));
	if (operations == NULL || results == NULL)
		return marshalling_error(request);
	for (size_t i = 0; i < count; i++) {
		int32_t opcode = reader_int32(&request->in);

		reader_skip(&request->in, MULTI_HEADER_SIZE - sizeof(opcode));
		if (!read_operation(request, opcode, &operations[i]))
			return marshalling_error(request);
	}
	if (carry_out(request, operations, count, true, results) != ERROR_NONE)
		return marshalling_error(request);
	put_results(&request->reply, operations, results, count);
	return TREE_OK;
}

enum tree_error
request_create_ttl(struct request *request)
{
	struct tree_operation operation = { 0 };

	read_create(request, &operation);
	(void)reader_int64(&request->in);
	if (reader_failed(&request->in) || slice_is_null(operation.path))
		return marshalling_error(request);
	(void)tree_next_zxid(request->requests->tree);
	return TREE_UNIMPLEMENTED;
}
