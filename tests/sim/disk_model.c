#include "tests/sim/disk_model.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

const char *
model_folder(int folder)
{
	return folder == 0 ? "/a" : "/b";
}

void
model_path(int slot, char path[MODEL_PATH_SIZE])
{
	snprintf(path, MODEL_PATH_SIZE, "%s/%d", model_folder(slot % MODEL_FOLDERS), slot);
}

/* -------------------------------------------------------------- contents */

static void
remember(struct model_versions *versions, const uint8_t bytes[SIM_SECTOR_SIZE])
{
	if (versions->count == versions->capacity) {
		versions->capacity = MAX((size_t)2, versions->capacity * 2);
		versions->all = memory_resize(versions->all,
		    versions->capacity * sizeof(*versions->all));
	}
	memcpy(versions->all[versions->count++].bytes, bytes, SIM_SECTOR_SIZE);
}

static void
remember_range(struct model_file *file, int64_t from, int64_t to)
{
	for (int64_t sector = from / SIM_SECTOR_SIZE; sector * SIM_SECTOR_SIZE < to; sector++)
		remember(&file->sectors[sector], file->bytes + sector * SIM_SECTOR_SIZE);
}

static void
file_is_durable(struct model_file *file)
{
	for (int i = 0; i < MODEL_SECTORS; i++)
		file->sectors[i].count = 0;
	remember_range(file, 0, MODEL_SIZE_MAX);
	file->synced_size = file->least_size = file->most_size = file->size;
}

static struct model_file *
new_file(struct disk_model *model)
{
	struct model_file *file = memory_new(sizeof(*file));

	list_init(&file->link);
	list_append(&model->files, &file->link);
	file_is_durable(file);
	return file;
}

void
model_write(struct model_file *file, const uint8_t *bytes, size_t size, int64_t offset)
{
	if (size == 0)
		return;
	memcpy(file->bytes + offset, bytes, size);
	file->size = MAX(file->size, offset + (int64_t)size);
	file->most_size = MAX(file->most_size, file->size);
	remember_range(file, offset, offset + (int64_t)size);
}

/* Whatever version of a sector is on the disk, a truncation cuts it. */
static void
cut_versions(struct model_versions *versions, size_t kept)
{
	size_t count = versions->count;

	for (size_t i = 0; i < count; i++) {
		struct model_version cut = versions->all[i];

		memset(cut.bytes + kept, 0, SIM_SECTOR_SIZE - kept);
		remember(versions, cut.bytes);
		if (kept == 0)
			return;
	}
}

void
model_truncate(struct model_file *file, int64_t size)
{
	if (size < file->size) {
		memset(file->bytes + size, 0, (size_t)(MODEL_SIZE_MAX - size));
		for (int64_t i = size / SIM_SECTOR_SIZE; i < MODEL_SECTORS; i++)
			cut_versions(&file->sectors[i],
			    (size_t)MAX((int64_t)0, size - i * SIM_SECTOR_SIZE));
	}
	file->size = size;
	file->least_size = MIN(file->least_size, size);
	file->most_size = MAX(file->most_size, size);
}

void
model_sync(struct disk_model *model, struct model_file *file, bool names_too)
{
	if (!file->tainted)
		file_is_durable(file);
	if (names_too)
		model_sync_names(model, -1);
}

/* Which version of the sector this is, as far as `size` bytes go; -1: none. */
static int
version_of(const struct model_versions *versions, const uint8_t *bytes, size_t size)
{
	for (size_t i = versions->count; i-- > 0;) {
		if (memcmp(versions->all[i].bytes, bytes, size) == 0)
			return (int)i;
	}
	return -1;
}

void
model_adopt(struct sim *sim, struct model_file *file, struct disk_file *port)
{
	size_t got = 0;
	uint8_t bytes[MODEL_SIZE_MAX] = { 0 };

	if (disk_read(port, bytes, sizeof(bytes), 0, &got) != ERROR_NONE ||
	    (int64_t)got != file->size) {
		sim_fail(sim, "a failed sync has changed a size");
		return;
	}
	for (int i = 0; i < MODEL_SECTORS; i++)
		sim_check(sim,
		    version_of(&file->sectors[i], bytes + i * SIM_SECTOR_SIZE, SIM_SECTOR_SIZE) >= 0,
		    "a failed sync shows what was never written");
	memcpy(file->bytes, bytes, sizeof(bytes));
	remember_range(file, 0, MODEL_SIZE_MAX);
}

