#include "klammd/isr_channel.h"

#include <criterion/criterion.h>

#include "wire/kafka_error.h"

static struct isr_channel channel;
static struct controller_link_request *asked; /* that the link got; NULL: nothing */
static struct isr_alteration alteration;
static struct alter_partition_request_partition_data partition;
static enum error error;
static const struct alter_partition_response *response;
static int answers;

/* The link is played here. */
void
controller_link_ask(struct controller_link *link, struct controller_link_request *request)
{
	cr_assert_eq(link, channel.link);
	cr_assert_null(asked);
	asked = request;
}

static void
done(struct isr_alteration *it, enum error why, const struct alter_partition_response *got)
{
	cr_assert_eq(it, &alteration);
	error = why;
	response = got;
	answers++;
}

static void
set_up(void)
{
	static int anything;
	static struct alter_partition_request_topic_data topic;
	static struct alter_partition_request_broker_state states[2];
	static int32_t ids[2];

	isr_channel_init(&channel);
	channel.link = (struct controller_link *)&anything;
	channel.broker_epoch = 77;
	topic = alter_partition_request_topic_data_defaults;
	partition = alter_partition_request_partition_data_defaults;
	partition.new_isr.items = ids;
	partition.new_isr_with_epochs.items = states;
	partition.new_isr.count = partition.new_isr_with_epochs.count = 2;
	topic.partitions.items = &partition;
	topic.partitions.count = 1;
	alteration = (struct isr_alteration){ .request = alter_partition_request_defaults,
		.done = done };
	alteration.request.topics.items = &topic;
	alteration.request.topics.count = 1;
}

TestSuite(isr_channel, .init = set_up);

static void
alter(void)
{
	channel.port.alter(&channel.port, &alteration);
	cr_assert_not_null(asked);
	cr_assert_eq(asked->key, API_KEY_ALTER_PARTITION);
	cr_assert_eq(asked->body, &alteration.request);
}

static void
answer(enum error with, const struct alter_partition_response *got)
{
	struct controller_link_request *out = asked;

	asked = NULL;
	out->done(out, with, got);
}

Test(isr_channel, asks_in_the_form_of_the_version)
{
	alter();
	cr_expect_eq(asked->newest_version, 0);
	asked->fit(asked, 3);
	cr_expect_eq(partition.new_isr.count, 0);
	cr_expect_eq(partition.new_isr_with_epochs.count, 2);
	asked->fit(asked, 2);
	cr_expect_eq(partition.new_isr.count, 2);
	cr_expect_eq(partition.new_isr_with_epochs.count, 0);
}

Test(isr_channel, names_topics_where_one_has_no_id)
{
	alteration.needs_names = true;
	alter();
	cr_expect_eq(asked->newest_version, 1);
}

Test(isr_channel, tells_the_epoch_that_this_broker_has_when_it_is_sent)
{
	alter();
	asked->fit(asked, 3);
	cr_expect_eq(alteration.request.broker_epoch, 77);
	channel.broker_epoch = 78;
	asked->fit(asked, 3);
	cr_expect_eq(alteration.request.broker_epoch, 78);
}

Test(isr_channel, gives_the_answer_back_and_may_be_asked_again)
{
	const struct alter_partition_response got = alter_partition_response_defaults;

	alter();
	cr_expect_eq(answers, 0);
	answer(ERROR_NONE, &got);
	cr_expect_eq(answers, 1);
	cr_expect_eq(error, ERROR_NONE);
	cr_expect_eq(response, &got);
	alter();
	answer(ERROR_CANCELLED, NULL);
	cr_expect_eq(answers, 2);
	cr_expect_eq(error, ERROR_CANCELLED);
	cr_expect_null(response);
}
