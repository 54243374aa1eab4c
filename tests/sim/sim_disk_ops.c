#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/sim/sim_disk_private.h"
#include "tests/sim/sim_memory.h"

static struct sim_mount *
mount_of(struct disk *disk)
{
	return container_of(disk, struct sim_mount, disk);
}

/* For calls that change nothing. */
enum error
sim_disk_look(struct sim_mount *mount)
{
	if (mount->dead)
		return ERROR_OFFLINE;
	return mount->owner->offline ? ERROR_IO : ERROR_NONE;
}

int64_t
sim_disk_wall_ms(struct sim_disk *disk)
{
	return disk->clock == NULL ? 0 : clock_wall_ms(disk->clock);
}

static enum error
create(struct sim_mount *mount, const char *path, struct sim_inode **inode)
{
	char name[NAME_SIZE_MAX + 1];
	struct sim_disk *disk = mount->owner;
	struct sim_inode *directory;
	enum error error = sim_disk_find_parent(disk, path, &directory, name);

	if (error == ERROR_NONE)
		error = sim_disk_begin(mount, directory, NULL);
	if (error != ERROR_NONE)
		return error;
	*inode = sim_inode_new(disk, false);
	(*inode)->modified_ms = (*inode)->durable_modified_ms = sim_disk_wall_ms(disk);
	sim_disk_change_names(disk, NULL, NULL, directory, name, *inode);
	sim_disk_note(disk, SIM_WHAT_disk_name, (*inode)->number, directory->number);
	return sim_disk_end(mount, NULL, ERROR_NONE);
}

enum error
sim_disk_truncate_now(struct sim_mount *mount, struct sim_inode *inode, int64_t size)
{
	enum error error = sim_disk_begin(mount, inode, NULL);

	if (error != ERROR_NONE)
		return error;
	sim_inode_truncate(inode, size);
	inode->modified_ms = sim_disk_wall_ms(mount->owner);
	sim_disk_note(mount->owner, SIM_WHAT_disk_write, inode->number, (uint64_t)size);
	return sim_disk_end(mount, inode, ERROR_NONE);
}

static enum error
find_or_create(struct sim_mount *mount, const char *path, int flags, struct sim_inode **inode)
{
	enum error error = sim_disk_look(mount);

	if (error == ERROR_NONE)
		error = sim_disk_find(mount->owner, path, inode);
	if (error == ERROR_NOT_FOUND && (flags & DISK_CREATE) != 0)
		return create(mount, path, inode);
	if (error != ERROR_NONE)
		return error;
	if ((flags & DISK_EXCLUSIVE) != 0)
		return ERROR_EXISTS;
	if ((*inode)->is_directory)
		return ERROR_IS_DIRECTORY;
	if ((flags & DISK_TRUNCATE) != 0 && (*inode)->size > 0)
		return sim_disk_truncate_now(mount, *inode, 0);
	return ERROR_NONE;
}

static enum error
open_file(struct disk *port, const char *path, int flags, struct disk_file **opened)
{
	struct sim_mount *mount = mount_of(port);
	struct sim_inode *inode;
	struct sim_file *file;
	enum error error = ERROR_TOO_MANY_FILES;

	if (sim_mount_open_files(mount) < mount->owner->files_max)
		error = find_or_create(mount, path, flags, &inode);
	if (error != ERROR_NONE)
		return error;
	file = sim_memory_new(sizeof(*file));
	*file = (struct sim_file){
		.file = { port },
		.mount = mount,
		.inode = inode,
		.flags = flags,
		.errors_seen = inode->errors,
	};
	sim_inode_reference(inode);
	list_init(&file->link);
	list_append(&mount->files, &file->link);
	*opened = &file->file;
	return ERROR_NONE;
}

void
sim_file_free(struct sim_file *file)
{
	list_remove(&file->link);
	sim_inode_release(file->inode);
	free(file);
}

static enum error
close_file(struct disk_file *file)
{
	sim_file_free(container_of(file, struct sim_file, file));
	return ERROR_NONE;
}

static enum error
rename_file(struct disk *port, const char *from, const char *to)
{
	char from_name[NAME_SIZE_MAX + 1], to_name[NAME_SIZE_MAX + 1];
	struct sim_mount *mount = mount_of(port);
	struct sim_disk *disk = mount->owner;
	struct sim_inode *from_directory, *to_directory, *inode, *target;
	enum error error = sim_disk_look(mount);

	if (error == ERROR_NONE)
		error = sim_disk_find_parent(disk, from, &from_directory, from_name);
	if (error == ERROR_NONE)
		error = sim_disk_find_parent(disk, to, &to_directory, to_name);
	if (error != ERROR_NONE)
		return error;
	inode = sim_names_find(&from_directory->now, from_name);
	target = sim_names_find(&to_directory->now, to_name);
	if (inode == NULL)
		return ERROR_NOT_FOUND;
	if (inode == target)
		return ERROR_NONE;
	if (target != NULL && target->is_directory != inode->is_directory)
		return inode->is_directory ? ERROR_NOT_DIRECTORY : ERROR_IS_DIRECTORY;
	if (target != NULL && target->now.count > 0)
		return ERROR_NOT_EMPTY;
	error = to_directory->unwritable ? ERROR_IO : sim_disk_begin(mount, from_directory, NULL);
	if (error != ERROR_NONE)
		return error;
	sim_inode_reference(inode);
	sim_disk_change_names(disk, from_directory, from_name, to_directory, to_name, inode);
	sim_disk_note(disk, SIM_WHAT_disk_name, inode->number, to_directory->number);
	sim_inode_release(inode);
	return sim_disk_end(mount, NULL, ERROR_NONE);
}

