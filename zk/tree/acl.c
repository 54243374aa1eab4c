#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "zk/tree/tree_private.h"

static bool
id_equal(struct znode_id a, struct znode_id b)
{
	return slice_equal(a.scheme, b.scheme) && slice_equal(a.id, b.id);
}

static bool
is_anyone(struct znode_id id)
{
	return slice_equal_text(id.scheme, "world") && slice_equal_text(id.id, "anyone");
}

/* A number as ZooKeeper reads it: a sign and leading zeros may stand before. */
static bool
read_number(struct slice text, uint32_t limit, uint32_t *number)
{
	bool negative = text.size > 0 && text.bytes[0] == '-';
	size_t at = text.size > 0 && (negative || text.bytes[0] == '+') ? 1 : 0;

	if (at == text.size)
		return false;
	for (*number = 0; at < text.size; at++) {
		if (text.bytes[at] < '0' || text.bytes[at] > '9')
			return false;
		*number = *number * 10 + (text.bytes[at] - '0');
		if (*number > limit)
			return false;
	}
	return !negative || *number == 0;
}

/* What stands before the next `end`, or the rest; it is taken from `*text`. */
static struct slice
take_part(struct slice *text, char end)
{
	struct slice part = *text;
	const uint8_t *found = text->size == 0 ? NULL : memchr(text->bytes, end, text->size);

	if (found == NULL) {
		*text = slice_null();
		return part;
	}
	part.size = (size_t)(found - text->bytes);
	*text = slice_of(found + 1, text->size - part.size - 1);
	return part;
}

/* "a.b.c.d" */
static bool
read_ipv4(struct slice text, uint32_t *address)
{
	*address = 0;
	for (int part = 0; part < 4; part++) {
		uint32_t number;

		if (slice_is_null(text) || !read_number(take_part(&text, '.'), 255, &number))
			return false;
		*address = *address << 8 | number;
	}
	return slice_is_null(text);
}

/* "a.b.c.d" or "a.b.c.d/bits". */
static bool
read_ip_range(struct slice text, uint32_t *address, uint32_t *mask)
{
	struct slice first;
	uint32_t bits = 32;

	if (slice_is_null(text))
		return false;
	first = take_part(&text, '/');
	if (!read_ipv4(first, address))
		return false;
	if (!slice_is_null(text) && !read_number(text, 32, &bits))
		return false;
	*mask = bits == 0 ? 0 : UINT32_MAX << (32 - bits);
	return true;
}

static bool
ip_matches(struct slice caller, struct slice range)
{
	uint32_t address, every, wanted, mask;

	return read_ip_range(caller, &address, &every) && read_ip_range(range, &wanted, &mask) &&
	    (address & mask) == (wanted & mask);
}

static bool
caller_is(const struct tree_caller *caller, struct znode_id wanted)
{
	for (size_t i = 0; i < caller->id_count; i++) {
		struct znode_id own = caller->ids[i];

		if (!slice_equal(own.scheme, wanted.scheme))
			continue;
		if (slice_equal_text(wanted.scheme, "ip") ? ip_matches(own.id, wanted.id) :
		    slice_equal(own.id, wanted.id))
			return true;
	}
	return false;
}

static bool
is_super(const struct tree_caller *caller)
{
	for (size_t i = 0; i < caller->id_count; i++) {
		if (slice_equal_text(caller->ids[i].scheme, "super"))
			return true;
	}
	return false;
}

enum znode_error
tree_check_acl(const struct znode_acl *acl, int32_t permission, const struct tree_caller *caller)
{
	if (acl->count == 0 || is_super(caller))
		return ZNODE_OK;
	for (size_t i = 0; i < acl->count; i++) {
		const struct znode_acl_entry *entry = &acl->entries[i];

		if ((entry->permissions & permission) == 0)
			continue;
		if (is_anyone(entry->id) || caller_is(caller, entry->id))
			return ZNODE_OK;
	}
	return ZNODE_NO_AUTH;
}

