#include "klammd/controlled_shutdown.h"

#include "wire/kafka_error.h"

/* From now on; no longer than the whole may last. */
static int64_t
after_ms(const struct controlled_shutdown *it, int64_t ms)
{
	return clock_monotonic_us(it->world->clock) + MIN(MAX(ms, 0), it->patience_ms) * 1000;
}

static void
end(struct controlled_shutdown *it)
{
	if (it->is_over)
		return;
	it->is_over = true;
	timer_stop(it->world->control, &it->retry);
	timer_stop(it->world->control, &it->patience);
	it->done(it);
}

static void
give_up(struct controlled_shutdown *it)
{
	log_warn(it->world->logger, "the controller has not taken all leaders from this broker: "
	    "it stops nevertheless");
	end(it);
}

static void
ask(struct controlled_shutdown *it)
{
	it->attempts_left--;
	it->asks = true;
	it->request = controlled_shutdown_request_defaults;
	it->request.broker_id = it->broker_id;
	it->request.broker_epoch = it->broker_epoch;
	it->ask(it, &it->request, after_ms(it, it->config->shutdown.request_timeout_ms));
}

static void
retry_is_due(struct timer *timer)
{
	ask(container_of(timer, struct controlled_shutdown, retry));
}

static void
patience_is_over(struct timer *timer)
{
	give_up(container_of(timer, struct controlled_shutdown, patience));
}

void
controlled_shutdown_start(struct controlled_shutdown *it, int32_t broker_id, int64_t broker_epoch)
{
	it->broker_id = broker_id;
	it->broker_epoch = broker_epoch;
	it->attempts_left = it->config->shutdown.max_retries;
	timer_init(&it->retry, retry_is_due);
	timer_init(&it->patience, patience_is_over);
	if (!it->config->shutdown.is_controlled || it->attempts_left <= 0) {
		end(it);
		return;
	}
	timer_start(it->world->control, &it->patience, after_ms(it, it->patience_ms));
	ask(it);
}

void
controlled_shutdown_set_epoch(struct controlled_shutdown *it, int64_t broker_epoch)
{
	it->broker_epoch = broker_epoch;
}

static void
log_answer(const struct controlled_shutdown *it, enum error error,
    const struct controlled_shutdown_response *response)
{
	struct logger *logger = it->world->logger;

	if (response == NULL)
		log_warn(logger, "controlled shutdown: no answer of a controller: %s",
		    error_text(error));
	else if (response->error_code != KAFKA_ERROR_NONE)
		log_warn(logger, "controlled shutdown: the controller refuses: %s",
		    kafka_error_text(response->error_code));
	else
		log_warn(logger, "controlled shutdown: %d partitions are still led by this broker, "
		    "%.*s-%d among them", response->remaining_partitions.count,
		    (int)response->remaining_partitions.items[0].topic_name.size,
		    (const char *)response->remaining_partitions.items[0].topic_name.bytes,
		    response->remaining_partitions.items[0].partition_index);
}

void
controlled_shutdown_answered(struct controlled_shutdown *it, enum error error,
    const struct controlled_shutdown_response *response)
{
	it->asks = false;
	if (it->is_over)
		return;
	if (response != NULL && response->error_code == KAFKA_ERROR_NONE &&
	    response->remaining_partitions.count <= 0) {
		log_info(it->world->logger, "controlled shutdown: others lead what this broker did");
		end(it);
		return;
	}
	log_answer(it, error, response);
	if (it->attempts_left > 0)
		timer_start(it->world->control, &it->retry,
		    after_ms(it, it->config->shutdown.retry_backoff_ms));
	else
		give_up(it);
}
