#include "klamm/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked;

static void
ask(int number)
{
	(void)number;
	asked = 1;
}

void
stop_catch(void)
{
	struct sigaction action = { .sa_handler = ask, .sa_flags = (int)SA_RESETHAND };

	sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL); /* cannot fail for these */
	(void)sigaction(SIGTERM, &action, NULL);
}

bool
stop_was_asked(void)
{
	return asked != 0;
}
