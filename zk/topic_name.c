#include "zk/topic_name.h"

static bool
is_legal(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
}

const char *
topic_name_fault(struct slice name)
{
	if (name.size == 0)
		return "the name is empty";
	if (slice_equal_text(name, ".") || slice_equal_text(name, ".."))
		return "the name is \".\" or \"..\"";
	if (name.size > TOPIC_NAME_MAX)
		return "the name is longer than 249 characters";
	for (size_t i = 0; i < name.size; i++) {
		if (!is_legal(name.bytes[i]))
			return "the name has a character other than a-z, A-Z, 0-9, \".\", \"_\" and \"-\"";
	}
	return NULL;
}

static uint8_t
folded(uint8_t byte)
{
	return byte == '.' ? '_' : byte;
}

bool
topic_name_collides(struct slice a, struct slice b)
{
	if (a.size != b.size)
		return false;
	for (size_t i = 0; i < a.size; i++) {
		if (folded(a.bytes[i]) != folded(b.bytes[i]))
			return false;
	}
	return true;
}

bool
topic_name_is_internal(struct slice name)
{
	return slice_equal_text(name, "__consumer_offsets") ||
	    slice_equal_text(name, "__transaction_state");
}
