/* Which protocols the members have in common, and which one they choose. */
#include "group/group_private.h"

struct group_protocols *
group_protocols_copy(const struct join_group_request *request)
{
	int32_t count = MAX(request->protocols.count, 0);
	size_t size = sizeof(struct group_protocols) +
	    (size_t)count * sizeof(struct group_protocol);
	struct group_protocols *protocols;
	uint8_t *at;

	for (int32_t i = 0; i < count; i++)
		size += request->protocols.items[i].name.size +
		    request->protocols.items[i].metadata.size;
	protocols = memory_new(size);
	at = (uint8_t *)&protocols->items[count];
	for (int32_t i = 0; i < count; i++) {
		struct slice name = request->protocols.items[i].name;
		struct slice metadata = request->protocols.items[i].metadata;

		memcpy(at, name.bytes, name.size);
		protocols->items[i].name = slice_of(at, name.size);
		at += name.size;
		memcpy(at, metadata.bytes, metadata.size);
		protocols->items[i].metadata = slice_of(at, metadata.size);
		at += metadata.size;
	}
	protocols->count = count;
	return protocols;
}

struct group_protocols *
group_protocols_single(struct slice name, struct slice metadata)
{
	struct join_group_request_join_group_request_protocol protocol = { name, metadata };
	struct join_group_request request = { .protocols = { &protocol, 1 } };

	return group_protocols_copy(&request);
}

bool
group_protocols_match(const struct group_protocols *protocols,
    const struct join_group_request *request)
{
	if (protocols->count != MAX(request->protocols.count, 0))
		return false;
	for (int32_t i = 0; i < protocols->count; i++) {
		if (!slice_equal(protocols->items[i].name, request->protocols.items[i].name) ||
		    !slice_equal(protocols->items[i].metadata, request->protocols.items[i].metadata))
			return false;
	}
	return true;
}

static const struct group_protocol *
find_protocol(const struct group_protocols *protocols, struct slice name)
{
	for (int32_t i = 0; i < protocols->count; i++) {
		if (slice_equal(protocols->items[i].name, name))
			return &protocols->items[i];
	}
	return NULL;
}

static struct group_protocol_support *
find_support(const struct group *group, struct slice name)
{
	for (size_t i = 0; i < group->protocol_count; i++) {
		if (slice_equal(group->protocols[i].name, name))
			return &group->protocols[i];
	}
	return NULL;
}

static struct group_protocol_support *
add_support(struct group *group, struct slice name)
{
	struct group_protocol_support *support;

	group->protocols = memory_resize(group->protocols,
	    (group->protocol_count + 1) * sizeof(*group->protocols));
	support = &group->protocols[group->protocol_count++];
	*support = (struct group_protocol_support){ .name = text_copy(name) };
	return support;
}

static void
drop_support(struct group *group, struct group_protocol_support *support)
{
	text_free(&support->name);
	*support = group->protocols[--group->protocol_count];
}

void
group_count_protocols(struct group *group, const struct group_protocols *protocols, int by)
{
	for (int32_t i = 0; i < protocols->count; i++) {
		struct slice name = protocols->items[i].name;
		struct group_protocol_support *support = find_support(group, name);

		if (find_protocol(protocols, name) != &protocols->items[i])
			continue; /* named twice */
		if (support == NULL)
			support = add_support(group, name);
		support->members += (size_t)by;
		if (support->members == 0)
			drop_support(group, support);
	}
}

struct group_protocols *
group_take_protocols(struct group *group, struct group_member *member,
    struct group_protocols *protocols)
{
	struct group_protocols *old = member->protocols;

	group_count_protocols(group, old, -1);
	group_count_protocols(group, protocols, 1);
	member->protocols = protocols;
	return old;
}

struct slice
group_member_metadata(const struct group_member *member, struct slice protocol)
{
	const struct group_protocol *found = find_protocol(member->protocols, protocol);

	return found == NULL ? slice_of("", 0) : found->metadata;
}

bool
group_takes_protocols(const struct group *group, const struct join_group_request *request)
{
	if (group->state == GROUP_EMPTY)
		return request->protocol_type.size > 0 && request->protocols.count > 0;
	if (!slice_equal(group->protocol_type, request->protocol_type))
		return false;
	for (int32_t i = 0; i < request->protocols.count; i++) {
		const struct group_protocol_support *support =
		    find_support(group, request->protocols.items[i].name);

		if ((support == NULL ? 0 : support->members) == group->members.count)
			return true;
	}
	return false;
}

/* The first that all members know. */
static struct group_protocol_support *
vote(const struct group *group, const struct group_member *member)
{
	for (int32_t i = 0; i < member->protocols->count; i++) {
		struct group_protocol_support *support =
		    find_support(group, member->protocols->items[i].name);

		if (support->members == group->members.count)
			return support;
	}
	return NULL;
}

struct slice
group_select_protocol(const struct group *group)
{
	size_t *votes = memory_array(group->protocol_count, sizeof(*votes));
	struct slice best = slice_null();
	size_t most = 0;

	GROUP_FOREACH_MEMBER(link, group) {
		const struct group_protocol_support *choice = vote(group, group_member_of(link));

		if (choice != NULL)
			votes[choice - group->protocols]++;
	}
	/* The oldest member's order decides between equals. */
	GROUP_FOREACH_MEMBER(link, group) {
		const struct group_protocol_support *choice = vote(group, group_member_of(link));

		if (choice == NULL || votes[choice - group->protocols] <= most)
			continue;
		most = votes[choice - group->protocols];
		best = choice->name;
	}
	free(votes);
	return best;
}
