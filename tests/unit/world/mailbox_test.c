#include <criterion/criterion.h>

#include "world/mailbox.h"

Test(mailbox, is_empty_at_first)
{
	struct mailbox mailbox;

	mailbox_init(&mailbox);
	cr_assert(mailbox_is_empty(&mailbox));
	cr_assert_null(mailbox_take(&mailbox));
	cr_assert_null(mailbox_peek(&mailbox));
}

Test(mailbox, gives_nodes_in_the_order_of_their_puts)
{
	struct mailbox mailbox;
	struct mailbox_node nodes[5];

	mailbox_init(&mailbox);
	for (int i = 0; i < 5; i++)
		mailbox_put(&mailbox, &nodes[i]);
	for (int i = 0; i < 5; i++) {
		cr_assert_not(mailbox_is_empty(&mailbox));
		cr_assert_eq(mailbox_peek(&mailbox), &nodes[i]);
		cr_assert_eq(mailbox_take(&mailbox), &nodes[i]);
	}
	cr_assert(mailbox_is_empty(&mailbox));
	cr_assert_null(mailbox_take(&mailbox));
}

Test(mailbox, takes_a_node_again_that_it_gave_away)
{
	struct mailbox mailbox;
	struct mailbox_node a, b;

	mailbox_init(&mailbox);
	for (int i = 0; i < 10; i++) {
		mailbox_put(&mailbox, &a);
		mailbox_put(&mailbox, &b);
		cr_assert_eq(mailbox_take(&mailbox), &a);
		mailbox_put(&mailbox, &a);
		cr_assert_eq(mailbox_take(&mailbox), &b);
		cr_assert_eq(mailbox_take(&mailbox), &a);
		cr_assert(mailbox_is_empty(&mailbox));
	}
}

/* What a writer has done after its first step, by hand. */
static struct mailbox_node *
begin_put(struct mailbox *mailbox, struct mailbox_node *node)
{
	node->next = NULL;
	return atomic_exchange(&mailbox->newest, node);
}

Test(mailbox, is_not_empty_while_a_writer_is_between_its_steps)
{
	struct mailbox mailbox;
	struct mailbox_node node, *before;

	mailbox_init(&mailbox);
	before = begin_put(&mailbox, &node);
	cr_assert_not(mailbox_is_empty(&mailbox));
	cr_assert_null(mailbox_take(&mailbox));
	before->next = &node;
	cr_assert_eq(mailbox_take(&mailbox), &node);
	cr_assert(mailbox_is_empty(&mailbox));
}

Test(mailbox, hides_newer_nodes_behind_a_half_put)
{
	struct mailbox mailbox;
	struct mailbox_node first, half, last, *before;

	mailbox_init(&mailbox);
	mailbox_put(&mailbox, &first);
	before = begin_put(&mailbox, &half);
	mailbox_put(&mailbox, &last);
	cr_assert_null(mailbox_take(&mailbox), "the writer still needs the first node");
	cr_assert_eq(mailbox_peek(&mailbox), &first);
	before->next = &half;
	cr_assert_eq(mailbox_take(&mailbox), &first);
	cr_assert_eq(mailbox_take(&mailbox), &half);
	cr_assert_eq(mailbox_take(&mailbox), &last);
	cr_assert(mailbox_is_empty(&mailbox));
}
