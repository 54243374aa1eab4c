/*
 * Runs every target with every file of its corpus, without a fuzzer: what
 * once broke a decoder is tried again in every build.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(const uint8_t *bytes, size_t size);
} targets[] = {
#define TARGET(name) { #name, fuzz_##name },
	FUZZ_TARGETS(TARGET)
#undef TARGET
};

enum { LARGEST_INPUT = 1 << 20 };

static int
is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The bytes stand alone on the heap, so that sanitizers see a step past them. */
static void
replay_file(const char *path, int (*run)(const uint8_t *bytes, size_t size))
{
	static uint8_t room[LARGEST_INPUT];
	FILE *file = fopen(path, "rb");
	uint8_t *bytes;
	size_t size;

	if (file == NULL) {
		fprintf(stderr, "replay: %s cannot be read\n", path);
		exit(EXIT_FAILURE);
	}
	size = fread(room, 1, sizeof(room), file);
	fclose(file);
	bytes = malloc(size > 0 ? size : 1);
	if (bytes == NULL)
		abort();
	memcpy(bytes, room, size);
	(void)run(bytes, size);
	free(bytes);
}

static int
replay_target(size_t index)
{
	char folder[1024], path[2048];
	struct dirent **entries;
	int count;

	snprintf(folder, sizeof(folder), "%s/fuzz/corpus/%s", TESTS_DIR, targets[index].name);
	count = scandir(folder, &entries, is_input, alphasort);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		/* An input that breaks an assertion must be named: stdout may be cut short. */
		fprintf(stderr, "%s/%s\n", targets[index].name, entries[i]->d_name);
		replay_file(path, targets[index].run);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return count;
}

int
main(void)
{
	int inputs = 0;

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		int count = replay_target(i);

		if (count <= 0) {
			fprintf(stderr, "replay: %s has no corpus\n", targets[i].name);
			printf("replay: %d passed, 1 failed\n", inputs);
			return EXIT_FAILURE;
		}
		inputs += count;
	}
	printf("replay: %d passed, 0 failed\n", inputs);
	return EXIT_SUCCESS;
}
