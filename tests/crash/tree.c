#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "model.h"

static _Noreturn void
fail(const char *path)
{
	perror(path);
	abort();
}

/* Calls for each entry, in order of the names; folders before what is in them. */
static void
walk(const char *path, void (*visit)(void *context, const char *path, bool folder), void *context)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);

	if (count < 0)
		fail(path);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		char inner[1024];
		struct stat status;

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			snprintf(inner, sizeof(inner), "%s/%s", path, name);
			if (stat(inner, &status) != 0)
				fail(inner);
			visit(context, inner, S_ISDIR(status.st_mode));
			if (S_ISDIR(status.st_mode))
				walk(inner, visit, context);
		}
		free(entries[i]);
	}
	free(entries);
}

static uint8_t *
read_whole(const char *path, size_t *size)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) != 0)
		fail(path);
	uint8_t *bytes = memory_new((size_t)status.st_size + 1);
	ssize_t got = read(fd, bytes, (size_t)status.st_size);
	if (got != status.st_size)
		fail(path);
	close(fd);
	*size = (size_t)got;
	return bytes;
}

static uint64_t
file_hash(const char *path, uint64_t hash)
{
	size_t size;
	uint8_t *bytes = read_whole(path, &size);

	hash = model_hash_more(hash, bytes, size);
	hash = model_hash_more(hash, &size, sizeof(size));
	free(bytes);
	return hash;
}

struct hashing {
	uint64_t hash;
	size_t root; /* length of the path that is not hashed */
	bool print;
};

static void
hash_entry(void *context, const char *path, bool folder)
{
	struct hashing *hashing = context;

	hashing->hash = model_hash_more(hashing->hash, path + hashing->root,
	    strlen(path + hashing->root) + 1);
	if (!folder)
		hashing->hash = file_hash(path, hashing->hash);
	if (hashing->print && !folder) {
		struct stat status;

		if (stat(path, &status) != 0)
			fail(path);
		fprintf(stderr, "  %8lld %016llx %s\n", (long long)status.st_size,
		    (unsigned long long)file_hash(path, 0), path + hashing->root);
	}
}

uint64_t
tree_hash(const char *path)
{
	struct hashing hashing = { .root = strlen(path) };

	walk(path, hash_entry, &hashing);
	return hashing.hash;
}

void
tree_print(const char *path)
{
	struct hashing hashing = { .root = strlen(path), .print = true };

	walk(path, hash_entry, &hashing);
}

struct copying {
	const char *to;
	size_t root;
};

static void
copy_entry(void *context, const char *path, bool folder)
{
	const struct copying *copying = context;
	char to[1024];
	size_t size;

	snprintf(to, sizeof(to), "%s%s", copying->to, path + copying->root);
	if (folder) {
		if (mkdir(to, 0777) != 0)
			fail(to);
		return;
	}
	uint8_t *bytes = read_whole(path, &size);
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		fail(to);
	close(fd);
	free(bytes);
}

void
tree_copy(const char *from, const char *to)
{
	struct copying copying = { to, strlen(from) };

	if (mkdir(to, 0777) != 0)
		fail(to);
	walk(from, copy_entry, &copying);
}

void
tree_remove(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);

	if (count < 0)
		return;
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		char inner[1024];

		snprintf(inner, sizeof(inner), "%s/%s", path, name);
		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && unlink(inner) != 0)
			tree_remove(inner);
		free(entries[i]);
	}
	free(entries);
	if (rmdir(path) != 0)
		fail(path);
}

struct finding {
	const char *suffix;
	int count;
	bool remove;
	bool whole_name;
};

static void
find_entry(void *context, const char *path, bool folder)
{
	struct finding *finding = context;
	size_t length = strlen(path), wanted = strlen(finding->suffix);

	if (folder || length <= wanted || strcmp(path + length - wanted, finding->suffix) != 0 ||
	    (finding->whole_name && path[length - wanted - 1] != '/'))
		return;
	finding->count++;
	if (finding->remove && unlink(path) != 0)
		fail(path);
}

int
tree_remove_files(const char *path, const char *suffix)
{
	struct finding finding = { .suffix = suffix, .remove = true };

	walk(path, find_entry, &finding);
	return finding.count;
}

bool
tree_has(const char *path, const char *name)
{
	struct finding finding = { .suffix = name, .whole_name = true };

	walk(path, find_entry, &finding);
	return finding.count > 0;
}
