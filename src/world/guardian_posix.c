#include "world/guardian_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "world/guardian_private.h"

#define NAME_IN_LIST "klammd-guardian" /* the system's names have 15 characters */
#define NAME_OF_COMMAND "klammd: guardian"

struct posix_guardian {
	struct guardian guardian;
	pid_t process;
	int socket;
};

/* -------------------------------------------------------------- the child */

/* main()'s arguments stand one behind the other; ps shows what is there. */
static void
take_name(char **argv)
{
	char *end;

	(void)prctl(PR_SET_NAME, NAME_IN_LIST);
	if (argv == NULL || argv[0] == NULL)
		return;
	end = argv[0] + strlen(argv[0]);
	for (int i = 1; argv[i] == end + 1; i++)
		end = argv[i] + strlen(argv[i]);
	memset(argv[0], 0, (size_t)(end - argv[0]));
	memcpy(argv[0], NAME_OF_COMMAND, MIN(sizeof(NAME_OF_COMMAND) - 1, (size_t)(end - argv[0])));
}

/* All but the socket, whose number may change. */
static int
leave_everything(int socket)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE,
		SIGTSTP, SIGTTIN, SIGTTOU };
	int kept = fcntl(socket, F_DUPFD_CLOEXEC, 3); /* above the three that everybody has */
	int nothing;

	if (kept < 0)
		_exit(EXIT_FAILURE);
	(void)setsid();
	for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
		(void)signal(signals[i], SIG_IGN);
	if (chdir("/") != 0)
		_exit(EXIT_FAILURE);
	nothing = open("/dev/null", O_RDWR);
	for (int fd = 0; nothing >= 0 && fd < 3; fd++)
		(void)dup2(nothing, fd);
	if (kept > 3)
		(void)close_range(3, (unsigned)kept - 1, 0);
	(void)close_range((unsigned)kept + 1, ~0U, 0);
	return kept;
}

/* Ends when it is dismissed, or when the parent has died and its session is over. */
static NORETURN void
guard(int socket)
{
	struct guardian_order order = { 0 }, next;

	for (;;) {
		ssize_t got = recv(socket, &next, sizeof(next), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		if (got != sizeof(next))
			continue;
		order = next;
		if (order.credentials.session == 0)
			_exit(EXIT_SUCCESS);
	}
	if (order.credentials.session != 0 && !guardian_close_session(&order))
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

/* ------------------------------------------------------------- the parent */

static struct posix_guardian *
posix_of(const struct guardian *guardian)
{
	return container_of(guardian, struct posix_guardian, guardian);
}

static bool
order(struct guardian *guardian, const struct guardian_order *order)
{
	return send(posix_of(guardian)->socket, order, sizeof(*order),
	    MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(*order);
}

static bool
watch(struct guardian *guardian, const struct coord_credentials *credentials, int32_t timeout_ms,
    const struct net_address *servers, size_t server_count)
{
	struct guardian_order it = {
		.credentials = *credentials,
		.timeout_ms = timeout_ms,
		.server_count = (uint32_t)MIN(server_count, (size_t)GUARDIAN_SERVERS_MAX),
	};

	memcpy(it.servers, servers, it.server_count * sizeof(it.servers[0]));
	return order(guardian, &it);
}

static void
dismiss(struct guardian *guardian)
{
	const struct guardian_order nothing = { 0 };

	(void)order(guardian, &nothing); /* one that is gone needs no leave */
}

struct guardian *
guardian_posix_start(char **argv)
{
	struct posix_guardian *it;
	int sockets[2];
	sigset_t all, before;
	pid_t process;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
		return NULL;
	/* no signal may end the child before it ignores them */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	process = fork();
	if (process == 0) {
		take_name(argv);
		sockets[1] = leave_everything(sockets[1]);
		sigprocmask(SIG_SETMASK, &before, NULL);
		guard(sockets[1]);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(sockets[1]);
	if (process < 0) {
		close(sockets[0]);
		return NULL;
	}
	it = memory_new(sizeof(*it));
	it->guardian = (struct guardian){ .watch = watch, .dismiss = dismiss };
	it->process = process;
	it->socket = sockets[0];
	return &it->guardian;
}

pid_t
guardian_posix_process(const struct guardian *guardian)
{
	return posix_of(guardian)->process;
}

void
guardian_posix_free(struct guardian *guardian)
{
	struct posix_guardian *it = posix_of(guardian);

	close(it->socket);
	while (waitpid(it->process, NULL, 0) < 0 && errno == EINTR)
		continue;
	free(it);
}
