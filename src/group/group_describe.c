/* What can be seen of a group without changing it. */
#include "group/group_private.h"

enum error
group_describe(const struct group *group, struct arena *arena,
    struct describe_groups_response_described_group *described)
{
	bool stable = group->state == GROUP_STABLE;
	bool failed = false;
	int32_t i = 0;

	described->group_state = slice_of_text(group_state_name(group->state));
	if (!slice_is_null(group->protocol_type))
		described->protocol_type = answer_text(arena, group->protocol_type, &failed);
	if (stable)
		described->protocol_data = answer_text(arena, group->protocol_name, &failed);
	described->members.items = arena_array(arena, group->members.count,
	    sizeof(*described->members.items));
	if (described->members.items == NULL)
		return ERROR_NO_MEMORY;
	GROUP_FOREACH_MEMBER(link, group) {
		const struct group_member *member = group_member_of(link);
		struct slice metadata = stable ?
		    group_member_metadata(member, group->protocol_name) : slice_of("", 0);
		struct slice assignment = stable ? member->assignment : slice_of("", 0);

		described->members.items[i++] = (struct describe_groups_response_described_group_member){
			.member_id = answer_text(arena, member->id, &failed),
			.group_instance_id = answer_text(arena, member->instance_id, &failed),
			.client_id = answer_text(arena, member->client_id, &failed),
			.client_host = answer_text(arena, member->client_host, &failed),
			.member_metadata = answer_text(arena, metadata, &failed),
			.member_assignment = answer_text(arena, assignment, &failed),
		};
	}
	described->members.count = i;
	return failed ? ERROR_NO_MEMORY : ERROR_NONE;
}

struct group_offset
group_fetch_offset(const struct group *group, struct slice topic, int32_t partition,
    bool require_stable)
{
	struct group_offset none = { .offset = -1, .leader_epoch = -1, .metadata = slice_of("", 0) };
	const struct kept_offset *entry;

	if (group == NULL || group->state == GROUP_DEAD)
		return none;
	entry = offsets_find(&group->offsets, topic, partition);
	if (entry != NULL && require_stable && kept_offset_is_pending(entry)) {
		none.error = KAFKA_ERROR_UNSTABLE_OFFSET_COMMIT;
		return none;
	}
	if (entry == NULL || !entry->is_committed)
		return none;
	return (struct group_offset){
		.offset = entry->committed.offset,
		.leader_epoch = entry->committed.leader_epoch,
		.metadata = entry->committed.metadata,
	};
}
