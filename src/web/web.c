#include "web/web.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/memory.h"
#include "web/microhttpd.h"
#include "web/route.h"

enum {
	CONNECTIONS_MAX = 16,
	QUESTIONS_MAX = 4,          /* that are out, or whose answer is on its way */
	HEAD_BYTES_MAX = 16 * 1024, /* of a request, with what is kept of it */
	PATIENCE_S = 10,            /* with a peer that says or takes nothing */
	BACKLOG = 16,
};

struct web {
	struct microhttpd mhd;
	struct MHD_Daemon *daemon;
	struct web_source *source;
	int socket;
	uint16_t port;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int out;       /* questions that are not answered; under the mutex */
	bool stopping; /* the same */
	int kept;      /* questions that are not freed; web's thread */
};

/* One request for what a loop knows. */
struct inquiry {
	struct web_question question; /* first */
	struct web *web;
	struct MHD_Connection *connection;
	bool is_asked; /* and answered, when its connection is heard of again */
};

/* --------------------------------------------------------------- answering */

/* The body is taken. */
static enum MHD_Result
reply(struct web *it, struct MHD_Connection *connection, struct web_answer *answer)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	buffer_reserve(&answer->body, 1);
	response = it->mhd.MHD_create_response_from_buffer(answer->body.size, answer->body.bytes,
	    MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		buffer_fini(&answer->body);
		return MHD_NO;
	}
	result = it->mhd.MHD_add_response_header(response, "Content-Type", answer->content_type);
	if (result == MHD_YES && answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		result = it->mhd.MHD_add_response_header(response, "Allow", "GET, HEAD");
	if (result == MHD_YES)
		result = it->mhd.MHD_queue_response(connection, answer->status, response);
	it->mhd.MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
reply_text(struct web *it, struct MHD_Connection *connection, unsigned status, const char *text)
{
	struct web_answer answer = { .status = status, .content_type = "text/plain; charset=utf-8" };

	buffer_append(&answer.body, text, strlen(text));
	return reply(it, connection, &answer);
}

/* --------------------------------------------------------------- questions */

void
web_answered(struct web_question *question)
{
	struct inquiry *inquiry = container_of(question, struct inquiry, question);
	struct web *it = inquiry->web;

	it->mhd.MHD_resume_connection(inquiry->connection);
	/* From here on it may be freed: web_stop waits for this alone. */
	pthread_mutex_lock(&it->mutex);
	it->out--;
	pthread_cond_signal(&it->changed);
	pthread_mutex_unlock(&it->mutex);
}

/* False: it ends, and nothing is asked any more. */
static bool
count_question(struct web *it)
{
	bool takes;

	pthread_mutex_lock(&it->mutex);
	takes = !it->stopping;
	it->out += takes;
	pthread_mutex_unlock(&it->mutex);
	return takes;
}

static enum MHD_Result
begin_inquiry(struct web *it, struct MHD_Connection *connection, enum web_question_type type,
    void **state)
{
	struct inquiry *inquiry;

	if (it->kept == QUESTIONS_MAX)
		return reply_text(it, connection, MHD_HTTP_SERVICE_UNAVAILABLE,
		    "too many ask at once\n");
	inquiry = memory_new(sizeof(*inquiry));
	inquiry->question.type = type;
	inquiry->web = it;
	inquiry->connection = connection;
	it->kept++;
	*state = inquiry;
	return MHD_YES; /* it is called again when the whole request is there */
}

static enum MHD_Result
go_on(struct web *it, struct inquiry *inquiry)
{
	struct web_answer answer = { .status = MHD_HTTP_OK };

	if (inquiry->is_asked) {
		it->source->answer(it->source, &inquiry->question, &answer);
		inquiry->is_asked = false;
		return reply(it, inquiry->connection, &answer);
	}
	if (!count_question(it))
		return reply_text(it, inquiry->connection, MHD_HTTP_SERVICE_UNAVAILABLE,
		    "stopping\n");
	inquiry->is_asked = true;
	it->mhd.MHD_suspend_connection(inquiry->connection);
	it->source->ask(it->source, &inquiry->question);
	return MHD_YES;
}

/* ---------------------------------------------------------------- requests */

static enum MHD_Result
begin_request(struct web *it, struct MHD_Connection *connection, const char *path,
    const char *method, void **state)
{
	const char *host = it->mhd.MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");

	switch (web_route_of(method, path, host)) {
	case WEB_ROUTE_METRICS:
		return begin_inquiry(it, connection, WEB_METRICS, state);
	case WEB_ROUTE_READY:
		return begin_inquiry(it, connection, WEB_READY, state);
	case WEB_ROUTE_LIVE:
		return reply_text(it, connection, MHD_HTTP_OK, "live\n");
	case WEB_ROUTE_BAD_METHOD:
		return reply_text(it, connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET it\n");
	case WEB_ROUTE_BAD_HOST:
		return reply_text(it, connection, MHD_HTTP_BAD_REQUEST, "no such host\n");
	default:
		return reply_text(it, connection, MHD_HTTP_NOT_FOUND,
		    "there are /metrics, /live and /ready\n");
	}
}

static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version UNUSED, const char *body UNUSED, size_t *body_size,
    void **state)
{
	struct web *it = context;

	if (*body_size > 0)
		return MHD_NO; /* nothing here takes one */
	if (*state == NULL)
		return begin_request(it, connection, path, method, state);
	return go_on(it, *state);
}

static void
on_completed(void *context, struct MHD_Connection *connection UNUSED, void **state,
    enum MHD_RequestTerminationCode code UNUSED)
{
	struct web *it = context;
	struct inquiry *inquiry = *state;

	if (inquiry == NULL)
		return;
	if (inquiry->is_asked)
		it->source->answer(it->source, &inquiry->question, NULL);
	it->kept--;
	free(inquiry);
	*state = NULL;
}

/* --------------------------------------------------------------- listening */

static int
listen_at(const struct addrinfo *address)
{
	const int yes = 1;
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int saved;

	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
	    bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

static uint16_t
bound_port(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	char port[NI_MAXSERV];

	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
	    getnameinfo((struct sockaddr *)&address, size, NULL, 0, port, sizeof(port),
	        NI_NUMERICSERV) != 0)
		return 0;
	return (uint16_t)strtoul(port, NULL, 10);
}

/* NULL: well. An empty host is the wildcard of IPv6, which takes IPv4 too, or that of IPv4. */
static const char *
open_listener(struct web *it, const struct web_options *options)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *found = NULL;
	const char *host = *options->host != '\0' ? options->host : NULL;
	char port[8];
	int failed;

	(void)snprintf(port, sizeof(port), "%u", (unsigned)options->port);
	if (host == NULL) {
		hints.ai_family = AF_INET6;
		if (getaddrinfo(NULL, port, &hints, &found) == 0)
			it->socket = listen_at(found);
		if (found != NULL)
			freeaddrinfo(found);
		found = NULL;
		hints.ai_family = AF_INET;
	}
	if (it->socket == -1) {
		failed = getaddrinfo(host, port, &hints, &found);
		if (failed != 0)
			return gai_strerror(failed);
		it->socket = listen_at(found);
		failed = errno;
		freeaddrinfo(found);
		errno = failed;
	}
	return it->socket == -1 ? strerror(errno) : NULL;
}

