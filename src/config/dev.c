#include "config/dev.h"

static void
set(struct config_map *map, const char *name, const char *value)
{
	config_map_set(map, slice_of_text(name), slice_of_text(value), 0);
}

static void
set_path(struct config_map *map, const char *name, const char *dir, const char *file)
{
	struct buffer path;

	buffer_init(&path);
	buffer_append(&path, dir, strlen(dir));
	buffer_append(&path, file, strlen(file));
	config_map_set(map, slice_of_text(name), buffer_slice(&path), 0);
	buffer_fini(&path);
}

void
config_dev(struct config_map *map, const char *data_dir)
{
	set(map, "broker.id", "0");
	set(map, "listeners", "PLAINTEXT://127.0.0.1:9092");
	set(map, "klamm.embedded.zookeeper", "127.0.0.1:2181");
	set_path(map, "klamm.embedded.zookeeper.dir", data_dir, "/zookeeper");
	set_path(map, "log.dirs", data_dir, "/logs");
	/* There is one broker: nothing waits for others. */
	set(map, "offsets.topic.replication.factor", "1");
	set(map, "group.initial.rebalance.delay.ms", "0");
}
