/*
 * base/list.h: intrusive doubly linked list. The head is a link too; a link
 * outside any list points to itself, so removing twice is harmless.
 */
#ifndef KLAMM_BASE_LIST_H
#define KLAMM_BASE_LIST_H

#include <stdbool.h>

#include "base/macros.h"

struct list {
	struct list *next;
	struct list *previous;
};

static inline void
list_init(struct list *list)
{
	list->next = list;
	list->previous = list;
}

static inline bool
list_is_empty(const struct list *list)
{
	return list->next == list;
}

static inline void
list_insert_before(struct list *position, struct list *link)
{
	link->next = position;
	link->previous = position->previous;
	position->previous->next = link;
	position->previous = link;
}

static inline void
list_append(struct list *list, struct list *link)
{
	list_insert_before(list, link);
}

static inline void
list_prepend(struct list *list, struct list *link)
{
	list_insert_before(list->next, link);
}

static inline void
list_remove(struct list *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
	list_init(link);
}

/* The first link, taken out; NULL when the list is empty. */
static inline struct list *
list_take_first(struct list *list)
{
	struct list *first = list->next;

	if (first == list)
		return NULL;
	list_remove(first);
	return first;
}

/* `head` is the list; the link at hand may be removed inside the loop. */
#define LIST_FOREACH(link, head) \
	for (struct list *link = (head)->next, *link##_next = link->next; link != (head); \
	     link = link##_next, link##_next = link->next)

#endif