static enum error
remove_name(struct sim_mount *mount, const char *path, bool directory)
{
	char name[NAME_SIZE_MAX + 1];
	struct sim_disk *disk = mount->owner;
	struct sim_inode *parent, *inode;
	enum error error = sim_disk_look(mount);

	if (error == ERROR_NONE)
		error = sim_disk_find_parent(disk, path, &parent, name);
	if (error != ERROR_NONE)
		return error;
	inode = sim_names_find(&parent->now, name);
	if (inode == NULL)
		return ERROR_NOT_FOUND;
	if (inode->is_directory != directory)
		return directory ? ERROR_NOT_DIRECTORY : ERROR_IS_DIRECTORY;
	if (inode->now.count > 0)
		return ERROR_NOT_EMPTY;
	error = sim_disk_begin(mount, parent, NULL);
	if (error != ERROR_NONE)
		return error;
	sim_disk_note(disk, SIM_WHAT_disk_name, inode->number, parent->number);
	sim_disk_change_names(disk, parent, name, NULL, NULL, NULL);
	return sim_disk_end(mount, NULL, ERROR_NONE);
}

static enum error
unlink_file(struct disk *port, const char *path)
{
	return remove_name(mount_of(port), path, false);
}

static enum error
remove_directory(struct disk *port, const char *path)
{
	return remove_name(mount_of(port), path, true);
}

static enum error
make_directory(struct disk *port, const char *path)
{
	char name[NAME_SIZE_MAX + 1];
	struct sim_mount *mount = mount_of(port);
	struct sim_disk *disk = mount->owner;
	struct sim_inode *parent, *inode;
	enum error error = sim_disk_look(mount);

	if (error == ERROR_NONE)
		error = sim_disk_find_parent(disk, path, &parent, name);
	if (error != ERROR_NONE)
		return error;
	if (name[0] == '\0' || sim_names_find(&parent->now, name) != NULL)
		return ERROR_EXISTS;
	error = sim_disk_begin(mount, parent, NULL);
	if (error != ERROR_NONE)
		return error;
	inode = sim_inode_new(disk, true);
	inode->modified_ms = inode->durable_modified_ms = sim_disk_wall_ms(disk);
	sim_disk_change_names(disk, NULL, NULL, parent, name, inode);
	sim_disk_note(disk, SIM_WHAT_disk_name, inode->number, parent->number);
	return sim_disk_end(mount, NULL, ERROR_NONE);
}

static enum error
sync_directory(struct disk *port, const char *path)
{
	struct sim_mount *mount = mount_of(port);
	struct sim_disk *disk = mount->owner;
	struct sim_inode *inode;
	enum error error = sim_disk_look(mount);

	if (error == ERROR_NONE)
		error = sim_disk_find(disk, path, &inode);
	if (error != ERROR_NONE)
		return error;
	if (!inode->is_directory)
		return ERROR_NOT_DIRECTORY;
	error = sim_disk_begin(mount, inode, NULL);
	if (error != ERROR_NONE)
		return error;
	sim_disk_spend_sync(disk);
	sim_disk_note(disk, SIM_WHAT_disk_sync, inode->number, disk->record_count);
	if (sim_disk_chance(disk, disk->sync_error) || disk->operations == disk->sync_error_at) {
		sim_disk_note(disk, SIM_WHAT_disk_fault, inode->number, ERROR_IO);
		return sim_disk_end(mount, NULL, ERROR_IO);
	}
	if (disk->ordered_journal)
		sim_disk_commit_names(disk, disk->record_count);
	else
		sim_disk_commit_directory(disk, inode);
	return sim_disk_end(mount, NULL, ERROR_NONE);
}

/* A sync that fails has failed for each file that had something to be written. */
static void
sync_each(struct sim_disk *disk, bool fails)
{
	LIST_FOREACH(link, &disk->inodes) {
		struct sim_inode *inode = container_of(link, struct sim_inode, link);

		if (inode->is_directory || (fails && inode->dirty_from >= inode->dirty_to))
			continue;
		if (fails)
			sim_disk_met(disk, inode, ERROR_IO);
		if (fails)
			sim_inode_sync_failed(inode, disk->failed_sync_drops);
		else
			sim_inode_sync(inode);
	}
	if (!fails)
		sim_disk_commit_names(disk, disk->record_count);
}

