/*
 * tests/zk/scripts: random scripts on a real ZooKeeper and on klamm's tree of
 * znodes, side by side. tests/zk/differential starts the server for it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/zk/describe.h"
#include "tests/zk/marks.h"
#include "tests/zk/pair.h"
#include "tests/zk/script.h"
#include "zk/server/jute.h"
#include "zk/server/requests_private.h"

enum { LEAST_OPERATIONS = 50, MORE_OPERATIONS = 50, ENOUGH_FAILURES = 10, ENOUGH_FOR_MARKS = 100 };

struct options {
	int port;
	uint64_t scripts;
	uint64_t seed;
	uint64_t first;
	bool trace;
};

static void
usage(void)
{
	fputs("usage: scripts --port N [--scripts N] [--seed S] [--first N] [--trace]\n", stderr);
	exit(2);
}

static void
read_options(struct options *options, int count, char **words)
{
	*options = (struct options){ .scripts = 200, .seed = 1 };
	for (int i = 1; i < count; i++) {
		uint64_t value = i + 1 < count ? strtoull(words[i + 1], NULL, 10) : 0;

		if (strcmp(words[i], "--trace") == 0) {
			options->trace = true;
			continue;
		}
		if (++i >= count)
			usage();
		if (strcmp(words[i - 1], "--port") == 0)
			options->port = (int)value;
		else if (strcmp(words[i - 1], "--scripts") == 0)
			options->scripts = value;
		else if (strcmp(words[i - 1], "--seed") == 0)
			options->seed = value;
		else if (strcmp(words[i - 1], "--first") == 0)
			options->first = value;
		else
			usage();
	}
	if (options->port == 0)
		usage();
}

/* Takes from the answer what later requests build upon, and counts it. */
static void
learn(struct script *script, struct marks *marks, int32_t opcode, struct slice answer)
{
	struct reader in;
	int32_t error;
	int64_t zxid;

	reader_init(&in, answer);
	reader_skip(&in, 4);
	zxid = reader_int64(&in);
	error = reader_int32(&in);
	if (reader_failed(&in))
		return;
	marks_count(marks, opcode, error);
	script->zxid = zxid > script->zxid ? zxid : script->zxid;
	if (error == ZNODE_OK && (opcode == OPCODE_CREATE || opcode == OPCODE_CREATE2)) {
		struct slice path = jute_read_bytes(&in);

		if (!slice_is_null(path))
			script_learn(script, path);
	}
}

static int32_t
draw_timeout(struct script *script)
{
	static const int32_t timeouts_ms[] = { 20000, 30000, 60000, 100000, 100001, 2000000 };

	return timeouts_ms[prng_below(&script->prng, 6)];
}

/* A connection that is gone comes back, sometimes first with a wrong password. */
static void
come_back(struct pair *pair, struct script *script, size_t session)
{
	if (pair->sessions[session].id == 0) {
		pair_connect(pair, session, draw_timeout(script), false, false);
		return;
	}
	if (prng_chance(&script->prng, 1, 3))
		pair_connect(pair, session, draw_timeout(script), true, true);
	if (!pair->failed)
		pair_connect(pair, session, draw_timeout(script), true, false);
}

/* Draws and sends one request; what it says of the connection. */
static enum requests_verdict
send_one(struct pair *pair, struct script *script, struct marks *marks, size_t session,
    bool is_first)
{
	enum requests_verdict verdict;
	struct buffer body;
	int32_t opcode;

	buffer_init(&body);
	opcode = script_draw(script, &body, is_first);
	if (pair->trace) {
		printf("step %ld session %zu asks %d ", (long)pair->step + 1, session, opcode);
		describe_bytes(stdout, buffer_slice(&body));
		putchar('\n');
	}
	verdict = pair_send(pair, session, opcode, buffer_slice(&body));
	learn(script, marks, opcode, buffer_slice(&pair->reply));
	buffer_fini(&body);
	return verdict;
}

/*
 * One request, or several that do not wait for each other; gives their number.
 * A new ACL is waited for: what comes too soon after it is still checked
 * against the old one (observed).
 */
