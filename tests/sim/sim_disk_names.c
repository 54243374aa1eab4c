#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tests/sim/sim_disk_private.h"
#include "tests/sim/sim_memory.h"

/* A journal that nobody forces out is written now and then all the same. */
enum { RECORDS_MAX = 1024 };

/* Where the name is, or would be. */
static size_t
place_of(const struct sim_names *names, const char *name, bool *found)
{
	size_t low = 0, high = names->count;

	*found = false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(names->entries[middle].name, name);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct sim_inode *
sim_names_find(const struct sim_names *names, const char *name)
{
	bool found;
	size_t place = place_of(names, name, &found);

	return found ? names->entries[place].inode : NULL;
}

static char *
copy_of(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(sim_memory_new(size), text, size);
}

void
sim_names_set(struct sim_names *names, const char *name, struct sim_inode *inode)
{
	bool found;
	size_t place = place_of(names, name, &found);

	sim_inode_reference(inode);
	if (found) {
		sim_inode_release(names->entries[place].inode);
		names->entries[place].inode = inode;
		return;
	}
	if (names->count == names->capacity) {
		names->capacity = MAX((size_t)8, names->capacity * 2);
		names->entries = sim_memory_resize(names->entries,
		    names->capacity * sizeof(*names->entries));
	}
	memmove(names->entries + place + 1, names->entries + place,
	    (names->count - place) * sizeof(*names->entries));
	names->entries[place] = (struct sim_name){ copy_of(name), inode };
	names->count++;
}

void
sim_names_remove(struct sim_names *names, const char *name)
{
	bool found;
	size_t place = place_of(names, name, &found);
	struct sim_inode *inode;

	if (!found)
		return;
	inode = names->entries[place].inode;
	free(names->entries[place].name);
	names->count--;
	memmove(names->entries + place, names->entries + place + 1,
	    (names->count - place) * sizeof(*names->entries));
	sim_inode_release(inode);
}

void
sim_names_clear(struct sim_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		free(names->entries[i].name);
		sim_inode_release(names->entries[i].inode);
	}
	free(names->entries);
	*names = (struct sim_names){ 0 };
}

/* The next part of a path, "" at its end. */
static enum error
next_part(const char **path, char name[NAME_SIZE_MAX + 1])
{
	size_t size;

	for (;;) {
		*path += strspn(*path, "/");
		size = strcspn(*path, "/");
		if (size > NAME_SIZE_MAX)
			return ERROR_NAME_TOO_LONG;
		memcpy(name, *path, size);
		name[size] = '\0';
		*path += size;
		if (strcmp(name, ".") != 0)
			return ERROR_NONE;
	}
}

enum error
sim_disk_find_parent(struct sim_disk *disk, const char *path, struct sim_inode **directory,
    char name[NAME_SIZE_MAX + 1])
{
	char next[NAME_SIZE_MAX + 1];
	enum error error = next_part(&path, name);

	*directory = disk->root;
	while (error == ERROR_NONE) {
		error = next_part(&path, next);
		if (error != ERROR_NONE || next[0] == '\0')
			break;
		*directory = sim_names_find(&(*directory)->now, name);
		if (*directory == NULL)
			return ERROR_NOT_FOUND;
		if (!(*directory)->is_directory)
			return ERROR_NOT_DIRECTORY;
		memcpy(name, next, sizeof(next));
	}
	return error;
}

enum error
sim_disk_find(struct sim_disk *disk, const char *path, struct sim_inode **inode)
{
	char name[NAME_SIZE_MAX + 1];
	enum error error = sim_disk_find_parent(disk, path, inode, name);

	if (error != ERROR_NONE || name[0] == '\0')
		return error;
	*inode = sim_names_find(&(*inode)->now, name);
	return *inode == NULL ? ERROR_NOT_FOUND : ERROR_NONE;
}

static void
reference(struct sim_inode *inode)
{
	if (inode != NULL)
		sim_inode_reference(inode);
}

static void
release(struct sim_inode *inode)
{
	if (inode != NULL)
		sim_inode_release(inode);
}

