#include "log/meta_properties.h"

#include <stdio.h>

#include "log/properties.h"
#include "log/whole_file.h"

void
meta_properties_init(struct meta_properties *meta)
{
	*meta = (struct meta_properties){ .version = 0, .broker_id = -1 };
}

/* What the file says, before the rules of its version. */
struct fields {
	bool has_version;
	int64_t version;
	int64_t broker_id; /* -1: not there */
	int64_t node_id;
	const char *reason;
};

static void
take_number(struct slice value, int64_t *number, struct fields *fields, const char *reason)
{
	if (!checkpoint_number(value, 0, INT32_MAX, number))
		fields->reason = reason;
}

static void
take_text(struct slice value, char text[META_PROPERTIES_TEXT_MAX], struct fields *fields,
    const char *reason)
{
	if (value.size == 0 || value.size >= META_PROPERTIES_TEXT_MAX ||
	    memchr(value.bytes, 0, value.size) != NULL) {
		fields->reason = reason;
		return;
	}
	memcpy(text, value.bytes, value.size);
	text[value.size] = 0;
}

static void
take_pair(struct slice key, struct slice value, struct meta_properties *meta,
    struct fields *fields)
{
	if (slice_equal_text(key, "version")) {
		fields->has_version = true;
		take_number(value, &fields->version, fields, "version is not a number");
	} else if (slice_equal_text(key, "broker.id")) {
		take_number(value, &fields->broker_id, fields, "broker.id is not a broker's id");
	} else if (slice_equal_text(key, "node.id")) {
		take_number(value, &fields->node_id, fields, "node.id is not a node's id");
	} else if (slice_equal_text(key, "cluster.id")) {
		take_text(value, meta->cluster_id, fields, "cluster.id is empty or too long");
	} else if (slice_equal_text(key, "directory.id")) {
		take_text(value, meta->directory_id, fields, "directory.id is empty or too long");
	}
}

static enum error
reject(struct text_complaint *complaint, int line, const char *reason)
{
	*complaint = (struct text_complaint){ line, reason };
	return ERROR_MALFORMED;
}

/* Version 0 calls the id broker.id, and may lack it; version 1 calls it node.id. */
static enum error
finish(struct meta_properties *meta, const struct fields *fields,
    struct text_complaint *complaint)
{
	if (!fields->has_version)
		return reject(complaint, 0, "version is missing");
	if (fields->version > 1) {
		*complaint = (struct text_complaint){ 0, "unknown version" };
		return ERROR_UNSUPPORTED;
	}
	meta->version = (int32_t)fields->version;
	meta->broker_id = (int32_t)(meta->version == 0 ? fields->broker_id : fields->node_id);
	if (meta->version == 1 && meta->broker_id < 0)
		return reject(complaint, 0, "node.id is missing");
	if (meta->version == 1 && meta->cluster_id[0] == 0)
		return reject(complaint, 0, "cluster.id is missing");
	return ERROR_NONE;
}

enum error
meta_properties_parse(struct meta_properties *meta, struct slice text,
    struct text_complaint *complaint)
{
	struct fields fields = { .broker_id = -1, .node_id = -1 };
	struct properties_reader reader;
	enum error error;

	*complaint = (struct text_complaint){ 0, NULL };
	meta_properties_init(meta);
	properties_reader_init(&reader, text);
	while ((error = properties_reader_next(&reader)) == ERROR_NONE && fields.reason == NULL)
		take_pair(buffer_slice(&reader.key), buffer_slice(&reader.value), meta, &fields);
	if (fields.reason != NULL)
		error = reject(complaint, 0, fields.reason);
	else if (error != ERROR_END_OF_STREAM)
		error = reject(complaint, reader.line, "bad escape");
	else
		error = finish(meta, &fields, complaint);
	properties_reader_fini(&reader);
	return error;
}

static void
append_number(struct buffer *text, const char *key, int32_t number)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%d", number);
	properties_append(text, slice_of_text(key), slice_of_text(digits));
}

static void
append_text(struct buffer *text, const char *key, const char *value)
{
	if (value[0] != 0)
		properties_append(text, slice_of_text(key), slice_of_text(value));
}

void
meta_properties_format(const struct meta_properties *meta, int64_t now_ms, struct buffer *text)
{
	buffer_append(text, "#\n", 2);
	properties_append_date(text, now_ms);
	/* Java's hash table of Properties gives these keys in this order (observed, computed). */
	if (meta->version == 1)
		append_number(text, "node.id", meta->broker_id);
	else if (meta->broker_id >= 0)
		append_number(text, "broker.id", meta->broker_id);
	append_text(text, "directory.id", meta->directory_id);
	append_number(text, "version", meta->version);
	append_text(text, "cluster.id", meta->cluster_id);
}

enum meta_properties_verdict
meta_properties_verify(const struct meta_properties *meta, int32_t broker_id,
    const char *cluster_id)
{
	if (meta->version != 0)
		return META_PROPERTIES_WRONG_VERSION;
	if (meta->cluster_id[0] != 0 && cluster_id[0] != 0 &&
	    strcmp(meta->cluster_id, cluster_id) != 0)
		return META_PROPERTIES_WRONG_CLUSTER;
	if (meta->broker_id >= 0 && broker_id >= 0 && meta->broker_id != broker_id)
		return META_PROPERTIES_WRONG_BROKER;
	return META_PROPERTIES_FIT;
}

enum error
meta_properties_read(struct meta_properties *meta, struct disk *disk, const char *path,
    struct text_complaint *complaint)
{
	struct buffer text;

	*complaint = (struct text_complaint){ 0, NULL };
	meta_properties_init(meta);
	buffer_init(&text);
	enum error error = whole_file_read(disk, path, META_PROPERTIES_SIZE_MAX, &text);
	if (error == ERROR_NONE)
		error = meta_properties_parse(meta, buffer_slice(&text), complaint);
	buffer_fini(&text);
	return error;
}

enum error
meta_properties_write(const struct meta_properties *meta, int64_t now_ms, struct disk *disk,
    const char *path)
{
	struct buffer text;

	buffer_init(&text);
	meta_properties_format(meta, now_ms, &text);
	enum error error = whole_file_replace(disk, path, buffer_slice(&text));
	buffer_fini(&text);
	return error;
}
