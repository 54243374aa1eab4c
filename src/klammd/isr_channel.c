#include "klammd/isr_channel.h"

#include <assert.h>

enum { NEWEST_VERSION_WITH_NAMES = ISR_VERSION_WITH_TOPIC_IDS - 1, ANY_VERSION = 0 };

/* This broker may have registered anew since it was asked for. */
static void
fit(struct controller_link_request *request, int16_t version)
{
	struct isr_channel *it = container_of(request, struct isr_channel, request);

	it->alteration->request.broker_epoch = it->broker_epoch;
	isr_alteration_fit(it->alteration, version);
}

static void
done(struct controller_link_request *request, enum error error, const void *response)
{
	struct isr_channel *it = container_of(request, struct isr_channel, request);
	struct isr_alteration *alteration = it->alteration;

	it->alteration = NULL;
	alteration->done(alteration, error, response);
}

static void
alter(struct isr_port *port, struct isr_alteration *alteration)
{
	struct isr_channel *it = container_of(port, struct isr_channel, port);

	assert(it->alteration == NULL && it->link != NULL);
	it->alteration = alteration;
	it->request = (struct controller_link_request){
		.key = API_KEY_ALTER_PARTITION,
		.body = &alteration->request,
		.newest_version = alteration->needs_names ? NEWEST_VERSION_WITH_NAMES : ANY_VERSION,
		.fit = fit,
		.done = done,
	};
	controller_link_ask(it->link, &it->request);
}

void
isr_channel_init(struct isr_channel *it)
{
	*it = (struct isr_channel){ .port = { alter }, .broker_epoch = -1 };
}
