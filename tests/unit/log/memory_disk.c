#include "memory_disk.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

struct content {
	struct list link;
	char *path; /* NULL once unlinked */
	struct buffer bytes;
	int references;
};

struct handle {
	struct disk_file file;
	struct content *content;
};

static struct memory_disk *
memory_of(struct disk *disk)
{
	return container_of(disk, struct memory_disk, disk);
}

static struct content *
find(struct memory_disk *memory, const char *path)
{
	LIST_FOREACH(link, &memory->files) {
		struct content *content = container_of(link, struct content, link);
		if (content->path != NULL && strcmp(content->path, path) == 0)
			return content;
	}
	return NULL;
}

static struct content *
add(struct memory_disk *memory, const char *path)
{
	struct content *content = memory_new(sizeof(*content));

	content->path = memory_text(path, strlen(path));
	buffer_init(&content->bytes);
	list_append(&memory->files, &content->link);
	return content;
}

static void
forget(struct content *content)
{
	free(content->path);
	content->path = NULL;
	if (content->references > 0)
		return;
	list_remove(&content->link);
	buffer_fini(&content->bytes);
	free(content);
}

static void PRINTF_LIKE(2, 3)
trace(struct memory_disk *memory, const char *format, ...)
{
	char line[512];
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	buffer_append(&memory->trace, line, (size_t)length);
	buffer_append(&memory->trace, "\n", 1);
}

/* The error that the test wants of this call, once. */
static enum error
enter(struct memory_disk *memory, enum memory_disk_call call)
{
	enum error error = memory->fail_with[call];

	memory->calls[call]++;
	memory->fail_with[call] = ERROR_NONE;
	return error;
}

static enum error
open_file(struct disk *disk, const char *path, int flags, struct disk_file **file)
{
	struct memory_disk *memory = memory_of(disk);
	enum error error = enter(memory, MEMORY_DISK_OPEN);
	struct content *content = find(memory, path);

	if (error != ERROR_NONE)
		return error;
	if (content == NULL && (flags & DISK_CREATE) == 0)
		return ERROR_NOT_FOUND;
	if (content == NULL) {
		trace(memory, "create %s", path);
		content = add(memory, path);
	} else if ((flags & DISK_TRUNCATE) != 0) {
		trace(memory, "empty %s", path);
		buffer_clear(&content->bytes);
	}
	struct handle *handle = memory_new(sizeof(*handle));
	handle->file.disk = disk;
	handle->content = content;
	content->references++;
	memory->open_files++;
	*file = &handle->file;
	return ERROR_NONE;
}

static enum error
rename_file(struct disk *disk, const char *from, const char *to)
{
	struct memory_disk *memory = memory_of(disk);
	enum error error = enter(memory, MEMORY_DISK_RENAME);
	struct content *content = find(memory, from), *old = find(memory, to);

	if (error != ERROR_NONE)
		return error;
	if (content == NULL)
		return ERROR_NOT_FOUND;
	trace(memory, "rename %s %s", from, to);
	if (old != NULL)
		forget(old);
	free(content->path);
	content->path = memory_text(to, strlen(to));
	return ERROR_NONE;
}

static enum error
unlink_file(struct disk *disk, const char *path)
{
	struct memory_disk *memory = memory_of(disk);
	enum error error = enter(memory, MEMORY_DISK_UNLINK);
	struct content *content = find(memory, path);

	if (error != ERROR_NONE)
		return error;
	if (content == NULL)
		return ERROR_NOT_FOUND;
	trace(memory, "unlink %s", path);
	forget(content);
	return ERROR_NONE;
}

static enum error
sync_directory(struct disk *disk, const char *path)
{
	struct memory_disk *memory = memory_of(disk);
	enum error error = enter(memory, MEMORY_DISK_SYNC_DIRECTORY);

	if (error == ERROR_NONE)
		trace(memory, "sync-directory %s", path);
	return error;
}

static struct content *
content_of(struct disk_file *file)
{
	return container_of(file, struct handle, file)->content;
}

