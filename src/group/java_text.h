/*
 * group/java_text.h: what Java makes of a text: clients find their coordinator
 * by String.hashCode, and limits of texts count UTF-16 units (storage.md 11).
 * A byte that is not UTF-8 is U+FFFD there, as in Java's decoder.
 */
#ifndef KLAMM_GROUP_JAVA_TEXT_H
#define KLAMM_GROUP_JAVA_TEXT_H

#include "base/slice.h"

/* String.hashCode over the UTF-16 units. */
int32_t java_text_hash(struct slice text);
/* String.length. */
size_t java_text_length(struct slice text);

#endif
