/*
 * web/web.h: the HTTP server at klamm.http.listener: a thread of its own, that
 * never waits for a loop. A request that a loop has to answer is set aside until
 * web_answered(); meanwhile the thread serves others.
 */
#ifndef KLAMM_WEB_WEB_H
#define KLAMM_WEB_WEB_H

#include <stdint.h>

#include "base/buffer.h"

struct web;

enum web_question_type { WEB_METRICS, WEB_READY };

struct web_answer {
	unsigned status;          /* 200 or 503 */
	const char *content_type; /* static */
	struct buffer body;
};

struct web_question {
	enum web_question_type type;
	void *data; /* the source's */
};

/* Who knows the answers. */
struct web_source {
	/* On web's thread: web_answered() is called for it, once, soon, on any thread. */
	void (*ask)(struct web_source *source, struct web_question *question);
	/*
	 * On web's thread, afterwards: fills in the answer, whose body is empty. NULL:
	 * nobody wants it any more. Frees what hangs at the question.
	 */
	void (*answer)(struct web_source *source, struct web_question *question,
	    struct web_answer *answer);
};

struct web_options {
	const char *host;          /* a name or an address; "": all addresses */
	uint16_t port;             /* 0: any that is free */
	struct web_source *source;
};

enum { WEB_COMPLAINT_SIZE = 256 };

/* NULL: it cannot listen there; `complaint` says why. */
struct web *web_start(const struct web_options *options, char complaint[WEB_COMPLAINT_SIZE]);
/*
 * Takes no connection any more, waits until all questions are answered, and
 * ends the thread. Not on a loop that answers questions.
 */
void web_stop(struct web *web);
/* The port, as bound. */
uint16_t web_port(const struct web *web);

void web_answered(struct web_question *question);

#endif
