#include "tests/zk/marks.h"

#include <stdio.h>

#include "base/macros.h"
#include "zk/server/requests_private.h"

static const struct {
	int32_t opcode;
	int32_t error;
} wanted[] = {
	{ OPCODE_CREATE, TREE_OK }, { OPCODE_CREATE, TREE_MARSHALLING_ERROR },
	{ OPCODE_CREATE, TREE_BAD_ARGUMENTS }, { OPCODE_CREATE, TREE_NO_NODE },
	{ OPCODE_CREATE, TREE_NO_AUTH }, { OPCODE_CREATE, TREE_NO_CHILDREN_FOR_EPHEMERALS },
	{ OPCODE_CREATE, TREE_NODE_EXISTS }, { OPCODE_CREATE, TREE_INVALID_ACL },
	{ OPCODE_CREATE2, TREE_OK }, { OPCODE_CREATE2, TREE_NODE_EXISTS },
	{ OPCODE_DELETE, TREE_OK }, { OPCODE_DELETE, TREE_BAD_ARGUMENTS },
	{ OPCODE_DELETE, TREE_NO_NODE }, { OPCODE_DELETE, TREE_NO_AUTH },
	{ OPCODE_DELETE, TREE_BAD_VERSION }, { OPCODE_DELETE, TREE_NOT_EMPTY },
	{ OPCODE_SET_DATA, TREE_OK }, { OPCODE_SET_DATA, TREE_BAD_ARGUMENTS },
	{ OPCODE_SET_DATA, TREE_NO_NODE }, { OPCODE_SET_DATA, TREE_NO_AUTH },
	{ OPCODE_SET_DATA, TREE_BAD_VERSION }, { OPCODE_SET_ACL, TREE_OK },
	{ OPCODE_SET_ACL, TREE_NO_NODE }, { OPCODE_SET_ACL, TREE_NO_AUTH },
	{ OPCODE_SET_ACL, TREE_BAD_VERSION }, { OPCODE_SET_ACL, TREE_INVALID_ACL },
	{ OPCODE_GET_DATA, TREE_OK }, { OPCODE_GET_DATA, TREE_NO_NODE },
	{ OPCODE_GET_DATA, TREE_NO_AUTH }, { OPCODE_GET_ACL, TREE_OK },
	{ OPCODE_GET_ACL, TREE_NO_AUTH }, { OPCODE_EXISTS, TREE_OK },
	{ OPCODE_EXISTS, TREE_NO_NODE }, { OPCODE_GET_CHILDREN, TREE_OK },
	{ OPCODE_GET_CHILDREN2, TREE_OK }, { OPCODE_GET_CHILDREN2, TREE_NO_AUTH },
	{ OPCODE_MULTI, TREE_OK }, { OPCODE_MULTI, TREE_MARSHALLING_ERROR },
	{ OPCODE_MULTI_READ, TREE_OK }, { OPCODE_CHECK, TREE_BAD_VERSION },
	{ OPCODE_SYNC, TREE_OK }, { OPCODE_AUTH, TREE_OK }, { OPCODE_AUTH, TREE_AUTH_FAILED },
	{ OPCODE_ADD_WATCH, TREE_OK }, { OPCODE_REMOVE_WATCHES, TREE_OK },
	{ OPCODE_REMOVE_WATCHES, TREE_NO_WATCHER }, { OPCODE_CHECK_WATCHES, TREE_OK },
	{ OPCODE_GET_EPHEMERALS, TREE_OK }, { OPCODE_GET_ALL_CHILDREN_NUMBER, TREE_OK },
	{ OPCODE_SET_WATCHES, TREE_OK }, { OPCODE_SET_WATCHES2, TREE_OK },
	{ OPCODE_WHO_AM_I, TREE_OK }, { OPCODE_CREATE_TTL, TREE_UNIMPLEMENTED },
	{ OPCODE_CLOSE, TREE_OK },
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
