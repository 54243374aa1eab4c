#include "klamm/consume.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "klamm/consume_from.h"
#include "klamm/consume_run.h"
#include "klamm/listed_offsets.h"
#include "klamm/topic_names.h"
#include "klamm/topic_partitions.h"

enum {
	OPTION_FROM = OPTION_DATA_OWN, OPTION_PARTITION, OPTION_COUNT, OPTION_EXIT_AT_END, OPTION_GROUP,
	OPTION_KEY_SEPARATOR, OPTION_FORMAT, OPTION_NULL,
};

const struct argument_option consume_options[] = {
	DATA_CLIENT_OPTIONS,
	[OPTION_FROM] = { "from", "WHERE", "where to begin (default: beginning)" },
	[OPTION_PARTITION] = { "partition", "N", "a partition; may be repeated (default: all)" },
	[OPTION_COUNT] = { "count", "N", "end after so many records" },
	[OPTION_EXIT_AT_END] = { "exit-at-end", NULL, "end when all that is there was shown" },
	[OPTION_GROUP] = { "group", "GROUP", "as a member of a group; commits what was shown" },
	[OPTION_KEY_SEPARATOR] = { "key-separator", "TEXT", "show the key too, and TEXT between" },
	[OPTION_FORMAT] = { "format", "FORMAT", "how to show a record (default: %s\\n)" },
	[OPTION_NULL] = { "null", "TEXT", "what stands for null (default: nothing)" },
	{ .name = NULL },
};

struct consume {
	struct tool *tool;
	struct arguments *arguments;
	struct consume_plan plan;
	struct consume_from from;
	struct buffer format; /* of a key separator */
	int64_t *ends;
};

/* ----------------------------------------------------------------- options */

/* %k, the separator as it is, %s. */
static void
make_format(const char *separator, struct buffer *format)
{
	buffer_append(format, "%k", 2);
	for (; *separator != '\0'; separator++) {
		if (*separator == '%' || *separator == '\\')
			buffer_append(format, separator, 1); /* doubled, it stands for itself */
		buffer_append(format, separator, 1);
	}
	buffer_append(format, "%s\\n", 5); /* with the end of the text */
}

static enum command_status
choose_format(struct consume *it)
{
	const char *format = it->arguments->values[OPTION_FORMAT], *wrong;
	const char *separator = it->arguments->values[OPTION_KEY_SEPARATOR];
	const char *null_text = it->arguments->values[OPTION_NULL];
	bool json = it->arguments->values[OPTION_JSON] != NULL;

	it->plan.null_text = null_text != NULL ? null_text : "";
	if ((format != NULL) + (separator != NULL) + json > 1)
		return tool_wrong_use(it->tool, "--format, --key-separator and --json exclude each other");
	if (format != NULL && consume_format_check(format, &wrong) != ERROR_NONE)
		return tool_wrong_use(it->tool, "--format does not know '%.2s'", wrong);
	if (separator != NULL) {
		make_format(separator, &it->format);
		format = (const char *)it->format.bytes;
	}
	if (!json)
		it->plan.format = format != NULL ? format : "%s\\n";
	return COMMAND_OK;
}

static enum command_status
read_options(struct consume *it)
{
	struct arguments *arguments = it->arguments;
	const char *from = arguments->values[OPTION_FROM];

	if (from != NULL && consume_from_parse(from, &it->from) != ERROR_NONE)
		return tool_wrong_use(it->tool, "--from takes " CONSUME_FROM_WORDS ", not '%.40s'",
		    from);
	if (arguments_int(arguments, consume_options, OPTION_COUNT, 1, INT64_MAX, INT64_MAX,
	    &it->plan.count) != ERROR_NONE)
		return tool_wrong_use(it->tool, "%s", arguments->complaint);
	it->plan.exit_at_end = arguments->values[OPTION_EXIT_AT_END] != NULL;
	it->plan.group = arguments->values[OPTION_GROUP];
	if (it->plan.group == NULL)
		return choose_format(it);
	if (it->plan.group[0] == '\0')
		return tool_wrong_use(it->tool, "--group is empty");
	if (arguments->values[OPTION_PARTITION] != NULL)
		return tool_wrong_use(it->tool, "a group shares out the partitions itself: leave "
		    "--partition out");
	if (it->from.type != CONSUME_FROM_BEGINNING && it->from.type != CONSUME_FROM_END)
		return tool_wrong_use(it->tool, "with --group --from is beginning or end");
	return choose_format(it);
}

/* -------------------------------------------------- what there is to read */

/* Those that were named, or all. */
static enum command_status
choose_partitions(struct consume *it, int32_t count, struct listed_offsets *partitions)
{
	struct arguments *arguments = it->arguments;
	const char *text;

	for (int at = 0; (text = arguments_next(arguments, OPTION_PARTITION, &at)) != NULL;) {
		int64_t number;

		arguments->values[OPTION_PARTITION] = text;
		if (arguments_int(arguments, consume_options, OPTION_PARTITION, 0, INT32_MAX, 0,
		    &number) != ERROR_NONE)
			return tool_wrong_use(it->tool, "%s", arguments->complaint);
		if (number >= count) {
			tool_complain(it->tool, "%s: there is no partition %" PRId64 ": its %"
			    PRId32 " are numbered from 0", it->plan.topic, number, count);
			return COMMAND_FAILED;
		}
		listed_offsets_add(partitions, slice_of_text(it->plan.topic), (int32_t)number);
	}
	for (int32_t i = 0; i < count && partitions->count == (size_t)i; i++)
		listed_offsets_add(partitions, slice_of_text(it->plan.topic), i);
	listed_offsets_sort(partitions);
	return COMMAND_OK;
}