/* ----------------------------------------------------------------- names */

static void
names_changed(struct disk_model *model)
{
	if (model->snapshot_count == model->snapshot_capacity) {
		model->snapshot_capacity = MAX((size_t)16, model->snapshot_capacity * 2);
		model->snapshots = memory_resize(model->snapshots,
		    model->snapshot_capacity * sizeof(*model->snapshots));
	}
	memcpy(model->snapshots[model->snapshot_count++].names, model->names, sizeof(model->names));
}

void
model_sync_names(struct disk_model *model, int folder)
{
	for (int i = 0; i < MODEL_FOLDERS; i++) {
		if (folder < 0 || folder == i)
			model->first_of_folder[i] = model->snapshot_count - 1;
	}
}

void
model_create(struct disk_model *model, int slot)
{
	model->names[slot] = new_file(model);
	names_changed(model);
}

void
model_rename(struct disk_model *model, int from, int to)
{
	model->names[to] = model->names[from];
	model->names[from] = NULL;
	names_changed(model);
}

void
model_unlink(struct disk_model *model, int slot)
{
	model->names[slot] = NULL;
	names_changed(model);
}

/* ------------------------------------------------------------------ life */

void
model_init(struct disk_model *model, bool writes_back)
{
	*model = (struct disk_model){ .writes_back = writes_back };
	list_init(&model->files);
	names_changed(model);
}

void
model_fini(struct disk_model *model)
{
	struct list *link;

	while ((link = list_take_first(&model->files)) != NULL) {
		struct model_file *file = container_of(link, struct model_file, link);

		for (int i = 0; i < MODEL_SECTORS; i++)
			free(file->sectors[i].all);
		free(file);
	}
	free(model->snapshots);
}

/* -------------------------------------------------- what a power cut left */

struct found {
	bool exists;
	uint8_t bytes[MODEL_SIZE_MAX];
	int64_t size;
};

static void
look_at(struct sim *sim, struct disk *port, int slot, struct found *found)
{
	char path[MODEL_PATH_SIZE];
	struct disk_file *file;
	size_t got = 0;
	enum error error;

	model_path(slot, path);
	memset(found, 0, sizeof(*found));
	error = disk_open(port, path, DISK_READ, &file);
	if (error == ERROR_NOT_FOUND)
		return;
	if (error == ERROR_NONE)
		error = disk_read(file, found->bytes, sizeof(found->bytes), 0, &got);
	if (error == ERROR_NONE)
		error = disk_close(file);
	sim_check(sim, error == ERROR_NONE, "after a power cut: %s", error_text(error));
	found->exists = true;
	found->size = (int64_t)got;
}

static void
mark_what_survived(struct sim *sim, const struct model_file *file, const struct found *found,
    int sector, int version)
{
	if (version > 0 && version + 1 < (int)file->sectors[sector].count)
		sim_mark(sim, "an old version of a sector survives");
	if (version == 0 && (int64_t)sector * SIM_SECTOR_SIZE >= file->synced_size &&
	    found->size > file->synced_size && file->sectors[sector].count > 1)
		sim_mark(sim, "a size survives without its data");
}

static bool
may_have_survived(struct sim *sim, const struct model_file *file, const struct found *found)
{
	int64_t least = MIN(file->synced_size, file->least_size);

	if (found->size < least || found->size > file->most_size)
		return false;
	for (int i = 0; (int64_t)i * SIM_SECTOR_SIZE < found->size; i++) {
		int64_t left = found->size - (int64_t)i * SIM_SECTOR_SIZE;
		int version = version_of(&file->sectors[i], found->bytes + i * SIM_SECTOR_SIZE,
		    (size_t)MIN((int64_t)SIM_SECTOR_SIZE, left));

		if (version < 0)
			return false;
		mark_what_survived(sim, file, found, i, version);
	}
	return true;
}

static bool
is_as_synced(const struct model_file *file, const struct found *found)
{
	if (found->size != file->synced_size)
		return false;
	for (int i = 0; (int64_t)i * SIM_SECTOR_SIZE < found->size; i++) {
		int64_t left = found->size - (int64_t)i * SIM_SECTOR_SIZE;

		if (memcmp(file->sectors[i].all[0].bytes, found->bytes + i * SIM_SECTOR_SIZE,
			(size_t)MIN((int64_t)SIM_SECTOR_SIZE, left)) != 0)
			return false;
	}
	return true;
}

