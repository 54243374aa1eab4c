/* AlterReplicaLogDirs (KIP-113): in which log dir replicas are to be. */
#include <stdlib.h>

#include "base/memory.h"
#include "log/partition_name.h"
#include "partition/replicas_private.h"
#include "wire/kafka_error.h"

typedef struct alter_replica_log_dirs_request_alter_replica_log_dir asked_dir;
typedef struct alter_replica_log_dirs_response_alter_replica_log_dir_topic_result topic_result;
typedef struct alter_replica_log_dirs_response_alter_replica_log_dir_partition_result
    partition_result;

enum { PREFERRED_MAX = 1 << 18 };

/* ------------------------------------------------------------- preferred dirs */

/* Where a replica that is not here yet is to be made. */
struct preferred {
	struct hash_node node;
	struct slice topic;
	int32_t index;
	struct log_dir *dir;
};

struct preferred_key {
	struct slice topic;
	int32_t index;
};

static bool
matches(const struct hash_node *node, const void *key)
{
	const struct preferred *preferred = container_of(node, const struct preferred, node);
	const struct preferred_key *wanted = key;

	return preferred->index == wanted->index && slice_equal(preferred->topic, wanted->topic);
}

static uint64_t
hash_of(const struct replicas *it, const struct preferred_key *key)
{
	return hash_table_hash(&it->preferred, key->topic) + (uint64_t)key->index;
}

static struct preferred *
find(const struct replicas *it, struct slice topic, int32_t index)
{
	struct preferred_key key = { topic, index };
	struct hash_node *node = hash_table_find(&it->preferred, hash_of(it, &key), &key);

	return node == NULL ? NULL : container_of(node, struct preferred, node);
}

static void
forget(struct replicas *it, struct preferred *preferred)
{
	hash_table_remove(&it->preferred, &preferred->node);
	free((char *)(uintptr_t)preferred->topic.bytes);
	free(preferred);
}

/* What no LeaderAndIsr ever asks for may not take all memory. */
static void
prefer(struct replicas *it, struct slice topic, int32_t index, struct log_dir *dir)
{
	struct preferred_key key = { topic, index };
	struct preferred *preferred = find(it, topic, index);

	if (preferred == NULL && it->preferred.count >= PREFERRED_MAX)
		return;
	if (preferred == NULL) {
		preferred = memory_new(sizeof(*preferred));
		preferred->topic = slice_of(memory_text(topic.bytes, topic.size), topic.size);
		preferred->index = index;
		hash_table_insert(&it->preferred, &preferred->node, hash_of(it, &key));
	}
	preferred->dir = dir;
}

struct log_dir *
replicas_take_preferred(struct replicas *it, struct slice topic, int32_t index)
{
	struct preferred *preferred = find(it, topic, index);
	struct log_dir *dir;

	if (preferred == NULL)
		return NULL;
	dir = preferred->dir;
	forget(it, preferred);
	return dir->state == ERROR_NONE ? dir : NULL;
}

void
replicas_preferred_init(struct replicas *it, const uint64_t seed[2])
{
	hash_table_init(&it->preferred, seed, matches);
}

void
replicas_preferred_fini(struct replicas *it)
{
	HASH_TABLE_FOREACH(link, &it->preferred)
		forget(it, container_of(hash_node_of(link), struct preferred, node));
	hash_table_fini(&it->preferred);
}

/* ---------------------------------------------------------------- one request */

struct alteration {
	struct replicas *replicas;
	void (*done)(void *context);
	void *context;
	size_t left; /* and one while they are begun */
};

/* One partition of it. */
struct wish {
	struct alteration *of;
	struct slice topic;
	int32_t index;
	struct log_dir *dir;
	partition_result *told; /* the caller's */
	struct move_waiter waiter;
};

static void
wish_done(struct wish *wish, enum kafka_error code)
{
	struct alteration *it = wish->of;
	struct replicas *replicas = it->replicas;

	wish->told->error_code = (int16_t)code;
	free(wish);
	if (--it->left > 0)
		return;
	it->done(it->context);
	free(it);
	replicas_end(replicas);
}

static enum kafka_error
code_of(enum error error)
{
	switch (error) {
	case ERROR_NONE:
		return KAFKA_ERROR_NONE;
	case ERROR_NAME_TOO_LONG:
		return KAFKA_ERROR_INVALID_TOPIC_EXCEPTION;
	case ERROR_EXISTS:
	case ERROR_MALFORMED:
		return KAFKA_ERROR_UNKNOWN_SERVER_ERROR;
	default:
		return KAFKA_ERROR_KAFKA_STORAGE_ERROR;
	}
}

static void
begun(void *context, enum error error)
{
	struct wish *wish = context;

	if (error == ERROR_NONE && wish->dir->state != ERROR_NONE)
		error = ERROR_OFFLINE;
	if (error != ERROR_NONE)
		log_error(wish->of->replicas->world->logger, "%.*s-%d cannot be moved to %s: %s",
		    (int)wish->topic.size, (const char *)wish->topic.bytes, wish->index,
		    wish->dir->path, error_text(error));
	wish_done(wish, code_of(error));
}

static void fulfil(struct wish *wish);

static void
move_ended(struct move_waiter *waiter)
{
	fulfil(container_of(waiter, struct wish, waiter));
}

