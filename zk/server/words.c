/* Four-letter words: what monitoring asks without a session. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "zk/server/server_private.h"
#include "zk/tree/watches.h"

enum {
	LINE_SIZE = 160,
	LEAST_MS = 0, /* a read that waits for no commit is answered at once */
};

#define VERSION "3.8.0-klamm"

static void PRINTF_LIKE(2, 3)
add(struct buffer *answer, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	buffer_append(answer, line, MIN((size_t)MAX(size, 0), sizeof(line) - 1));
}

struct figures {
	struct tree_census census;
	int64_t largest_ms, uptime_ms, zxid;
	double average_ms;
	uint64_t outstanding;
};

static void
gather(struct zk_server *server, struct figures *figures)
{
	const struct server_statistics *statistics = &server->statistics;

	tree_count(requests_tree(server->requests), &figures->census);
	figures->zxid = tree_zxid(requests_tree(server->requests));
	figures->largest_ms = statistics->latency_largest_us / 1000;
	figures->average_ms = statistics->answers == 0 ? 0 :
	    (double)statistics->latency_sum_us / (double)statistics->answers / 1000;
	figures->outstanding = server->gathered_answers + server->held_answers;
	figures->uptime_ms = zk_server_now_ms(server) - server->started_ms;
}

static void
answer_ruok(struct zk_server *server UNUSED, struct buffer *answer)
{
	add(answer, "imok");
}

static void
answer_isro(struct zk_server *server UNUSED, struct buffer *answer)
{
	add(answer, "rw");
}

static void
answer_srvr(struct zk_server *server, struct buffer *answer)
{
	struct figures figures;

	gather(server, &figures);
	add(answer, "Zookeeper version: %s\n", VERSION);
	add(answer, "Latency min/avg/max: %d/%.4f/%" PRId64 "\n", LEAST_MS,
	    figures.average_ms, figures.largest_ms);
	add(answer, "Received: %" PRIu64 "\n", server->statistics.received);
	add(answer, "Sent: %" PRIu64 "\n", server->statistics.sent);
	add(answer, "Connections: %zu\n", server->connection_count);
	add(answer, "Outstanding: %" PRIu64 "\n", figures.outstanding);
	add(answer, "Zxid: 0x%" PRIx64 "\n", (uint64_t)figures.zxid);
	add(answer, "Mode: standalone\n");
	add(answer, "Node count: %zu\n", figures.census.nodes);
}

static void
answer_mntr(struct zk_server *server, struct buffer *answer)
{
	struct tree *tree = requests_tree(server->requests);
	struct figures figures;

	gather(server, &figures);
	add(answer, "zk_version\t%s\n", VERSION);
	add(answer, "zk_server_state\tstandalone\n");
	add(answer, "zk_avg_latency\t%.4f\n", figures.average_ms);
	add(answer, "zk_max_latency\t%" PRId64 "\n", figures.largest_ms);
	add(answer, "zk_min_latency\t%d\n", LEAST_MS);
	add(answer, "zk_packets_received\t%" PRIu64 "\n", server->statistics.received);
	add(answer, "zk_packets_sent\t%" PRIu64 "\n", server->statistics.sent);
	add(answer, "zk_num_alive_connections\t%zu\n", server->connection_count);
	add(answer, "zk_outstanding_requests\t%" PRIu64 "\n", figures.outstanding);
	add(answer, "zk_znode_count\t%zu\n", figures.census.nodes);
	add(answer, "zk_watch_count\t%zu\n", watches_count(tree_watches(tree)));
	add(answer, "zk_ephemerals_count\t%zu\n", figures.census.ephemerals);
	add(answer, "zk_approximate_data_size\t%zu\n", figures.census.bytes);
	add(answer, "zk_global_sessions\t%zu\n", requests_session_count(server->requests));
	add(answer, "zk_local_sessions\t0\n");
	add(answer, "zk_uptime\t%" PRId64 "\n", figures.uptime_ms);
	add(answer, "zk_last_zxid\t%" PRId64 "\n", figures.zxid);
}

static const struct {
	const char *word;
	void (*answer)(struct zk_server *server, struct buffer *answer); /* NULL: not served */
} words[] = {
	{ "ruok", answer_ruok }, { "isro", answer_isro }, { "srvr", answer_srvr },
	{ "mntr", answer_mntr }, { "conf", NULL }, { "cons", NULL }, { "crst", NULL },
	{ "dirs", NULL }, { "dump", NULL }, { "envi", NULL }, { "gtmk", NULL }, { "hash", NULL },
	{ "srst", NULL }, { "stat", NULL }, { "stmk", NULL }, { "wchc", NULL }, { "wchp", NULL },
	{ "wchs", NULL },
};

bool
words_answer(struct zk_server *server, struct slice word, struct buffer *answer)
{
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (!slice_equal_text(word, words[i].word))
			continue;
		if (words[i].answer != NULL)
			words[i].answer(server, answer);
		else
			add(answer, "%s is not executed because it is not in the whitelist.\n",
			    words[i].word);
		return true;
	}
	return false;
}
