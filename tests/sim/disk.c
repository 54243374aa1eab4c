/*
 * Scenario `disk`: the simulated disk against a reference that remembers, for
 * each sector and each name, all it has been since it was last synced. Random
 * operations; now and then a copy of the disk loses its power, and whatever
 * is found there must be something that could have survived.
 */
#include "tests/sim/disk_model.h"
#include "tests/sim/scenario.h"

enum { OPERATIONS = 400 };

struct run {
	struct sim *sim;
	struct sim_disk *disk;
	struct sim_mount *mount;
	struct disk *port;
	struct disk_model model;
};

static uint64_t
below(struct run *run, uint64_t bound)
{
	return prng_below(sim_stream(run->sim, SIM_WORKLOAD), bound);
}

/* Any error but those of an injected fault is a mistake of the disk. */
static void
expect(struct run *run, enum error error, const char *what)
{
	sim_check(run->sim, error == ERROR_NONE, "%s: %s", what, error_text(error));
}

static struct disk_file *
open_slot(struct run *run, int slot, int flags)
{
	char path[MODEL_PATH_SIZE];
	struct disk_file *file = NULL;

	model_path(slot, path);
	expect(run, disk_open(run->port, path, DISK_READ | DISK_WRITE | flags, &file), "open");
	return file;
}

static void
close_file(struct run *run, struct disk_file *file)
{
	expect(run, disk_close(file), "close");
}

/* A name that has a file; -1: none. */
static int
any_used_slot(struct run *run)
{
	int slot = (int)below(run, MODEL_SLOTS);

	for (int i = 0; i < MODEL_SLOTS; i++, slot = (slot + 1) % MODEL_SLOTS) {
		if (run->model.names[slot] != NULL)
			return slot;
	}
	return -1;
}

static void
create(struct run *run, int slot)
{
	if (run->model.names[slot] != NULL)
		return;
	close_file(run, open_slot(run, slot, DISK_CREATE | DISK_EXCLUSIVE));
	model_create(&run->model, slot);
}

/*
 * After a failed sync what the cache holds may be dropped at any time, and the
 * file is then what the disk has.
 */
static void
look_again(struct run *run, struct model_file *file, struct disk_file *port)
{
	if (file->tainted)
		model_adopt(run->sim, file, port);
}

static void
write_bytes(struct run *run, int slot)
{
	uint8_t bytes[3 * SIM_PAGE_SIZE];
	size_t size = 1 + (size_t)below(run, sizeof(bytes)), written = 0;
	struct model_file *file = run->model.names[slot];
	int64_t offset = (int64_t)below(run, MODEL_SIZE_MAX - sizeof(bytes));
	struct disk_file *port = open_slot(run, slot, 0);
	enum error error;

	look_again(run, file, port);
	/* Mostly appends, as logs do. */
	if (below(run, 2) == 0 && file->size + (int64_t)size <= MODEL_SIZE_MAX)
		offset = file->size;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)below(run, 256);
	/* The cache is written back between the parts of a write, too. */
	for (size_t done = 0; done < size; done += written) {
		struct iovec part = { bytes + done, size - done };

		error = run->port->ops->write_at(port, &part, 1, offset + (int64_t)done, &written);
		model_write(file, bytes + done, written, offset + (int64_t)done);
		if (error == ERROR_NO_SPACE) {
			if (done > 0)
				sim_mark(run->sim, "no space in the middle of a write");
			break;
		}
		expect(run, error, "write");
		if (run->sim->failed)
			break;
	}
	close_file(run, port);
}

static void
truncate_some(struct run *run, int slot)
{
	struct model_file *file = run->model.names[slot];
	int64_t size = (int64_t)below(run, (uint64_t)file->size + 600);
	struct disk_file *port = open_slot(run, slot, 0);

	look_again(run, file, port);
	size = MIN(size, (int64_t)MODEL_SIZE_MAX);
	expect(run, disk_truncate(port, size), "truncate");
	model_truncate(file, size);
	close_file(run, port);
}

static void
sync_slot(struct run *run, int slot)
{
	struct disk_file *port = open_slot(run, slot, 0);
	struct model_file *file = run->model.names[slot];

	if (disk_sync(port) == ERROR_NONE) {
		model_sync(&run->model, file, run->disk->ordered_journal);
	} else {
		sim_mark(run->sim, "a sync fails, the next one does not");
		file->tainted = true;
		run->disk->sync_error = 0;
		expect(run, disk_sync(port), "a second sync");
		run->disk->sync_error = 20;
		model_adopt(run->sim, file, port);
		if (run->disk->ordered_journal)
			model_sync_names(&run->model, -1);
	}
	close_file(run, port);
}

static void
sync_folder(struct run *run, int folder)
{
	enum error error = disk_sync_directory(run->port, model_folder(folder));

	if (error == ERROR_IO && run->disk->sync_error > 0)
		return; /* the names wait on */
	expect(run, error, "sync of a directory");
	model_sync_names(&run->model, run->disk->ordered_journal ? -1 : folder);
}

/* What fails is told once; the names wait on. */
static void
sync_all(struct run *run)
{
	bool fails = disk_sync_all(run->port, model_folder(0)) != ERROR_NONE;

	if (fails) {
		sim_mark(run->sim, "a sync of all fails, the next one does not");
		run->disk->sync_error = 0;
		expect(run, disk_sync_all(run->port, "/"), "a second sync of all");
		run->disk->sync_error = 20;
	}
	LIST_FOREACH(link, &run->model.files) {
		struct model_file *file = container_of(link, struct model_file, link);

		file->tainted |= fails;
		model_sync(&run->model, file, false);
	}
	model_sync_names(&run->model, -1);
}

