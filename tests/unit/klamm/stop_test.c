#include "klamm/stop.h"

#include <criterion/criterion.h>

#include <signal.h>

Test(stop, is_asked_for_by_a_signal)
{
	stop_catch();
	cr_expect_not(stop_was_asked());
	cr_assert_eq(raise(SIGINT), 0);
	cr_expect(stop_was_asked());
}

Test(stop, second_signal_ends_the_process, .signal = SIGTERM)
{
	stop_catch();
	cr_assert_eq(raise(SIGTERM), 0);
	cr_assert(stop_was_asked());
	(void)raise(SIGTERM);
	cr_assert(false, "still here");
}
