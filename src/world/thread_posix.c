#include "world/thread_posix.h"

#include <signal.h>
#include <stddef.h>

#include "base/macros.h"

bool
thread_posix_start(pthread_t *thread, void *(*run)(void *argument), void *argument,
    const char *name)
{
	static const int faults[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP };
	sigset_t blocked, before;
	int result;

	sigfillset(&blocked);
	for (size_t i = 0; i < ARRAY_LENGTH(faults); i++)
		sigdelset(&blocked, faults[i]);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	result = pthread_create(thread, NULL, run, argument);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result != 0)
		return false;
	pthread_setname_np(*thread, name);
	return true;
}
