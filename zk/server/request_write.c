#include "zk/server/requests_private.h"

enum { MULTI_HEADER_SIZE = 9 };

static void
read_create(struct request *request, struct znode_operation *operation)
{
	operation->type = ZNODE_OP_CREATE;
	operation->path = jute_read_bytes(&request->in);
	operation->data = jute_read_bytes(&request->in);
	operation->acl = jute_read_acl(&request->in, &request->arena);
	operation->flags = reader_int32(&request->in);
}

/* One change, alone or in a multi; false when it cannot be read. */
static bool
read_operation(struct request *request, int32_t opcode, struct znode_operation *operation)
{
	struct reader *in = &request->in;

	switch (opcode) {
	case OPCODE_CREATE:
	case OPCODE_CREATE2:
		read_create(request, operation);
		break;
	case OPCODE_DELETE:
		operation->type = ZNODE_OP_DELETE;
		operation->path = jute_read_bytes(in);
		operation->version = reader_int32(in);
		break;
	case OPCODE_SET_DATA:
		operation->type = ZNODE_OP_SET_DATA;
		operation->path = jute_read_bytes(in);
		operation->data = jute_read_bytes(in);
		operation->version = reader_int32(in);
		break;
	case OPCODE_SET_ACL:
		operation->type = ZNODE_OP_SET_ACL;
		operation->path = jute_read_bytes(in);
		operation->acl = jute_read_acl(in, &request->arena);
		operation->version = reader_int32(in);
		break;
	case OPCODE_CHECK:
		operation->type = ZNODE_OP_CHECK;
		operation->path = jute_read_bytes(in);
		operation->version = reader_int32(in);
		break;
	default:
		return false;
	}
	return !reader_failed(in) && !slice_is_null(operation->path);
}

static enum znode_error
marshalling_error(struct request *request)
{
	(void)tree_next_zxid(request->requests->tree);
	return ZNODE_MARSHALLING;
}

static enum error
carry_out(struct request *request, const struct znode_operation *operations, size_t count,
    bool multi, struct znode_result *results)
{
	return tree_write(request->requests->tree, &request->caller, request->now_ms, operations,
	    count, multi, &request->arena, results);
}

enum znode_error
request_write(struct request *request)
{
	struct znode_operation operation = { 0 };
	struct znode_result result;

	if (!read_operation(request, request->opcode, &operation))
		return marshalling_error(request);
	if (carry_out(request, &operation, 1, false, &result) != ERROR_NONE)
		return marshalling_error(request);
	if (result.error != ZNODE_OK)
		return result.error;
	if (operation.type == ZNODE_OP_CREATE)
		jute_bytes(&request->reply, result.path);
	if (request->opcode == OPCODE_CREATE2 || operation.type == ZNODE_OP_SET_DATA ||
	    operation.type == ZNODE_OP_SET_ACL)
		jute_stat(&request->reply, &result.stat);
	return ZNODE_OK;
}

/* How many changes a multi has; false when it cannot be read. */
static bool
count_operations(struct request *request, size_t *count)
{
	struct reader start = request->in;
	bool is_whole = true, is_last = false;

	for (*count = 0; is_whole && !is_last;) {
		struct znode_operation operation = { 0 };
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
put_result(struct buffer *reply, const struct znode_operation *operation,
    const struct znode_result *result)
{
	static const int32_t opcodes[] = { [ZNODE_OP_CREATE] = OPCODE_CREATE,
		[ZNODE_OP_DELETE] = OPCODE_DELETE, [ZNODE_OP_SET_DATA] = OPCODE_SET_DATA,
		[ZNODE_OP_SET_ACL] = OPCODE_SET_ACL, [ZNODE_OP_CHECK] = OPCODE_CHECK };

	put_header(reply, opcodes[operation->type], false, ZNODE_OK);
	if (operation->type == ZNODE_OP_CREATE)
		jute_bytes(reply, result->path);
	if (operation->type == ZNODE_OP_SET_DATA)
		jute_stat(reply, &result->stat);
}

static void
put_results(struct buffer *reply, const struct znode_operation *operations,
    const struct znode_result *results, size_t count)
{
	bool failed = false;

	for (size_t i = 0; i < count; i++)
		failed = failed || results[i].error != ZNODE_OK;
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

enum znode_error
request_multi(struct request *request)
{
	struct znode_operation *operations;
	struct znode_result *results;
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
	return ZNODE_OK;
}

enum znode_error
request_create_ttl(struct request *request)
{
	struct znode_operation operation = { 0 };

	read_create(request, &operation);
	(void)reader_int64(&request->in);
	if (reader_failed(&request->in) || slice_is_null(operation.path))
		return marshalling_error(request);
	(void)tree_next_zxid(request->requests->tree);
	return ZNODE_UNIMPLEMENTED;
}
