#include "tests/zk/marks.h"

#include <stdio.h>

#include "base/macros.h"
#include "zk/server/requests_private.h"

static const struct {
	int32_t opcode;
	int32_t error;
} wanted[] = {
	{ OPCODE_CREATE, ZNODE_OK }, { OPCODE_CREATE, ZNODE_MARSHALLING },
	{ OPCODE_CREATE, ZNODE_BAD_ARGUMENTS }, { OPCODE_CREATE, ZNODE_NO_NODE },
	{ OPCODE_CREATE, ZNODE_NO_AUTH }, { OPCODE_CREATE, ZNODE_NO_CHILDREN_FOR_EPHEMERALS },
	{ OPCODE_CREATE, ZNODE_NODE_EXISTS }, { OPCODE_CREATE, ZNODE_INVALID_ACL },
	{ OPCODE_CREATE2, ZNODE_OK }, { OPCODE_CREATE2, ZNODE_NODE_EXISTS },
	{ OPCODE_DELETE, ZNODE_OK }, { OPCODE_DELETE, ZNODE_BAD_ARGUMENTS },
	{ OPCODE_DELETE, ZNODE_NO_NODE }, { OPCODE_DELETE, ZNODE_NO_AUTH },
	{ OPCODE_DELETE, ZNODE_BAD_VERSION }, { OPCODE_DELETE, ZNODE_NOT_EMPTY },
	{ OPCODE_SET_DATA, ZNODE_OK }, { OPCODE_SET_DATA, ZNODE_BAD_ARGUMENTS },
	{ OPCODE_SET_DATA, ZNODE_NO_NODE }, { OPCODE_SET_DATA, ZNODE_NO_AUTH },
	{ OPCODE_SET_DATA, ZNODE_BAD_VERSION }, { OPCODE_SET_ACL, ZNODE_OK },
	{ OPCODE_SET_ACL, ZNODE_NO_NODE }, { OPCODE_SET_ACL, ZNODE_NO_AUTH },
	{ OPCODE_SET_ACL, ZNODE_BAD_VERSION }, { OPCODE_SET_ACL, ZNODE_INVALID_ACL },
	{ OPCODE_GET_DATA, ZNODE_OK }, { OPCODE_GET_DATA, ZNODE_NO_NODE },
	{ OPCODE_GET_DATA, ZNODE_NO_AUTH }, { OPCODE_GET_ACL, ZNODE_OK },
	{ OPCODE_GET_ACL, ZNODE_NO_AUTH }, { OPCODE_EXISTS, ZNODE_OK },
	{ OPCODE_EXISTS, ZNODE_NO_NODE }, { OPCODE_GET_CHILDREN, ZNODE_OK },
	{ OPCODE_GET_CHILDREN2, ZNODE_OK }, { OPCODE_GET_CHILDREN2, ZNODE_NO_AUTH },
	{ OPCODE_MULTI, ZNODE_OK }, { OPCODE_MULTI, ZNODE_MARSHALLING },
	{ OPCODE_MULTI_READ, ZNODE_OK }, { OPCODE_CHECK, ZNODE_BAD_VERSION },
	{ OPCODE_SYNC, ZNODE_OK }, { OPCODE_AUTH, ZNODE_OK }, { OPCODE_AUTH, ZNODE_AUTH_FAILED },
	{ OPCODE_ADD_WATCH, ZNODE_OK }, { OPCODE_REMOVE_WATCHES, ZNODE_OK },
	{ OPCODE_REMOVE_WATCHES, ZNODE_NO_WATCHER }, { OPCODE_CHECK_WATCHES, ZNODE_OK },
	{ OPCODE_GET_EPHEMERALS, ZNODE_OK }, { OPCODE_GET_ALL_CHILDREN_NUMBER, ZNODE_OK },
	{ OPCODE_SET_WATCHES, ZNODE_OK }, { OPCODE_SET_WATCHES2, ZNODE_OK },
	{ OPCODE_WHO_AM_I, ZNODE_OK }, { OPCODE_CREATE_TTL, ZNODE_UNIMPLEMENTED },
	{ OPCODE_CLOSE, ZNODE_OK },
};

/* The row of an opcode, where opcodes follow in the order in which they came; 0 ends them. */
static size_t
row_of(const struct marks *marks, int32_t opcode)
{
	size_t row = 0;

	while (row + 1 < MARKS_OPCODES && marks->opcodes[row] != 0 && marks->opcodes[row] != opcode)
		row++;
	return row;
}

void
marks_count(struct marks *marks, int32_t opcode, int32_t error)
{
	size_t row = row_of(marks, opcode);

	marks->opcodes[row] = opcode;
	if (error <= 0 && error > -MARKS_ERRORS)
		marks->counts[row][-error]++;
}

static void
print_row(const struct marks *marks, size_t row)
{
	printf("opcode %d:", marks->opcodes[row]);
	for (int error = 0; error < MARKS_ERRORS; error++) {
		if (marks->counts[row][error] > 0)
			printf(" %d*%lu", -error, (unsigned long)marks->counts[row][error]);
	}
	putchar('\n');
}

bool
marks_report(const struct marks *marks, bool must_have_all)
{
	bool all = true;

	for (size_t row = 0; row < MARKS_OPCODES && marks->opcodes[row] != 0; row++)
		print_row(marks, row);
	for (size_t i = 0; i < ARRAY_LENGTH(wanted) && must_have_all; i++) {
		if (marks->counts[row_of(marks, wanted[i].opcode)][-wanted[i].error] > 0)
			continue;
		printf("opcode %d was never answered with %d\n", wanted[i].opcode, wanted[i].error);
		all = false;
	}
	return all;
}
