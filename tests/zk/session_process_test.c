#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../world/check.h"
#include "client.h"
#include "session_test.h"
#include "world/guardian_posix.h"

/* -------------------------------------------- the process that is killed */

struct broker {
	struct client client;
	struct zk_ephemeral ephemeral;
	struct zk_listener listener;
	int64_t from_ms;
	pid_t guardian;
};

static void
on_registered(struct zk_ephemeral *ephemeral, enum znode_error error,
    const struct znode_stat *stat)
{
	struct broker *it = container_of(ephemeral, struct broker, ephemeral);

	printf("%d %lld %d %d\n", error, (long long)(ensemble_now_ms() - it->from_ms),
	    (int)it->guardian, stat->version == 1 && stat->czxid == stat->mzxid);
	fflush(stdout);
}

static void
on_established(struct zk_listener *listener)
{
	struct broker *it = container_of(listener, struct broker, listener);

	it->ephemeral = (struct zk_ephemeral){ .session = it->client.session,
		.path = slice_of_text("/id"), .data = slice_of_text("broker"),
		.done = on_registered };
	zk_ephemeral_register(&it->ephemeral);
}

static void
listen_too(void *context)
{
	struct broker *it = context;

	zk_session_listen(it->client.session, &it->listener);
}

/* session_test SERVERS KEPT-FILE|- guardian|alone; ends in good order when its input ends. */
int
session_process_main(int argc, char **argv)
{
	static struct broker it;
	struct zk_session_options options = { 0 };
	struct guardian *guardian = NULL;
	const char *servers = argc == 4 ? argv[1] : NULL;

	if (servers == NULL)
		return 2;
	it.from_ms = ensemble_now_ms();
	options.kept_path = strcmp(argv[2], "-") != 0 ? argv[2] : NULL;
	if (strcmp(argv[3], "guardian") == 0) {
		guardian = guardian_posix_start(argv);
		if (guardian == NULL)
			return 1;
		it.guardian = guardian_posix_process(guardian);
	}
	options.guardian = guardian;
	client_prepare(&it.client, servers, &options);
	it.listener.established = on_established;
	client_on_loop(&it.client, listen_too, &it);
	client_begin(&it.client);
	while (getchar() != EOF)
		continue;
	client_stop(&it.client);
	if (guardian != NULL)
		guardian_posix_free(guardian);
	return 0;
}

/* ------------------------------------------------------------ its keeper */

struct process {
	pid_t pid, guardian;
	int input;
	FILE *output;
	int error, whole;
	int64_t time_ms;
};

/* Waits until it is registered. */
static struct process
process_start(const char *servers, const char *kept, const char *guardian)
{
	struct process it = { 0 };
	int in[2], out[2], pid = 0;
	long long time_ms = 0;

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		abort();
	it.pid = fork();
	if (it.pid == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		execl("/proc/self/exe", "session_test", servers, kept, guardian, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	it.input = in[1];
	it.output = fdopen(out[0], "r");
	if (fscanf(it.output, "%d %lld %d %d", &it.error, &time_ms, &pid, &it.whole) != 4)
		it.error = -1;
	it.time_ms = time_ms;
	it.guardian = pid;
	return it;
}

static void
process_end(struct process *it, bool kill_it)
{
	if (kill_it)
		(void)kill(it->pid, SIGKILL);
	close(it->input);
	(void)waitpid(it->pid, NULL, 0);
	fclose(it->output);
}

/* How long until the node is gone; -1: it is still there after the wait. */
static int64_t
gone_after(struct client *observer, int64_t wait_ms)
{
	int64_t from_ms = ensemble_now_ms();

	while (ensemble_now_ms() - from_ms < wait_ms) {
		if (client_read(observer, COORD_EXISTS, "/id").error == ZNODE_NO_NODE)
			return ensemble_now_ms() - from_ms;
		ensemble_sleep_ms(1);
	}
	return -1;
}

static bool
command_line_is(pid_t process, const char *text)
{
	char path[64], line[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)process);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	(void)!fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	return strcmp(line, text) == 0;
}

static long
private_kib(pid_t process)
{
	char path[64], line[256];
	long total = 0, value;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)process);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "Private_Clean: %ld", &value) == 1 ||
		    sscanf(line, "Private_Dirty: %ld", &value) == 1)
			total += value;
	if (file != NULL)
		fclose(file);
	return total;
}

