#include "controller/replica_changes.h"

#include <criterion/criterion.h>

TestSuite(replica_changes);

static void
expect(enum replica_state before, const char *after)
{
	char found[64] = "";
	static const char letters[] = { 'x', 'n', '+', '-', 's', 'd', 'i' };

	for (int state = 0; state < REPLICA_STATE_COUNT; state++)
		if (replica_state_may_follow(before, (enum replica_state)state))
			strncat(found, &letters[state], 1);
	cr_expect_str_eq(found, after, "after %s", replica_state_text(before));
}

Test(replica_changes, allow_the_moves_that_are_drawn)
{
	expect(REPLICA_NON_EXISTENT, "n");
	expect(REPLICA_NEW, "+-");
	expect(REPLICA_ONLINE, "+-");
	expect(REPLICA_OFFLINE, "+-si");
	expect(REPLICA_DELETION_STARTED, "di");
	expect(REPLICA_DELETION_SUCCESSFUL, "x");
	expect(REPLICA_DELETION_INELIGIBLE, "+-");
}
