#include "klammd/scrape.h"

#include <stdlib.h>
#include <string.h>

#include "api/request_kinds.h"
#include "base/memory.h"
#include "klammd/process_usage.h"
#include "metrics/page.h"
#include "metrics/render.h"

struct scrape {
	struct web_source source;
	struct broker *broker;
	struct world *world;
	struct metrics_view *view; /* web's thread */
};

struct question {
	struct loop_message message;
	struct scrape *scrape;
	struct web_question *asked;
	struct snapshot snapshot; /* METRICS */
	const char *not_ready;    /* READY; NULL: it is */
};

/* On the control loop. */
static void
look_up(struct loop_message *message)
{
	struct question *it = container_of(message, struct question, message);

	if (it->asked->type == WEB_METRICS)
		broker_snapshot(it->scrape->broker, &it->snapshot);
	else
		it->not_ready = broker_not_ready(it->scrape->broker);
	web_answered(it->asked);
}

static void
ask(struct web_source *source, struct web_question *asked)
{
	struct question *it = memory_new(sizeof(*it));

	it->scrape = container_of(source, struct scrape, source);
	it->asked = asked;
	it->message.run = look_up;
	asked->data = it;
	loop_post(it->scrape->world->control, &it->message);
}

static void
tell_readiness(const struct question *it, struct web_answer *to)
{
	const char *text = it->not_ready != NULL ? it->not_ready : "ready";

	to->status = it->not_ready == NULL ? 200 : 503;
	to->content_type = "text/plain; charset=utf-8";
	page_text(&to->body, text);
	page_text(&to->body, "\n");
}

static void
answer(struct web_source *source UNUSED, struct web_question *asked, struct web_answer *to)
{
	struct question *it = asked->data;
	struct scrape *scrape = it->scrape;

	if (to != NULL && asked->type == WEB_READY) {
		tell_readiness(it, to);
	} else if (to != NULL) {
		to->content_type = PAGE_CONTENT_TYPE;
		process_usage(&it->snapshot);
		metrics_render(scrape->view, scrape->world->metrics, &it->snapshot,
		    clock_monotonic_us(scrape->world->clock) / 1000, &to->body);
	}
	snapshot_fini(&it->snapshot);
	free(it);
}

struct scrape *
scrape_new(struct broker *broker, struct world *world)
{
	struct scrape *it = memory_new(sizeof(*it));

	it->source = (struct web_source){ ask, answer };
	it->broker = broker;
	it->world = world;
	it->view = metrics_view_new(&request_kind_names);
	return it;
}

void
scrape_free(struct scrape *it)
{
	if (it == NULL)
		return;
	metrics_view_free(it->view);
	free(it);
}

struct web_source *
scrape_source(struct scrape *it)
{
	return &it->source;
}