/* "user:hash"; the user may be empty, and colons at the end do not count. */
static bool
digest_is_valid(struct slice id)
{
	size_t colons = 0;

	while (id.size > 0 && id.bytes[id.size - 1] == ':')
		id.size--;
	for (size_t i = 0; i < id.size; i++)
		colons += id.bytes[i] == ':';
	return colons == 1;
}

static bool
entry_is_valid(struct znode_id id)
{
	uint32_t address, mask;

	if (slice_equal_text(id.scheme, "digest"))
		return digest_is_valid(id.id);
	if (slice_equal_text(id.scheme, "ip"))
		return read_ip_range(id.id, &address, &mask);
	return is_anyone(id);
}

/* Only what was sent is compared: "auth" may stand for an id that is also named. */
static bool
was_sent_before(const struct znode_acl *sent, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (sent->entries[i].permissions == sent->entries[at].permissions &&
		    id_equal(sent->entries[i].id, sent->entries[at].id))
			return true;
	}
	return false;
}

/* The caller's proven ids, each with these permissions; false when it has none. */
static bool
add_proven(struct znode_acl_entry *entries, size_t *count, int32_t permissions,
    const struct tree_caller *caller)
{
	bool any = false;

	for (size_t i = 0; i < caller->id_count; i++) {
		struct znode_acl_entry entry = { permissions, caller->ids[i] };

		if (!slice_equal_text(entry.id.scheme, "digest"))
			continue;
		entries[(*count)++] = entry;
		any = true;
	}
	return any;
}

enum znode_error
acl_fix_up(const struct znode_acl *sent, const struct tree_caller *caller, struct acl_copy *copy)
{
	struct znode_acl_entry *entries;
	struct znode_acl fixed = { 0 };
	bool valid = sent->count > 0;

	*copy = (struct acl_copy){ 0 };
	entries = memory_array(sent->count * (caller->id_count + 1) + 1, sizeof(*entries));
	for (size_t i = 0; i < sent->count && valid; i++) {
		struct znode_acl_entry entry = sent->entries[i];

		if (was_sent_before(sent, i))
			continue;
		if (slice_equal_text(entry.id.scheme, "auth"))
			valid = add_proven(entries, &fixed.count, entry.permissions, caller);
		else if ((valid = entry_is_valid(entry.id)))
			entries[fixed.count++] = entry;
	}
	fixed.entries = entries;
	if (valid)
		acl_copy_init(copy, &fixed);
	free(entries);
	return valid ? ZNODE_OK : ZNODE_INVALID_ACL;
}

static struct slice
keep(uint8_t **at, struct slice text)
{
	struct slice kept = slice_of(*at, text.size);

	if (text.size > 0)
		memcpy(*at, text.bytes, text.size);
	*at += text.size;
	return kept;
}

void
acl_copy_init(struct acl_copy *copy, const struct znode_acl *acl)
{
	size_t size = acl->count * sizeof(struct znode_acl_entry);
	struct znode_acl_entry *entries;
	uint8_t *at;

	for (size_t i = 0; i < acl->count; i++)
		size += acl->entries[i].id.scheme.size + acl->entries[i].id.id.size;
	copy->memory = memory_new(size);
	entries = (struct znode_acl_entry *)(void *)copy->memory;
	at = copy->memory + acl->count * sizeof(*entries);
	for (size_t i = 0; i < acl->count; i++) {
		entries[i].permissions = acl->entries[i].permissions;
		entries[i].id.scheme = keep(&at, acl->entries[i].id.scheme);
		entries[i].id.id = keep(&at, acl->entries[i].id.id);
	}
	copy->acl = (struct znode_acl){ entries, acl->count };
}

void
acl_copy_fini(struct acl_copy *copy)
{
	free(copy->memory);
	*copy = (struct acl_copy){ 0 };
}
