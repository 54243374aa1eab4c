#include "klamm/move_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "klamm/table.h"

void
move_plan_init(struct move_plan *plan)
{
	*plan = (struct move_plan){ .count = 0 };
}

void
move_plan_fini(struct move_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		free(plan->moves[i].topic);
		free(plan->moves[i].from);
		free(plan->moves[i].to);
	}
	free(plan->moves);
	move_plan_init(plan);
}

static int32_t *
copy(struct view_ids ids)
{
	int32_t *items = memory_array((size_t)ids.count + 1, sizeof(*items));

	for (int32_t i = 0; i < ids.count; i++)
		items[i] = ids.items[i];
	return items;
}

static void
fill_from(struct move *move, const struct view_partition *partition)
{
	move->from = memory_array((size_t)partition->replicas.count + 1, sizeof(*move->from));
	for (int32_t i = 0; i < partition->replicas.count; i++) {
		if (!view_ids_have(partition->adding, partition->replicas.items[i]))
			move->from[move->from_count++] = partition->replicas.items[i];
	}
	move->bytes = view_partition_bytes(partition);
}

struct move *
move_plan_add(struct move_plan *plan, struct slice topic, int32_t index,
    const struct view_partition *partition, struct view_ids to)
{
	if ((plan->count & (plan->count - 1)) == 0) /* full: 0, 1, 2, 4, ... */
		plan->moves = memory_resize(plan->moves,
		    MAX(2 * plan->count, 1) * sizeof(*plan->moves));
	struct move *move = &plan->moves[plan->count++];
	*move = (struct move){ .index = index, .bytes = -1, .to_count = to.count };
	move->topic = memory_text(topic.bytes, topic.size);
	move->to = copy(to);
	if (partition != NULL)
		fill_from(move, partition);
	return move;
}

void
move_plan_add_moving(struct move_plan *plan, const struct view_partition *partition)
{
	int32_t *to = memory_array((size_t)partition->replicas.count + 1, sizeof(*to));
	int32_t count = 0;

	for (int32_t i = 0; i < partition->replicas.count; i++) {
		if (!view_ids_have(partition->removing, partition->replicas.items[i]))
			to[count++] = partition->replicas.items[i];
	}
	move_plan_add(plan, partition->topic, partition->index, partition,
	    (struct view_ids){ to, count });
	free(to);
}

static int
compare(const void *a, const void *b)
{
	const struct move *first = a, *second = b;
	int order = strcmp(first->topic, second->topic);

	if (order != 0)
		return order;
	return (first->index > second->index) - (first->index < second->index);
}

void
move_plan_sort(struct move_plan *plan)
{
	if (plan->count > 0)
		qsort(plan->moves, plan->count, sizeof(*plan->moves), compare);
}

struct move *
move_plan_find(const struct move_plan *plan, struct slice topic, int32_t index)
{
	struct move key = { .topic = memory_text(topic.bytes, topic.size), .index = index };
	struct move *found = plan->count == 0 ? NULL :
	    bsearch(&key, plan->moves, plan->count, sizeof(key), compare);

	free(key.topic);
	return found;
}

struct view_ids
move_from(const struct move *move)
{
	return (struct view_ids){ move->from, move->from_count };
}

struct view_ids
move_to(const struct move *move)
{
	return (struct view_ids){ move->to, move->to_count };
}

bool
move_is_none(const struct move *move)
{
	if (move->from_count != move->to_count)
		return false;
	for (int32_t i = 0; i < move->to_count; i++) {
		if (move->from[i] != move->to[i])
			return false;
	}
	return true;
}

int32_t
move_copies(const struct move *move)
{
	int32_t count = 0;

	for (int32_t i = 0; i < move->to_count; i++)
		count += !view_ids_have(move_from(move), move->to[i]);
	return count;
}

int64_t
move_bytes(const struct move *move)
{
	int32_t copies = move_copies(move);

	if (copies == 0)
		return 0;
	return move->bytes < 0 ? -1 : copies * move->bytes;
}

/* -1 when one of them is not known. */
static int64_t
bytes_of_all(const struct move_plan *plan)
{
	int64_t sum = 0;

	for (size_t i = 0; i < plan->count; i++) {
		int64_t bytes = move_bytes(&plan->moves[i]);

		if (bytes < 0)
			return -1;
		sum += bytes;
	}
	return sum;
}

static void
show_sum(const struct move_plan *plan, struct output *output)
{
	char bytes[TABLE_BYTES_TEXT_SIZE + 8] = ", sizes are not known", line[160];
	int64_t copies = 0, sum = bytes_of_all(plan);

	for (size_t i = 0; i < plan->count; i++)
		copies += move_copies(&plan->moves[i]);
	if (sum >= 0) {
		bytes[0] = ',';
		bytes[1] = ' ';
		table_bytes_text(sum, bytes + 2);
	}
	snprintf(line, sizeof(line), "\n%zu partition%s, %" PRId64 " replica%s to copy%s\n",
	    plan->count, plan->count == 1 ? " changes" : "s change", copies,
	    copies == 1 ? "" : "s", copies > 0 ? bytes : "");
	output_plain(output, line);
}

void
move_plan_show(const struct move_plan *plan, struct output *output)
{
	static const struct table_column columns[] = {
		{ "TOPIC", "topic" }, { "PARTITION", "partition" }, { "FROM", "from" },
		{ "TO", "to" }, { "COPIES", "copies" }, { "SIZE", "bytes" },
	};
	struct table table;

	table_init(&table, "move", columns, ARRAY_LENGTH(columns));
	for (size_t i = 0; i < plan->count; i++) {
		const struct move *move = &plan->moves[i];

		table_text(&table, slice_of_text(move->topic));
		table_int(&table, move->index);
		table_ints(&table, move->from, move->from_count);
		table_ints(&table, move->to, move->to_count);
		table_int(&table, move_copies(move));
		table_bytes(&table, move_bytes(move));
	}
	table_print(&table, output);
	table_fini(&table);
	if (!output->json)
		show_sum(plan, output);
}
