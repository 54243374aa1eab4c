#include "tests/zk/script.h"

#include <stdio.h>

#include "zk/server/jute.h"
#include "zk/server/requests_private.h"

#define TEXT(text) { (const uint8_t *)(text), sizeof(text) - 1 }

static const char *const names[] = { "a", "b", "c" };

/* What stands behind the root; most of it is refused somewhere. */
static const char *const odd_paths[] = { "/", "//a", "/a/", "/./a", "/a/..", "/a/.", "/..a", "/a//b",
	"/a\x01", "/\x7f", "/\xc2\x80", "/\xef\xbf\xb0", "/\xee\x80\x80", "/\xc3\xa4", "/\xe2\x82\xac",
	"/a b", "/...",
	/* ZooKeeper says these otherwise than it was told them */
	"/\xf0\x9f\x98\x80", "/\xff", "/\xc3" };
enum { NOT_ECHOED_PATHS = 3 };
static const char *const whole_paths[] = { "/", "", "a", "a/b", "/zookeeper", "/zookeeper/config",
	"/zookeeper/quota", "//", "/zookeeper/none", "zookeeper", "." };

static const struct slice schemes[] = { TEXT("world"), TEXT("digest"), TEXT("auth"), TEXT("ip"),
	TEXT("foo"), TEXT("super"), TEXT("x509") };
static const struct slice ids[] = { TEXT("anyone"), TEXT("alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E="),
	TEXT("bob:jBusOVB4bKxz9Ba1E3fTeUpjT0c="), TEXT("127.0.0.1"), TEXT("127.0.0.0/8"), TEXT("10.0.0.1"),
	TEXT("0.0.0.0/0"), TEXT("127.0.0.1/33"), TEXT("127.0.0"), TEXT("127.0.0.256"), TEXT("+127.00.0.1"),
	TEXT("127.0.0.1/+8"), TEXT("127.0.0.1/"), TEXT("127.0.0.1/-0"), TEXT("127.0.0.-0/32"), TEXT("alice"),
	TEXT("a:b:c"), TEXT(":b"), TEXT("a:"), TEXT("a:b:"), TEXT("::"), TEXT(""), TEXT("1.2.3.4.5"),
	TEXT("1.2.3.4./8"), TEXT("::1") };

/* Pairs of a scheme and an id that fit, by their places above. */
static const uint8_t fitting[][2] = { { 0, 0 }, { 0, 0 }, { 1, 1 }, { 1, 1 }, { 1, 2 }, { 1, 2 },
	{ 2, 21 }, { 3, 3 }, { 3, 4 }, { 3, 5 }, { 3, 6 } };

static const struct slice proofs[] = { TEXT("alice:secret"), TEXT("bob:hunter"), TEXT("carol"), TEXT("d:e:f"),
	TEXT(":x"), TEXT("") };

static uint64_t
below(struct script *script, uint64_t bound)
{
	return prng_below(&script->prng, bound);
}

static bool
one_in(struct script *script, uint64_t whole)
{
	return prng_chance(&script->prng, 1, whole);
}

void
script_init(struct script *script, uint64_t seed, uint64_t number)
{
	struct prng all;

	prng_init(&all, seed);
	*script = (struct script){ .prng = prng_fork(&all, number) };
	snprintf(script->root, sizeof(script->root), "/s%lu", (unsigned long)number);
}

void
script_learn(struct script *script, struct slice path)
{
	size_t at = script->known_count++ % SCRIPT_KNOWN_PATHS;

	if (path.size >= SCRIPT_PATH_SIZE)
		return;
	memcpy(script->known[at], path.bytes, path.size);
	script->known[at][path.size] = '\0';
}

static void
draw_plain_path(struct script *script, char path[SCRIPT_PATH_SIZE])
{
	uint64_t depth = one_in(script, 12) ? 0 :
	    1u + one_in(script, 2) + one_in(script, 5);
	int at = snprintf(path, SCRIPT_PATH_SIZE, "%s", script->root);

	for (uint64_t i = 0; i < depth; i++)
		at += snprintf(path + at, (size_t)(SCRIPT_PATH_SIZE - at), "/%s",
		    names[below(script, i == 0 ? 2 : ARRAY_LENGTH(names))]);
}

