#include <assert.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/memory.h"
#include "zk/server/requests_private.h"

struct session *
session_find(const struct requests *requests, int64_t id)
{
	uint64_t hash = hash_table_hash(&requests->sessions, slice_of(&id, sizeof(id)));
	struct hash_node *link = hash_table_find(&requests->sessions, hash, &id);

	return link == NULL ? NULL : container_of(link, struct session, link);
}

struct session *
session_new(struct requests *requests, int64_t id, const uint8_t password[REQUESTS_PASSWORD_SIZE],
    int32_t timeout_ms)
{
	struct session *session = memory_new(sizeof(*session));

	session->id = id;
	session->timeout_ms = timeout_ms;
	memcpy(session->password, password, REQUESTS_PASSWORD_SIZE);
	hash_table_insert(&requests->sessions, &session->link,
	    hash_table_hash(&requests->sessions, slice_of(&id, sizeof(id))));
	return session;
}

void
session_free(struct requests *requests, struct session *session)
{
	hash_table_remove(&requests->sessions, &session->link);
	session_forget_ids(session);
	free(session);
}

void
session_forget_ids(struct session *session)
{
	for (size_t i = 0; i < session->id_count; i++)
		free((void *)(uintptr_t)session->ids[i].id.bytes);
	free(session->ids);
	session->ids = NULL;
	session->id_count = 0;
}

void
session_add_id(struct session *session, const char *scheme, struct slice id)
{
	for (size_t i = 0; i < session->id_count; i++) {
		if (slice_equal_text(session->ids[i].scheme, scheme) &&
		    slice_equal(session->ids[i].id, id))
			return;
	}
	session->ids = memory_resize(session->ids,
	    (session->id_count + 1) * sizeof(*session->ids));
	session->ids[session->id_count++] = (struct znode_id){
		slice_of_text(scheme), slice_of(memory_text(id.bytes, id.size), id.size) };
}

/* "user:password" proves "user:" and the base64 of SHA-1 of all of it. */
static void
prove_digest(struct session *session, struct slice proof)
{
	const uint8_t *colon = proof.size == 0 ? NULL : memchr(proof.bytes, ':', proof.size);
	size_t user_size = colon == NULL ? proof.size : (size_t)(colon - proof.bytes);
	uint8_t hash[SHA_DIGEST_LENGTH];
	struct buffer id;

	SHA1(proof.bytes, proof.size, hash);
	buffer_init(&id);
	buffer_append(&id, proof.bytes, user_size);
	buffer_append(&id, ":", 1);
	base64_encode(&id, slice_of(hash, sizeof(hash)), BASE64_STANDARD);
	session_add_id(session, "digest", buffer_slice(&id));
	buffer_fini(&id);
}

enum znode_error
session_prove(struct session *session, struct slice scheme, struct slice proof)
{
	if (slice_equal_text(scheme, "ip"))
		return ZNODE_OK; /* its address is proven from the beginning */
	if (!slice_equal_text(scheme, "digest") || slice_is_null(proof))
		return ZNODE_AUTH_FAILED;
	prove_digest(session, proof);
	return ZNODE_OK;
}

static struct requests_session
kept(const struct session *session)
{
	struct requests_session kept = { .id = session->id, .timeout_ms = session->timeout_ms };

	memcpy(kept.password, session->password, sizeof(kept.password));
	return kept;
}

bool
requests_session(const struct requests *requests, int64_t id, struct requests_session *session)
{
	const struct session *found = session_find(requests, id);

	if (found == NULL)
		return false;
	*session = kept(found);
	return true;
}

void
requests_restore(struct requests *requests, const struct requests_session *session)
{
	assert(session_find(requests, session->id) == NULL);
	(void)session_new(requests, session->id, session->password, session->timeout_ms);
}

size_t
requests_session_count(const struct requests *requests)
{
	return requests->sessions.count;
}

void
requests_each_session(const struct requests *requests,
    void (*visit)(void *context, const struct requests_session *session), void *context)
{
	HASH_TABLE_FOREACH(link, &requests->sessions) {
		struct requests_session session = kept(container_of(hash_node_of(link),
		    const struct session, link));

		visit(context, &session);
	}
}
