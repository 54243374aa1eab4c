/* The groups over the real partitions: the only place that names them. */
#include "group/groups_private.h"

static const struct shard_log partition_log = {
	.append = partition_append,
	.fetch = partition_fetch,
	.list_offsets = partition_list_offsets,
	.cancel = partition_cancel,
	.hold = partition_hold,
	.release = partition_release,
	.index = partition_index,
	.status_code = partition_status_code,
	.heard_us = partition_heard_us,
};

struct groups *
groups_new(const struct groups_options *options)
{
	return groups_new_over(options, &partition_log);
}
