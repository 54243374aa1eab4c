#include "base/list.h"

#include <criterion/criterion.h>

struct item {
	int number;
	struct list link;
};

static struct item
item(int number)
{
	return (struct item){ .number = number };
}

/* The numbers as one decimal number: 123 for 1, 2, 3. */
static int
digits(const struct list *list)
{
	int result = 0;

	LIST_FOREACH(link, list)
		result = result * 10 + container_of(link, struct item, link)->number;
	return result;
}

static int
digits_backwards(const struct list *list)
{
	int result = 0;

	for (struct list *link = list->previous; link != list; link = link->previous)
		result = result * 10 + container_of(link, struct item, link)->number;
	return result;
}

Test(list, begins_empty)
{
	struct list list;

	list_init(&list);
	cr_expect(list_is_empty(&list));
	cr_expect_null(list_take_first(&list));
	cr_expect_eq(digits(&list), 0);
}

Test(list, appends_prepends_and_inserts)
{
	struct list list;
	struct item one = item(1), two = item(2), three = item(3), four = item(4);

	list_init(&list);
	list_append(&list, &two.link);
	list_append(&list, &four.link);
	list_prepend(&list, &one.link);
	list_insert_before(&four.link, &three.link);
	cr_expect_eq(digits(&list), 1234);
	cr_expect_eq(digits_backwards(&list), 4321);
	cr_expect_not(list_is_empty(&list));
}

Test(list, takes_from_the_front_until_nothing_is_left)
{
	struct list list;
	struct item one = item(1), two = item(2);

	list_init(&list);
	list_append(&list, &one.link);
	list_append(&list, &two.link);
	cr_expect_eq(list_take_first(&list), &one.link);
	cr_expect(list_is_empty(&one.link), "what was taken is a link of its own");
	cr_expect_eq(list_take_first(&list), &two.link);
	cr_expect_null(list_take_first(&list));
}

Test(list, removing_twice_is_harmless)
{
	struct list list;
	struct item one = item(1), two = item(2), three = item(3);

	list_init(&list);
	list_append(&list, &one.link);
	list_append(&list, &two.link);
	list_append(&list, &three.link);
	list_remove(&two.link);
	list_remove(&two.link);
	cr_expect_eq(digits(&list), 13);
	cr_expect_eq(digits_backwards(&list), 31);
	list_append(&list, &two.link);
	cr_expect_eq(digits(&list), 132);
}

Test(list, the_link_at_hand_may_be_removed_in_a_loop)
{
	struct list list;
	struct item items[9];
	int seen = 0;

	list_init(&list);
	for (int i = 0; i < 9; i++) {
		items[i] = item(i + 1);
		list_append(&list, &items[i].link);
	}
	LIST_FOREACH(link, &list) {
		int number = container_of(link, struct item, link)->number;

		seen = seen * 10 + number;
		if (number % 2 == 1)
			list_remove(link);
	}
	cr_expect_eq(seen, 123456789);
	cr_expect_eq(digits(&list), 2468);
	LIST_FOREACH(link, &list)
		list_remove(link);
	cr_expect(list_is_empty(&list));
}
