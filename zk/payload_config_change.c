#include "zk/payload_config_change.h"

#include "zk/payload_private.h"

static void
read_version_1(struct payload_reader *reader, struct paths_entity *entity)
{
	struct slice type = payload_text(reader, reader->root, "entity_type");

	entity->name = payload_text(reader, reader->root, "entity_name");
	if (slice_equal_text(type, "topics"))
		entity->type = PATHS_ENTITY_TOPIC;
	else if (slice_equal_text(type, "clients"))
		entity->type = PATHS_ENTITY_CLIENT;
	else
		payload_fail(reader, ERROR_MALFORMED, "entity_type", "neither topics nor clients");
	if (entity->name.size == 0 || memchr(entity->name.bytes, '/', entity->name.size) != NULL)
		payload_fail(reader, ERROR_MALFORMED, "entity_name", "not the name of an entity");
}

static void
read_version_2(struct payload_reader *reader, struct paths_entity *entity)
{
	struct slice path = payload_text(reader, reader->root, "entity_path");

	if (!slice_is_null(path) && paths_entity_parse(path, entity) != ERROR_NONE)
		payload_fail(reader, ERROR_MALFORMED, "entity_path", "not the path of an entity");
}

enum error
payload_config_change_decode(struct slice bytes, struct arena *arena,
    struct payload_config_change *change, struct payload_complaint *complaint)
{
	struct payload_reader reader;

	payload_reader_open(&reader, bytes, arena, complaint);
	*change = (struct payload_config_change){ .entity = { .client = slice_null() } };
	int32_t version = payload_int32(&reader, reader.root, "version", 0, INT32_MAX);
	if (version == 1)
		read_version_1(&reader, &change->entity);
	else if (version == 2)
		read_version_2(&reader, &change->entity);
	else
		payload_fail(&reader, ERROR_UNSUPPORTED, "version", "neither 1 nor 2");
	return payload_reader_close(&reader);
}

void
payload_config_change_encode(const struct payload_config_change *change, struct buffer *out)
{
	struct payload_writer writer = { out, false };
	struct buffer path;

	buffer_init(&path);
	paths_entity_format(&path, &change->entity);
	payload_write_open(&writer, '{');
	payload_write_int_field(&writer, "version", 2);
	payload_write_text_field(&writer, "entity_path", buffer_slice(&path));
	payload_write_close(&writer, '}');
	buffer_fini(&path);
}