/* Not while a dir is offline that may have another copy of it, as in Kafka. */
static void
fulfil(struct wish *wish)
{
	struct replicas *it = wish->of->replicas;
	struct replica *replica = replicas_find(it, wish->topic, wish->index);

	if (it->stopping) { /* since it waits for the end of another move */
		wish_done(wish, KAFKA_ERROR_UNKNOWN_SERVER_ERROR);
	} else if (wish->dir->state != ERROR_NONE) {
		wish_done(wish, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	} else if (replica == NULL) {
		prefer(it, wish->topic, wish->index, wish->dir);
		wish_done(wish, KAFKA_ERROR_REPLICA_NOT_AVAILABLE);
	} else if (replica->is_offline) {
		wish_done(wish, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	} else if (replica->is_leaving) {
		wish_done(wish, KAFKA_ERROR_REPLICA_NOT_AVAILABLE);
	} else if (replica->move != NULL && replica_move_target(replica->move) == wish->dir) {
		wish_done(wish, KAFKA_ERROR_NONE);
	} else if (replica->move != NULL) {
		wish->waiter.ended = move_ended;
		replica_move_cancel(replica->move, &wish->waiter);
	} else if (replica->stored->dir == wish->dir) {
		wish_done(wish, KAFKA_ERROR_NONE);
	} else if (log_dirs_online_count(it->dirs) < it->dirs->count) {
		wish_done(wish, KAFKA_ERROR_KAFKA_STORAGE_ERROR);
	} else {
		replicas_begin_move(it, replica, wish->dir, begun, wish);
	}
}

/* Of what no topic can be called there is no directory, and neither of a name so long. */
static enum kafka_error
check(const struct wish *wish)
{
	char name[PARTITION_NAME_MAX + 1];
	struct uuid id = { .bytes = { 1 } };

	if (!topic_name_is_legal(wish->topic) || wish->index < 0)
		return KAFKA_ERROR_REPLICA_NOT_AVAILABLE;
	if (partition_name_format(PARTITION_DIRECTORY_FUTURE, wish->topic, wish->index, id,
	        name) == 0)
		return KAFKA_ERROR_INVALID_TOPIC_EXCEPTION;
	return wish->dir == NULL ? KAFKA_ERROR_LOG_DIR_NOT_FOUND : KAFKA_ERROR_NONE;
}

static void
begin(struct alteration *it, struct slice topic, int32_t index, struct log_dir *dir,
    partition_result *told)
{
	struct wish *wish = memory_new(sizeof(*wish));
	enum kafka_error code;

	*wish = (struct wish){ .of = it, .topic = topic, .index = index, .dir = dir,
		.told = told };
	it->left++;
	code = check(wish);
	if (code != KAFKA_ERROR_NONE)
		wish_done(wish, code);
	else
		fulfil(wish);
}

/* ----------------------------------------------------------------- the answer */

/* A result for each topic of each dir, in the order of the request. */
static bool
make_results(const struct alter_replica_log_dirs_request *request, struct arena *arena,
    struct alter_replica_log_dirs_response *response)
{
	size_t count = 0;

	for (int32_t i = 0; i < request->dirs.count; i++)
		count += (size_t)MAX(request->dirs.items[i].topics.count, 0);
	response->results.items = arena_array(arena, MAX(count, 1), sizeof(topic_result));
	if (response->results.items == NULL)
		return false;
	for (int32_t i = 0; i < request->dirs.count; i++)
		for (int32_t j = 0; j < request->dirs.items[i].topics.count; j++) {
			topic_result *result = &response->results.items[response->results.count++];
			int32_t partitions = request->dirs.items[i].topics.items[j].partitions.count;

			*result =
			    alter_replica_log_dirs_response_alter_replica_log_dir_topic_result_defaults;
			result->topic_name = request->dirs.items[i].topics.items[j].name;
			result->partitions.items = arena_array(arena, (size_t)MAX(partitions, 1),
			    sizeof(partition_result));
			if (result->partitions.items == NULL)
				return false;
			result->partitions.count = MAX(partitions, 0);
			for (int32_t k = 0; k < partitions; k++)
				result->partitions.items[k] = (partition_result){
					request->dirs.items[i].topics.items[j].partitions.items[k],
					KAFKA_ERROR_UNKNOWN_SERVER_ERROR };
		}
	return true;
}

static void
begin_dir(struct alteration *it, const asked_dir *asked, topic_result *results)
{
	struct log_dir *dir = log_dirs_find_dir(it->replicas->dirs, asked->path);

	for (int32_t i = 0; i < asked->topics.count; i++)
		for (int32_t j = 0; j < results[i].partitions.count; j++)
			begin(it, asked->topics.items[i].name, asked->topics.items[i].partitions.items[j],
			    dir, &results[i].partitions.items[j]);
}

void
replicas_alter_log_dirs(struct replicas *replicas,
    const struct alter_replica_log_dirs_request *request, struct arena *arena,
    struct alter_replica_log_dirs_response *response, void (*done)(void *context), void *context)
{
	struct alteration *it;
	topic_result *results;

	*response = alter_replica_log_dirs_response_defaults;
	if (!make_results(request, arena, response)) {
		response->results.count = 0;
		done(context);
		return;
	}
	if (replicas->stopping) {
		done(context);
		return;
	}
	it = memory_new(sizeof(*it));
	*it = (struct alteration){ replicas, done, context, 1 };
	replicas_begin(replicas);
	results = response->results.items;
	for (int32_t i = 0; i < request->dirs.count; i++) {
		begin_dir(it, &request->dirs.items[i], results);
		results += MAX(request->dirs.items[i].topics.count, 0);
	}
	if (--it->left > 0)
		return;
	done(context);
	free(it);
	replicas_end(replicas);
}