static uint64_t
one_burst(struct pair *pair, struct script *script, struct marks *marks)
{
	size_t session = prng_below(&script->prng, PAIR_SESSIONS);
	uint64_t most = prng_chance(&script->prng, 1, 8) ? 2 + prng_below(&script->prng, 8) : 1;
	uint64_t sent = 0;
	enum requests_verdict verdict = REQUESTS_GO_ON;

	if (pair_is_connected(pair, session) && prng_chance(&script->prng, 1, 60)) {
		/* What is on its way to a cut connection is lost, so that it is read first. */
		pair_ask(pair, session, OPCODE_PING, slice_null());
		pair_cut(pair, session);
	}
	if (!pair_is_connected(pair, session) && !pair->failed)
		come_back(pair, script, session);
	if (pair->failed)
		return 0;
	pair->opcode = 0;
	while (sent < most && verdict == REQUESTS_GO_ON && pair->opcode != OPCODE_SET_ACL) {
		verdict = send_one(pair, script, marks, session, sent == 0);
		sent++;
	}
	pair_compare(pair, session, verdict);
	return sent;
}

static void
end_sessions(struct pair *pair)
{
	for (size_t i = 0; i < PAIR_SESSIONS && !pair->failed; i++) {
		if (pair_is_connected(pair, i))
			pair_ask(pair, i, OPCODE_PING, slice_null());
	}
	for (size_t i = 0; i < PAIR_SESSIONS && !pair->failed; i++) {
		if (!pair_is_connected(pair, i) && pair->sessions[i].id != 0)
			pair_connect(pair, i, 30000, true, false);
		if (pair_is_connected(pair, i))
			pair_ask(pair, i, OPCODE_CLOSE, slice_null());
	}
}

/* One script; all that a failed one left behind is cut off. */
static uint64_t
run_script(struct pair *pair, struct script *script, struct marks *marks)
{
	uint64_t done = 0, count = LEAST_OPERATIONS + prng_below(&script->prng, MORE_OPERATIONS);
	struct buffer body;

	pair->failed = false;
	for (size_t i = 0; i < PAIR_SESSIONS && !pair->failed; i++)
		pair_connect(pair, i, draw_timeout(script), false, false);
	if (!pair->failed)
		pair_align(pair);
	buffer_init(&body);
	if (!pair->failed) {
		int32_t opcode = script_root(script, &body);

		pair_ask(pair, 0, opcode, buffer_slice(&body));
	}
	buffer_fini(&body);
	while (done < count && !pair->failed)
		done += one_burst(pair, script, marks);
	end_sessions(pair);
	for (size_t i = 0; i < PAIR_SESSIONS && pair->failed; i++)
		pair_give_up(pair, i);
	return done;
}

int
main(int count, char **words)
{
	uint64_t passed = 0, failed = 0, operations = 0;
	struct options options;
	struct marks marks = { 0 };
	struct pair pair;
	bool all_seen;

	read_options(&options, count, words);
	pair_init(&pair, options.port);
	pair.trace = options.trace;
	for (uint64_t i = 0; i < options.scripts && failed < ENOUGH_FAILURES; i++) {
		struct script script;

		script_init(&script, options.seed, options.first + i);
		operations += run_script(&pair, &script, &marks);
		passed += !pair.failed;
		failed += pair.failed;
		if (pair.failed)
			printf("script %lu of seed %lu failed\n", (unsigned long)(options.first + i),
			    (unsigned long)options.seed);
	}
	printf("operations %lu, replies %lu, events %lu, zxid %ld\n", (unsigned long)operations,
	    (unsigned long)pair.replies, (unsigned long)pair.events,
	    (long)tree_zxid(requests_tree(pair.requests)));
	pair_fini(&pair);
	all_seen = marks_report(&marks, passed >= ENOUGH_FOR_MARKS);
	printf("differential: %lu passed, %lu failed\n", (unsigned long)passed,
	    (unsigned long)failed);
	return failed == 0 && passed > 0 && all_seen ? 0 : 1;
}
