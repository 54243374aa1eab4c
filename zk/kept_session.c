#include "zk/kept_session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

#define HEAD "klamm-session 1\n"
#define TEMPORARY_SUFFIX ".tmp"

/* --------------------------------------------------------------- encoding */

size_t
kept_session_encode(const struct kept_session *kept, char *text)
{
	size_t size = (size_t)snprintf(text, KEPT_SESSION_TEXT_SIZE, HEAD "session 0x%" PRIx64
	    "\npassword ", (uint64_t)kept->credentials.session);

	for (size_t i = 0; i < COORD_PASSWORD_SIZE; i++)
		size += (size_t)snprintf(text + size, KEPT_SESSION_TEXT_SIZE - size, "%02x",
		    kept->credentials.password[i]);
	size += (size_t)snprintf(text + size, KEPT_SESSION_TEXT_SIZE - size,
	    "\nboot %016" PRIx64 "\n", kept->boot);
	return size;
}

static bool
take(struct slice *text, const char *expected)
{
	size_t size = strlen(expected);

	if (text->size < size || memcmp(text->bytes, expected, size) != 0)
		return false;
	*text = slice_of(text->bytes + size, text->size - size);
	return true;
}

static int
digit_value(uint8_t digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Lower-case hexadecimal, from `least` digits up to `most`. */
static bool
take_hex(struct slice *text, size_t least, size_t most, uint64_t *value)
{
	size_t digits = 0;

	*value = 0;
	while (digits < most && digits < text->size && digit_value(text->bytes[digits]) >= 0)
		*value = *value << 4 | (uint64_t)digit_value(text->bytes[digits++]);
	if (digits < least)
		return false;
	*text = slice_of(text->bytes + digits, text->size - digits);
	return true;
}

enum error
kept_session_decode(struct slice text, struct kept_session *kept)
{
	uint64_t value;

	memset(kept, 0, sizeof(*kept));
	if (!take(&text, HEAD "session 0x") || !take_hex(&text, 1, 16, &value) || value == 0 ||
	    !take(&text, "\npassword "))
		return ERROR_MALFORMED;
	kept->credentials.session = (int64_t)value;
	for (size_t i = 0; i < COORD_PASSWORD_SIZE; i++) {
		if (!take_hex(&text, 2, 2, &value))
			return ERROR_MALFORMED;
		kept->credentials.password[i] = (uint8_t)value;
	}
	if (!take(&text, "\nboot ") || !take_hex(&text, 16, 16, &kept->boot) ||
	    !take(&text, "\n") || text.size != 0)
		return ERROR_MALFORMED;
	return ERROR_NONE;
}

/* ------------------------------------------------------------------- file */

struct kept_session_file {
	struct world *world;
	char *path;
	uint64_t boot;
	int references; /* its owner, and what is under way */
	bool owned;
};

enum task_type { TASK_READ, TASK_WRITE, TASK_REMOVE };

struct task {
	struct work work;
	struct kept_session_file *file;
	enum task_type type;
	struct kept_session kept;
	enum error error;
	void (*read)(void *context, const struct coord_credentials *credentials);
	void (*changed)(void *context);
	void *context;
};

static void
release(struct kept_session_file *file)
{
	if (--file->references > 0)
		return;
	free(file->path);
	free(file);
}

static enum error
read_file(struct disk *disk, const char *path, struct kept_session *kept)
{
	uint8_t text[KEPT_SESSION_TEXT_SIZE + 1];
	struct disk_file *file;
	size_t got = 0;
	enum error error = disk_open(disk, path, DISK_READ, &file), closed;

	if (error != ERROR_NONE)
		return error;
	error = disk_read(file, text, sizeof(text), 0, &got);
	closed = disk_close(file);
	if (error == ERROR_NONE)
		error = closed;
	return error != ERROR_NONE ? error : kept_session_decode(slice_of(text, got), kept);
}

static enum error
write_temporary(struct disk *disk, const char *path, const struct kept_session *kept)
{
	char text[KEPT_SESSION_TEXT_SIZE];
	size_t size = kept_session_encode(kept, text), written;
	struct disk_file *file;
	enum error error, closed;

	/* one that lies there may have another mode */
	error = disk_unlink(disk, path);
	if (error != ERROR_NONE && error != ERROR_NOT_FOUND)
		return error;
	error = disk_open(disk, path, DISK_WRITE | DISK_CREATE | DISK_EXCLUSIVE | DISK_PRIVATE,
	    &file);
	if (error != ERROR_NONE)
		return error;
	error = disk_write(file, text, size, 0, &written);
	closed = disk_close(file);
	return error != ERROR_NONE ? error : closed;
}

static enum error
write_file(struct disk *disk, const char *path, const struct kept_session *kept)
{
	size_t size = strlen(path) + sizeof(TEMPORARY_SUFFIX);
	char *temporary = memory_new(size);
	enum error error;

	snprintf(temporary, size, "%s" TEMPORARY_SUFFIX, path);
	error = write_temporary(disk, temporary, kept);
	if (error == ERROR_NONE)
		error = disk_rename(disk, temporary, path);
	free(temporary);
	return error;
}

static enum error
remove_file(struct disk *disk, const char *path, uint64_t boot)
{
	struct kept_session kept;
	enum error error = read_file(disk, path, &kept);

	if (error != ERROR_NONE || kept.boot != boot)
		return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
	return disk_unlink(disk, path);
}

static void
run(struct work *work)
{
	struct task *task = container_of(work, struct task, work);
	struct disk *disk = task->file->world->disk;

	switch (task->type) {
	case TASK_READ:
		task->error = read_file(disk, task->file->path, &task->kept);
		break;
	case TASK_WRITE:
		task->error = write_file(disk, task->file->path, &task->kept);
		break;
	case TASK_REMOVE:
		task->error = remove_file(disk, task->file->path, task->file->boot);
		break;
	}
}

static void
tell(const struct task *task)
{
	static const char *const verbs[] = { "read", "written", "removed" };

	if (task->error != ERROR_NONE && task->error != ERROR_NOT_FOUND)
		log_warn(task->file->world->logger, "%s could not be %s: %s", task->file->path,
		    verbs[task->type], error_text(task->error));
}

static void
on_done(struct work *work)
{
	struct task *task = container_of(work, struct task, work);
	static const struct coord_credentials nothing;

	if (task->file->owned) {
		tell(task);
		if (task->read != NULL)
			task->read(task->context, task->error == ERROR_NONE ?
			    &task->kept.credentials : &nothing);
		if (task->changed != NULL)
			task->changed(task->context);
	}
	release(task->file);
	free(task);
}

static struct task *
task_new(struct kept_session_file *file, enum task_type type)
{
	struct task *task = memory_new(sizeof(*task));

	task->work = (struct work){ .loop = file->world->control, .run = run, .done = on_done,
		.queue = file };
	task->file = file;
	task->type = type;
	file->references++;
	return task;
}

struct kept_session_file *
kept_session_file_new(struct world *world, const char *path)
{
	struct kept_session_file *file = memory_new(sizeof(*file));

	file->world = world;
	file->path = memory_text(path, strlen(path));
	file->references = 1;
	file->owned = true;
	entropy_fill(world->entropy, &file->boot, sizeof(file->boot));
	return file;
}

void
kept_session_file_free(struct kept_session_file *file)
{
	file->owned = false;
	release(file);
}

void
kept_session_read(struct kept_session_file *file,
    void (*done)(void *context, const struct coord_credentials *credentials), void *context)
{
	struct task *task = task_new(file, TASK_READ);

	task->read = done;
	task->context = context;
	workers_submit(file->world->workers, &task->work);
}

void
kept_session_write(struct kept_session_file *file, const struct coord_credentials *credentials,
    void (*done)(void *context), void *context)
{
	struct task *task = task_new(file, TASK_WRITE);

	task->kept = (struct kept_session){ .credentials = *credentials, .boot = file->boot };
	task->changed = done;
	task->context = context;
	workers_submit(file->world->workers, &task->work);
}

void
kept_session_remove(struct kept_session_file *file, void (*done)(void *context), void *context)
{
	struct task *task = task_new(file, TASK_REMOVE);

	task->changed = done;
	task->context = context;
	workers_submit(file->world->workers, &task->work);
}