static void
put_path(struct script *script, struct buffer *frame)
{
	size_t known = MIN(script->known_count, (size_t)SCRIPT_KNOWN_PATHS);
	uint64_t kind = below(script, 40);
	char path[SCRIPT_PATH_SIZE];

	if (kind == 0) {
		snprintf(path, sizeof(path), "%s",
		    whole_paths[below(script, ARRAY_LENGTH(whole_paths))]);
	} else if (kind <= 2) {
		snprintf(path, sizeof(path), "%s%s", script->root,
		    odd_paths[below(script, ARRAY_LENGTH(odd_paths) -
		    (script->is_echoed ? NOT_ECHOED_PATHS : 0))]);
	} else if (kind <= 18 && known > 0) {
		snprintf(path, sizeof(path), "%s", script->known[below(script, known)]);
	} else {
		draw_plain_path(script, path);
	}
	if (one_in(script, 150))
		jute_bytes(frame, slice_of("/nul\0", 5));
	else
		jute_bytes(frame, slice_of_text(path));
}

/* One of the script's own, or "/". */
static void
put_path_below(struct script *script, struct buffer *frame)
{
	char path[SCRIPT_PATH_SIZE];

	draw_plain_path(script, path);
	jute_bytes(frame, slice_of_text(one_in(script, 8) ? "/" : path));
}

static void
put_data(struct script *script, struct buffer *frame)
{
	uint8_t data[64];
	size_t size = below(script, sizeof(data));

	if (one_in(script, 6)) {
		jute_bytes(frame, slice_null());
		return;
	}
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)below(script, 256);
	jute_bytes(frame, slice_of(data, one_in(script, 4) ? 0 : size));
}

static void
put_version(struct script *script, struct buffer *frame)
{
	buffer_int32(frame, one_in(script, 2) ? -1 : (int32_t)below(script, 5) - (int)one_in(script, 20) * 4);
}

static void
put_acl(struct script *script, struct buffer *frame)
{
	static const struct znode_acl_entry open_entry = { ZNODE_ALL,
		{ TEXT("world"), TEXT("anyone") } };
	static const struct znode_acl open_acl = { &open_entry, 1 };
	struct znode_acl_entry entries[4];
	struct znode_acl acl = { entries, 1 + below(script, ARRAY_LENGTH(entries)) };

	if (!one_in(script, 3)) {
		jute_acl(frame, &open_acl);
		return;
	}
	if (one_in(script, 15)) {
		buffer_int32(frame, -(int32_t)below(script, 2));
		return;
	}
	if (one_in(script, 4)) {
		/* As Kafka secures its nodes: the owner may do all, others may read. */
		entries[0] = (struct znode_acl_entry){ ZNODE_ALL, { schemes[1], ids[1] } };
		entries[1] = open_entry;
		entries[1].permissions = ZNODE_READ;
		acl.count = 2;
		jute_acl(frame, &acl);
		return;
	}
	for (size_t i = 0; i < acl.count; i++) {
		const uint8_t *pair = fitting[below(script, ARRAY_LENGTH(fitting))];

		entries[i].permissions = one_in(script, 3) ? (int32_t)below(script, 33) :
		    ZNODE_ALL;
		entries[i].id = (struct znode_id){ schemes[pair[0]], ids[pair[1]] };
		if (one_in(script, 25))
			entries[i].id.id = ids[below(script, ARRAY_LENGTH(ids))];
		if (one_in(script, 50))
			entries[i].id.scheme = schemes[below(script, ARRAY_LENGTH(schemes))];
		if (i > 0 && one_in(script, 6))
			entries[i] = entries[0];
	}
	jute_acl(frame, &acl);
}

/* 4 makes a container there; in a multi, 5 and 6 give another error than klamm's. */
static void
put_create(struct script *script, struct buffer *frame)
{
	static const int32_t flags[] = { 0, 0, 0, 1, 2, 3 }, odd_flags[] = { -1, 7, 100, 5, 6 };
	uint64_t odd_count = ARRAY_LENGTH(odd_flags) - (script->in_multi ? 2 : 0);

	put_path(script, frame);
	put_data(script, frame);
	put_acl(script, frame);
	buffer_int32(frame, one_in(script, 60) ? odd_flags[below(script, odd_count)] :
	    flags[below(script, ARRAY_LENGTH(flags))]);
}

static void
put_watched(struct script *script, struct buffer *frame)
{
	put_path(script, frame);
	jute_bool(frame, one_in(script, 2));
}

