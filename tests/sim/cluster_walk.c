#include "tests/sim/cluster_walk.h"

#include <stdio.h>

#include "base/reader.h"
#include "log/log_file_name.h"
#include "log/log_private.h"

enum { HEADER_SIZE = 61, PATH_SIZE = 512 };

static void
open_segment(struct cluster_walk *walk)
{
	char path[PATH_SIZE], name[LOG_FILE_NAME_SIZE];

	if (walk->segment >= walk->log->count)
		return;
	log_file_name_format((struct log_file_name){
		.offset = walk->log->segments[walk->segment]->base_offset }, name);
	snprintf(path, sizeof(path), "%s/%s", walk->log->path, name);
	walk->file = sim_disk_peek(walk->disk, path);
}

void
cluster_walk_on(struct cluster_walk *walk)
{
	uint8_t bytes[HEADER_SIZE];
	struct reader in;

	walk->base_offset = -1;
	while (walk->segment < walk->log->count &&
	    walk->at + HEADER_SIZE > walk->log->segments[walk->segment]->size) {
		walk->segment++;
		walk->at = 0;
		open_segment(walk);
	}
	if (walk->segment < walk->log->count) {
		if (!sim_disk_peek_at(walk->file, walk->at, bytes, sizeof(bytes)))
			return;
		reader_init(&in, slice_of(bytes, sizeof(bytes)));
		walk->base_offset = reader_int64(&in);
		walk->size = reader_int32(&in) + 12;
		walk->epoch = reader_int32(&in);
		(void)reader_int8(&in); /* magic */
		walk->crc = (uint32_t)reader_int32(&in);
		walk->at += walk->size;
	}
}

struct cluster_walk
cluster_walk_begin(const struct broker_town *town, int broker, const struct log *log)
{
	struct cluster_walk walk = { .disk = town->machines[broker].disk, .log = log };

	open_segment(&walk);
	cluster_walk_on(&walk);
	return walk;
}
