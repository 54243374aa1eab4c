#include "config/map.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "log/properties.h"

static bool
has_name(const struct hash_node *node, const void *key)
{
	const struct config_entry *entry = container_of(node, const struct config_entry, node);

	return slice_equal_text(*(const struct slice *)key, entry->name);
}

void
config_map_init(struct config_map *map)
{
	/* The operator is no enemy: any seed will do, and a fixed one needs no entropy. */
	static const uint64_t seed[2] = { UINT64_C(0x6b6c616d6d), UINT64_C(0x636f6e666967) };

	hash_table_init(&map->table, seed, has_name);
}

static void
entry_free(struct config_entry *entry)
{
	free(entry->name);
	free(entry->value);
	free(entry);
}

void
config_map_fini(struct config_map *map)
{
	HASH_TABLE_FOREACH(link, &map->table) {
		struct hash_node *node = hash_node_of(link);
		hash_table_remove(&map->table, node);
		entry_free(container_of(node, struct config_entry, node));
	}
	hash_table_fini(&map->table);
}

void
config_map_move(struct config_map *to, struct config_map *from)
{
	config_map_fini(to);
	config_map_init(to);
	HASH_TABLE_FOREACH(link, &from->table) {
		struct hash_node *node = hash_node_of(link);

		hash_table_remove(&from->table, node);
		hash_table_insert(&to->table, node, node->hash);
	}
	hash_table_fini(&from->table);
}

static struct config_entry *
find(const struct config_map *map, struct slice name)
{
	struct hash_node *node =
	    hash_table_find(&map->table, hash_table_hash(&map->table, name), &name);

	return node == NULL ? NULL : container_of(node, struct config_entry, node);
}

const struct config_entry *
config_map_find(const struct config_map *map, struct slice name)
{
	return find(map, name);
}

const struct config_entry *
config_map_entry(const struct list *link)
{
	const struct hash_node *node = container_of(link, const struct hash_node, in_order);

	return container_of(node, const struct config_entry, node);
}

static bool
has_zero(struct slice text)
{
	return text.size > 0 && memchr(text.bytes, 0, text.size) != NULL;
}

void
config_map_set(struct config_map *map, struct slice name, struct slice value, int line)
{
	assert(!has_zero(name) && !has_zero(value));
	struct config_entry *entry = find(map, name);

	if (entry == NULL) {
		entry = memory_new(sizeof(*entry));
		entry->name = memory_text(name.bytes, name.size);
		hash_table_insert(&map->table, &entry->node, hash_table_hash(&map->table, name));
	}
	free(entry->value);
	entry->value = memory_text(value.bytes, value.size);
	entry->line = line;
}

void
config_map_remove(struct config_map *map, struct slice name)
{
	struct config_entry *entry = find(map, name);

	if (entry == NULL)
		return;
	hash_table_remove(&map->table, &entry->node);
	entry_free(entry);
}

void
config_map_add(struct config_map *to, const struct config_map *from)
{
	CONFIG_MAP_FOREACH(link, from) {
		const struct config_entry *entry = config_map_entry(link);

		config_map_set(to, slice_of_text(entry->name), slice_of_text(entry->value),
		    entry->line);
	}
}

static void
read_pair(struct config_map *map, const struct properties_reader *reader,
    struct config_problems *problems)
{
	struct slice name = buffer_slice(&reader->key);
	struct slice value = buffer_slice(&reader->value);
	struct config_place place = { .line = reader->first_line };

	if (has_zero(name) || has_zero(value)) {
		config_problems_add(problems, CONFIG_PROBLEM_INVALID, place,
		    "the line holds a zero byte");
		return;
	}
	const struct config_entry *entry = config_map_find(map, name);
	if (entry != NULL) {
		place.key = entry->name;
		config_problems_add(problems, CONFIG_PROBLEM_REPEATED, place,
		    "set again; what line %d says is ignored", entry->line);
	}
	config_map_set(map, name, value, reader->first_line);
}

void
config_map_read(struct config_map *map, struct slice text, struct config_problems *problems)
{
	struct properties_reader reader;
	enum error error;

	properties_reader_init(&reader, text);
	while ((error = properties_reader_next(&reader)) != ERROR_END_OF_STREAM) {
		if (error == ERROR_NONE) {
			read_pair(map, &reader, problems);
			continue;
		}
		config_problems_add(problems, CONFIG_PROBLEM_INVALID,
		    (struct config_place){ .line = reader.first_line },
		    "\\u is not followed by four hexadecimal digits");
		break; /* where the next entry begins is a guess from here on */
	}
	properties_reader_fini(&reader);
}

void
config_map_override(struct config_map *map, const char *text, struct config_problems *problems)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL || equals == text) {
		config_problems_add(problems, CONFIG_PROBLEM_INVALID, (struct config_place){ 0 },
		    "--override takes key=value");
		return;
	}
	config_map_set(map, slice_of(text, (size_t)(equals - text)), slice_of_text(equals + 1), 0);
}