/* One that holds would end the real server (observed), so that this one fails. */
static void
put_failing_check(struct script *script, struct buffer *frame)
{
	put_path(script, frame);
	buffer_int32(frame, 1000000);
}

static void
put_multi_header(struct buffer *frame, int32_t opcode, bool is_last)
{
	buffer_int32(frame, opcode);
	jute_bool(frame, is_last);
	buffer_int32(frame, -1);
}

static void put_body(struct script *script, struct buffer *frame, int32_t opcode);

static void
put_multi(struct script *script, struct buffer *frame)
{
	static const int32_t opcodes[] = { OPCODE_CREATE, OPCODE_CREATE, OPCODE_CREATE, OPCODE_CREATE2,
		OPCODE_DELETE, OPCODE_DELETE, OPCODE_SET_DATA, OPCODE_SET_DATA, OPCODE_CHECK };
	uint64_t count = below(script, 6);

	script->in_multi = true;
	for (uint64_t i = 0; i < count; i++) {
		int32_t opcode = opcodes[below(script, ARRAY_LENGTH(opcodes))];

		put_multi_header(frame, one_in(script, 100) ? OPCODE_SET_ACL : opcode, false);
		if (opcode == OPCODE_CHECK) {
			put_path(script, frame);
			put_version(script, frame);
		} else {
			put_body(script, frame, opcode);
		}
	}
	put_multi_header(frame, OPCODE_ERROR, true);
	script->in_multi = false;
}

static void
put_multi_read(struct script *script, struct buffer *frame)
{
	uint64_t count = below(script, 5);

	for (uint64_t i = 0; i < count; i++) {
		int32_t opcode = one_in(script, 2) ? OPCODE_GET_DATA : OPCODE_GET_CHILDREN;

		put_multi_header(frame, opcode, false);
		put_watched(script, frame);
	}
	put_multi_header(frame, OPCODE_ERROR, true);
}

static void
put_set_watches(struct script *script, struct buffer *frame, int lists)
{
	script->is_echoed = true;
	buffer_int64(frame, script->zxid - (int64_t)below(script, 20));
	for (int list = 0; list < lists; list++) {
		uint64_t count = below(script, 3);

		buffer_int32(frame, (int32_t)count);
		for (uint64_t i = 0; i < count; i++)
			put_path(script, frame);
	}
}

static void
put_auth(struct script *script, struct buffer *frame)
{
	buffer_int32(frame, 0);
	if (one_in(script, 12)) {
		jute_bytes(frame, schemes[below(script, ARRAY_LENGTH(schemes))]);
		jute_bytes(frame, one_in(script, 3) ? slice_null() : proofs[0]);
		return;
	}
	jute_bytes(frame, schemes[1]);
	jute_bytes(frame, proofs[below(script, one_in(script, 4) ? ARRAY_LENGTH(proofs) : 2)]);
}

static bool
put_write(struct script *script, struct buffer *frame, int32_t opcode)
{
	switch (opcode) {
	case OPCODE_CREATE:
	case OPCODE_CREATE2:
		put_create(script, frame);
		return true;
	case OPCODE_DELETE:
		put_path(script, frame);
		put_version(script, frame);
		return true;
	case OPCODE_SET_DATA:
		put_path(script, frame);
		put_data(script, frame);
		put_version(script, frame);
		return true;
	case OPCODE_SET_ACL:
		put_path(script, frame);
		put_acl(script, frame);
		put_version(script, frame);
		return true;
	case OPCODE_CHECK:
		put_failing_check(script, frame);
		return true;
	case OPCODE_MULTI:
		put_multi(script, frame);
		return true;
	case OPCODE_CREATE_TTL:
		put_create(script, frame);
		buffer_set_int32(frame, frame->size - 4, 5 + (int32_t)below(script, 2));
		buffer_int64(frame, 1000);
		return true;
	default:
		return false;
	}
}

