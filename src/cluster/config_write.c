#include "cluster/config_write.h"

#include <stdlib.h>

#include "base/memory.h"
#include "cluster/topic_configs_private.h"
#include "config/dynamic.h"
#include "zk/error_text.h"
#include "zk/payload_config.h"
#include "zk/payload_config_change.h"
#include "zk/payload_controller.h"

enum { REASON_MAX = 4096 };

/* What ZooKeeper is asked for a write; it may outlive the write. */
struct write_job {
	struct topic_configs *configs;
	struct config_write *write; /* NULL: answered, by the stop */
	struct list link;
	char *name;
	struct paths_entity entity; /* its name is `name` */
	struct buffer path;      /* of the configuration */
	struct buffer topic;     /* of the topic itself; empty: it is of brokers */
	struct buffer payload;
	struct buffer notice;
	struct config_map before, after;
	int32_t version;         /* of the znode that was read; -1: there is none */
	struct zk_call read;
	struct zk_fenced_write set;
	struct zk_create_path create;
	struct zk_write tell;
};

static void read_old(struct write_job *job);
static void look_at_controller(struct write_job *job);

static void
job_free(struct write_job *job)
{
	list_remove(&job->link);
	config_map_fini(&job->before);
	config_map_fini(&job->after);
	free(job->name);
	buffer_fini(&job->path);
	buffer_fini(&job->topic);
	buffer_fini(&job->payload);
	buffer_fini(&job->notice);
	free(job);
}

static void
end(struct write_job *job, enum config_write_result result, struct slice reason)
{
	struct config_write *write = job->write;

	if (write != NULL)
		write->done(write, result, reason);
	job_free(job);
}

static void
fail(struct write_job *job, enum znode_error error)
{
	end(job, CONFIG_WRITE_FAILED, slice_of_text(zk_error_text(error)));
}

/* ------------------------------------------------------------------ written */

static void tell_all(struct write_job *job);

static void
told(struct zk_call *call, const struct coord_answer *answer)
{
	struct write_job *job = container_of(call, struct write_job, tell.call);

	if (answer->error == ZNODE_SESSION_EXPIRED)
		tell_all(job); /* once more does no harm */
	else if (answer->error != ZNODE_OK)
		fail(job, answer->error);
	else
		end(job, CONFIG_WRITTEN, slice_null());
}

static void
tell_all(struct write_job *job)
{
	struct paths_place place = { .kind = PATHS_CONFIG_CHANGE, .sequence = -1 };
	struct payload_config_change change = { .entity = job->entity };
	struct znode_operation operation = { .type = ZNODE_OP_CREATE, .flags = ZNODE_SEQUENTIAL };

	buffer_clear(&job->notice);
	buffer_clear(&job->payload);
	paths_format(&job->notice, &place);
	payload_config_change_encode(&change, &job->payload);
	operation.path = buffer_slice(&job->notice);
	operation.data = buffer_slice(&job->payload);
	zk_write(job->configs->options.session, &job->tell, &operation, told);
}

static void
was_created(struct zk_create_path *create, enum znode_error error)
{
	struct write_job *job = container_of(create, struct write_job, create);

	if (error == ZNODE_OK)
		tell_all(job);
	else if (error == ZNODE_NODE_EXISTS || error == ZNODE_SESSION_EXPIRED)
		read_old(job); /* somebody else, or we before the session ended */
	else
		fail(job, error);
}

static void
was_set(struct zk_fenced_write *set, enum znode_error error, bool fenced,
    const struct znode_result *result)
{
	struct write_job *job = container_of(set, struct write_job, set);

	if (error == ZNODE_OK)
		tell_all(job);
	else if (fenced || (error == ZNODE_NO_NODE && result->error != ZNODE_NO_NODE))
		look_at_controller(job);
	else if (error == ZNODE_BAD_VERSION || error == ZNODE_NO_NODE ||
	    error == ZNODE_SESSION_EXPIRED)
		read_old(job);
	else
		fail(job, error);
}

/* ------------------------------------------------------------- may be written */

