#include "zk/tree/tree_private.h"

/*
 * The code point at `*at`, which moves past it; -1 for what is not UTF-8, which
 * ZooKeeper reads as U+FFFD and refuses, and for what needs four bytes, which
 * it sees as two surrogates and refuses as well.
 */
static int32_t
code_point(struct slice text, size_t *at)
{
	uint8_t first = text.bytes[*at];
	size_t more = first < 0x80 ? 0 : first >= 0xc2 && first < 0xe0 ? 1 : 2;
	int32_t value = more == 0 ? first : more == 1 ? first & 0x1f : first & 0x0f;

	if (first >= 0xf0 || (first >= 0x80 && first < 0xc2) || text.size - *at <= more)
		return -1;
	for (size_t i = 1; i <= more; i++) {
		uint8_t next = text.bytes[*at + i];

		if ((next & 0xc0) != 0x80)
			return -1;
		value = value << 6 | (next & 0x3f);
	}
	*at += 1 + more;
	return more == 2 && value < 0x800 ? -1 : value;
}

static bool
is_allowed(int32_t c)
{
	return c > 0x1f && !(c >= 0x7f && c <= 0x9f) && !(c >= 0xd800 && c <= 0xf8ff) &&
	    !(c >= 0xfff0 && c <= 0xffff);
}

static bool
part_is_valid(struct slice part)
{
	return part.size > 0 && !slice_equal_text(part, ".") && !slice_equal_text(part, "..");
}

bool
path_is_valid(struct slice path)
{
	size_t part = 1;

	if (path.size == 0 || path.bytes[0] != '/')
		return false;
	if (path.size == 1)
		return true;
	for (size_t at = 1; at < path.size;) {
		if (!is_allowed(code_point(path, &at)))
			return false;
	}
	for (size_t at = 1; at <= path.size; at++) {
		if (at < path.size && path.bytes[at] != '/')
			continue;
		if (!part_is_valid(slice_of(path.bytes + part, at - part)))
			return false;
		part = at + 1;
	}
	return true;
}

bool
path_parent(struct slice path, struct slice *parent)
{
	size_t end = path.size;

	while (end > 0 && path.bytes[end - 1] != '/')
		end--;
	if (end == 0)
		return false;
	*parent = slice_of(path.bytes, end - 1);
	return true;
}
