/*
 * tests/zk/marks.h: how often each request was answered with each error. A run
 * that never met one of the errors that it is about has shown nothing of it.
 */
#ifndef KLAMM_TESTS_ZK_MARKS_H
#define KLAMM_TESTS_ZK_MARKS_H

#include <stdbool.h>
#include <stdint.h>

enum { MARKS_OPCODES = 40, MARKS_ERRORS = 128 };

struct marks {
	int32_t opcodes[MARKS_OPCODES];
	uint64_t counts[MARKS_OPCODES][MARKS_ERRORS]; /* by the error, without its sign */
};

void marks_count(struct marks *marks, int32_t opcode, int32_t error);
/* Prints the table; with `must_have_all` false if an error of the list was never met. */
bool marks_report(const struct marks *marks, bool must_have_all);

#endif