/* Beside a controller of KRaft no broker writes (KIP-866). */
static bool
is_of_zookeeper(const struct coord_answer *answer)
{
	struct payload_controller controller;
	struct payload_complaint complaint;
	struct arena arena;
	bool well;

	arena_init(&arena, CONFIG_ARENA_BYTES);
	well = payload_controller_decode(answer->data, &arena, &controller, &complaint) == ERROR_NONE &&
	    controller.kraft_controller_epoch <= 0;
	arena_fini(&arena);
	return well;
}

static void
controller_read(struct zk_call *call, const struct coord_answer *answer)
{
	struct write_job *job = container_of(call, struct write_job, read);
	struct zk_fence fence = { .path = slice_of_text(paths_text(PATHS_CONTROLLER)),
		.version = answer->stat.version };
	struct znode_operation operation = { .type = ZNODE_OP_SET_DATA,
		.path = buffer_slice(&job->path), .data = buffer_slice(&job->payload),
		.version = job->version };

	if (answer->error == ZNODE_SESSION_EXPIRED)
		look_at_controller(job);
	else if (answer->error == ZNODE_NO_NODE ||
	    (answer->error == ZNODE_OK && !is_of_zookeeper(answer)))
		end(job, CONFIG_WRITE_NO_CONTROLLER,
		    slice_of_text("there is no controller that writes to ZooKeeper"));
	else if (answer->error != ZNODE_OK)
		fail(job, answer->error);
	else if (job->version < 0)
		zk_create_path(job->configs->options.session, &job->create,
		    buffer_slice(&job->path), buffer_slice(&job->payload), was_created);
	else
		zk_fenced_write(job->configs->options.session, &job->set, &fence, &operation,
		    was_set);
}

static void
look_at_controller(struct write_job *job)
{
	zk_get(job->configs->options.session, &job->read,
	    slice_of_text(paths_text(PATHS_CONTROLLER)), controller_read);
}

/* ---------------------------------------------------------------- looked at */

static void
encode(struct write_job *job)
{
	size_t count = job->after.table.count, at = 0;
	struct payload_config_entry *entries = memory_array(MAX(count, 1), sizeof(*entries));
	struct payload_config config = { .entries = entries, .count = count };

	CONFIG_MAP_FOREACH(link, &job->after) {
		const struct config_entry *entry = config_map_entry(link);

		entries[at++] = (struct payload_config_entry){ .name = slice_of_text(entry->name),
			.value = slice_of_text(entry->value) };
	}
	buffer_clear(&job->payload);
	payload_config_encode(&config, &job->payload);
	free(entries);
}

static void
check_topic(struct write_job *job, struct config_problems *problems)
{
	struct topic_values values;
	struct topic_config config;

	topic_config_parse(topic_configs_broker(job->configs), &job->after, TOPIC_CONFIG_ASKED,
	    &values, &config, problems);
	topic_values_fini(&values);
}

/* Beside what was last known of the other of the two znodes of brokers. */
static void
check_broker(struct write_job *job, struct config_problems *problems)
{
	struct topic_configs *it = job->configs;
	bool own = job->write->entity == CONFIG_WRITE_BROKER;

	dynamic_config_check(it->options.config, own ? &it->broker.of_all.map : &job->after,
	    own ? &job->after : &it->broker.own.map, own, &job->before, problems);
}

static bool
change(struct write_job *job, struct config_problems *problems)
{
	const struct config_write *write = job->write;
	enum config_scope scope =
	    write->entity == CONFIG_WRITE_TOPIC ? CONFIG_SCOPE_TOPIC : CONFIG_SCOPE_BROKER;

	config_map_fini(&job->after);
	config_map_init(&job->after);
	if (!write->replaces)
		config_map_add(&job->after, &job->before);
	if (config_alter(&job->after, scope, write->alterations, write->count, problems) !=
	    ERROR_NONE)
		return false;
	if (write->entity == CONFIG_WRITE_TOPIC)
		check_topic(job, problems);
	else
		check_broker(job, problems);
	return problems->errors == 0;
}

static void
old_known(struct write_job *job)
{
	struct config_problems problems;
	struct buffer reason;

	if (job->write == NULL) { /* answered by the stop */
		job_free(job);
		return;
	}
	config_problems_init(&problems);
	buffer_init(&reason);
	if (!change(job, &problems)) {
		config_alter_reason(&problems, &reason, REASON_MAX);
		end(job, CONFIG_WRITE_REFUSED, buffer_slice(&reason));
	} else if (job->write->validate_only) {
		end(job, CONFIG_WRITTEN, slice_null());
	} else {
		encode(job);
		look_at_controller(job);
	}
	buffer_fini(&reason);
	config_problems_fini(&problems);
}

