/*
 * tests/sim/disk_model.h: what a disk may show, by its contract alone. For
 * each sector of a file it remembers all contents since the last sync, for
 * each name all files that it has been. Two folders with four names each.
 */
#ifndef KLAMM_TESTS_SIM_DISK_MODEL_H
#define KLAMM_TESTS_SIM_DISK_MODEL_H

#include <string.h>

#include "tests/sim/sim.h"
#include "tests/sim/sim_disk.h"

enum {
	MODEL_FOLDERS = 2,
	MODEL_SLOTS = 8,
	MODEL_SIZE_MAX = 32768,
	MODEL_SECTORS = MODEL_SIZE_MAX / SIM_SECTOR_SIZE,
	MODEL_PATH_SIZE = 32,
};

struct model_version {
	uint8_t bytes[SIM_SECTOR_SIZE];
};

struct model_versions {
	struct model_version *all; /* oldest first */
	size_t count, capacity;
};

struct model_file {
	struct list link;
	uint8_t bytes[MODEL_SIZE_MAX]; /* zeros beyond the size */
	int64_t size;
	int64_t synced_size, least_size, most_size; /* since the last sync */
	struct model_versions sectors[MODEL_SECTORS];
	bool tainted; /* a sync has failed: what is on the disk is anybody's guess */
};

struct model_snapshot {
	struct model_file *names[MODEL_SLOTS];
};

struct disk_model {
	struct model_file *names[MODEL_SLOTS]; /* NULL: none */
	struct list files;
	struct model_snapshot *snapshots; /* oldest first; the last one is now */
	size_t snapshot_count, snapshot_capacity;
	size_t first_of_folder[MODEL_FOLDERS]; /* the snapshot at which it was synced */
	bool writes_back;
};

const char *model_folder(int folder);
void model_path(int slot, char path[MODEL_PATH_SIZE]);

void model_init(struct disk_model *model, bool writes_back);
void model_fini(struct disk_model *model);
/* All is as the disk has it, and durable. */
void model_start_again(struct disk_model *model, struct sim *sim, struct sim_disk *disk);

void model_create(struct disk_model *model, int slot);
void model_write(struct model_file *file, const uint8_t *bytes, size_t size, int64_t offset);
void model_truncate(struct model_file *file, int64_t size);
void model_sync(struct disk_model *model, struct model_file *file, bool names_too);
/* -1: all folders. */
void model_sync_names(struct disk_model *model, int folder);
void model_rename(struct disk_model *model, int from, int to);
void model_unlink(struct disk_model *model, int slot);
/* After a failed sync: the cache may show any version; the file is what it shows. */
void model_adopt(struct sim *sim, struct model_file *file, struct disk_file *port);
/* Fails the run when the disk shows, after a power cut, what it may not. */
void model_check(struct disk_model *model, struct sim *sim, struct sim_disk *disk,
    enum sim_disk_crash crash);

#endif