/* The same partitions with the offsets of another time. */
static enum error
ask(struct client *client, const struct listed_offsets *partitions, int64_t timestamp,
    struct listed_offsets *asked)
{
	listed_offsets_init(asked);
	for (size_t i = 0; i < partitions->count; i++)
		listed_offsets_add(asked, slice_of_text(partitions->items[i].topic),
		    partitions->items[i].partition);
	return listed_offsets_ask(asked, client, timestamp);
}

static enum command_status
plan_partition(struct consume *it, const struct listed_offset *first,
    const struct listed_offset *end, int64_t at_time)
{
	int64_t offset;

	if (first->offset < 0 || end->offset < 0) {
		tool_complain(it->tool, "%s: partition %" PRId32 " has no leader: 'klamm topic "
		    "describe %s' shows more", it->plan.topic, first->partition, it->plan.topic);
		return COMMAND_FAILED;
	}
	if (consume_from_offset(&it->from, first->offset, end->offset, at_time, &offset) !=
	    ERROR_NONE) {
		tool_complain(it->tool, "%s: partition %" PRId32 " ends at offset %" PRId64,
		    it->plan.topic, first->partition, end->offset);
		return COMMAND_FAILED;
	}
	it->ends[it->plan.starts->cnt] = end->offset;
	rd_kafka_topic_partition_list_add(it->plan.starts, it->plan.topic, first->partition)->offset =
	    offset;
	return COMMAND_OK;
}

static enum command_status
plan_partitions(struct consume *it, struct client *client, const struct listed_offsets *partitions)
{
	struct listed_offsets first, end, at_time;
	enum command_status status = COMMAND_OK;
	bool is_time = it->from.type == CONSUME_FROM_TIME;

	listed_offsets_init(&end);
	listed_offsets_init(&at_time);
	if (ask(client, partitions, LISTED_OFFSETS_EARLIEST, &first) != ERROR_NONE ||
	    ask(client, partitions, LISTED_OFFSETS_LATEST, &end) != ERROR_NONE ||
	    (is_time && ask(client, partitions, it->from.value, &at_time) != ERROR_NONE))
		status = client_command_failed(it->tool, client);
	it->plan.starts = rd_kafka_topic_partition_list_new((int)partitions->count);
	it->plan.ends = it->ends = memory_array(partitions->count + 1, sizeof(*it->ends));
	for (size_t i = 0; i < partitions->count && status == COMMAND_OK; i++)
		status = plan_partition(it, &first.items[i], &end.items[i],
		    is_time ? at_time.items[i].offset : -1);
	listed_offsets_fini(&first);
	listed_offsets_fini(&end);
	listed_offsets_fini(&at_time);
	return status;
}

static enum command_status
make_plan(struct consume *it, struct client *client)
{
	struct listed_offsets partitions;
	enum command_status status;
	int32_t count;

	if (topic_partitions_ask(client, CLIENT_ANY_BROKER, it->plan.topic, TOPIC_IS_MISSING,
	    &count) != ERROR_NONE)
		return client_command_failed(it->tool, client);
	if (it->plan.group != NULL)
		return COMMAND_OK;
	listed_offsets_init(&partitions);
	status = choose_partitions(it, count, &partitions);
	if (status == COMMAND_OK)
		status = plan_partitions(it, client, &partitions);
	listed_offsets_fini(&partitions);
	return status;
}

/* ------------------------------------------------------------- the command */

static enum command_status
read_all(struct consume *it)
{
	struct data_client data;
	rd_kafka_conf_t *conf = data_client_conf(&data, it->tool, it->arguments);
	const char *reset = it->from.type == CONSUME_FROM_END ? "latest" : "earliest";

	/* A full queue is looked at again after a second only; its bytes bound it (64 MiB). */
	data_client_set(conf, "queued.min.messages", "1000000");
	/* A broker does not look at what its page cache has: a bit that flips there is seen here. */
	data_client_set(conf, "check.crcs", "true");
	if (it->plan.group != NULL)
		data_client_set(conf, "group.id", it->plan.group);
	data_client_set(conf, "auto.offset.reset", it->plan.group != NULL ? reset : "error");
	enum command_status status = data_client_properties(conf, it->tool, it->arguments);
	if (status != COMMAND_OK) {
		rd_kafka_conf_destroy(conf);
		return status;
	}
	return consume_run(it->tool, &it->plan, &data, conf);
}

enum command_status
consume(struct tool *tool, struct arguments *arguments)
{
	struct client client;
	struct consume it = { .tool = tool, .arguments = arguments };
	enum command_status status = topic_names_check(tool, arguments);

	if (status == COMMAND_OK && arguments->operand_count > 1)
		status = tool_wrong_use(tool, "it takes one topic");
	if (status != COMMAND_OK)
		return status;
	it.plan.topic = arguments->operands[0];
	status = read_options(&it);
	if (status == COMMAND_OK)
		status = client_command_begin(tool, arguments, &client);
	if (status == COMMAND_OK) {
		status = make_plan(&it, &client);
		client_fini(&client);
		if (status == COMMAND_OK)
			status = read_all(&it);
	}
	if (it.plan.starts != NULL)
		rd_kafka_topic_partition_list_destroy(it.plan.starts);
	free(it.ends);
	buffer_fini(&it.format);
	return status;
}
