/* klammd: the process around a broker. */
#include <errno.h>
#include <malloc.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "klammd/broker.h"
#include "klammd/embedded.h"
#include "klammd/notify.h"
#include "klammd/options.h"
#include "klammd/scrape.h"
#include "world/coord_zookeeper.h"
#include "world/guardian_posix.h"
#include "world/world_posix.h"

enum {
	WORKERS = 4,
	STOP_PATIENCE_MS = 120 * 1000,
	END_PATIENCE_S = 5, /* for threads that the system keeps, in a look-up of names */
	/* Descriptors for connections and all else, beside the files of logs. */
	FILES_RESERVED = 512,
	FILES_LEAST = 64,
	HOST_NAME_SIZE = 256,
};

/* What has happened on the control loop, told to main(). */
enum happened { NOTHING, STARTED, FAILED, STOPPED, EMBEDDED_STOPPED };

struct daemon {
	struct options options;
	struct broker_config *config;
	struct logger logger;
	struct guardian *guardian;
	struct world *world;
	struct coord_zookeeper zookeeper;
	struct embedded *embedded;
	struct broker *broker;
	struct scrape *scrape; /* NULL, as the next: klamm.http.listener is not set */
	struct web *web;
	struct broker_handler handler;
	struct loop_message start, stop, stop_embedded; /* a stop may come before the start has run */
	char host_name[HOST_NAME_SIZE];
	int signals;   /* signalfd */
	int wake;      /* eventfd: `happened` was changed */
	_Atomic(enum happened) happened;
	_Atomic(bool) failed;
	_Atomic(bool) clean;
};

/* ------------------------------------------------------------------- log */

static void
log_line(struct logger *logger, enum logger_level level, const char *line)
{
	struct timespec now;
	struct tm parts;
	char text[64];

	(void)logger;
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &parts);
	(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
	fprintf(stderr, "[%s,%03ld] %s %s\n", text, now.tv_nsec / 1000000,
	    logger_level_name(level), line);
}

/* --------------------------------------------------- from the control loop */

static void
tell(struct daemon *it, enum happened happened)
{
	const uint64_t one = 1;

	it->happened = happened;
	(void)!write(it->wake, &one, sizeof(one));
}

static void
on_started(struct broker_handler *handler, int32_t broker_id)
{
	(void)broker_id;
	tell(container_of(handler, struct daemon, handler), STARTED);
}

static void
on_failed(struct broker_handler *handler, const char *reason)
{
	struct daemon *it = container_of(handler, struct daemon, handler);

	log_error(&it->logger, "%s", reason);
	it->failed = true;
	tell(it, FAILED);
}

static void
on_stopped(struct broker_handler *handler, bool clean)
{
	struct daemon *it = container_of(handler, struct daemon, handler);

	it->clean = clean;
	tell(it, STOPPED);
}

static void
on_embedded_stopped(void *context)
{
	tell(context, EMBEDDED_STOPPED);
}

static void
start_on_loop(struct loop_message *message)
{
	struct daemon *it = container_of(message, struct daemon, start);
	enum error error = it->embedded != NULL ? embedded_start(it->embedded) : ERROR_NONE;

	if (error != ERROR_NONE)
		on_failed(&it->handler, error_text(error));
	else
		broker_start(it->broker);
}

static void
stop_on_loop(struct loop_message *message)
{
	broker_stop(container_of(message, struct daemon, stop)->broker);
}

static void
stop_embedded_on_loop(struct loop_message *message)
{
	struct daemon *it = container_of(message, struct daemon, stop_embedded);

	embedded_stop(it->embedded, on_embedded_stopped, it);
}

static void
post(struct daemon *it, struct loop_message *message, void (*run)(struct loop_message *message))
{
	message->run = run;
	loop_post(it->world->control, message);
}

/* ---------------------------------------------------------------- process */

