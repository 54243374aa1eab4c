#include "klamm/log_dump.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "klamm/log_dump_private.h"

enum option { OPTION_HELP, OPTION_RECORDS, OPTION_DECODE, OPTION_HEX, OPTION_CHECK, OPTION_JSON };

const struct argument_option log_dump_options[] = {
	[OPTION_HELP] = COMMAND_OPTION_HELP,
	[OPTION_RECORDS] = { "records", NULL, "show the records of each batch" },
	[OPTION_DECODE] = { "decode", "WHAT", "show records as offsets or transactions (coordinators' topics)" },
	[OPTION_HEX] = { "hex", NULL, "show keys, values and headers as hexadecimal digits" },
	[OPTION_CHECK] = { "check", NULL, "compare indexes with the log beside them" },
	[OPTION_JSON] = { "json", NULL, "show one JSON object a line" },
	{ .name = NULL },
};

void
log_dump_heading(struct log_dump *dump)
{
	if (dump->output->json)
		return; /* every object says it */
	output_begin(dump->output, "file", NULL);
	output_text(dump->output, "name", dump->path);
	output_end(dump->output);
}

void
log_dump_begin(struct log_dump *dump, const char *item)
{
	output_begin(dump->output, item, dump->path);
}

void
log_dump_damage(struct log_dump *dump, int64_t position, const char *format, ...)
{
	char text[256];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	log_dump_begin(dump, "damage");
	if (position >= 0)
		output_int(dump->output, "position", position);
	output_text(dump->output, "what", text);
	output_end(dump->output);
	dump->wrong = true;
}

void
log_dump_failed(struct log_dump *dump, enum error error)
{
	tool_complain(dump->tool, "%s: %s", dump->path, error_text(error));
	dump->wrong = true;
}

