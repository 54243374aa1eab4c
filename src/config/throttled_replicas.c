#include "config/throttled_replicas.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/list.h"
#include "config/number.h"

static int
compare(const void *a, const void *b)
{
	const struct throttled_replica *one = a, *other = b;

	if (one->partition != other->partition)
		return one->partition < other->partition ? -1 : 1;
	return (one->broker > other->broker) - (one->broker < other->broker);
}

static size_t
count_elements(const char *text)
{
	size_t count = 1;

	for (const char *at = text; *at != '\0'; at++)
		count += *at == ',';
	return count;
}

static bool
read_pair(struct slice element, struct throttled_replica *replica)
{
	struct slice partition, broker;
	int64_t numbers[2];

	if (!config_list_pair(element, &partition, &broker) ||
	    config_number_integer(partition, &numbers[0]) != ERROR_NONE ||
	    config_number_integer(broker, &numbers[1]) != ERROR_NONE)
		return false;
	*replica = (struct throttled_replica){ (int32_t)numbers[0], (int32_t)numbers[1] };
	return true;
}

void
throttled_replicas_read(struct throttled_replicas *replicas, const char *text)
{
	struct config_list list = config_list_of(text);
	struct slice element;

	*replicas = (struct throttled_replicas){ .all = strcmp(text, "*") == 0 };
	if (replicas->all || *text == '\0')
		return;
	replicas->items = memory_array(count_elements(text), sizeof(replicas->items[0]));
	while (config_list_next(&list, &element))
		replicas->count += read_pair(element, &replicas->items[replicas->count]);
	qsort(replicas->items, replicas->count, sizeof(replicas->items[0]), compare);
}

void
throttled_replicas_fini(struct throttled_replicas *replicas)
{
	free(replicas->items);
	*replicas = (struct throttled_replicas){ 0 };
}

bool
throttled_replicas_have(const struct throttled_replicas *replicas, int32_t partition,
    int32_t broker)
{
	struct throttled_replica wanted = { partition, broker };

	return replicas->all || (replicas->count > 0 && bsearch(&wanted, replicas->items,
	    replicas->count, sizeof(wanted), compare) != NULL);
}