/* As many files as the hard limit allows; how many logs may have of them. */
static unsigned
raise_file_limit(struct daemon *it)
{
	struct rlimit limit = { 1024, 1024 };

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
			log_warn(&it->logger, "cannot raise the limit of open files: %s",
			    strerror(errno));
			(void)getrlimit(RLIMIT_NOFILE, &limit);
		}
	}
	if (limit.rlim_cur > 1 << 20)
		limit.rlim_cur = 1 << 20;
	/* The half for logs, the rest for connections. */
	return limit.rlim_cur > FILES_RESERVED + 2 * FILES_LEAST ?
	    (unsigned)(limit.rlim_cur - FILES_RESERVED) / 2 : FILES_LEAST;
}

/* As Kafka does: the canonical name of the machine; looked up only where it will be told. */
static void
find_host_name(struct daemon *it)
{
	const struct listeners *advertised = &it->config->listeners.advertised;
	struct addrinfo hints = { .ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	bool wanted = false;

	for (size_t i = 0; i < advertised->count; i++)
		wanted = wanted || advertised->items[i].host[0] == '\0';
	if (gethostname(it->host_name, sizeof(it->host_name) - 1) != 0)
		(void)snprintf(it->host_name, sizeof(it->host_name), "localhost");
	if (!wanted || getaddrinfo(it->host_name, NULL, &hints, &found) != 0)
		return;
	if (found->ai_canonname != NULL)
		(void)snprintf(it->host_name, sizeof(it->host_name), "%s", found->ai_canonname);
	freeaddrinfo(found);
}

static bool
take_signals(struct daemon *it)
{
	struct sigaction hang_up;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	/* Under nohup the terminal's end is not ours. */
	if (sigaction(SIGHUP, NULL, &hang_up) != 0 || hang_up.sa_handler != SIG_IGN)
		sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return false;
	it->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	it->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return it->signals != -1 && it->wake != -1;
}

/* True: a signal came. False: something happened, or the time is over. */
static bool
wait_for_news(struct daemon *it, int timeout_ms)
{
	struct pollfd fds[] = { { it->signals, POLLIN, 0 }, { it->wake, POLLIN, 0 } };
	struct signalfd_siginfo signal;
	uint64_t count;

	(void)poll(fds, ARRAY_LENGTH(fds), timeout_ms);
	if (read(it->wake, &count, sizeof(count)) == (ssize_t)sizeof(count))
		return false;
	if (read(it->signals, &signal, sizeof(signal)) != (ssize_t)sizeof(signal))
		return false;
	log_info(&it->logger, "signal %u", signal.ssi_signo);
	return true;
}

/* Before the broker starts: it says how far that is. */
static bool
start_web(struct daemon *it)
{
	const char *listener = it->config->http.listener;
	struct web_options options = { 0 };
	char complaint[WEB_COMPLAINT_SIZE];
	struct slice host;
	char *name;

	if (listener_address_parse(slice_of_text(listener), &host, &options.port) != ERROR_NONE)
		return false; /* which the configuration has checked */
	name = memory_text(host.bytes, host.size);
	it->scrape = scrape_new(it->broker, it->world);
	options.host = name;
	options.source = scrape_source(it->scrape);
	it->web = web_start(&options, complaint);
	free(name);
	if (it->web == NULL)
		log_error(&it->logger, "klamm.http.listener=%s: %s", listener, complaint);
	else
		log_info(&it->logger, "http at port %u: /metrics, /live and /ready",
		    web_port(it->web));
	return it->web != NULL;
}

static bool
make_world(struct daemon *it)
{
	struct broker_options options = {
		.config = it->config,
		.handler = &it->handler,
		.host_name = it->host_name,
		.open_files = raise_file_limit(it),
	};

	it->world = world_posix_new(it->config->loops, WORKERS, &it->logger);
	if (it->world == NULL)
		return false;
	if (it->config->http.listener != NULL)
		world_posix_count(it->world);
	coord_zookeeper_init(&it->zookeeper, it->world->control, &it->logger);
	it->world->coord = &it->zookeeper.coord;
	if (it->config->zookeeper.embedded != NULL) {
		it->embedded = embedded_open(it->world, it->config);
		if (it->embedded == NULL)
			return false;
		if (it->config->zookeeper.connect == NULL)
			options.zookeeper_connect = embedded_address(it->embedded);
	}
	it->handler = (struct broker_handler){ on_started, on_failed, on_stopped };
	options.world = it->world;
	options.guardian = it->guardian;
	it->broker = broker_new(&options);
	return it->config->http.listener == NULL || start_web(it);
}

/*
 * The end of the process: what is not stopped within the patience, or at the
 * second signal, ends as a kill would end it.
 */
static void
wait_until(struct daemon *it, enum happened wanted)
{
	int64_t until_us = clock_monotonic_us(it->world->clock) + STOP_PATIENCE_MS * INT64_C(1000);

	while (it->happened != wanted) {
		int64_t left_us = until_us - clock_monotonic_us(it->world->clock);

		if (left_us <= 0 || wait_for_news(it, (int)(left_us / 1000) + 1)) {
			log_error(&it->logger, "ended at once: the next start recovers the logs");
			_exit(1);
		}
	}
}

static void
run(struct daemon *it)
{
	bool told = false;

	post(it, &it->start, start_on_loop);
	while (!it->failed && !wait_for_news(it, -1)) {
		if (it->happened == STARTED && !told)
			notify("READY=1\nSTATUS=serving");
		told = told || it->happened == STARTED;
	}
	notify("STOPPING=1");
	post(it, &it->stop, stop_on_loop);
	wait_until(it, STOPPED);
	if (it->embedded != NULL) {
		post(it, &it->stop_embedded, stop_embedded_on_loop);
		wait_until(it, EMBEDDED_STOPPED);
	}
}

static int exit_status;

static void
end_at_once(int number)
{
	(void)number;
	_exit(exit_status);
}

/* All is closed and told by now: what hangs in the system's hands is of no interest any more. */
static void
bound_the_end(const struct daemon *it)
{
	exit_status = it->failed ? 1 : 0;
	if (signal(SIGALRM, end_at_once) != SIG_ERR)
		alarm(END_PATIENCE_S);
}

static void
take_down(struct daemon *it)
{
	bound_the_end(it);
	if (it->web != NULL)
		web_stop(it->web);
	scrape_free(it->scrape);
	if (it->broker != NULL)
		broker_free(it->broker);
	if (it->embedded != NULL)
		embedded_close(it->embedded); /* it is of the world */
	if (it->world != NULL)
		world_posix_free(it->world);
	if (it->guardian != NULL)
		guardian_posix_free(it->guardian);
	broker_config_free(it->config);
	options_fini(&it->options);
}

/*
 * Requests of all sizes come and go: what is freed is kept for the next ones
 * (else each compressed batch costs the kernel's work of fresh pages).
 */
static void
tune_memory(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, 16 << 20);
	(void)mallopt(M_MMAP_THRESHOLD, 4 << 20);
	(void)mallopt(M_ARENA_MAX, 4);
}

int
main(int argc, char **argv)
{
	static struct daemon it;

	tune_memory();
	it.logger.sink = log_line;
	switch (options_parse(&it.options, argc, argv)) {
	case OPTIONS_TOLD:
		return 0;
	case OPTIONS_WRONG:
		return 2;
	case OPTIONS_RUN:
		break;
	}
	it.logger.level = it.options.level;
	it.config = options_config(&it.options);
	if (it.config == NULL)
		return 1;
	find_host_name(&it);
	/* The embedded ZooKeeper dies with us: nobody is left to tell. */
	if (it.config->zookeeper.connect != NULL)
		it.guardian = guardian_posix_start(argv);
	if (it.config->zookeeper.connect != NULL && it.guardian == NULL)
		log_warn(&it.logger, "no guardian: %s; after a crash the session times out",
		    strerror(errno));
	if (take_signals(&it) && make_world(&it))
		run(&it);
	else
		it.failed = true;
	take_down(&it);
	return it.failed ? 1 : 0;
}