static enum error
sync_all(struct disk *port, const char *path)
{
	struct sim_mount *mount = mount_of(port);
	struct sim_disk *disk = mount->owner;
	struct sim_inode *inode;
	enum error error = sim_disk_look(mount);
	bool fails;

	if (error == ERROR_NONE)
		error = sim_disk_find(disk, path, &inode);
	if (error == ERROR_NONE)
		error = sim_disk_begin(mount, inode, NULL);
	if (error != ERROR_NONE)
		return error;
	sim_disk_spend_sync(disk);
	sim_disk_note(disk, SIM_WHAT_disk_sync, inode->number, disk->record_count);
	fails = sim_disk_chance(disk, disk->sync_error) ||
	    disk->operations == disk->sync_error_at;
	if (fails)
		sim_disk_note(disk, SIM_WHAT_disk_fault, inode->number, ERROR_IO);
	sync_each(disk, fails);
	/* It tells of whatever failed since the last one, too. */
	fails |= disk->errors != disk->errors_told;
	disk->errors_told = disk->errors;
	return sim_disk_end(mount, NULL, fails ? ERROR_IO : ERROR_NONE);
}

static enum error
list_directory(struct disk *port, const char *path,
    void (*entry)(void *context, const char *name), void *context)
{
	struct sim_mount *mount = mount_of(port);
	struct sim_inode *inode;
	enum error error = sim_disk_look(mount);
	char **names;
	size_t count;

	if (error == ERROR_NONE)
		error = sim_disk_find(mount->owner, path, &inode);
	if (error != ERROR_NONE)
		return error;
	if (!inode->is_directory)
		return ERROR_NOT_DIRECTORY;
	/* The caller may change the directory while it is told the names. */
	count = inode->now.count;
	names = sim_memory_new((count + 1) * sizeof(*names));
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(inode->now.entries[i].name) + 1;

		names[i] = memcpy(sim_memory_new(size), inode->now.entries[i].name, size);
	}
	for (size_t i = 0; i < count; i++) {
		entry(context, names[i]);
		free(names[i]);
	}
	free(names);
	return ERROR_NONE;
}

static enum error
status(struct disk *port, const char *path, struct disk_status *status)
{
	struct sim_mount *mount = mount_of(port);
	struct sim_inode *inode;
	enum error error = sim_disk_look(mount);

	if (error == ERROR_NONE)
		error = sim_disk_find(mount->owner, path, &inode);
	if (error != ERROR_NONE)
		return error;
	*status = (struct disk_status){
		.type = inode->is_directory ? DISK_DIRECTORY : DISK_FILE,
		.size = inode->size,
		.modified_ms = inode->modified_ms,
	};
	return ERROR_NONE;
}

static enum error
space(struct disk *port, const char *path, struct disk_space *space)
{
	struct sim_mount *mount = mount_of(port);
	struct sim_disk *disk = mount->owner;
	struct sim_inode *inode;
	enum error error = sim_disk_look(mount);

	if (error == ERROR_NONE)
		error = sim_disk_find(disk, path, &inode);
	space->free = MAX(0, disk->capacity - disk->pages_used * SIM_PAGE_SIZE);
	space->total = disk->capacity;
	return error;
}

static enum error
lock(struct disk *port, const char *path, struct disk_lock **taken)
{
	struct sim_mount *mount = mount_of(port);
	struct sim_inode *inode;
	enum error error = find_or_create(mount, path, DISK_CREATE, &inode);

	if (error != ERROR_NONE)
		return error;
	if (inode->locked_by != NULL)
		return ERROR_BUSY;
	inode->locked_by = mount;
	sim_inode_reference(inode);
	*taken = sim_memory_new(sizeof(**taken));
	(*taken)->inode = inode;
	list_init(&(*taken)->link);
	list_append(&mount->locks, &(*taken)->link);
	return ERROR_NONE;
}

/* A kill has taken the lock away already, and maybe somebody else has it now. */
static void
unlock(struct disk_lock *lock)
{
	list_remove(&lock->link);
	if (lock->inode != NULL) {
		lock->inode->locked_by = NULL;
		sim_inode_release(lock->inode);
	}
	free(lock);
}

const struct disk_ops sim_disk_ops = {
	.open = open_file,
	.rename = rename_file,
	.unlink = unlink_file,
	.make_directory = make_directory,
	.remove_directory = remove_directory,
	.sync_directory = sync_directory,
	.sync_all = sync_all,
	.list = list_directory,
	.status = status,
	.space = space,
	.lock = lock,
	.unlock = unlock,
	.read_at = sim_file_read_at,
	.write_at = sim_file_write_at,
	.truncate = sim_file_truncate,
	.allocate = sim_file_allocate,
	.sync = sim_file_sync,
	.size = sim_file_size,
	.set_modified = sim_file_set_modified,
	.prefetch = sim_file_prefetch,
	.close = close_file,
};
