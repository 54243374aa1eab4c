#include "told.h"

#include "partition/replicas_ends.h"

struct told told;

void
topic_configs_ensure(struct topic_configs *configs, const struct slice *topics, size_t count,
    void (*done)(void *context), void *context)
{
	(void)configs;
	(void)topics;
	told.topics = count;
	cr_assert_null(told.settings);
	told.settings = done;
	told.settings_context = context;
}

void
replicas_leader_and_isr(struct replicas *replicas, const struct leader_and_isr_request *request,
    struct arena *arena, struct leader_and_isr_response *response, void (*done)(void *context),
    void *context)
{
	(void)replicas;
	(void)request;
	(void)arena;
	(void)response;
	cr_assert_null(told.replicas);
	told.leaders++;
	told.replicas = done;
	told.replicas_context = context;
}

void
replicas_obey_metadata(struct replicas *replicas, const struct update_metadata_request *request,
    struct arena *arena, void (*done)(void *context), void *context)
{
	(void)replicas;
	(void)request;
	(void)arena;
	told.metadata++;
	done(context);
}

void
replicas_stop_replica(struct replicas *replicas, const struct stop_replica_request *request,
    struct arena *arena, struct stop_replica_response *response, void (*done)(void *context),
    void *context)
{
	(void)replicas;
	(void)request;
	(void)arena;
	(void)response;
	cr_assert_null(told.replicas);
	told.stops++;
	told.replicas = done;
	told.replicas_context = context;
}

void
replicas_log_ends(struct replicas *replicas, const struct list_offsets_request *request,
    struct arena *arena, struct list_offsets_response *response, void (*done)(void *context),
    void *context)
{
	(void)replicas;
	(void)request;
	(void)arena;
	(void)response;
	cr_assert_null(told.replicas);
	told.ends++;
	told.replicas = done;
	told.replicas_context = context;
}

void
replicas_log_prefixes(struct replicas *replicas, const struct fetch_request *request,
    struct arena *arena, struct fetch_response *response, void (*done)(void *context),
    void *context)
{
	(void)replicas;
	(void)request;
	(void)arena;
	(void)response;
	cr_assert_null(told.replicas);
	told.prefixes++;
	told.replicas = done;
	told.replicas_context = context;
}

static void
call_back(void (**waits)(void *context), void *context)
{
	void (*done)(void *context) = *waits;

	cr_assert_not_null(done);
	*waits = NULL;
	loop_enter(&told.control.loop);
	done(context);
	loop_leave(&told.control.loop);
}

void
told_settings_are_known(void)
{
	call_back(&told.settings, told.settings_context);
}

void
told_replicas_are_done(void)
{
	call_back(&told.replicas, told.replicas_context);
}

static void
sink(struct logger *logger, enum logger_level level, const char *line)
{
	(void)logger;
	(void)level;
	(void)line;
}

static void
updated(void *context, struct image *image, bool whole)
{
	cr_assert_eq(context, &told);
	if (told.image != NULL) {
		told.gone_before_whole = whole && persistent_map_count(told.image->topics) == 0;
		image_release(told.image);
	}
	told.image = image;
	told.updates++;
	told.wholes += whole;
}

void
told_init(void)
{
	memset(&told, 0, sizeof(told));
	fake_loop_init(&told.control, LOOP_CONTROL);
	fake_loop_init(&told.data, LOOP_DATA);
	told.logger = (struct logger){ LOGGER_ERROR, sink };
	told.world = (struct world){ .control = &told.control.loop, .logger = &told.logger };
	arena_init(&told.arena, 1 << 16);
	control_requests_init(&told.requests, &told.world, NULL, NULL);
	told.requests.updated = updated;
	told.requests.context = &told;
	told.requests.broker_epoch = TOLD_BROKER_EPOCH;
	told.requests.controller_epoch = TOLD_CONTROLLER_EPOCH;
	control_queue_init(&told.queue, &told.control.loop, &told.requests);
}

void
told_fini(void)
{
	if (told.image != NULL)
		image_release(told.image);
	control_requests_fini(&told.requests);
	arena_fini(&told.arena);
	loop_fini(&told.control.loop);
	loop_fini(&told.data.loop);
}

void
told_run(void)
{
	while (fake_loop_run(&told.control) + fake_loop_run(&told.data) > 0)
		continue;
}