/* ------------------------------------------------------------------- life */

static const char *
begin(struct web *it, const struct web_options *options)
{
	const char *wrong = open_listener(it, options);
	int fd;

	if (wrong != NULL)
		return wrong;
	it->port = bound_port(it->socket);
	wrong = microhttpd_load(&it->mhd);
	if (wrong != NULL)
		return wrong;
	/* From here on the socket is the library's. */
	fd = it->socket;
	it->socket = -1;
	it->daemon = it->mhd.MHD_start_daemon(
	    MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, it->port,
	    NULL, NULL, on_request, it,
	    MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, it,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PATIENCE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES_MAX,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_END);
	return it->daemon == NULL ? "libmicrohttpd does not start" : NULL;
}

static void
web_free(struct web *it)
{
	microhttpd_unload(&it->mhd);
	pthread_cond_destroy(&it->changed);
	pthread_mutex_destroy(&it->mutex);
	free(it);
}

struct web *
web_start(const struct web_options *options, char complaint[WEB_COMPLAINT_SIZE])
{
	struct web *it = memory_new(sizeof(*it));
	const char *wrong;

	it->socket = -1;
	it->source = options->source;
	pthread_mutex_init(&it->mutex, NULL);
	pthread_cond_init(&it->changed, NULL);
	wrong = begin(it, options);
	if (wrong == NULL)
		return it;
	(void)snprintf(complaint, WEB_COMPLAINT_SIZE, "%s", wrong);
	if (it->socket != -1)
		(void)close(it->socket);
	web_free(it);
	return NULL;
}

void
web_stop(struct web *it)
{
	pthread_mutex_lock(&it->mutex);
	it->stopping = true;
	while (it->out > 0)
		pthread_cond_wait(&it->changed, &it->mutex);
	pthread_mutex_unlock(&it->mutex);
	it->mhd.MHD_stop_daemon(it->daemon);
	web_free(it);
}

uint16_t
web_port(const struct web *it)
{
	return it->port;
}
