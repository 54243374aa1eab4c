#include "controller/names.h"

struct named {
	struct hash_node node;
	struct slice name;
	bool comes_twice;
};

static bool
matches(const struct hash_node *node, const void *key)
{
	return slice_equal(container_of(node, const struct named, node)->name,
	    *(const struct slice *)key);
}

void
names_init(struct names *names, struct arena *arena, const uint64_t seed[2])
{
	hash_table_init(&names->table, seed, matches);
	names->arena = arena;
}

void
names_fini(struct names *names)
{
	hash_table_fini(&names->table);
}

static struct named *
find(const struct names *names, struct slice name)
{
	struct hash_node *node =
	    hash_table_find(&names->table, hash_table_hash(&names->table, name), &name);

	return node == NULL ? NULL : container_of(node, struct named, node);
}

void
names_add(struct names *names, struct slice name)
{
	struct named *named = find(names, name);

	if (named != NULL) {
		named->comes_twice = true;
		return;
	}
	named = arena_new(names->arena, sizeof(*named));
	named->name = name;
	hash_table_insert(&names->table, &named->node, hash_table_hash(&names->table, name));
}

bool
names_has(const struct names *names, struct slice name)
{
	return find(names, name) != NULL;
}

bool
names_has_twice(const struct names *names, struct slice name)
{
	const struct named *named = find(names, name);

	return named != NULL && named->comes_twice;
}
