#include "klamm/move_file.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "klamm/topic_names.h"

enum { REPLICAS_MAX = 1000 };

/* ----------------------------------------------------------------- reading */

static bool
read_id(const json_t *value, int32_t *id)
{
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;

	*id = (int32_t)MIN(number, INT32_MAX);
	return number >= 0 && number <= INT32_MAX;
}

/* NULL, or what is wrong. */
static const char *
read_replicas(const json_t *array, int32_t *ids, int32_t *count)
{
	size_t size = json_array_size(array);

	*count = 0;
	if (size == 0 || size > REPLICAS_MAX)
		return "replicas is no list of brokers";
	for (size_t i = 0; i < size; i++) {
		if (!read_id(json_array_get(array, i), &ids[i]))
			return "replicas holds something else than numbers of brokers";
		if (view_ids_have((struct view_ids){ ids, *count }, ids[i]))
			return "a partition has a broker twice";
		(*count)++;
	}
	return NULL;
}

static bool
asks_for_dirs(const json_t *dirs)
{
	for (size_t i = 0; i < json_array_size(dirs); i++) {
		const char *dir = json_string_value(json_array_get(dirs, i));

		if (dir == NULL || strcmp(dir, "any") != 0)
			return true;
	}
	return false;
}

static const char *
read_partition(const json_t *object, struct move_plan *plan)
{
	const char *topic = json_string_value(json_object_get(object, "topic"));
	int32_t *ids = memory_array(REPLICAS_MAX, sizeof(*ids)), index, count;
	const char *complaint = NULL;

	if (topic == NULL || !topic_name_is_valid(slice_of_text(topic)))
		complaint = "topic is no topic's name";
	else if (!read_id(json_object_get(object, "partition"), &index))
		complaint = "partition is no number of a partition";
	else
		complaint = read_replicas(json_object_get(object, "replicas"), ids, &count);
	if (complaint == NULL && asks_for_dirs(json_object_get(object, "log_dirs")))
		complaint = "log_dirs asks for moves between log dirs, which klamm cannot do";
	if (complaint == NULL)
		move_plan_add(plan, slice_of_text(topic), index, NULL,
		    (struct view_ids){ ids, count });
	free(ids);
	return complaint;
}

static const char *
check_twice(const struct move_plan *plan)
{
	for (size_t i = 1; i < plan->count; i++) {
		if (plan->moves[i].index == plan->moves[i - 1].index &&
		    strcmp(plan->moves[i].topic, plan->moves[i - 1].topic) == 0)
			return "a partition stands in it twice";
	}
	return NULL;
}

bool
move_file_parse(struct slice text, struct move_plan *plan, char *complaint)
{
	json_error_t error;
	json_t *root = json_loadb((const char *)text.bytes, text.size, JSON_REJECT_DUPLICATES, &error);
	const json_t *partitions = json_object_get(root, "partitions");
	const json_t *version = json_object_get(root, "version");
	const char *wrong = NULL;
	size_t at = 0;

	if (root == NULL) {
		snprintf(complaint, MOVE_FILE_COMPLAINT_SIZE, "line %d: %.150s", error.line,
		    error.text);
		return false;
	}
	if (version != NULL && json_integer_value(version) != 1)
		wrong = "its version is not 1";
	else if (!json_is_array(partitions))
		wrong = "partitions is no list";
	for (; wrong == NULL && at < json_array_size(partitions); at++)
		wrong = read_partition(json_array_get(partitions, at), plan);
	move_plan_sort(plan);
	if (wrong == NULL)
		wrong = check_twice(plan);
	if (wrong != NULL && at > 0)
		snprintf(complaint, MOVE_FILE_COMPLAINT_SIZE, "partition %zu of the list: %s", at, wrong);
	else if (wrong != NULL)
		snprintf(complaint, MOVE_FILE_COMPLAINT_SIZE, "%s", wrong);
	json_decref(root);
	return wrong == NULL;
}

/* A file on a disk, or a pipe: read until nothing more comes. */
static enum error
read_all(struct disk *disk, const char *path, struct buffer *text)
{
	enum { PIECE = 64 * 1024 };
	struct disk_file *file;
	enum error error = disk_open(disk, path, DISK_READ, &file);
	size_t got = 1;

	if (error != ERROR_NONE)
		return error;
	while (error == ERROR_NONE && got > 0) {
		size_t size = text->size;

		if (size > MOVE_FILE_BYTES_MAX) {
			error = ERROR_TOO_LARGE;
			break;
		}
		error = disk_read(file, buffer_extend(text, PIECE), PIECE, (int64_t)size, &got);
		text->size = size + (error == ERROR_NONE ? got : 0);
	}
	enum error closed = disk_close(file);
	return error != ERROR_NONE ? error : closed;
}

bool
move_file_read(struct tool *tool, const char *path, struct move_plan *plan)
{
	char complaint[MOVE_FILE_COMPLAINT_SIZE];
	struct buffer text;
	bool good = false;

	buffer_init(&text);
	enum error error = read_all(tool->disk, path, &text);
	if (error != ERROR_NONE)
		tool_complain(tool, "%s: %s", path, error_text(error));
	else if (!(good = move_file_parse(buffer_slice(&text), plan, complaint)))
		tool_complain(tool, "%s: %s", path, complaint);
	buffer_fini(&text);
	return good;
}

/* ------------------------------------------------------------------ saving */

static void
append_text(struct buffer *text, const char *more)
{
	buffer_append(text, more, strlen(more));
}

static void
append_move(struct buffer *text, const struct move *move)
{
	char piece[64];

	append_text(text, "{\"topic\":\"");
	append_text(text, move->topic); /* no name of a topic has anything to be escaped */
	snprintf(piece, sizeof(piece), "\",\"partition\":%" PRId32 ",\"replicas\":[", move->index);
	append_text(text, piece);
	for (int32_t i = 0; i < move->from_count; i++) {
		snprintf(piece, sizeof(piece), "%s%" PRId32, i > 0 ? "," : "", move->from[i]);
		append_text(text, piece);
	}
	append_text(text, "]}");
}

static enum error
write_all(struct disk *disk, const char *path, struct slice text)
{
	struct disk_file *file;
	size_t written;
	enum error error = disk_open(disk, path, DISK_WRITE | DISK_CREATE | DISK_EXCLUSIVE, &file);

	if (error != ERROR_NONE)
		return error;
	error = disk_write(file, text.bytes, text.size, 0, &written);
	if (error == ERROR_NONE)
		error = disk_sync(file);
	enum error closed = disk_close(file);
	return error != ERROR_NONE ? error : closed;
}

bool
move_file_save(struct tool *tool, const char *path, const struct move_plan *plan)
{
	struct buffer text;

	buffer_init(&text);
	append_text(&text, "{\"version\":1,\"partitions\":[");
	for (size_t i = 0; i < plan->count; i++) {
		append_text(&text, i > 0 ? ",\n" : "\n");
		append_move(&text, &plan->moves[i]);
	}
	append_text(&text, "\n]}\n");
	enum error error = write_all(tool->disk, path, buffer_slice(&text));
	if (error != ERROR_NONE)
		tool_complain(tool, "%s: %s", path, error_text(error));
	buffer_fini(&text);
	return error == ERROR_NONE;
}
