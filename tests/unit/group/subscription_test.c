#include "group/subscription.h"

#include <criterion/criterion.h>

#include "base/buffer.h"

static void
write_topics(struct buffer *out, int32_t count, const char *a, const char *b)
{
	buffer_int16(out, 3);
	buffer_int32(out, count);
	buffer_int16(out, (int16_t)strlen(a));
	buffer_append_slice(out, slice_of_text(a));
	buffer_int16(out, (int16_t)strlen(b));
	buffer_append_slice(out, slice_of_text(b));
}

Test(subscription, topics_of_all_members_are_found)
{
	struct subscriptions subscriptions;
	struct buffer one, two;

	buffer_init(&one);
	buffer_init(&two);
	write_topics(&one, 2, "orders", "bills");
	buffer_int32(&one, -1); /* user data, and what comes later */
	write_topics(&two, 2, "orders", "zebras");
	subscriptions_init(&subscriptions);
	cr_assert(subscriptions_add(&subscriptions, buffer_slice(&one)));
	cr_assert(subscriptions_add(&subscriptions, buffer_slice(&two)));
	subscriptions_sort(&subscriptions);
	cr_assert(subscriptions_have(&subscriptions, slice_of_text("orders")));
	cr_assert(subscriptions_have(&subscriptions, slice_of_text("bills")));
	cr_assert(subscriptions_have(&subscriptions, slice_of_text("zebras")));
	cr_assert_not(subscriptions_have(&subscriptions, slice_of_text("order")));
	subscriptions_fini(&subscriptions);
	buffer_fini(&one);
	buffer_fini(&two);
}

Test(subscription, no_topics_are_a_subscription_too)
{
	struct subscriptions subscriptions;
	static const uint8_t none[6] = { 0 };

	subscriptions_init(&subscriptions);
	cr_assert(subscriptions_add(&subscriptions, slice_of(none, sizeof(none))));
	subscriptions_sort(&subscriptions);
	cr_assert_not(subscriptions_have(&subscriptions, slice_of_text("a")));
	subscriptions_fini(&subscriptions);
}

Test(subscription, anything_else_is_none)
{
	struct subscriptions subscriptions;
	struct buffer cut;

	subscriptions_init(&subscriptions);
	cr_assert_not(subscriptions_add(&subscriptions, slice_of_text("")));
	cr_assert_not(subscriptions_add(&subscriptions, slice_of_text("abcdefghij")));
	buffer_init(&cut);
	write_topics(&cut, 3, "a", "b"); /* announces one more than there is */
	cr_assert_not(subscriptions_add(&subscriptions, buffer_slice(&cut)));
	buffer_clear(&cut);
	buffer_int16(&cut, 0);
	buffer_int32(&cut, 1);
	buffer_int16(&cut, -1);
	cr_assert_not(subscriptions_add(&subscriptions, buffer_slice(&cut)));
	buffer_clear(&cut);
	buffer_int16(&cut, 0);
	buffer_int32(&cut, -1);
	cr_assert_not(subscriptions_add(&subscriptions, buffer_slice(&cut)));
	buffer_fini(&cut);
	subscriptions_fini(&subscriptions);
}