static enum error
read_at(struct disk_file *file, const struct iovec *parts, int count, int64_t offset,
    bool resident_only UNUSED, size_t *got)
{
	enum error error = enter(memory_of(file->disk), MEMORY_DISK_READ);
	const struct buffer *bytes = &content_of(file)->bytes;

	*got = 0;
	for (int i = 0; error == ERROR_NONE && i < count; i++) {
		size_t from = (size_t)offset + *got;
		size_t size = from >= bytes->size ? 0 : MIN(parts[i].iov_len, bytes->size - from);
		memcpy(parts[i].iov_base, bytes->bytes + from, size);
		*got += size;
	}
	return error;
}

static void
write_bytes(struct buffer *bytes, const uint8_t *from, size_t size, size_t offset)
{
	if (bytes->size < offset + size) {
		size_t grown = offset + size - bytes->size;
		memset(buffer_extend(bytes, grown), 0, grown);
	}
	if (size > 0)
		memcpy(bytes->bytes + offset, from, size);
}

static enum error
write_at(struct disk_file *file, const struct iovec *parts, int count, int64_t offset,
    size_t *written)
{
	struct memory_disk *memory = memory_of(file->disk);
	enum error error = enter(memory, MEMORY_DISK_WRITE);
	struct content *content = content_of(file);

	*written = 0;
	for (int i = 0; i < count; i++) {
		size_t size = error == ERROR_NONE ? parts[i].iov_len :
		    MIN(parts[i].iov_len, memory->short_write);
		write_bytes(&content->bytes, parts[i].iov_base, size, (size_t)offset + *written);
		*written += size;
	}
	trace(memory, "write %s %lld+%zu", content->path == NULL ? "?" : content->path,
	    (long long)offset, *written);
	return error;
}

static enum error
truncate_file(struct disk_file *file, int64_t size)
{
	struct memory_disk *memory = memory_of(file->disk);
	enum error error = enter(memory, MEMORY_DISK_TRUNCATE);
	struct content *content = content_of(file);

	if (error != ERROR_NONE)
		return error;
	trace(memory, "truncate %s %lld", content->path, (long long)size);
	write_bytes(&content->bytes, NULL, 0, (size_t)size);
	content->bytes.size = (size_t)size;
	return ERROR_NONE;
}

static enum error
sync_file(struct disk_file *file)
{
	struct memory_disk *memory = memory_of(file->disk);
	enum error error = enter(memory, MEMORY_DISK_SYNC);

	if (error == ERROR_NONE)
		trace(memory, "sync %s", content_of(file)->path);
	return error;
}

static enum error
size_of(struct disk_file *file, int64_t *size)
{
	*size = (int64_t)content_of(file)->bytes.size;
	return ERROR_NONE;
}

static enum error
close_file(struct disk_file *file)
{
	struct memory_disk *memory = memory_of(file->disk);
	enum error error = enter(memory, MEMORY_DISK_CLOSE);
	struct content *content = content_of(file);

	content->references--;
	memory->open_files--;
	if (content->path == NULL)
		forget(content);
	free(container_of(file, struct handle, file));
	return error;
}

static const struct disk_ops memory_ops = {
	.open = open_file,
	.rename = rename_file,
	.unlink = unlink_file,
	.sync_directory = sync_directory,
	.read_at = read_at,
	.write_at = write_at,
	.truncate = truncate_file,
	.sync = sync_file,
	.size = size_of,
	.close = close_file,
};

void
memory_disk_init(struct memory_disk *memory)
{
	*memory = (struct memory_disk){ .disk = { &memory_ops } };
	list_init(&memory->files);
	buffer_init(&memory->trace);
}

void
memory_disk_fini(struct memory_disk *memory)
{
	assert(memory->open_files == 0);
	LIST_FOREACH(link, &memory->files)
		forget(container_of(link, struct content, link));
	buffer_fini(&memory->trace);
}

void
memory_disk_put(struct memory_disk *memory, const char *path, const void *bytes, size_t size)
{
	struct content *content = find(memory, path);

	if (content == NULL)
		content = add(memory, path);
	buffer_clear(&content->bytes);
	buffer_append(&content->bytes, bytes, size);
}

struct slice
memory_disk_get(struct memory_disk *memory, const char *path)
{
	struct content *content = find(memory, path);

	return content == NULL ? slice_null() : buffer_slice(&content->bytes);
}

const char *
memory_disk_trace(struct memory_disk *memory)
{
	buffer_append(&memory->trace, "", 1);
	memory->trace.size = 0;
	return (const char *)memory->trace.bytes;
}