/* --------------------------------------------------------------------- read */

static void
topic_looked_for(struct zk_call *call, const struct coord_answer *answer)
{
	struct write_job *job = container_of(call, struct write_job, read);

	if (answer->error == ZNODE_SESSION_EXPIRED)
		read_old(job);
	else if (answer->error == ZNODE_NO_NODE)
		end(job, CONFIG_WRITE_NO_TOPIC, slice_of_text("the topic does not exist"));
	else if (answer->error != ZNODE_OK)
		fail(job, answer->error);
	else
		old_known(job);
}

/* What cannot be read is not written over. */
static void
old_read(struct zk_call *call, const struct coord_answer *answer)
{
	struct write_job *job = container_of(call, struct write_job, read);
	struct payload_complaint complaint = { "" };
	struct config_map read;

	if (answer->error == ZNODE_SESSION_EXPIRED) {
		read_old(job);
		return;
	}
	if (answer->error != ZNODE_OK && answer->error != ZNODE_NO_NODE) {
		fail(job, answer->error);
		return;
	}
	config_map_init(&read);
	job->version = answer->error == ZNODE_OK ? answer->stat.version : -1;
	if (answer->error == ZNODE_OK && !config_map_take(&read, answer->data, &complaint)) {
		config_map_fini(&read);
		end(job, CONFIG_WRITE_FAILED, slice_of_text(complaint.text));
		return;
	}
	config_map_move(&job->before, &read);
	if (job->topic.size > 0)
		zk_exists(job->configs->options.session, &job->read, buffer_slice(&job->topic),
		    topic_looked_for);
	else
		old_known(job);
}

static void
read_old(struct write_job *job)
{
	zk_get(job->configs->options.session, &job->read, buffer_slice(&job->path), old_read);
}

/* -------------------------------------------------------------- begin, end */

static struct slice
name_of(const struct topic_configs *it, const struct config_write *write)
{
	switch (write->entity) {
	case CONFIG_WRITE_TOPIC:
		return write->topic;
	case CONFIG_WRITE_BROKER:
		return slice_of_text(it->broker.id_text);
	case CONFIG_WRITE_BROKERS:
		break;
	}
	return slice_of_text(PATHS_DEFAULT_ENTITY);
}

void
config_write_begin(struct topic_configs *it, struct config_write *write)
{
	struct slice name = name_of(it, write);
	struct write_job *job;

	if (it->is_stopped) {
		write->done(write, CONFIG_WRITE_FAILED, slice_of_text("the broker stops"));
		return;
	}
	job = memory_new(sizeof(*job));
	job->configs = it;
	job->write = write;
	job->name = memory_text(name.bytes, name.size);
	job->entity = (struct paths_entity){ .name = slice_of(job->name, name.size),
		.type = write->entity == CONFIG_WRITE_TOPIC ? PATHS_ENTITY_TOPIC :
		                                              PATHS_ENTITY_BROKER };
	buffer_init(&job->path);
	buffer_init(&job->topic);
	buffer_init(&job->payload);
	buffer_init(&job->notice);
	config_map_init(&job->before);
	config_map_init(&job->after);
	list_init(&job->link);
	list_append(&it->writes, &job->link);
	paths_entity_config(&job->path, &job->entity);
	if (write->entity == CONFIG_WRITE_TOPIC)
		paths_topic(&job->topic, write->topic);
	read_old(job);
}

void
config_writes_stop(struct topic_configs *it)
{
	LIST_FOREACH(link, &it->writes) {
		struct write_job *job = container_of(link, struct write_job, link);
		struct config_write *write = job->write;

		job->write = NULL;
		if (write != NULL)
			write->done(write, CONFIG_WRITE_FAILED, slice_of_text("the broker stops"));
	}
}

void
config_writes_fini(struct topic_configs *it)
{
	LIST_FOREACH(link, &it->writes) {
		job_free(container_of(link, struct write_job, link));
	}
}
