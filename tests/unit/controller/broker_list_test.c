#include "controller/broker_list.h"

#include <criterion/criterion.h>

#include "model.h"

static struct model it;
static struct broker_list list;

static void
set_up(void)
{
	model_init(&it);
	memset(&list, 0, sizeof(list));
	for (int32_t id = 1; id <= 3; id++)
		model_broker(&it, id, NULL);
}

static void
tear_down(void)
{
	model_fini(&it);
}

TestSuite(controller_broker_list, .init = set_up, .fini = tear_down);

static void
add(int32_t id, int64_t epoch, struct slice bytes)
{
	struct broker_list_entry *entries =
	    arena_array(&it.arena, list.count + 1, sizeof(*entries));

	if (list.count > 0)
		memcpy(entries, list.entries, list.count * sizeof(*entries));
	entries[list.count] = (struct broker_list_entry){ .id = id, .epoch = epoch, .bytes = bytes };
	list.entries = entries;
	list.count++;
}

static struct slice
known_bytes(int32_t id)
{
	return context_broker_find(&it.context, id)->bytes;
}

Test(controller_broker_list, tells_what_is_new_of_each)
{
	static const enum broker_news wanted[] = { BROKER_SAME, BROKER_CHANGED, BROKER_BOUNCED,
		BROKER_NEW };

	add(4, 400, slice_of_text("{}"));
	add(3, 301, known_bytes(3));
	add(2, 200, slice_of_text("other listeners"));
	add(1, 100, known_bytes(1));
	broker_list_compare(&list, &it.context, &it.arena);
	cr_assert_eq(list.count, 4);
	for (size_t i = 0; i < 4; i++) {
		cr_expect_eq(list.entries[i].id, (int32_t)i + 1);
		cr_expect_eq(list.entries[i].news, wanted[i], "broker %zu", i + 1);
	}
}

Test(controller_broker_list, adds_those_that_are_gone)
{
	add(2, 200, known_bytes(2));
	broker_list_compare(&list, &it.context, &it.arena);
	cr_assert_eq(list.count, 3);
	cr_assert_eq(list.entries[0].news, BROKER_GONE);
	cr_assert_eq(list.entries[1].news, BROKER_SAME);
	cr_assert_eq(list.entries[2].news, BROKER_GONE);
}

Test(controller_broker_list, may_be_empty)
{
	broker_list_compare(&list, &it.context, &it.arena);
	cr_assert_eq(list.count, 3);
}
