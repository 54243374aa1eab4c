/*
 * config/list.h: texts divided by commas, as Kafka divides them: blanks
 * around an element do not count, an empty text has no element, "a," has two.
 */
#ifndef KLAMM_CONFIG_LIST_H
#define KLAMM_CONFIG_LIST_H

#include "base/slice.h"

struct config_list {
	const char *rest; /* NULL: nothing is left */
};

/* Borrows the text; NULL is an empty list. */
struct config_list config_list_of(const char *text);
/* The next element, which lies in the text. */
bool config_list_next(struct config_list *list, struct slice *element);
bool config_list_has(const char *text, const char *word);

/* What Java's trim() leaves: no blanks and control characters at both ends. */
struct slice config_trim(struct slice text);

/*
 * Divides NAME:VALUE at its last colon, so that the name may be an IPv6
 * address; both are trimmed. False when there is no colon.
 */
bool config_list_pair(struct slice element, struct slice *name, struct slice *value);

#endif
