/* /config/changes: who changed what (zookeeper.md 5.14). */
#include <stdlib.h>

#include "base/memory.h"
#include "cluster/topic_configs_private.h"
#include "zk/error_text.h"
#include "zk/payload_config_change.h"

enum { NOTICE_LIFE_MS = 15 * 60 * 1000 };

/* One notification node, while it is read, and removed when it is old. */
struct notice {
	struct list link;
	struct topic_configs *configs;
	int32_t sequence;
	bool is_new;
	struct buffer path;
	struct zk_call call;
	struct zk_write write;
};

static void
notice_free(struct notice *notice)
{
	list_remove(&notice->link);
	buffer_fini(&notice->path);
	free(notice);
}

static void
removed(struct zk_call *call, const struct coord_answer *answer)
{
	(void)answer; /* another broker may have been faster, and the next change tries again */
	notice_free(container_of(call, struct notice, write.call));
}

static void
obey(struct topic_configs *it, struct slice bytes, const struct buffer *path)
{
	struct payload_complaint complaint;
	struct payload_config_change change;
	struct arena arena;

	arena_init(&arena, CONFIG_ARENA_BYTES);
	if (payload_config_change_decode(bytes, &arena, &change, &complaint) != ERROR_NONE) {
		log_error(it->options.world->logger, "%.*s cannot be read, and is skipped: %s",
		    (int)path->size, (const char *)path->bytes, complaint.text);
	} else if (change.entity.type == PATHS_ENTITY_TOPIC) {
		struct config_entry_of *entry = topic_configs_entry(it, change.entity.name);

		if (entry != NULL)
			topic_configs_read_entry(entry);
	} else if (change.entity.type == PATHS_ENTITY_BROKER) {
		broker_znodes_read(it);
	} else {
		unserved_configs_look(it, change.entity.type);
	}
	arena_fini(&arena);
}

static void
notice_read(struct zk_call *call, const struct coord_answer *answer)
{
	struct notice *notice = container_of(call, struct notice, call);
	struct topic_configs *it = notice->configs;
	struct znode_operation remove = { .type = ZNODE_OP_DELETE,
		.path = buffer_slice(&notice->path), .version = -1 };

	if (answer->error == ZNODE_OK && notice->is_new)
		obey(it, answer->data, &notice->path);
	if (answer->error == ZNODE_OK &&
	    clock_wall_ms(it->options.world->clock) - answer->stat.ctime_ms > NOTICE_LIFE_MS)
		zk_write(it->options.session, &notice->write, &remove, removed);
	else
		notice_free(notice);
}

static int
compare_sequences(const void *a, const void *b)
{
	int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;

	return (left > right) - (left < right);
}

static void
read_notice(struct topic_configs *it, int32_t sequence)
{
	struct paths_place place = { .kind = PATHS_CONFIG_CHANGE, .sequence = sequence };
	struct notice *notice = memory_new(sizeof(*notice));

	notice->configs = it;
	notice->sequence = sequence;
	notice->is_new = sequence > it->last_sequence;
	buffer_init(&notice->path);
	paths_format(&notice->path, &place);
	list_append(&it->notices, &notice->link);
	it->last_sequence = MAX(it->last_sequence, sequence);
	zk_get(it->options.session, &notice->call, buffer_slice(&notice->path), notice_read);
}

static void
take_children(struct topic_configs *it, const struct slice *names, size_t count)
{
	int32_t *sequences = memory_array(MAX(count, 1), sizeof(*sequences));
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		struct paths_place place;

		if (paths_parse_child(PATHS_CONFIG_CHANGE, names[i], &place) == ERROR_NONE)
			sequences[found++] = place.sequence;
		else
			log_debug(it->options.world->logger, "%s/%.*s is no notification, and is "
			    "skipped", paths_text(PATHS_CONFIG_CHANGES), (int)names[i].size,
			    (const char *)names[i].bytes);
	}
	qsort(sequences, found, sizeof(*sequences), compare_sequences);
	for (size_t i = 0; i < found; i++)
		read_notice(it, sequences[i]);
	free(sequences);
}

/* A tool has taken it away. It numbers anew when it is made again. */
static void
made_again(struct zk_create_path *create, enum znode_error error)
{
	struct topic_configs *it = container_of(create, struct topic_configs, create);

	it->reading_changes = false;
	if (error == ZNODE_OK || error == ZNODE_NODE_EXISTS || error == ZNODE_SESSION_EXPIRED)
		config_changes_read(it);
	else
		log_error(it->options.world->logger, "%s cannot be made again: %s",
		    paths_text(PATHS_CONFIG_CHANGES), zk_error_text(error));
}

static void
changes_read(struct zk_call *call, const struct coord_answer *answer)
{
	struct topic_configs *it = container_of(call, struct topic_configs, changes);

	if (answer->error == ZNODE_NO_NODE) {
		it->last_sequence = -1;
		zk_create_path(it->options.session, &it->create,
		    slice_of_text(paths_text(PATHS_CONFIG_CHANGES)), slice_null(), made_again);
		return;
	}
	it->reading_changes = false;
	if (answer->error == ZNODE_OK)
		take_children(it, answer->children, answer->child_count);
	else if (answer->error != ZNODE_SESSION_EXPIRED) /* the next session reads it */
		log_error(it->options.world->logger, "%s cannot be read: %s",
		    paths_text(PATHS_CONFIG_CHANGES), zk_error_text(answer->error));
	if (it->changes_again)
		config_changes_read(it);
}

void
config_changes_read(struct topic_configs *it)
{
	it->changes_again = it->reading_changes;
	if (it->reading_changes)
		return;
	it->reading_changes = true;
	zk_children(it->options.session, &it->changes,
	    slice_of_text(paths_text(PATHS_CONFIG_CHANGES)), changes_read);
}

static void
fired(struct zk_watch *watch, enum znode_event_type type)
{
	(void)type;
	config_changes_read(container_of(watch, struct topic_configs, watch));
}

void
config_changes_init(struct topic_configs *it)
{
	it->last_sequence = -1;
	list_init(&it->notices);
	it->watch = (struct zk_watch){ .type = ZK_WATCH_CHILDREN,
		.path = slice_of_text(paths_text(PATHS_CONFIG_CHANGES)), .fired = fired };
	zk_watch_add(it->options.session, &it->watch);
}

void
config_changes_fini(struct topic_configs *it)
{
	zk_watch_remove(it->options.session, &it->watch);
	LIST_FOREACH(link, &it->notices) {
		notice_free(container_of(link, struct notice, link));
	}
}
