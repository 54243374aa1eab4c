/*
 * config/map.h: names and texts as they were given, in their order, before
 * anybody asks what they mean: server.properties with its overrides, or the
 * configs of a topic.
 */
#ifndef KLAMM_CONFIG_MAP_H
#define KLAMM_CONFIG_MAP_H

#include "base/hash_table.h"
#include "config/problem.h"

struct config_entry {
	struct hash_node node;
	char *name;
	char *value;
	int line; /* 0: not from the file */
};

struct config_map {
	struct hash_table table;
};

void config_map_init(struct config_map *map);
void config_map_fini(struct config_map *map);

/* Replaces what was there; both texts are copied and hold no zero byte (asserted). */
void config_map_set(struct config_map *map, struct slice name, struct slice value, int line);
/* Harmless when it is not there. */
void config_map_remove(struct config_map *map, struct slice name);
/* What `to` held stays but for names that are in `from`, which is read only. */
void config_map_add(struct config_map *to, const struct config_map *from);
/* What `to` held is gone; `from` is left empty, and needs no fini. */
void config_map_move(struct config_map *to, struct config_map *from);
/* NULL when it is not there. */
const struct config_entry *config_map_find(const struct config_map *map, struct slice name);

/*
 * Adds the entries of a file in the format of java.util.Properties. Of a key
 * that comes twice the last one wins, with a warning. What cannot be read (a
 * bad \u, a zero byte) is an error.
 */
void config_map_read(struct config_map *map, struct slice text, struct config_problems *problems);
/* Adds `key=value` of --override, which wins over the file. */
void config_map_override(struct config_map *map, const char *text,
    struct config_problems *problems);

#define CONFIG_MAP_FOREACH(link, map) HASH_TABLE_FOREACH(link, &(map)->table)
const struct config_entry *config_map_entry(const struct list *link);

#endif
