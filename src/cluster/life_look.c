/*
 * cluster/life_look.c: what stands in ZooKeeper and is not served: ACLs without
 * an authorizer (nobody enforces them), and a migration to KRaft. Both are told
 * of at each start.
 */
#include "base/memory.h"
#include "cluster/life_private.h"
#include "zk/error_text.h"

static const char *const acl_types[] = { "Topic", "Group", "Cluster", "TransactionalId",
	"DelegationToken", "User" };

static void
tell(struct life *it)
{
	struct logger *logger = it->options.world->logger;

	if (it->seen.acls > 0)
		log_warn(logger, "ACLs of %d resources stand in ZooKeeper (below %s, %s), and klamm has "
		    "no authorizer yet: nobody enforces them", it->seen.acls, paths_text(PATHS_ACLS),
		    paths_text(PATHS_EXTENDED_ACLS));
	if (it->seen.migration)
		log_warn(logger, "a migration of this cluster to KRaft has begun (%s), and klamm takes "
		    "no part in it", paths_text(PATHS_MIGRATION));
	life_reads_fini(it);
	life_change_state(it, LIFE_IDENTIFIED);
	it->options.handler->identified(it->options.handler, it->cluster_id, it->broker_id);
}

static void
on_looked(struct zk_call *call, const struct coord_answer *answer)
{
	struct life_read *read = container_of(call, struct life_read, call);
	struct life *it = read->life;

	if (it->state != LIFE_LOOKING)
		return;
	if (answer->error == ZNODE_SESSION_EXPIRED) {
		zk_exists(it->options.session, &read->call, slice_of_text(read->path), on_looked);
		return;
	}
	if (answer->error == ZNODE_OK && read == &it->reads[it->read_count - 1])
		it->seen.migration = true;
	else if (answer->error == ZNODE_OK)
		it->seen.acls += answer->stat.child_count;
	else if (answer->error != ZNODE_NO_NODE)
		log_warn(it->options.world->logger, "%s cannot be looked at in ZooKeeper: %s",
		    read->path, zk_error_text(answer->error));
	if (--it->left == 0)
		tell(it);
}

static char *
path_of(const struct paths_place *place)
{
	struct buffer path;
	char *text;

	buffer_init(&path);
	paths_format(&path, place);
	text = memory_text(path.bytes, path.size);
	buffer_fini(&path);
	return text;
}

void
life_look(struct life *it)
{
	size_t next = 0;

	life_reads_init(it, 2 * ARRAY_LENGTH(acl_types) + 1);
	for (size_t i = 0; i < ARRAY_LENGTH(acl_types); i++) {
		struct slice type = slice_of_text(acl_types[i]);

		it->reads[next++].path =
		    path_of(&(struct paths_place){ .kind = PATHS_ACL_TYPE, .name = type });
		it->reads[next++].path =
		    path_of(&(struct paths_place){ .kind = PATHS_EXTENDED_ACL_TYPE, .name = type });
	}
	it->reads[next].path = path_of(&(struct paths_place){ .kind = PATHS_MIGRATION });
	for (size_t i = 0; i < it->read_count; i++)
		zk_exists(it->options.session, &it->reads[i].call,
		    slice_of_text(it->reads[i].path), on_looked);
}
