#include <criterion/criterion.h>

#include "tests/sim/ledger.h"

static struct sim sim;
static struct ledger ledger;
static struct ledger_log *kept;

static void
set_up(void)
{
	sim_init(&sim, 7);
	ledger_init(&ledger, &sim);
	ledger.is_replicated = true;
	ledger.life = 1;
	kept = &ledger_add(&ledger, "kept", 1, true)->logs[0];
	(void)ledger_make(&ledger, 0, 40);
}

static void
tear_down(void)
{
	ledger_fini(&ledger);
	sim_fini(&sim);
}

TestSuite(ledger, .init = set_up, .fini = tear_down);

/* Value number offset + first stands there. */
static void
acknowledge(int64_t from, int64_t to, uint64_t first, int life)
{
	for (int64_t offset = from; offset < to; offset++)
		ledger_learn(&ledger, kept, offset, (uint64_t)offset + first,
		    LEDGER_ACKED | LEDGER_ACKED_ALL, life);
}

Test(ledger, what_was_acknowledged_to_all_is_never_replaced)
{
	acknowledge(0, 10, 1, -1);
	acknowledge(8, 9, 20, -1);
	cr_assert(sim.failed);
}

Test(ledger, F29_an_unclean_election_takes_what_its_leader_lacks_and_no_more)
{
	acknowledge(0, 10, 1, -1);
	ledger_log_is_undecided(kept);
	cr_assert_eq(ledger_log_elected(&ledger, kept, 0, 6), 4);
	cr_assert_eq(kept->high_watermark, 6);
	acknowledge(6, 8, 20, -1);
	cr_assert(!sim.failed, "%s", sim.failure);
	acknowledge(5, 6, 30, -1);
	cr_assert(sim.failed);
}

Test(ledger, F29_of_what_retention_has_taken_from_the_new_leader_nothing_is_known)
{
	acknowledge(0, 10, 1, -1);
	ledger_log_is_undecided(kept);
	cr_assert_eq(ledger_log_elected(&ledger, kept, 3, 6), 4);
	acknowledge(0, 3, 20, -1);
	cr_assert(!sim.failed, "%s", sim.failure);
}

Test(ledger, F29_what_is_said_from_before_an_unclean_election_counts_for_nothing)
{
	acknowledge(0, 6, 1, -1);
	acknowledge(4, 9, 20, LEDGER_NOBODYS);
	ledger_told_end(&ledger, kept, LEDGER_NOBODYS, 0, 12, 3);
	cr_assert(!sim.failed, "%s", sim.failure);
	cr_assert_eq(kept->high_watermark, 6);
}

Test(ledger, F19_a_power_cut_of_all_takes_what_is_above_the_floor)
{
	acknowledge(0, 10, 1, -1);
	ledger_log_cut(&ledger, kept, 6);
	cr_assert_eq(ledger_log_lost_end(kept), 10);
	ledger_log_is_left(&ledger, kept, 8);
	cr_assert_eq(kept->high_watermark, 8);
	acknowledge(8, 9, 20, -1);
	cr_assert(!sim.failed, "%s", sim.failure);
	cr_assert_eq(ledger.forgiven, 2);
}

Test(ledger, F19_what_is_below_the_floor_stays)
{
	acknowledge(0, 10, 1, -1);
	ledger_log_cut(&ledger, kept, 6);
	acknowledge(5, 6, 20, -1);
	cr_assert(sim.failed);
}

Test(ledger, F19_what_the_next_leader_has_stays)
{
	acknowledge(0, 10, 1, -1);
	ledger_log_cut(&ledger, kept, 6);
	ledger_log_is_left(&ledger, kept, 8);
	acknowledge(7, 8, 20, -1);
	cr_assert(sim.failed);
}

Test(ledger, F19_what_comes_to_the_place_of_the_lost_stays)
{
	acknowledge(0, 10, 1, -1);
	ledger_log_cut(&ledger, kept, 6);
	ledger_log_is_left(&ledger, kept, 6);
	acknowledge(6, 9, 20, -1);
	cr_assert(!sim.failed, "%s", sim.failure);
	acknowledge(6, 7, 1, -1);
	cr_assert(sim.failed);
}

Test(ledger, F19_an_answer_of_before_the_cut_that_comes_late_promises_nothing)
{
	acknowledge(0, 6, 1, -1);
	ledger_log_cut(&ledger, kept, 6);
	acknowledge(6, 8, 1, LEDGER_BEFORE_CUT);
	ledger_told_end(&ledger, kept, LEDGER_BEFORE_CUT, 0, 8, 0);
	cr_assert_eq(kept->high_watermark, 6);
	acknowledge(6, 8, 20, -1);
	cr_assert(!sim.failed, "%s", sim.failure);
}

Test(ledger, F19_two_cuts_one_after_the_other_leave_what_the_last_leader_has)
{
	acknowledge(0, 10, 1, -1);
	ledger_log_cut(&ledger, kept, 8);
	ledger_log_cut(&ledger, kept, 6);
	ledger_log_is_left(&ledger, kept, 9);
	cr_assert_eq(kept->high_watermark, 9);
	cr_assert_eq(kept->values[7], 8);
	cr_assert_eq(kept->values[9], 0);
}
