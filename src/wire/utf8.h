/*
 * wire/utf8.h: is a string of the wire text? The decoder takes any bytes as a
 * string, since Kafka does too (it reads foreign bytes as U+FFFD and goes on);
 * who stores a name or shows it asks here.
 */
#ifndef KLAMM_WIRE_UTF8_H
#define KLAMM_WIRE_UTF8_H

#include "base/slice.h"

/* True for UTF-8 of RFC 3629: no over-long form, no surrogate, none over U+10FFFF. */
bool wire_utf8_valid(struct slice text);

/* The bytes of the first character; 0 when it is not valid or there is none. */
size_t wire_utf8_character_size(struct slice text);

#endif
