/* Every znode, and every write, of a live Kafka 3.9.1 cluster: read, and written again. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "recode.h"

enum { CAP = 1 << 20 };

struct counts {
	int nodes;
	int payloads;
};

static void
check_node(const char *where, struct slice path, struct slice data, struct counts *counts)
{
	struct paths_place place;
	struct payload_complaint complaint;
	struct buffer again;
	int shown = (int)path.size;

	buffer_init(&again);
	cr_assert_eq(paths_parse(path, &place), ERROR_NONE, "%s: %.*s: not a path", where, shown,
	    path.bytes);
	paths_format(&again, &place);
	cr_assert(slice_equal(buffer_slice(&again), path), "%s: %.*s: another path", where, shown,
	    path.bytes);
	counts->nodes++;
	if (slice_is_null(data)) {
		cr_assert(recode_may_be_null(place.kind), "%s: %.*s: null", where, shown, path.bytes);
		buffer_fini(&again);
		return;
	}
	cr_assert(recode_has_data(place.kind), "%s: %.*s: data", where, shown, path.bytes);
	buffer_clear(&again);
	cr_assert_eq(recode(place.kind, data, CAP, &again, &complaint), ERROR_NONE, "%s: %.*s: %s",
	    where, shown, path.bytes, complaint.text);
	cr_assert(slice_equal(buffer_slice(&again), data), "%s: %.*s: %.*s became %.*s", where, shown,
	    path.bytes, (int)data.size, data.bytes, (int)again.size, again.bytes);
	counts->payloads++;
	buffer_fini(&again);
}

static void
check_dump(const char *name, struct counts *counts)
{
	char file[512];
	json_error_t error;
	const char *path;
	json_t *node;

	(void)snprintf(file, sizeof(file), "%s/golden/znodes/%s.json", TESTS_DIR, name);
	json_t *dump = json_load_file(file, 0, &error);
	cr_assert_not_null(dump, "%s: %s", file, error.text);
	json_object_foreach(dump, path, node) {
		const char *data = json_string_value(json_object_get(node, "data"));
		check_node(name, slice_of_text(path), slice_of_text(data), counts);
	}
	json_decref(dump);
}

Test(golden_znodes, are_written_as_they_were_read)
{
	static const char *const names[] = { "1-idle", "2-topics-created",
		"3-acls-scram-quotas-configs-token", "4-during-reassignment", "5-after-reassignment",
		"6-broker-killed-and-delete-pending", "7-broker-back", "8-after-preferred-election",
		"9-controller-killed", "10-controlled-shutdown", "11-all-stopped" };
	struct counts counts = { 0, 0 };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		check_dump(names[i], &counts);
	cr_expect_eq(counts.nodes, 1527, "%d nodes", counts.nodes);
	cr_expect_eq(counts.payloads, 872, "%d payloads", counts.payloads);
}

/* "create [EPHEMERAL] PATH DATA" or "setData PATH -> version N DATA"; DATA is "null" or text. */
static void
check_write(const char *line, char *operation, struct counts *counts)
{
	char *path = strchr(operation, '/');
	char *blank = path == NULL ? NULL : strchr(path, ' ');

	cr_assert_not_null(blank, "%s", line);
	struct slice path_slice = slice_of(path, (size_t)(blank - path));
	char *data = blank + 1;
	if (strncmp(data, "-> version ", 11) == 0) {
		data = strchr(data + 11, ' ');
		cr_assert_not_null(data, "%s", line);
		data++;
	}
	check_node(line, path_slice,
	    strcmp(data, "null") == 0 ? slice_null() : slice_of_text(data), counts);
}

/* The operations of a multi stand between braces, with " ; " between them. */
static void
check_line(char *line, struct counts *counts)
{
	static const char multi[] = "multi { ";
	char *operation = strchr(line, ' ');
	char whole[64];

	operation = operation == NULL ? NULL : strchr(operation + 1, ' ');
	if (operation == NULL)
		return;
	operation++;
	(void)snprintf(whole, sizeof(whole), "txnlog %.40s", line);
	if (strncmp(operation, multi, sizeof(multi) - 1) == 0) {
		operation += sizeof(multi) - 1;
		operation[strlen(operation) - 2] = '\0';
	}
	while (operation != NULL) {
		char *next = strstr(operation, " ; ");
		if (next != NULL) {
			*next = '\0';
			next += 3;
		}
		if (strncmp(operation, "create ", 7) == 0 || strncmp(operation, "setData ", 8) == 0)
			check_write(whole, operation, counts);
		else
			cr_assert(strncmp(operation, "check ", 6) == 0 || strncmp(operation, "error ", 6) == 0 ||
			    strncmp(operation, "delete ", 7) == 0 || strncmp(operation, "open ", 5) == 0 ||
			    strncmp(operation, "close ", 6) == 0, "%s: %s", whole, operation);
		operation = next;
	}
}

Test(golden_znodes, are_what_every_write_of_the_log_made)
{
	struct counts counts = { 0, 0 };
	FILE *file = fopen(TESTS_DIR "/golden/znodes/txnlog.txt", "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t size;

	cr_assert_not_null(file);
	while ((size = getline(&line, &room, file)) > 0) {
		if (line[size - 1] == '\n')
			line[size - 1] = '\0';
		if (line[0] != '#')
			check_line(line, &counts);
	}
	free(line);
	(void)fclose(file);
	cr_expect_eq(counts.nodes, 297, "%d nodes", counts.nodes);
	cr_expect_eq(counts.payloads, 227, "%d payloads", counts.payloads);
}
