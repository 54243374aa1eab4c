#include <stdio.h>

#include "group/group_private.h"

/* So that a member id fits a text of the wire with what is put behind it. */
enum { ID_PREFIX_MAX = INT16_MAX - 1 - 36 };

static bool
member_has_id(const struct hash_node *node, const void *key)
{
	const struct group_member *member = container_of(node, struct group_member, by_id);

	return slice_equal(member->id, *(const struct slice *)key);
}

static bool
member_has_instance(const struct hash_node *node, const void *key)
{
	const struct group_member *member = container_of(node, struct group_member, by_instance);

	return slice_equal(member->instance_id, *(const struct slice *)key);
}

static bool
pending_has_id(const struct hash_node *node, const void *key)
{
	const struct group_pending *pending = container_of(node, struct group_pending, by_id);

	return slice_equal(pending->id, *(const struct slice *)key);
}

void
group_members_init(struct group *group, const uint64_t seed[2])
{
	hash_table_init(&group->members, seed, member_has_id);
	hash_table_init(&group->instances, seed, member_has_instance);
	hash_table_init(&group->pending, seed, pending_has_id);
}

void
group_members_fini(struct group *group)
{
	GROUP_FOREACH_MEMBER(link, group)
		group_drop_member(group, group_member_of(link));
	HASH_TABLE_FOREACH(link, &group->pending)
		group_drop_pending(group,
		    container_of(hash_node_of(link), struct group_pending, by_id));
	hash_table_fini(&group->members);
	hash_table_fini(&group->instances);
	hash_table_fini(&group->pending);
	free(group->protocols);
}

static struct hash_node *
find(const struct hash_table *table, struct slice id)
{
	if (slice_is_null(id))
		return NULL;
	return hash_table_find(table, hash_table_hash(table, id), &id);
}

struct group_member *
group_find_member(const struct group *group, struct slice id)
{
	struct hash_node *node = find(&group->members, id);

	return node == NULL ? NULL : container_of(node, struct group_member, by_id);
}

struct group_member *
group_find_instance(const struct group *group, struct slice instance_id)
{
	struct hash_node *node = find(&group->instances, instance_id);

	return node == NULL ? NULL : container_of(node, struct group_member, by_instance);
}

struct group_pending *
group_find_pending(const struct group *group, struct slice id)
{
	struct hash_node *node = find(&group->pending, id);

	return node == NULL ? NULL : container_of(node, struct group_pending, by_id);
}

static void
insert_by_id(struct group *group, struct group_member *member)
{
	hash_table_insert(&group->members, &member->by_id,
	    hash_table_hash(&group->members, member->id));
}

struct group_member *
group_add_member(struct group *group, const struct group_member *model)
{
	struct group_member *member = memory_new(sizeof(*member));
	struct group_pending *pending = group_find_pending(group, model->id);

	*member = *model;
	member->assignment = slice_of("", 0);
	member->session.kind = DEADLINE_SESSION;
	insert_by_id(group, member);
	if (!slice_is_null(member->instance_id))
		hash_table_insert(&group->instances, &member->by_instance,
		    hash_table_hash(&group->instances, member->instance_id));
	group_count_protocols(group, member->protocols, 1);
	if (group->leader == NULL)
		group->leader = member;
	if (pending != NULL)
		group_drop_pending(group, pending);
	return member;
}

static void
free_assignment(struct slice *assignment)
{
	if (assignment->size > 0)
		free((void *)(uintptr_t)assignment->bytes);
	*assignment = slice_of("", 0);
}

void
group_drop_member(struct group *group, struct group_member *member)
{
	assert(member->joining == NULL && member->syncing == NULL);
	group_member_synced(group, member);
	deadline_clear(&group->deadlines, &member->session);
	group_count_protocols(group, member->protocols, -1);
	hash_table_remove(&group->members, &member->by_id);
	if (!slice_is_null(member->instance_id))
		hash_table_remove(&group->instances, &member->by_instance);
	if (group->leader == member)
		group->leader = group->members.count == 0 ? NULL :
		    group_member_of(group->members.in_order.next);
	text_free(&member->id);
	text_free(&member->instance_id);
	text_free(&member->client_id);
	text_free(&member->client_host);
	free_assignment(&member->assignment);
	free_assignment(&member->proposed);
	free(member->protocols);
	free(member);
}

void
group_rename_member(struct group *group, struct group_member *member, struct slice id)
{
	struct slice new_id = text_copy(id);

	hash_table_remove(&group->members, &member->by_id);
	text_free(&member->id);
	member->id = new_id;
	insert_by_id(group, member);
}

void
group_add_pending(struct group *group, struct slice id, int64_t expires_us)
{
	struct group_pending *pending = memory_new(sizeof(*pending));

	pending->id = text_copy(id);
	pending->expiry.kind = DEADLINE_PENDING;
	hash_table_insert(&group->pending, &pending->by_id,
	    hash_table_hash(&group->pending, pending->id));
	deadline_set(&group->deadlines, &pending->expiry, expires_us);
}

void
group_drop_pending(struct group *group, struct group_pending *pending)
{
	deadline_clear(&group->deadlines, &pending->expiry);
	hash_table_remove(&group->pending, &pending->by_id);
	text_free(&pending->id);
	free(pending);
}

int64_t
group_rebalance_timeout_us(const struct group *group)
{
	int64_t longest_ms = 0;

	GROUP_FOREACH_MEMBER(link, group)
		longest_ms = MAX(longest_ms, group_member_of(link)->rebalance_timeout_ms);
	return longest_ms * GROUP_US_PER_MS;
}

struct slice
group_new_member_id(struct slice prefix, const uint8_t random[GROUP_RANDOM_BYTES])
{
	uint8_t bytes[GROUP_RANDOM_BYTES];
	char uuid[37];
	size_t size = MIN(prefix.size, (size_t)ID_PREFIX_MAX);
	uint8_t *id;

	while (size > 0 && size < prefix.size && (prefix.bytes[size] & 0xC0) == 0x80)
		size--; /* not in the middle of a character */
	memcpy(bytes, random, sizeof(bytes));
	bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x40); /* version 4, random */
	bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80); /* RFC 4122's variant */
	snprintf(uuid, sizeof(uuid),
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", bytes[0],
	    bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8],
	    bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]);
	id = memory_new(size + 1 + 36);
	memcpy(id, prefix.bytes, size);
	id[size] = '-';
	memcpy(id + size + 1, uuid, 36);
	return slice_of(id, size + 1 + 36);
}