static void
forget(struct sim_disk *disk, struct sim_record *record)
{
	list_remove(&record->link);
	disk->record_count--;
	release(record->inode);
	release(record->from_directory);
	release(record->to_directory);
	free(record->from_name);
	free(record->to_name);
	free(record);
}

static void
commit(struct sim_disk *disk, struct sim_record *record)
{
	if (record->from_directory != NULL)
		sim_names_remove(&record->from_directory->durable, record->from_name);
	if (record->to_directory != NULL)
		sim_names_set(&record->to_directory->durable, record->to_name, record->inode);
	forget(disk, record);
}

void
sim_disk_change_names(struct sim_disk *disk, struct sim_inode *from_directory,
    const char *from_name, struct sim_inode *to_directory, const char *to_name,
    struct sim_inode *inode)
{
	struct sim_record *record = sim_memory_new(sizeof(*record));

	*record = (struct sim_record){
		.from_directory = from_directory,
		.to_directory = to_directory,
		.from_name = from_directory == NULL ? NULL : copy_of(from_name),
		.to_name = to_directory == NULL ? NULL : copy_of(to_name),
		.inode = inode,
	};
	reference(from_directory);
	reference(to_directory);
	reference(inode);
	list_init(&record->link);
	list_append(&disk->records, &record->link);
	disk->record_count++;
	if (from_directory != NULL)
		sim_names_remove(&from_directory->now, record->from_name);
	if (to_directory != NULL)
		sim_names_set(&to_directory->now, record->to_name, inode);
	if (disk->record_count > RECORDS_MAX)
		sim_disk_commit_names(disk, RECORDS_MAX / 2);
}

void
sim_disk_commit_names(struct sim_disk *disk, size_t count)
{
	while (count-- > 0 && !list_is_empty(&disk->records))
		commit(disk, container_of(disk->records.next, struct sim_record, link));
}

void
sim_disk_forget_records(struct sim_disk *disk)
{
	while (!list_is_empty(&disk->records))
		forget(disk, container_of(disk->records.next, struct sim_record, link));
}

static bool
same_name(const struct sim_inode *a, const char *a_name, const struct sim_inode *b,
    const char *b_name)
{
	return a != NULL && a == b && strcmp(a_name, b_name) == 0;
}

static bool
touch_one_name(const struct sim_record *a, const struct sim_record *b)
{
	return same_name(a->from_directory, a->from_name, b->from_directory, b->from_name) ||
	    same_name(a->from_directory, a->from_name, b->to_directory, b->to_name) ||
	    same_name(a->to_directory, a->to_name, b->from_directory, b->from_name) ||
	    same_name(a->to_directory, a->to_name, b->to_directory, b->to_name);
}

/* A change of a name never overtakes an earlier one of the same name. */
static void
commit_needed(struct sim_disk *disk)
{
	for (struct list *late = disk->records.previous; late != &disk->records;
	     late = late->previous) {
		struct sim_record *needed = container_of(late, struct sim_record, link);

		if (!needed->needed)
			continue;
		for (struct list *early = late->previous; early != &disk->records;
		     early = early->previous) {
			struct sim_record *record = container_of(early, struct sim_record, link);

			record->needed |= touch_one_name(record, needed);
		}
	}
	LIST_FOREACH(link, &disk->records) {
		struct sim_record *record = container_of(link, struct sim_record, link);

		if (record->needed)
			commit(disk, record);
	}
}

void
sim_disk_commit_directory(struct sim_disk *disk, struct sim_inode *directory)
{
	LIST_FOREACH(link, &disk->records) {
		struct sim_record *record = container_of(link, struct sim_record, link);

		record->needed = record->from_directory == directory ||
		    record->to_directory == directory;
	}
	commit_needed(disk);
}

void
sim_disk_commit_some_names(struct sim_disk *disk)
{
	if (disk->ordered_journal) {
		sim_disk_commit_names(disk, (size_t)prng_below(&disk->prng, disk->record_count + 1));
		return;
	}
	LIST_FOREACH(link, &disk->records)
		container_of(link, struct sim_record, link)->needed = prng_chance(&disk->prng, 1, 2);
	commit_needed(disk);
}