void
log_dump_close(struct log_dump *dump, struct disk_file *file)
{
	enum error error = disk_close(file);

	if (error != ERROR_NONE)
		log_dump_failed(dump, error);
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static char *
join(const char *directory, const char *name)
{
	size_t size = strlen(directory) + strlen(name) + 2;
	char *path = memory_new(size);
	const char *between = directory[0] != '\0' && directory[strlen(directory) - 1] == '/' ? "" : "/";

	snprintf(path, size, "%s%s%s", directory, between, name);
	return path;
}

enum error
log_dump_open_log(struct log_dump *dump, struct disk_file **file, int64_t *size)
{
	size_t directory = (size_t)(last_part(dump->path) - dump->path);
	struct log_file_name name;
	char text[LOG_FILE_NAME_SIZE];

	if (!log_file_name_parse(slice_of_text(dump->path + directory), &name))
		return ERROR_NOT_FOUND;
	name.type = LOG_FILE_RECORDS;
	(void)log_file_name_format(name, text);
	char *path = memory_new(directory + sizeof(text));
	memcpy(path, dump->path, directory);
	memcpy(path + directory, text, sizeof(text));
	enum error error = disk_open(dump->tool->disk, path, DISK_READ, file);
	free(path);
	if (error != ERROR_NONE)
		return error;
	error = disk_size(*file, size);
	if (error != ERROR_NONE)
		log_dump_close(dump, *file);
	return error;
}

static void
dump_segment_file(struct log_dump *dump, const struct log_file_name *name)
{
	struct disk_file *file;
	int64_t size;

	if (name->type == LOG_FILE_SNAPSHOT) {
		log_dump_snapshot(dump);
		return;
	}
	enum error error = disk_open(dump->tool->disk, dump->path, DISK_READ, &file);
	if (error != ERROR_NONE) {
		log_dump_failed(dump, error);
		return;
	}
	error = disk_size(file, &size);
	if (error != ERROR_NONE)
		log_dump_failed(dump, error);
	else if (name->type == LOG_FILE_RECORDS)
		log_dump_segment(dump, file, size, name->offset);
	else
		log_dump_index(dump, file, size, name);
	log_dump_close(dump, file);
}

/* False when the name is of no file of a log. */
static bool
dump_file(struct log_dump *dump, const char *path)
{
	const char *name = last_part(path);
	struct log_file_name segment_file;

	dump->path = path;
	if (!log_file_name_parse(slice_of_text(name), &segment_file))
		return log_dump_small_file(dump, name);
	log_dump_heading(dump);
	dump_segment_file(dump, &segment_file);
	return true;
}

struct names {
	char **items;
	size_t count;
};

static void
add_name(void *context, const char *name)
{
	struct names *names = context;

	names->items = memory_resize(names->items, (names->count + 1) * sizeof(*names->items));
	names->items[names->count++] = memory_text(name, strlen(name));
}

static void
dump_directory(struct log_dump *dump, const char *directory)
{
	struct names names = { NULL, 0 };
	struct disk_status status;
	enum error error = disk_list(dump->tool->disk, directory, add_name, &names);

	if (error != ERROR_NONE) {
		dump->path = directory;
		log_dump_failed(dump, error);
	}
	for (size_t i = 0; i < names.count; i++) {
		char *path = join(directory, names.items[i]);
		bool is_file = disk_status(dump->tool->disk, path, &status) == ERROR_NONE &&
		    status.type == DISK_FILE;

		/* Other directories, locks and the like are no part of it. */
		if (is_file && dump->output->error == ERROR_NONE)
			(void)dump_file(dump, path);
		free(path);
		free(names.items[i]);
	}
	free(names.items);
}

static void
dump_operand(struct log_dump *dump, const char *path)
{
	struct disk_status status;
	enum error error = disk_status(dump->tool->disk, path, &status);

	dump->path = path;
	if (error != ERROR_NONE)
		log_dump_failed(dump, error);
	else if (status.type == DISK_DIRECTORY)
		dump_directory(dump, path);
	else if (status.type == DISK_OTHER) {
		tool_complain(dump->tool, "%s: neither a file nor a directory", path);
		dump->wrong = true;
	} else if (!dump_file(dump, path)) {
		tool_complain(dump->tool, "%s: not the name of a log's file", path);
		dump->wrong = true;
	}
}

static bool
parse_decode(const char *text, enum log_dump_decode *decode)
{
	static const char *const names[] = {
		[LOG_DUMP_OFFSETS] = "offsets", [LOG_DUMP_TRANSACTIONS] = "transactions",
	};

	*decode = LOG_DUMP_PLAIN;
	if (text == NULL)
		return true;
	for (size_t i = LOG_DUMP_OFFSETS; i < ARRAY_LENGTH(names); i++) {
		if (strcmp(text, names[i]) == 0)
			*decode = (enum log_dump_decode)i;
	}
	return *decode != LOG_DUMP_PLAIN;
}

enum command_status
log_dump(struct tool *tool, struct arguments *arguments)
{
	struct log_dump dump = { .tool = tool, .output = tool->output };

	if (!parse_decode(arguments->values[OPTION_DECODE], &dump.decode)) {
		tool_complain(tool, "log dump: --decode takes 'offsets' or 'transactions', not '%s'",
		    arguments->values[OPTION_DECODE]);
		return COMMAND_WRONG_USE;
	}
	if (arguments->operand_count == 0) {
		tool_complain(tool, "log dump: which file or directory?");
		return COMMAND_WRONG_USE;
	}
	dump.records = arguments->values[OPTION_RECORDS] != NULL || dump.decode != LOG_DUMP_PLAIN;
	dump.check = arguments->values[OPTION_CHECK] != NULL;
	tool->output->hex = arguments->values[OPTION_HEX] != NULL;
	tool->output->json = arguments->values[OPTION_JSON] != NULL;
	for (int i = 0; i < arguments->operand_count && tool->output->error == ERROR_NONE; i++)
		dump_operand(&dump, arguments->operands[i]);
	return dump.wrong ? COMMAND_FAILED : COMMAND_OK;
}