static void
rename_slot(struct run *run, int from, int to)
{
	char from_path[MODEL_PATH_SIZE], to_path[MODEL_PATH_SIZE];

	model_path(from, from_path);
	model_path(to, to_path);
	expect(run, disk_rename(run->port, from_path, to_path), "rename");
	if (from != to)
		model_rename(&run->model, from, to);
}

static void
unlink_slot(struct run *run, int slot)
{
	char path[MODEL_PATH_SIZE];

	model_path(slot, path);
	expect(run, disk_unlink(run->port, path), "unlink");
	model_unlink(&run->model, slot);
}

static void
read_and_compare(struct run *run, int slot)
{
	struct disk_file *port = open_slot(run, slot, 0);
	uint8_t bytes[MODEL_SIZE_MAX];
	struct model_file *file = run->model.names[slot];
	size_t got = 0;
	enum error error;

	look_again(run, file, port);
	expect(run, disk_read(port, bytes, sizeof(bytes), 0, &got), "read");
	sim_check(run->sim,
	    file->tainted || ((int64_t)got == file->size && memcmp(bytes, file->bytes, got) == 0),
	    "a file is not what was written");
	if (below(run, 2) == 0)
		sim_disk_drop_cache(run->disk);
	look_again(run, file, port);
	error = disk_read_resident(port, bytes, sizeof(bytes), 0, &got);
	if (error == ERROR_WOULD_BLOCK)
		sim_mark(run->sim, "a read would block");
	else
		sim_check(run->sim, file->tainted || memcmp(bytes, file->bytes, got) == 0,
		    "the cache is not what was written");
	close_file(run, port);
}

/* What another computer would find on this disk, had the power gone now. */
static void
cut_a_copy(struct run *run, enum sim_disk_crash crash)
{
	struct sim_disk *copy = sim_disk_fork(run->disk, below(run, UINT32_MAX));
	uint64_t before, after;

	expect(run, sim_disk_digest(run->disk, "/", &before), "digest");
	sim_disk_power_cut(copy, crash);
	if (copy->torn_sectors > 0)
		sim_mark(run->sim, "a power cut loses sectors");
	model_check(&run->model, run->sim, copy, crash);
	sim_disk_free(copy);
	expect(run, sim_disk_digest(run->disk, "/", &after), "digest");
	sim_check(run->sim, before == after, "a copy has changed the disk it is of");
}

static void
cut(struct run *run)
{
	sim_disk_power_cut(run->disk, SIM_DISK_KEEP_RANDOM);
	sim_mount_free(run->mount);
	run->mount = sim_disk_mount(run->disk);
	run->port = sim_mount_port(run->mount);
	model_check(&run->model, run->sim, run->disk, SIM_DISK_KEEP_RANDOM);
	model_start_again(&run->model, run->sim, run->disk);
}

static void
step(struct run *run)
{
	int slot = any_used_slot(run);
	uint64_t choice = below(run, 100);

	if (slot < 0 || choice < 10)
		create(run, (int)below(run, MODEL_SLOTS));
	else if (choice < 45)
		write_bytes(run, slot);
	else if (choice < 53)
		truncate_some(run, slot);
	else if (choice < 65)
		sync_slot(run, slot);
	else if (choice < 71)
		sync_folder(run, (int)below(run, MODEL_FOLDERS));
	else if (choice < 73)
		sync_all(run);
	else if (choice < 79)
		rename_slot(run, slot, (int)below(run, MODEL_SLOTS));
	else if (choice < 84)
		unlink_slot(run, slot);
	else if (choice < 92)
		read_and_compare(run, slot);
	else if (choice < 99)
		cut_a_copy(run, (enum sim_disk_crash)below(run, 3));
	else
		cut(run);
}

static void
set_up(struct run *run, struct sim *sim)
{
	*run = (struct run){ .sim = sim };
	run->disk = sim_disk_new(prng_next(sim_stream(sim, SIM_DISK)), sim);
	run->mount = sim_disk_mount(run->disk);
	run->port = sim_mount_port(run->mount);
	run->disk->ordered_journal = below(run, 2) == 0;
	run->disk->failed_sync_drops = below(run, 2) == 0;
	run->disk->short_write = below(run, 2) == 0 ? 200 : 0;
	run->disk->evict = 100;
	for (int folder = 0; folder < MODEL_FOLDERS; folder++)
		expect(run, disk_make_directory(run->port, model_folder(folder)), "mkdir");
	expect(run, disk_sync_directory(run->port, "/"), "sync of the root");
	run->disk->write_back = below(run, 2) == 0 ? 50 : 0;
	run->disk->sync_error = below(run, 2) == 0 ? 20 : 0;
	if (below(run, 4) == 0)
		run->disk->capacity = 16 * SIM_PAGE_SIZE;
	model_init(&run->model, run->disk->write_back > 0);
}

static void
run_disk(struct sim *sim)
{
	struct run run;

	set_up(&run, sim);
	for (int i = 0; i < OPERATIONS && !sim->failed && !sim->stopped; i++) {
		sim->event_count++;
		sim->stopped = sim->event_count >= sim->until_event;
		step(&run);
	}
	model_fini(&run.model);
	sim_mount_free(run.mount);
	sim_disk_free(run.disk);
}

static const char *const marks[] = {
	"a sync fails, the next one does not",
	"a sync of all fails, the next one does not",
	"no space in the middle of a write",
	"a power cut loses sectors",
	"a read would block",
	"an old version of a sector survives",
	"a name comes back",
	"a size survives without its data",
};

const struct scenario scenario_disk = {
	.name = "disk",
	.marks = marks,
	.mark_count = ARRAY_LENGTH(marks),
	.run = run_disk,
};
