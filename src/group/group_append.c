/* What goes into the log: batches of records, made as Kafka makes them. */
#include "group/group_private.h"
#include "wire/batch_builder.h"

struct group_append *
group_append_new(enum group_append_kind kind, struct group *group)
{
	struct group_append *append = memory_new(sizeof(*append));

	append->kind = kind;
	append->group = group;
	append->required_acks = -1;
	buffer_init(&append->batch);
	return append;
}

void
group_append_free(struct group_append *append)
{
	buffer_fini(&append->batch);
	text_free(&append->old_id);
	text_free(&append->new_id);
	free(append->old_protocols);
	free(append->entries);
	free(append->values);
	free(append);
}

static void
fill_members(const struct group *group, bool proposed, struct group_metadata_value *value)
{
	struct group_metadata_value_member_metadata *items =
	    memory_array(group->members.count, sizeof(*items));
	int32_t i = 0;

	GROUP_FOREACH_MEMBER(link, group) {
		const struct group_member *member = group_member_of(link);

		items[i++] = (struct group_metadata_value_member_metadata){
			.member_id = member->id,
			.group_instance_id = member->instance_id,
			.client_id = member->client_id,
			.client_host = member->client_host,
			.rebalance_timeout = member->rebalance_timeout_ms,
			.session_timeout = member->session_timeout_ms,
			.subscription = group_member_metadata(member, group->protocol_name),
			.assignment = proposed ? member->proposed : member->assignment,
		};
	}
	value->members.items = items;
	value->members.count = i;
}

struct group_append *
group_append_metadata(enum group_append_kind kind, struct group *group, bool proposed,
    int64_t now_ms)
{
	struct batch_builder_options options = batch_builder_options_default();
	struct group_metadata_value value = group_metadata_value_defaults;
	struct group_append *append = group_append_new(kind, group);
	struct batch_builder builder;
	struct buffer key, body;

	value.protocol_type = slice_is_null(group->protocol_type) ? slice_of("", 0) :
	    group->protocol_type;
	value.generation = group->generation;
	value.protocol = group->protocol_name;
	value.leader = group->leader == NULL ? slice_null() : group->leader->id;
	value.current_state_timestamp = group->state_ms;
	fill_members(group, proposed, &value);
	buffer_init(&key);
	buffer_init(&body);
	batch_builder_init(&builder, &options);
	group_records_write_group_key(&key, group->id);
	enum error error = group_records_write_group(&body, &value);
	if (error == ERROR_NONE)
		error = batch_builder_add(&builder, &(struct record){ .timestamp = now_ms,
		    .key = buffer_slice(&key), .value = buffer_slice(&body) });
	if (error == ERROR_NONE)
		error = batch_builder_finish(&builder, &append->batch);
	batch_builder_fini(&builder);
	buffer_fini(&key);
	buffer_fini(&body);
	free(value.members.items);
	if (error == ERROR_NONE)
		return append;
	group_append_free(append);
	return NULL; /* over 2 GiB */
}