static bool
put_watch(struct script *script, struct buffer *frame, int32_t opcode)
{
	switch (opcode) {
	case OPCODE_ADD_WATCH:
		put_path(script, frame);
		buffer_int32(frame, one_in(script, 20) ? 2 : (int32_t)below(script, 2));
		return true;
	case OPCODE_CHECK_WATCHES:
		put_path_below(script, frame); /* others can confuse the real server */
		buffer_int32(frame, one_in(script, 20) ? 4 : 1 + (int32_t)below(script, 3));
		return true;
	case OPCODE_REMOVE_WATCHES:
		put_path(script, frame);
		buffer_int32(frame, one_in(script, 20) ? 4 : 1 + (int32_t)below(script, 3));
		return true;
	case OPCODE_SET_WATCHES:
		put_set_watches(script, frame, 3);
		return true;
	case OPCODE_SET_WATCHES2:
		put_set_watches(script, frame, 5);
		return true;
	default:
		return false;
	}
}

static void
put_body(struct script *script, struct buffer *frame, int32_t opcode)
{
	if (put_write(script, frame, opcode) || put_watch(script, frame, opcode))
		return;
	switch (opcode) {
	case OPCODE_MULTI_READ:
		put_multi_read(script, frame);
		break;
	case OPCODE_EXISTS:
	case OPCODE_GET_DATA:
	case OPCODE_GET_CHILDREN:
	case OPCODE_GET_CHILDREN2:
		put_watched(script, frame);
		break;
	case OPCODE_SYNC:
		script->is_echoed = true;
		put_path(script, frame);
		break;
	case OPCODE_GET_ACL:
		put_path(script, frame);
		break;
	case OPCODE_GET_EPHEMERALS:
	case OPCODE_GET_ALL_CHILDREN_NUMBER:
		put_path_below(script, frame); /* "" counts itself there */
		break;
	case OPCODE_AUTH:
		put_auth(script, frame);
		break;
	default:
		break;
	}
}

int32_t
script_root(struct script *script, struct buffer *frame)
{
	static const struct znode_acl_entry entry = { ZNODE_ALL,
		{ TEXT("world"), TEXT("anyone") } };
	static const struct znode_acl acl = { &entry, 1 };

	jute_bytes(frame, slice_of_text(script->root));
	jute_bytes(frame, slice_of("", 0));
	jute_acl(frame, &acl);
	buffer_int32(frame, 0);
	return OPCODE_CREATE;
}

int32_t
script_draw(struct script *script, struct buffer *frame, bool may_authenticate)
{
	static const struct {
		int32_t opcode;
		uint64_t weight;
	} table[] = { { OPCODE_CREATE, 20 }, { OPCODE_CREATE2, 6 }, { OPCODE_DELETE, 10 },
		{ OPCODE_EXISTS, 8 }, { OPCODE_GET_DATA, 8 }, { OPCODE_SET_DATA, 10 },
		{ OPCODE_GET_ACL, 4 }, { OPCODE_SET_ACL, 3 }, { OPCODE_GET_CHILDREN, 4 },
		{ OPCODE_GET_CHILDREN2, 6 }, { OPCODE_MULTI, 12 }, { OPCODE_MULTI_READ, 3 },
		{ OPCODE_CHECK, 1 }, { OPCODE_SYNC, 2 },
		{ OPCODE_ADD_WATCH, 6 }, { OPCODE_REMOVE_WATCHES, 3 },
		{ OPCODE_CHECK_WATCHES, 1 }, { OPCODE_GET_EPHEMERALS, 2 },
		{ OPCODE_GET_ALL_CHILDREN_NUMBER, 2 }, { OPCODE_SET_WATCHES, 1 },
		{ OPCODE_SET_WATCHES2, 2 }, { OPCODE_WHO_AM_I, 1 }, { OPCODE_PING, 1 },
		{ OPCODE_CREATE_TTL, 1 }, { OPCODE_CLOSE, 2 }, { OPCODE_AUTH, 3 } };
	uint64_t all = 0, drawn;
	size_t i = 0;

	/* The last entry of the table. */
	for (size_t entry = 0; entry < ARRAY_LENGTH(table) - !may_authenticate; entry++)
		all += table[entry].weight;
	script->is_echoed = false;
	for (drawn = below(script, all); drawn >= table[i].weight; i++)
		drawn -= table[i].weight;
	put_body(script, frame, table[i].opcode);
	/* Too short a body now and then; a frame that ends early must not be taken for a short list. */
	if (one_in(script, 150) && frame->size > 0 && table[i].opcode != OPCODE_AUTH)
		frame->size -= 1 + below(script, MIN(frame->size, (size_t)4));
	return table[i].opcode;
}