static bool
is_as_now(const struct model_file *file, const struct found *found)
{
	return found->size == file->size &&
	    memcmp(file->bytes, found->bytes, (size_t)found->size) == 0;
}

static bool
fits(const struct disk_model *model, struct sim *sim, const struct model_file *file,
    const struct found *found, enum sim_disk_crash crash)
{
	if (file == NULL || !found->exists)
		return (file != NULL) == found->exists;
	if (!file->tainted && crash == SIM_DISK_KEEP_ALL)
		return is_as_now(file, found);
	if (!file->tainted && crash == SIM_DISK_KEEP_NOTHING && !model->writes_back)
		return is_as_synced(file, found);
	return may_have_survived(sim, file, found);
}

static bool
all_fit(const struct disk_model *model, struct sim *sim, size_t snapshot,
    const struct found found[MODEL_SLOTS], enum sim_disk_crash crash)
{
	for (int slot = 0; slot < MODEL_SLOTS; slot++) {
		if (!fits(model, sim, model->snapshots[snapshot].names[slot], &found[slot], crash))
			return false;
	}
	return true;
}

/* Names reach the disk in order: all are as they were at one moment. */
static void
check_ordered(struct disk_model *model, struct sim *sim, const struct found *found,
    enum sim_disk_crash crash)
{
	size_t first = model->first_of_folder[0], last = model->snapshot_count - 1;

	if (crash == SIM_DISK_KEEP_ALL)
		first = last;
	if (crash == SIM_DISK_KEEP_NOTHING && !model->writes_back)
		last = first;
	for (size_t i = last + 1; i-- > first;) {
		if (all_fit(model, sim, i, found, crash)) {
			if (i + 1 < model->snapshot_count)
				sim_mark(sim, "a name comes back");
			return;
		}
	}
	sim_fail(sim, "the names are as they never were");
}

static void
check_one_name(struct disk_model *model, struct sim *sim, int slot, const struct found *found,
    enum sim_disk_crash crash)
{
	size_t first = model->first_of_folder[slot % MODEL_FOLDERS];

	if (crash == SIM_DISK_KEEP_ALL)
		first = model->snapshot_count - 1;
	for (size_t i = model->snapshot_count; i-- > first;) {
		if (fits(model, sim, model->snapshots[i].names[slot], found, crash)) {
			if (i + 1 < model->snapshot_count)
				sim_mark(sim, "a name comes back");
			return;
		}
	}
	sim_fail(sim, "name %d %s", slot,
	    found->exists ? "has a file that it cannot have" : "is gone");
}

static struct found *
find_all(struct sim *sim, struct sim_disk *disk)
{
	struct found *found = memory_array(MODEL_SLOTS, sizeof(*found));
	struct sim_mount *mount = sim_disk_mount(disk);

	for (int slot = 0; slot < MODEL_SLOTS; slot++)
		look_at(sim, sim_mount_port(mount), slot, &found[slot]);
	sim_mount_free(mount);
	return found;
}

void
model_check(struct disk_model *model, struct sim *sim, struct sim_disk *disk,
    enum sim_disk_crash crash)
{
	struct found *found = find_all(sim, disk);

	if (disk->ordered_journal) {
		check_ordered(model, sim, found, crash);
	} else {
		for (int slot = 0; slot < MODEL_SLOTS; slot++)
			check_one_name(model, sim, slot, &found[slot], crash);
	}
	free(found);
}

void
model_start_again(struct disk_model *model, struct sim *sim, struct sim_disk *disk)
{
	struct found *found = find_all(sim, disk);
	bool writes_back = model->writes_back;

	model_fini(model);
	model_init(model, writes_back);
	for (int slot = 0; slot < MODEL_SLOTS; slot++) {
		if (!found[slot].exists)
			continue;
		model_create(model, slot);
		memcpy(model->names[slot]->bytes, found[slot].bytes, MODEL_SIZE_MAX);
		model->names[slot]->size = found[slot].size;
		file_is_durable(model->names[slot]);
	}
	model_sync_names(model, -1);
	free(found);
}