/* Neither what a terminal or an init script sends, nor a stop of ours, ends the session. */
static void
guardian_stays(struct client *observer, const char *servers)
{
	struct process it = process_start(servers, "-", "guardian");

	CHECK(it.error == ZNODE_OK && it.whole == 1);
	printf("registered %lld ms after main()\n", (long long)it.time_ms);
	(void)kill(it.guardian, SIGTERM);
	(void)kill(it.guardian, SIGINT);
	(void)kill(it.pid, SIGSTOP);
	CHECK(gone_after(observer, 2000) == -1);
	CHECK(command_line_is(it.guardian, "klammd: guardian"));
	printf("the guardian's private memory: %ld KiB\n", private_kib(it.guardian));
	(void)kill(it.pid, SIGCONT);
	process_end(&it, true);
	CHECK(gone_after(observer, 10000) >= 0);
}

static void
guardian_closes(struct client *observer, const char *servers)
{
	int64_t worst_ms = 0;

	for (int i = 0; i < 20; i++) {
		struct process it = process_start(servers, "-", "guardian");
		int64_t time_ms;

		(void)kill(it.guardian, SIGTERM);
		(void)kill(it.pid, SIGKILL);
		time_ms = gone_after(observer, 10000);
		CHECK(it.error == ZNODE_OK && time_ms >= 0);
		worst_ms = MAX(worst_ms, time_ms);
		process_end(&it, true);
	}
	printf("kill -9 with a guardian: the ephemeral is gone after at most %lld ms, of 20\n",
	    (long long)worst_ms);
}

static void
restart_at_once(struct client *observer, const char *servers, const char *kept)
{
	struct process it = process_start(servers, kept, "guardian");

	CHECK(it.error == ZNODE_OK);
	process_end(&it, true);
	it = process_start(servers, kept, "guardian");
	printf("restarted after kill -9, guardian and kept session: registered after %lld ms\n",
	    (long long)it.time_ms);
	CHECK(it.error == ZNODE_OK && it.whole == 1 && it.time_ms < 1000);
	process_end(&it, true);
	CHECK(gone_after(observer, 10000) >= 0);
}

static void
kept_session_alone(struct client *observer, const char *servers, const char *kept)
{
	struct process it = process_start(servers, kept, "guardian");
	struct stat status;

	CHECK(it.error == ZNODE_OK);
	CHECK(stat(kept, &status) == 0 && (status.st_mode & 0777) == 0600);
	(void)kill(it.guardian, SIGKILL);
	process_end(&it, true);
	CHECK(gone_after(observer, 500) == -1);
	it = process_start(servers, kept, "alone");
	printf("restarted after kill -9 of both, kept session: registered after %lld ms\n",
	    (long long)it.time_ms);
	CHECK(it.error == ZNODE_OK && it.time_ms < 1000);
	process_end(&it, false);
	CHECK(gone_after(observer, 1000) >= 0);
	CHECK(stat(kept, &status) != 0); /* a clean stop leaves nothing */
}

static void
clean_stop(struct client *observer, const char *servers)
{
	struct process it = process_start(servers, "-", "guardian");
	int64_t from_ms = ensemble_now_ms();

	CHECK(it.error == ZNODE_OK);
	process_end(&it, false);
	CHECK(gone_after(observer, 1000) >= 0);
	printf("clean stop: %lld ms\n", (long long)(ensemble_now_ms() - from_ms));
	CHECK(kill(it.guardian, 0) != 0);
}

/* Neither guardian nor file: a foreign node, which is waited for. */
static void
foreign_owner(struct client *observer, const char *servers)
{
	struct process it;

	CHECK(client_create(observer, "/id", "foreign", ZNODE_EPHEMERAL) == ZNODE_OK);
	/* it waits; a second client of ours stands for the dead process, and ends soon */
	struct znode_operation deletion = { .type = ZNODE_OP_DELETE,
		.path = slice_of_text("/id"), .version = -1 };
	pid_t child = fork();
	if (child == 0) {
		it = process_start(servers, "-", "alone");
		int whole = it.error == ZNODE_OK && it.time_ms >= 1000;
		process_end(&it, false);
		_exit(whole ? 0 : 1);
	}
	ensemble_sleep_ms(1500);
	CHECK(strcmp(client_read(observer, COORD_GET_DATA, "/id").data, "foreign") == 0);
	CHECK(client_write(observer, &deletion, 1, false).error == ZNODE_OK);
	int status = -1;
	(void)waitpid(child, &status, 0);
	CHECK(status == 0);
}

void
session_process_test(struct ensemble *ensemble, const char *folder)
{
	const char *servers = servers_of(ensemble, "/process");
	char kept[300];
	struct client observer;

	snprintf(kept, sizeof(kept), "%s/klamm-session", folder);
	client_start(&observer, servers, NULL);
	CHECK(client_comes(&observer.established, 1, 10000));
	guardian_stays(&observer, servers);
	guardian_closes(&observer, servers);
	restart_at_once(&observer, servers, kept);
	kept_session_alone(&observer, servers, kept);
	clean_stop(&observer, servers);
	foreign_owner(&observer, servers);
	client_stop(&observer);
}
